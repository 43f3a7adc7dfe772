//! Runs a workflow.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::evaluate::{self, Scope};
use super::{Status, actions, schema};

/// A call that an action makes.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name of the action.
    pub action: String,
    /// The HTTP method, such as `GET`.
    pub method: String,
    /// The URL; for a call through an API connection, the path.
    pub uri: String,
    /// The audience of the managed identity's token, if the action uses one.
    pub audience: Option<String>,
    /// The headers by name; `null` without any.
    pub headers: Value,
    /// The request body.
    pub body: Value,
}

/// The external systems that a workflow calls. Methods return status and body of the answer.
#[async_trait]
pub trait Outside: Sync {
    /// Answers the call of an `Http` action.
    async fn http(&self, request: Request) -> (u16, Value);
    /// Answers the call of an `ApiConnection` action.
    async fn connection(&self, request: Request) -> (u16, Value);
}

/// The result of a call of the trigger.
#[derive(Debug)]
pub struct Outcome {
    /// Status and body that the caller received: from a `Response` action, or from the trigger if it rejected the body.
    pub response: Option<(u16, Value)>,
    /// The status in the run history. `None`: there was no run.
    pub status: Option<Status>,
    /// The error of a `Terminate` action, if one ran.
    pub error: Option<Value>,
    /// The status of each action.
    pub actions: BTreeMap<String, Status>,
}

struct Run<'a> {
    definition: &'a Value,
    parameters: &'a Value,
    trigger_body: Value,
    outside: &'a dyn Outside,
    done: BTreeMap<String, (Status, Value)>,
    variables: BTreeMap<String, Value>,
    response: Option<(u16, Value)>,
    terminated: Option<Value>,
}

/// Calls the trigger with a body, and runs the workflow. The definition must have a single request trigger.
///
/// # Errors
///
/// The reason why the definition cannot run.
pub async fn run(
    definition: &Value,
    parameters: &Value,
    body: Value,
    outside: &dyn Outside,
) -> Result<Outcome, String> {
    let trigger =
        definition["triggers"].as_object().and_then(|triggers| triggers.values().next()).ok_or("no trigger")?;
    if trigger["operationOptions"] == "EnableSchemaValidation"
        && let Some(refusal) = schema::refusal(&trigger["inputs"]["schema"], &body, "body")
    {
        let error = json!({ "error": { "code": "TriggerInputSchemaMismatch", "message": refusal } });
        return Ok(Outcome { response: Some((400, error)), status: None, error: None, actions: BTreeMap::new() });
    }
    let mut run = Run {
        definition,
        parameters,
        trigger_body: body,
        outside,
        done: BTreeMap::new(),
        variables: BTreeMap::new(),
        response: None,
        terminated: None,
    };
    let list = definition["actions"].as_object().ok_or("no actions")?;
    let status = Box::pin(run.list(list)).await?;
    let ended = run.terminated.is_some();
    // Without a Response action the trigger has answered before anything ran.
    let mut has_response = false;
    actions::all(list, &mut |_, action, _| has_response |= action["type"] == "Response");
    let silent = if has_response { None } else { Some((202, Value::Null)) };
    Ok(Outcome {
        response: run.response.or(silent),
        status: Some(if ended { Status::Failed } else { status }),
        error: run.terminated,
        actions: run.done.into_iter().map(|(name, (status, _))| (name, status)).collect(),
    })
}

