//! Checks a body against the schema of a trigger: the part of JSON Schema that our definition uses.

use serde_json::Value;

/// Returns the first violation of the schema in a body.
pub(super) fn refusal(schema: &Value, body: &Value, path: &str) -> Option<String> {
    let right = match (schema["type"].as_str(), body) {
        (None, _)
        | (Some("object"), Value::Object(_))
        | (Some("array"), Value::Array(_))
        | (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_)) => true,
        (Some(_), _) => false,
    };
    if !right {
        return Some(format!("{path} must be of type {}", schema["type"]));
    }
    if let (Some(least), Some(text)) = (schema["minLength"].as_u64(), body.as_str())
        && (text.chars().count() as u64) < least
    {
        return Some(format!("{path} is shorter than {least}"));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| body.get(name).is_none()) {
        return Some(format!("{path} has no {missing}"));
    }
    let members = schema["properties"].as_object().into_iter().flatten();
    let mut inside = members
        .filter_map(|(name, schema)| Some((schema, body.get(name)?, format!("{path}.{name}"))))
        .chain(body.as_array().into_iter().flatten().map(|item| (&schema["items"], item, format!("{path}[]"))));
    inside.find_map(|(schema, value, path)| refusal(schema, value, &path))
}
