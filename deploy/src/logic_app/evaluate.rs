//! Evaluates workflow expressions: `@call()`, and `@{call()}` inside a string.

use serde_json::{Map, Value};

use super::functions;
use crate::expression::Expression;

/// The values that an expression can refer to.
pub(super) trait Scope {
    /// `triggerBody()`.
    fn trigger_body(&self) -> Value;
    /// `actions(name)`: status and outputs.
    fn action(&self, name: &str) -> Option<Value>;
    /// `variables(name)`.
    fn variable(&self, name: &str) -> Option<Value>;
    /// `parameters(name)`.
    fn parameter(&self, name: &str) -> Option<Value>;
    /// `item()`: the current item, in an action that runs an expression for each item of an array.
    fn item(&self) -> Option<Value>;
}

/// A scope with a current item.
struct ItemScope<'a> {
    outer: &'a dyn Scope,
    item: &'a Value,
}

impl Scope for ItemScope<'_> {
    fn trigger_body(&self) -> Value {
        self.outer.trigger_body()
    }

    fn action(&self, name: &str) -> Option<Value> {
        self.outer.action(name)
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.outer.variable(name)
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.outer.parameter(name)
    }

    fn item(&self) -> Option<Value> {
        Some(self.item.clone())
    }
}

/// Evaluates the inputs of a `Select`: `select` for each item of `from`.
pub(super) fn select(inputs: &Value, scope: &dyn Scope) -> Result<Value, String> {
    items(inputs, scope)?.iter().map(|item| all(&inputs["select"], &ItemScope { outer: scope, item })).collect()
}

/// Evaluates the inputs of a `Query` (*Filter array*): the items of `from` for which `where` is true.
pub(super) fn query(inputs: &Value, scope: &dyn Scope) -> Result<Value, String> {
    let mut found = Vec::new();
    for item in items(inputs, scope)? {
        match all(&inputs["where"], &ItemScope { outer: scope, item: &item })? {
            Value::Bool(true) => found.push(item),
            Value::Bool(false) => {}
            other => return Err(format!("where is {other} instead of a Boolean")),
        }
    }
    Ok(found.into())
}

fn items(inputs: &Value, scope: &dyn Scope) -> Result<Vec<Value>, String> {
    match all(&inputs["from"], scope)? {
        Value::Array(items) => Ok(items),
        other => Err(format!("from is {other} instead of an array")),
    }
}

/// A part of a string.
pub(super) enum Part {
    Literal(String),
    Expression(Expression),
}

/// Splits a string into parts. An expression that is the only part keeps its type; otherwise its value is converted to
/// a string.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    if let Some(literal) = text.strip_prefix("@@") {
        return Ok(vec![Part::Literal(format!("@{literal}"))]);
    }
    if let Some(expression) = text.strip_prefix('@').filter(|rest| !rest.starts_with('{')) {
        return Ok(vec![Part::Expression(Expression::parse(expression).map_err(|error| error.to_string())?)]);
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, braced)) = rest.split_once("@{") {
        found.push(Part::Literal(before.to_owned()));
        let (expression, after) = Expression::parse_braced(braced).map_err(|error| error.to_string())?;
        found.push(Part::Expression(expression));
        rest = after;
    }
    found.push(Part::Literal(rest.to_owned()));
    Ok(found)
}

/// Evaluates every expression in a value.
pub(super) fn all(value: &Value, scope: &dyn Scope) -> Result<Value, String> {
    match value {
        Value::String(text) => self::text(text, scope),
        Value::Array(items) => items.iter().map(|item| all(item, scope)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| Ok((name.clone(), all(value, scope)?)));
            Ok(Value::Object(members.collect::<Result<Map<_, _>, String>>()?))
        }
        other => Ok(other.clone()),
    }
}

fn text(text: &str, scope: &dyn Scope) -> Result<Value, String> {
    let parts = parts(text)?;
    if let [Part::Expression(expression)] = parts.as_slice() {
        return evaluate(expression, scope);
    }
    let mut written = String::new();
    for part in &parts {
        match part {
            Part::Literal(literal) => written.push_str(literal),
            Part::Expression(expression) => written.push_str(&functions::written(&evaluate(expression, scope)?)),
        }
    }
    Ok(written.into())
}

fn evaluate(expression: &Expression, scope: &dyn Scope) -> Result<Value, String> {
    match expression {
        Expression::Text(text) => Ok(text.as_str().into()),
        Expression::Number(number) => Ok((*number).into()),
        Expression::Word(word) => match word.as_str() {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            "null" => Ok(Value::Null),
            other => Err(format!("{other} is not a value")),
        },
        Expression::Member { of, key, optional } => {
            let (of, key) = (evaluate(of, scope)?, evaluate(key, scope)?);
            let found = match &of {
                Value::Object(members) => key.as_str().and_then(|name| members.get(name)),
                Value::Null => None,
                // Also with a question mark: it only replaces missing members.
                other => return Err(format!("member {key} cannot be selected from {other}")),
            };
            match found {
                Some(value) => Ok(value.clone()),
                None if *optional => Ok(Value::Null),
                None => Err(format!("there is no member {key}")),
            }
        }
        Expression::Call(name, arguments) => {
            let arguments = arguments.iter().map(|argument| evaluate(argument, scope));
            let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
            let first = || arguments.first().and_then(Value::as_str).ok_or_else(|| format!("{name} expects a name"));
            let there = |found: Option<Value>| {
                found.ok_or_else(|| format!("{name}: there is no {}", first().unwrap_or_default()))
            };
            match name.as_str() {
                "triggerBody" => Ok(scope.trigger_body()),
                "actions" => there(scope.action(first()?)),
                "outputs" => there(scope.action(first()?)).map(|action| action["outputs"].clone()),
                "body" => there(scope.action(first()?)).map(|action| action["outputs"]["body"].clone()),
                "variables" => there(scope.variable(first()?)),
                "parameters" => there(scope.parameter(first()?)),
                "item" if arguments.is_empty() => scope.item().ok_or_else(|| "there is no current item".to_owned()),
                _ => functions::call(name, &arguments),
            }
        }
    }
}

/// Evaluates the condition of an `If`.
pub(super) fn condition(condition: &Value, scope: &dyn Scope) -> Result<bool, String> {
    let Some((operator, operands)) = condition.as_object().and_then(|members| members.iter().next()) else {
        return Err(format!("{condition} is not a condition"));
    };
    let each = || operands.as_array().into_iter().flatten().map(|inner| self::condition(inner, scope));
    match operator.as_str() {
        "and" => each().try_fold(true, |all, one| Ok(all && one?)),
        "or" => each().try_fold(false, |any, one| Ok(any || one?)),
        "not" => self::condition(operands, scope).map(|inner| !inner),
        "equals" => match all(operands, scope)?.as_array().map(Vec::as_slice) {
            Some([one, other]) => Ok(one == other),
            _ => Err("equals expects two values".to_owned()),
        },
        other => Err(format!("condition {other} is not implemented here")),
    }
}
