//! Evaluates template expressions.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::functions;
use super::{UNKNOWN, unknown};
use crate::expression::Expression;

/// The deployment target that a template can refer to.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// `environment()`.
    pub environment: Value,
    /// `resourceGroup()`.
    pub group: Value,
    /// `subscription()`.
    pub subscription: Value,
    /// `utcNow()`, seconds since 1970.
    pub now: i64,
}

impl Cloud {
    /// Returns a resource group in Microsoft's global cloud.
    pub fn global() -> Self {
        Self {
            environment: json!({
                "name": "AzureCloud",
                "resourceManager": "https://management.azure.com/",
                "authentication": { "loginEndpoint": "https://login.microsoftonline.com/" },
                "suffixes": { "keyvaultDns": ".vault.azure.net", "storage": "core.windows.net" },
            }),
            group: json!({
                "id": "/subscriptions/99999999-2222-4333-8444-555555555555/resourceGroups/keys",
                "name": "keys",
                "location": "westeurope",
            }),
            subscription: json!({
                "subscriptionId": "99999999-2222-4333-8444-555555555555",
                "tenantId": "11111111-2222-4333-8444-555555555555",
            }),
            now: 1_800_000_000,
        }
    }

    /// Returns a resource group in the US government cloud.
    pub fn us_government() -> Self {
        let environment = json!({
            "name": "AzureUSGovernment",
            "resourceManager": "https://management.usgovcloudapi.net",
            "authentication": { "loginEndpoint": "https://login.microsoftonline.us" },
            "suffixes": { "keyvaultDns": ".vault.usgovcloudapi.net", "storage": "core.usgovcloudapi.net" },
        });
        Self { environment, ..Self::global() }
    }

    pub(super) fn group_id(&self) -> String {
        self.group["id"].as_str().unwrap_or_default().to_owned()
    }
}

/// The place of an expression. It decides which functions the expression may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Evaluated before anything is deployed: names, conditions, dependencies, variables.
    Start,
    /// Evaluated while resources are deployed: properties and outputs.
    Runtime,
    /// The default of a parameter, which may also call `utcNow()`.
    Default,
}

pub(super) struct Evaluation<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) parameters: Map<String, Value>,
    pub(super) variables: &'a Map<String, Value>,
    /// Names of parameters and variables that were read.
    pub(super) asked: RefCell<BTreeSet<String>>,
    /// Running `copy` loops: name and index.
    pub(super) loops: RefCell<Vec<(String, i64)>>,
}

type Outcome = Result<Value, String>;

