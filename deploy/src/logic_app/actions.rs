//! Iterates over the actions of a definition, including nested ones.

use serde_json::{Map, Value};

/// Returns the lists of nested actions of an action; both branches of an `If`.
pub(super) fn inner(action: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    [action.get("actions"), action.pointer("/else/actions")].into_iter().flatten().filter_map(Value::as_object)
}

/// Calls `see` for every action, with its name and the list that contains it.
pub(super) fn all<'a>(list: &'a Map<String, Value>, see: &mut dyn FnMut(&'a str, &'a Value, &'a Map<String, Value>)) {
    for (name, action) in list {
        see(name, action, list);
        for list in inner(action) {
            all(list, see);
        }
    }
}

/// Returns the names of the actions that an action runs after, with their allowed statuses.
pub(super) fn run_after(action: &Value) -> impl Iterator<Item = (&str, Vec<&str>)> {
    action["runAfter"].as_object().into_iter().flatten().map(|(name, allowed)| {
        (name.as_str(), allowed.as_array().into_iter().flatten().filter_map(Value::as_str).collect())
    })
}
