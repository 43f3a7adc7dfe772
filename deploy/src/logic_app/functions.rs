//! Workflow functions that depend only on their arguments.
//!
//! <https://learn.microsoft.com/azure/logic-apps/expression-functions-reference>. Only the functions that our workflow
//! calls are implemented. A call of another one is an error, so that no expression stays unchecked.

use serde_json::Value;

type Outcome = Result<Value, String>;

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    let wrong = || format!("{name} does not accept {} values of these types", arguments.len());
    let text = |index: usize| arguments.get(index).and_then(Value::as_str).ok_or_else(wrong);
    Ok(match (name, arguments) {
        ("equals", [one, other]) => (one == other).into(),
        ("or", [Value::Bool(one), Value::Bool(other)]) => (*one || *other).into(),
        ("if", [Value::Bool(condition), yes, no]) => if *condition { yes } else { no }.clone(),
        ("coalesce", _) => arguments.iter().find(|one| !one.is_null()).cloned().unwrap_or_default(),
        ("string", [one]) => written(one).into(),
        ("concat", _) => arguments.iter().map(written).collect::<String>().into(),
        ("toLower", [_]) => text(0)?.to_lowercase().into(),
        ("trim", [_]) => text(0)?.trim().into(),
        ("split", [_, _]) => text(0)?.split(text(1)?).collect(),
        // A part of a string, or an item of an array. Case-sensitive.
        ("contains", [Value::String(whole), Value::String(part)]) => whole.contains(part.as_str()).into(),
        ("contains", [Value::Array(items), item]) => items.contains(item).into(),
        ("first", [Value::Array(items)]) => items.first().ok_or_else(wrong)?.clone(),
        ("last", [Value::Array(items)]) => items.last().ok_or_else(wrong)?.clone(),
        ("length", [Value::Array(items)]) => items.len().into(),
        ("createArray", items) => items.to_vec().into(),
        ("union", collections) => {
            let mut all = Vec::new();
            for collection in collections {
                for item in collection.as_array().ok_or_else(wrong)? {
                    if !all.contains(item) {
                        all.push(item.clone());
                    }
                }
            }
            all.into()
        }
        ("replace", [_, _, _]) => text(0)?.replace(text(1)?, text(2)?).into(),
        ("join", [Value::Array(items), Value::String(between)]) => {
            items.iter().map(written).collect::<Vec<_>>().join(between).into()
        }
        ("json", [_]) => serde_json::from_str(text(0)?).map_err(|_| wrong())?,
        ("encodeUriComponent", [_]) => encoded(text(0)?).into(),
        _ => {
            return Err(format!(
                "function {name} is not implemented here, or not for {} values of these types",
                arguments.len()
            ));
        }
    })
}

/// Converts a value to a string, as inside a text.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        other => other.to_string(),
    }
}

/// Percent-encodes all characters except the unreserved ones of RFC 3986.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::logic_app::evaluate::{self, Scope};

    struct Nothing;

    impl Scope for Nothing {
        fn trigger_body(&self) -> Value {
            json!({ "html": "<html>", "none": null, "user": { "mail": "ada@contoso.example" } })
        }

        fn action(&self, _: &str) -> Option<Value> {
            None
        }

        fn variable(&self, _: &str) -> Option<Value> {
            None
        }

        fn parameter(&self, _: &str) -> Option<Value> {
            None
        }

        fn item(&self) -> Option<Value> {
            None
        }
    }

    fn result(expression: &str) -> Outcome {
        evaluate::all(&format!("@{expression}").into(), &Nothing)
    }

    /// Examples of Microsoft's reference page.
    #[test]
    fn functions_return_what_the_reference_shows() {
        for (expression, expected) in [
            ("contains('hello world', 'world')", json!(true)),
            ("contains('hello world', 'universe')", json!(false)),
            ("createArray('h', 'e', 'l', 'l', 'o')", json!(["h", "e", "l", "l", "o"])),
            ("encodeUriComponent('https://contoso.com')", json!("https%3A%2F%2Fcontoso.com")),
            ("first(createArray(0, 1, 2))", json!(0)),
            ("last(createArray(0, 1, 2, 3))", json!(3)),
            ("length(createArray(0, 1, 2, 3))", json!(4)),
            ("toLower('Hello World')", json!("hello world")),
            ("trim(' Hello World  ')", json!("Hello World")),
            ("union(createArray(1, 2, 3), createArray(1, 2, 10, 101))", json!([1, 2, 3, 10, 101])),
            // Values of our own.
            ("split('a;b', ';')", json!(["a", "b"])),
            ("split('a', ';')", json!(["a"])),
        ] {
            assert_eq!(result(expression).unwrap(), expected, "{expression}");
        }
    }

    /// Azure answers "Property selection is not supported on values of type 'String'" to the last ones.
    #[test]
    fn question_mark_replaces_only_missing_members() {
        assert_eq!(result("triggerBody()?['user']?['mail']").unwrap(), "ada@contoso.example");
        for missing in
            ["triggerBody()?['user']?['name']", "triggerBody()?['none']?['mail']", "triggerBody()?['x']?['y']"]
        {
            assert_eq!(result(missing).unwrap(), Value::Null, "{missing}");
        }
        for wrong in ["triggerBody()['user']['name']", "triggerBody()?['html']?['mail']", "item()"] {
            assert!(result(wrong).is_err(), "{wrong}");
        }
    }
}
