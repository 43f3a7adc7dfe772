//! Static checks of a workflow definition.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::evaluate::{Part, parts};
use super::{Status, actions};
use crate::expression::Expression;

/// Secret members of the trigger's body.
const SECRET_MEMBERS: [&str; 1] = ["pin"];

/// Returns one line for each defect. `parameters` are those that the workflow is deployed with.
pub fn findings(definition: &Value, parameters: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let empty = Map::new();
    let list = definition["actions"].as_object().unwrap_or(&empty);
    let mut names = BTreeSet::new();
    let mut variables = BTreeSet::new();
    let mut answers = 0;
    actions::all(list, &mut |name, action, _| {
        if !names.insert(name) {
            found.push(format!("two actions have the name {name}"));
        }
        answers += usize::from(action["type"] == "Response");
        let made = action["inputs"]["variables"].as_array().into_iter().flatten();
        variables.extend(made.filter_map(|variable| variable["name"].as_str()));
    });
    if answers == 0 {
        found.push("no Response action: the trigger would answer 202 before the run".to_owned());
    }
    let declared = definition["parameters"].as_object().unwrap_or(&empty);
    for (name, parameter) in declared {
        if parameters.get(name).is_none() && parameter.get("defaultValue").is_none() {
            found.push(format!("parameter {name} has no value"));
        }
    }
    for (name, _) in parameters.as_object().into_iter().flatten() {
        if !declared.contains_key(name) {
            found.push(format!("parameter {name} is given but not declared"));
        }
    }
    for (name, trigger) in definition["triggers"].as_object().into_iter().flatten() {
        if !secured(trigger, "outputs") {
            found.push(format!("trigger {name}: the outputs contain the PIN but are not secured"));
        }
    }
    actions::all(list, &mut |name, action, list| {
        for (before, allowed) in actions::run_after(action) {
            if !list.contains_key(before) {
                found.push(format!("{name} runs after {before}, which is not in the same list"));
            }
            let known = [Status::Succeeded, Status::Failed, Status::Skipped].map(Status::name);
            found.extend(
                allowed
                    .iter()
                    .filter(|status| !known.contains(status) && **status != "TimedOut")
                    .map(|status| format!("{name} runs after {before} with status {status}, which does not exist")),
            );
        }
        if uses_item(action) {
            found.push(format!("{name} uses item(), but runs no expression for each item"));
        }
        let mut holds_secret = false;
        let mut own = action.clone();
        if let Some(members) = own.as_object_mut() {
            // Nested actions are checked on their own.
            members.retain(|member, _| !matches!(member.as_str(), "actions" | "else" | "runAfter"));
        }
        expressions(&own, &mut |expression| {
            holds_secret |= expression.as_ref().is_ok_and(|expression| is_secret(expression));
            match expression {
                Err(error) => found.push(format!("{name}: {error}")),
                Ok(expression) => expression.walk(&mut |part| {
                    if let Some((kind, asked)) = asks(part) {
                        let there = match kind {
                            "body" | "outputs" | "actions" => names.contains(asked),
                            "variables" => variables.contains(asked),
                            "parameters" => declared.contains_key(asked),
                            _ => true,
                        };
                        if !there {
                            found.push(format!("{name} refers to {kind}('{asked}'), which does not exist"));
                        }
                    }
                }),
            }
        });
        // The outputs must be secured too, since a mail action may repeat its inputs in its outputs.
        if holds_secret && !(secured(action, "inputs") && secured(action, "outputs")) {
            found.push(format!("{name} receives the PIN, but its inputs and outputs are not both secured"));
        }
    });
    found
}

fn secured(step: &Value, what: &str) -> bool {
    let list = step.pointer("/runtimeConfiguration/secureData/properties").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|one| one == what))
}

/// Returns whether an action uses `item()` in other places than `select` of a `Select` and `where` of a `Query`.
fn uses_item(action: &Value) -> bool {
    let mut inputs = action["inputs"].clone();
    let each = match action["type"].as_str() {
        Some("Select") => "select",
        Some("Query") => "where",
        _ => "",
    };
    if let Some(members) = inputs.as_object_mut() {
        members.remove(each);
    }
    let mut found = false;
    let mut see = |part: &Expression| found |= matches!(part, Expression::Call(name, _) if name == "item");
    for value in [&inputs, &action["expression"]] {
        expressions(value, &mut |expression| {
            if let Ok(expression) = expression {
                expression.walk(&mut see);
            }
        });
    }
    found
}

/// Calls `see` for every expression in a value.
fn expressions(value: &Value, see: &mut dyn FnMut(Result<&Expression, String>)) {
    match value {
        Value::String(text) => match parts(text) {
            Err(error) => see(Err(error)),
            Ok(parts) => {
                for part in &parts {
                    if let Part::Expression(expression) = part {
                        see(Ok(expression));
                    }
                }
            }
        },
        Value::Array(items) => items.iter().for_each(|item| expressions(item, see)),
        Value::Object(members) => members.values().for_each(|member| expressions(member, see)),
        _ => {}
    }
}

/// Returns function and argument of a reference such as `body('X')`.
fn asks(expression: &Expression) -> Option<(&str, &str)> {
    match expression {
        Expression::Call(name, arguments) => match arguments.as_slice() {
            [Expression::Text(asked)] => Some((name, asked)),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether an expression contains the PIN: by the name of the member, or as part of the trigger's whole body.
fn is_secret(expression: &Expression) -> bool {
    match expression {
        Expression::Member { of, key, .. } => match (of.as_ref(), key.as_ref()) {
            (Expression::Call(name, _), Expression::Text(member)) if name == "triggerBody" => {
                SECRET_MEMBERS.contains(&member.as_str())
            }
            (of, key) => is_secret(of) || is_secret(key),
        },
        Expression::Call(name, arguments) => {
            matches!(name.as_str(), "triggerBody" | "triggerOutputs" | "trigger" | "result")
                || arguments.iter().any(is_secret)
        }
        Expression::Text(_) | Expression::Number(_) | Expression::Word(_) => false,
    }
}
