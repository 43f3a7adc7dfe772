//! Dry run of an action, and its request.

use axum::http::Method;
use serde_json::{Value, json};

use super::selection::Selection;
use crate::messages::Messages;
use crate::operations::Refusal;
use crate::shipment::Verb;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Reason of a dry run. Nothing is done, so it is stored nowhere.
const DRY_RUN: &str = "dry run in the console";

/// Most shipments that a page names for a reason.
const MOST_NAMED: usize = 20;

const OPERATION: &str = "/v1/shipments/actions";

/// Result of a dry run.
pub(super) struct Checked {
    pub(super) matched: u64,
    pub(super) possible: u64,
    /// Why it is not possible for some, with the ids of the first ones.
    pub(super) impossible: Vec<Why>,
    /// Number of shipments for which it is not possible and which are not among these.
    pub(super) unnamed: u64,
}

/// Shipments for which the action is not possible, for the same reason.
pub(super) struct Why {
    /// In English, from the operation.
    pub(super) reason: String,
    pub(super) ids: Vec<String>,
}

impl Checked {
    /// Returns the number of shipments for which it is not possible.
    pub(super) fn refused(&self, m: &Messages) -> String {
        m.number(&self.matched.saturating_sub(self.possible))
    }
}

impl Why {
    /// Returns the ids that a page shows.
    pub(super) fn named(&self) -> &[String] {
        self.ids.get(..MOST_NAMED).unwrap_or(&self.ids)
    }

    /// Returns the number of the other ids.
    pub(super) fn more(&self) -> usize {
        self.ids.len() - self.named().len()
    }
}

/// Groups refused shipments by reason, in the order in which the reasons occur.
pub(super) fn grouped<'a>(refused: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Why> {
    let mut groups: Vec<Why> = Vec::new();
    for (id, reason) in refused {
        match groups.iter_mut().find(|group| group.reason == reason) {
            Some(group) => group.ids.push(id.to_owned()),
            None => groups.push(Why { reason: reason.to_owned(), ids: vec![id.to_owned()] }),
        }
    }
    groups
}

/// Returns ids and reasons in a response.
pub(super) fn refused(list: &Value) -> impl Iterator<Item = (&str, &str)> {
    list.as_array().into_iter().flatten().filter_map(|it| Some((it["id"].as_str()?, it["why"].as_str()?)))
}

/// Asks for how many shipments the action is possible. Changes nothing.
///
/// # Errors
/// The operation's refusal.
pub(super) async fn check(
    state: &ConsoleState,
    visitor: &Visitor,
    verb: Verb,
    selection: &Selection,
) -> Result<Checked, Refusal> {
    let mut body = request(verb, DRY_RUN, selection);
    body["dry_run"] = json!(true);
    let checked = visitor.ask(state, Method::POST, OPERATION, Some(body)).await?;
    let number = |name: &str| checked[name].as_u64().unwrap_or_default();
    let (matched, possible) = (number("matched"), number("possible"));
    let impossible = grouped(refused(&checked["impossible"]));
    let named: usize = impossible.iter().map(|why| why.ids.len()).sum();
    let unnamed = matched.saturating_sub(possible + named as u64);
    Ok(Checked { matched, possible, impossible, unnamed })
}

/// Does it to the confirmed number of shipments.
///
/// # Errors
/// The operation's refusal.
pub(super) async fn perform(
    state: &ConsoleState,
    visitor: &Visitor,
    verb: Verb,
    selection: &Selection,
    reason: &str,
    confirmed: u64,
) -> Result<Value, Refusal> {
    let mut body = request(verb, reason, selection);
    body["confirm"] = json!(confirmed);
    visitor.ask(state, Method::POST, OPERATION, Some(body)).await
}

fn request(verb: Verb, reason: &str, selection: &Selection) -> Value {
    let mut body = json!({ "action": verb.as_str(), "reason": reason });
    match &selection.ids {
        Some(ids) => body["ids"] = ids.iter().map(ToString::to_string).collect(),
        None => body["filter"] = Value::Object(selection.conditions.members()),
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_grouped() {
        let list = json!([{"id": "a", "why": "it is complete"}, {"id": "b", "why": "it is refused"},
            {"id": "c", "why": "it is complete"}, {"id": "d"}]);
        let groups = grouped(refused(&list));
        let shown: Vec<_> = groups.iter().map(|why| (why.reason.as_str(), why.ids.join(" "))).collect();
        assert_eq!(shown, [("it is complete", "a c".to_owned()), ("it is refused", "b".to_owned())]);
    }
}
