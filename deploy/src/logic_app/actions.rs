//! Actions of a definition, also those inside of others.

use serde_json::{Map, Value};

/// The lists of actions that an action holds: of an `If` both.
pub(super) fn inner(action: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    [action.get("actions"), action.pointer("/else/actions")].into_iter().flatten().filter_map(Value::as_object)
}

/// Shows every action with its name to `see`, and the list that it stands in.
pub(super) fn all<'a>(list: &'a Map<String, Value>, see: &mut dyn FnMut(&'a str, &'a Value, &'a Map<String, Value>)) {
    for (name, action) in list {
        see(name, action, list);
        for list in inner(action) {
            all(list, see);
        }
    }
}

/// The actions that an action runs after, with what they may have become.
pub(super) fn run_after(action: &Value) -> impl Iterator<Item = (&str, Vec<&str>)> {
    action["runAfter"].as_object().into_iter().flatten().map(|(name, allowed)| {
        (name.as_str(), allowed.as_array().into_iter().flatten().filter_map(Value::as_str).collect())
    })
}