impl Evaluation<'_> {
    /// Evaluates every expression in a value.
    pub(super) fn all(&self, value: &Value, phase: Phase) -> Outcome {
        match value {
            Value::String(text) => self.text(text, phase),
            Value::Array(items) => items.iter().map(|item| self.all(item, phase)).collect(),
            Value::Object(members) => self.object(members, phase),
            other => Ok(other.clone()),
        }
    }

    fn object(&self, members: &Map<String, Value>, phase: Phase) -> Outcome {
        let mut made = Map::new();
        for (name, value) in members {
            if name == "copy" && value.is_array() {
                for copy in value.as_array().into_iter().flatten() {
                    let (name, items) = self.copy(copy, phase)?;
                    made.insert(name, items);
                }
                continue;
            }
            let name = self.text(name, phase)?;
            let name = name.as_str().ok_or_else(|| format!("the name of a member is not a string: {name}"))?.to_owned();
            let value = self.all(value, phase).map_err(|error| format!("{name}: {error}"))?;
            // Azure leaves null members out of the request.
            if !value.is_null() {
                made.insert(name, value);
            }
        }
        Ok(Value::Object(made))
    }

    /// Evaluates a `copy` loop. Returns name and items of the property.
    fn copy(&self, copy: &Value, phase: Phase) -> Result<(String, Value), String> {
        let name = copy["name"].as_str().ok_or("a copy has no name")?.to_owned();
        let count =
            self.all(&copy["count"], phase)?.as_i64().ok_or_else(|| format!("copy {name}: count is not a number"))?;
        let mut items = Vec::new();
        for index in 0..count {
            self.loops.borrow_mut().push((name.clone(), index));
            let item = self.all(&copy["input"], phase);
            self.loops.borrow_mut().pop();
            items.push(item?);
        }
        Ok((name, Value::Array(items)))
    }

    /// Evaluates a string. `[…]` is an expression; `[[` at the start is an escaped bracket.
    fn text(&self, text: &str, phase: Phase) -> Outcome {
        if let Some(literal) = text.strip_prefix('[').filter(|rest| rest.starts_with('[')) {
            return Ok(literal.into());
        }
        let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Ok(text.into());
        };
        let expression = Expression::parse(inner).map_err(|error| error.to_string())?;
        self.evaluate(&expression, phase).map_err(|error| format!("{inner}: {error}"))
    }

    fn evaluate(&self, expression: &Expression, phase: Phase) -> Outcome {
        match expression {
            Expression::Text(text) => Ok(text.as_str().into()),
            Expression::Number(number) => Ok((*number).into()),
            Expression::Word(word) => Err(format!("{word} is not a function call")),
            Expression::Member { of, key, optional } => {
                member(&self.evaluate(of, phase)?, &self.evaluate(key, phase)?, *optional)
            }
            Expression::Call(name, arguments) => {
                let values = arguments.iter().map(|argument| self.evaluate(argument, phase));
                self.call(name, &values.collect::<Result<Vec<_>, _>>()?, phase)
            }
        }
    }

    fn call(&self, name: &str, arguments: &[Value], phase: Phase) -> Outcome {
        let first = || arguments.first().and_then(Value::as_str).ok_or_else(|| format!("{name} expects a string"));
        match name {
            "parameters" => {
                let wanted = first()?;
                self.asked.borrow_mut().insert(format!("parameters/{wanted}"));
                self.parameters.get(wanted).cloned().ok_or_else(|| format!("there is no parameter {wanted}"))
            }
            "variables" if phase == Phase::Default => {
                Err("the default of a parameter must not use variables".to_owned())
            }
            "variables" => {
                let wanted = first()?;
                self.asked.borrow_mut().insert(format!("variables/{wanted}"));
                let raw = self.variables.get(wanted).ok_or_else(|| format!("there is no variable {wanted}"))?;
                self.all(raw, Phase::Start)
            }
            "copyIndex" => {
                let wanted = arguments.first().and_then(Value::as_str);
                let loops = self.loops.borrow();
                let found = loops.iter().rev().find(|(name, _)| wanted.is_none_or(|wanted| wanted == name));
                found.map(|(_, index)| (*index).into()).ok_or_else(|| "copyIndex outside of its loop".to_owned())
            }
            "environment" => Ok(self.cloud.environment.clone()),
            "subscription" => Ok(self.cloud.subscription.clone()),
            "resourceGroup" => Ok(self.cloud.group.clone()),
            "utcNow" if phase == Phase::Default => Ok(self.cloud.now.into()),
            "utcNow" => Err("utcNow is allowed only in defaults of parameters".to_owned()),
            "resourceId" => {
                functions::resource_id(&format!("{}/providers", self.cloud.group_id()), arguments).map(Value::from)
            }
            "subscriptionResourceId" => {
                let id = self.cloud.subscription["subscriptionId"].as_str().unwrap_or_default();
                functions::resource_id(&format!("/subscriptions/{id}/providers"), arguments).map(Value::from)
            }
            "extensionResourceId" => {
                functions::resource_id(&format!("{}/providers", first()?), &arguments[1..]).map(Value::from)
            }
            _ if name == "reference" || name.starts_with("list") => {
                if phase != Phase::Runtime {
                    return Err(format!("{name} is allowed only in properties of resources and in outputs"));
                }
                let full = arguments.get(2).is_some_and(|third| third == "full");
                Ok(unknown(&format!("{name}({}{})", first()?, if full { ", full" } else { "" })))
            }
            _ => functions::call(name, arguments),
        }
    }
}

/// Returns a member of a value. A member of an unknown value is unknown, too.
fn member(of: &Value, key: &Value, optional: bool) -> Outcome {
    let found = match (of, key) {
        (Value::String(text), key) if text.starts_with(UNKNOWN.0) && text.ends_with(UNKNOWN.1) => {
            let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            return Ok(unknown(&format!("{}.{key}", text.trim_matches([UNKNOWN.0, UNKNOWN.1]))));
        }
        (Value::Object(members), Value::String(name)) => members.get(name),
        (Value::Array(items), Value::Number(index)) => {
            index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()?))
        }
        _ => None,
    };
    match found {
        Some(value) => Ok(value.clone()),
        None if optional => Ok(Value::Null),
        None => Err(format!("there is no member {key}")),
    }
}
