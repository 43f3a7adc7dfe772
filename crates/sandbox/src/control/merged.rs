//! Partial changes of JSON values.

use serde_json::{Map, Value, json};

use super::refused::Refused;

/// Returns `current` with the members of `change`. Unknown members and wrong types are errors.
pub(super) fn merged<T>(current: &T, change: Map<String, Value>) -> Result<T, Refused>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut value = json!(current);
    if let Some(members) = value.as_object_mut() {
        members.extend(change);
    }
    serde_json::from_value(value).map_err(|error| Refused::bad(error.to_string()))
}
