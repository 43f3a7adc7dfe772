//! Template functions that depend only on their arguments.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions>. Only the functions that our
//! templates call are implemented. A call of another one is an error, so that no expression stays unchecked.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value};

type Outcome = Result<Value, String>;

pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    let wrong = || format!("{name} does not accept {}", Value::Array(arguments.to_vec()));
    let text = |index: usize| arguments.get(index).and_then(Value::as_str).ok_or_else(wrong);
    let truth = |index: usize| arguments.get(index).and_then(Value::as_bool).ok_or_else(wrong);
    let number = |index: usize| arguments.get(index).and_then(Value::as_i64).ok_or_else(wrong);
    Ok(match name {
        "true" => true.into(),
        "false" => false.into(),
        "null" => Value::Null,
        "not" => (!truth(0)?).into(),
        "and" => truths(arguments, wrong)?.into_iter().all(|one| one).into(),
        "or" => truths(arguments, wrong)?.into_iter().any(|one| one).into(),
        "equals" if arguments.len() == 2 => (arguments[0] == arguments[1]).into(),
        "if" if arguments.len() == 3 => arguments[if truth(0)? { 1 } else { 2 }].clone(),
        "empty" => match arguments {
            [Value::String(text)] => text.is_empty().into(),
            [Value::Array(items)] => items.is_empty().into(),
            [Value::Object(members)] => members.is_empty().into(),
            [Value::Null] => true.into(),
            _ => return Err(wrong()),
        },
        "length" => match arguments {
            [Value::String(text)] => text.chars().count().into(),
            [Value::Array(items)] => items.len().into(),
            _ => return Err(wrong()),
        },
        "concat" if arguments.iter().all(Value::is_array) => {
            arguments.iter().filter_map(Value::as_array).flatten().cloned().collect()
        }
        "concat" => arguments.iter().map(|one| plain(one).ok_or_else(wrong)).collect::<Result<String, _>>()?.into(),
        "createArray" => arguments.to_vec().into(),
        "createObject" if arguments.len().is_multiple_of(2) => {
            let pairs =
                arguments.chunks(2).map(|pair| Ok((pair[0].as_str().ok_or_else(wrong)?.to_owned(), pair[1].clone())));
            Value::Object(pairs.collect::<Result<Map<_, _>, String>>()?)
        }
        "string" => match arguments {
            [Value::String(text)] => text.as_str().into(),
            [other] => other.to_string().into(),
            _ => return Err(wrong()),
        },
        "json" => serde_json::from_str(text(0)?).map_err(|_| wrong())?,
        "startsWith" => text(0)?.to_lowercase().starts_with(&text(1)?.to_lowercase()).into(),
        "substring" => {
            text(0)?.chars().skip(usize::try_from(number(1)?).map_err(|_| wrong())?).collect::<String>().into()
        }
        "take" => text(0)?.chars().take(usize::try_from(number(1)?).map_err(|_| wrong())?).collect::<String>().into(),
        "split" if arguments.len() == 2 => text(0)?.split(text(1)?).map(Value::from).collect(),
        "contains" => match arguments {
            [Value::Array(items), wanted] => items.contains(wanted).into(),
            _ => return Err(wrong()),
        },
        "replace" => text(0)?.replace(text(1)?, text(2)?).into(),
        "uri" => format!("{}/{}", text(0)?.trim_end_matches('/'), text(1)?.trim_start_matches('/')).into(),
        "guid" => guid(arguments).into(),
        // Simplified: times are seconds since 1970, not strings, since our templates only pass them on.
        "dateTimeAdd" => (number(0)? + duration(text(1)?).ok_or_else(wrong)?).into(),
        "dateTimeToEpoch" => number(0)?.into(),
        _ => return Err(format!("function {name} is not implemented here, or not for {} arguments", arguments.len())),
    })
}

/// Returns the id of a resource below `scope`: the namespace, then pairs of type and name.
pub(super) fn resource_id(scope: &str, arguments: &[Value]) -> Result<String, String> {
    let parts =
        arguments.iter().map(|part| part.as_str().ok_or_else(|| format!("{part} is not a part of a resource id")));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let (kind, names) = parts.split_first().ok_or("a resource id needs a type")?;
    let mut types = kind.split('/');
    let namespace = types.next().unwrap_or_default();
    let types: Vec<_> = types.collect();
    if types.len() != names.len() || names.is_empty() {
        return Err(format!("{kind} needs {} names, got {}", types.len(), names.len()));
    }
    let pairs: String = types.iter().zip(names).map(|(kind, name)| format!("/{kind}/{name}")).collect();
    Ok(format!("{scope}/{namespace}{pairs}"))
}

/// Returns the same GUID for the same arguments. It differs from Azure's.
fn guid(arguments: &[Value]) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        Value::Array(arguments.to_vec()).to_string().hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    let (first, second) = (half(0), half(1));
    format!("{}-{}-{}-{}-{}", &first[..8], &first[8..12], &first[12..], &second[..4], &second[4..])
}

fn truths(arguments: &[Value], wrong: impl Fn() -> String) -> Result<Vec<bool>, String> {
    arguments.iter().map(|one| one.as_bool().ok_or_else(&wrong)).collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Parses durations such as `P1Y` and `P180D`. Returns seconds.
fn duration(text: &str) -> Option<i64> {
    let (number, unit) = text.strip_prefix('P')?.split_at_checked(text.len().checked_sub(2)?)?;
    let days = match unit {
        "Y" => 365,
        "D" => 1,
        _ => return None,
    };
    Some(number.parse::<i64>().ok()? * days * 86_400)
}