impl Run<'_> {
    /// Runs a list of actions in the order given by `runAfter`.
    async fn list(&mut self, list: &Map<String, Value>) -> Result<Status, String> {
        let mut waiting: Vec<&String> = list.keys().collect();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|name| {
                actions::run_after(&list[*name]).all(|(before, _)| !waiting.iter().any(|waiting| *waiting == before))
            });
            let Some(ready) = ready else { return Err(format!("actions wait for each other: {waiting:?}")) };
            let name = waiting.remove(ready);
            let action = &list[name];
            let runs = actions::run_after(action).all(|(before, allowed)| {
                self.done.get(before).is_some_and(|(status, _)| allowed.contains(&status.name()))
            });
            let (status, outputs) = if self.terminated.is_some() {
                (Status::Cancelled, Value::Null)
            } else if runs {
                // `?` only for defects of the definition: a failed call is the status of the action, not an error.
                Box::pin(self.action(name, action)).await?
            } else {
                (Status::Skipped, Value::Null)
            };
            if status == Status::Skipped {
                for inner in actions::inner(action) {
                    actions::all(inner, &mut |name, _, _| {
                        drop(self.done.insert(name.to_owned(), (status, Value::Null)))
                    });
                }
            }
            self.done.insert(name.clone(), (status, outputs));
        }
        Ok(self.of_list(list))
    }

    /// Returns the status of a list: failed if a chain of its actions ends with a failure that no action runs after.
    fn of_list(&self, list: &Map<String, Value>) -> Status {
        let waited_for =
            |name: &str| list.values().any(|other| actions::run_after(other).any(|(before, _)| before == name));
        let mut ends: Vec<&str> = list.keys().map(String::as_str).filter(|name| !waited_for(name)).collect();
        while let Some(end) = ends.pop() {
            match self.done.get(end).map(|(status, _)| *status) {
                Some(Status::Failed | Status::Cancelled) => return Status::Failed,
                Some(Status::Skipped) => ends.extend(actions::run_after(&list[end]).map(|(before, _)| before)),
                _ => {}
            }
        }
        Status::Succeeded
    }

    async fn action(&mut self, name: &str, action: &Value) -> Result<(Status, Value), String> {
        let kind = action["type"].as_str().unwrap_or_default();
        if kind == "If" {
            let holds = evaluate::condition(&action["expression"], self);
            let Ok(holds) = holds else { return Ok((Status::Failed, Value::Null)) };
            let (taken, other) = (action.get("actions"), action.pointer("/else/actions"));
            let (taken, other) = if holds { (taken, other) } else { (other, taken) };
            if let Some(list) = other.and_then(Value::as_object) {
                let skipped = &mut |name: &str, _: &Value, _: &Map<String, Value>| {
                    self.done.insert(name.to_owned(), (Status::Skipped, Value::Null));
                };
                actions::all(list, &mut |name, action, list| skipped(name, action, list));
            }
            let status = match taken.and_then(Value::as_object) {
                Some(list) => Box::pin(self.list(list)).await?,
                None => Status::Succeeded,
            };
            return Ok((status, Value::Null));
        }
        if let "Select" | "Query" = kind {
            let evaluated = if kind == "Select" { evaluate::select } else { evaluate::query }(&action["inputs"], self);
            return Ok(match evaluated {
                Ok(items) => (Status::Succeeded, json!({ "body": items })),
                Err(_) => (Status::Failed, Value::Null),
            });
        }
        let Ok(inputs) = evaluate::all(&action["inputs"], self) else {
            return Ok((Status::Failed, Value::Null));
        };
        let text = |pointer: &str| inputs.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match kind {
            "InitializeVariable" => {
                for variable in inputs["variables"].as_array().into_iter().flatten() {
                    let name = variable["name"].as_str().unwrap_or_default().to_owned();
                    self.variables.insert(name, variable["value"].clone());
                }
            }
            "SetVariable" => {
                let name = text("/name").unwrap_or_default();
                let Some(variable) = self.variables.get_mut(&name) else {
                    return Err(format!("there is no variable {name}"));
                };
                *variable = inputs["value"].clone();
            }
            "Compose" => return Ok((Status::Succeeded, inputs)),
            "Http" | "ApiConnection" => {
                let request = Request {
                    action: name.to_owned(),
                    method: text("/method").unwrap_or_default(),
                    uri: text("/uri").or_else(|| text("/path")).unwrap_or_default(),
                    audience: text("/authentication/audience"),
                    headers: inputs["headers"].clone(),
                    body: inputs["body"].clone(),
                };
                let answer = if kind == "Http" { self.outside.http(request) } else { self.outside.connection(request) };
                let (status, body) = answer.await;
                let outcome = if (200..300).contains(&status) { Status::Succeeded } else { Status::Failed };
                return Ok((outcome, json!({ "statusCode": status, "body": body })));
            }
            "Response" => {
                if self.response.is_some() {
                    return Ok((Status::Failed, Value::Null));
                }
                let status = inputs["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
                self.response = Some((status.ok_or("a Response has no statusCode")?, inputs["body"].clone()));
            }
            "Terminate" => self.terminated = Some(inputs["runError"].clone()),
            other => return Err(format!("{name}: actions of type {other} are not implemented here")),
        }
        Ok((Status::Succeeded, Value::Null))
    }
}

impl Scope for Run<'_> {
    fn trigger_body(&self) -> Value {
        self.trigger_body.clone()
    }

    fn action(&self, name: &str) -> Option<Value> {
        let (status, outputs) = self.done.get(name)?;
        Some(json!({ "name": name, "status": status.name(), "outputs": outputs }))
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned()
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        let default = || self.definition["parameters"][name].get("defaultValue").cloned();
        self.parameters[name].get("value").cloned().or_else(default)
    }

    fn item(&self) -> Option<Value> {
        None
    }
}
