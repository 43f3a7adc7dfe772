//! Operation that lists audit records.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::error::GraphError;

const DEFAULT_PAGE: usize = 1000;

/// `GET /auditLogs/directoryAudits`, newest first, with `$filter` and `$top`.
pub(super) fn list(call: &Call) -> Result<Response, GraphError> {
    let conditions = match call.parameter("$filter") {
        Some(filter) => filter.split(" and ").map(Condition::read).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let top = match call.parameter("$top") {
        Some(text) => text.parse().map_err(|_| bad_filter(text))?,
        None => DEFAULT_PAGE,
    };
    let holds = |record: &&Value| conditions.iter().all(|condition| condition.holds(record));
    let value: Vec<Value> =
        call.graph.audits.read(|records| records.iter().rev().filter(holds).take(top).cloned().collect());
    Ok(Json(json!({"@odata.context": call.context("auditLogs/directoryAudits"), "value": value})).into_response())
}

/// Clause of a filter.
#[derive(Debug)]
struct Condition {
    field: &'static str,
    relation: Relation,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    AtLeast,
    AtMost,
}

impl Condition {
    fn read(clause: &str) -> Result<Self, GraphError> {
        let clause = clause.trim();
        if let Some(id) = clause.strip_prefix("targetResources/any(t:t/id eq ").and_then(|rest| rest.strip_suffix(')'))
        {
            let value = unquote(id).ok_or_else(|| bad_filter(clause))?;
            return Ok(Self { field: "/targetResources/0/id", relation: Relation::Equal, value });
        }
        let mut words = clause.splitn(3, ' ');
        let (Some(name), Some(relation), Some(value)) = (words.next(), words.next(), words.next()) else {
            return Err(bad_filter(clause));
        };
        let field = match name {
            "correlationId" => "/correlationId",
            "activityDisplayName" => "/activityDisplayName",
            "activityDateTime" => "/activityDateTime",
            "result" => "/result",
            "category" => "/category",
            "loggedByService" => "/loggedByService",
            _ => return Err(bad_filter(clause)),
        };
        let relation = match relation {
            "eq" => Relation::Equal,
            "ge" => Relation::AtLeast,
            "le" => Relation::AtMost,
            _ => return Err(bad_filter(clause)),
        };
        // OData writes times without quotes.
        let value = if name == "activityDateTime" { Some(value.to_owned()) } else { unquote(value) };
        let value = value.ok_or_else(|| bad_filter(clause))?;
        Ok(Self { field, relation, value })
    }

    fn holds(&self, record: &Value) -> bool {
        let Some(actual) = record.pointer(self.field).and_then(Value::as_str) else {
            return false;
        };
        match self.relation {
            Relation::Equal => actual == self.value,
            Relation::AtLeast => actual >= self.value.as_str(),
            Relation::AtMost => actual <= self.value.as_str(),
        }
    }
}

fn unquote(text: &str) -> Option<String> {
    Some(text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
}

/// Error for an invalid or unsupported filter. The text is the sandbox's own.
fn bad_filter(clause: &str) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "BadRequest", format!("Invalid filter clause: '{clause}'."))
}
