//! `keyferry people lost-key` and `keyferry people return`

use keyferry_client::Reply;
use keyferry_client::model::{LoseKey, Reason, Withdrawn};

use super::session::{Session, confirm, reason};
use super::{file, interrupt};
use crate::cli::{self, LostKey};
use crate::exit::Failure;
use crate::terminal::note;

/// Reports a key as lost.
pub(super) async fn lost_key(session: &Session, options: LostKey) -> Result<(), Failure> {
    let LostKey { user, serial, shipment, file, no_replacement, access_pass, decision } = options;
    let order = file.as_deref().map(file::json_object).transpose()?;
    let reason = reason(&decision, "report the key as lost").await?;
    let which = match (&serial, &shipment) {
        (Some(serial), _) => format!("key {serial}"),
        (_, Some(id)) => format!("the key of shipment {id}"),
        _ => "the newest key".to_owned(),
    };
    let next = if no_replacement { "order no other one" } else { "order the next one" };
    confirm(decision.yes, &format!("Revoke {which} of {user}, and {next}?")).await?;
    interrupt::explain_with("Repeat the command. It continues, and orders once.");
    let body = LoseKey {
        reason,
        serial,
        shipment,
        replace: no_replacement.then_some(false),
        access_pass: access_pass.then_some(true),
        order,
    };
    let reply = session.api.lose_key(&user, &body).await?;
    let shown = show(session, &reply);
    if access_pass {
        note("- a temporary access pass is requested; its addressee gets a mail with a link to it");
    }
    shown
}

/// Marks a key as returned.
pub(super) async fn give_back(session: &Session, serial: &str, decision: &cli::Reason) -> Result<(), Failure> {
    let reason = reason(decision, "mark the key as returned").await?;
    confirm(decision.yes, &format!("Revoke the passkey of key {serial}?")).await?;
    interrupt::explain_with("Repeat the command. What is done is not done again.");
    show(session, &session.api.return_key(serial, &Reason { reason }).await?)
}

/// Shows the steps. Text is for people, and goes to standard error, except the id of the next shipment.
fn show(session: &Session, reply: &Reply<Withdrawn>) -> Result<(), Failure> {
    let result = &reply.body;
    let next = result.withdrawal.as_ref().and_then(|act| act.replacement.as_ref());
    session.print(&reply.json, |_| next.map(|id| format!("{id}\n")).unwrap_or_default())?;
    let key = result.serial_number.as_ref().map_or_else(String::new, |serial| format!("Key {serial}, "));
    note(&format!("{key}shipment {}:", result.id));
    let Some(act) = &result.withdrawal else {
        note("There is nothing to end.");
        return Ok(());
    };
    if result.repeated {
        note(&format!("It was reported before ({}). This command continued.", act.cause));
    }
    for step in &act.steps {
        let text = match (step.step.as_str(), step.done) {
            ("remove_passkey", true) => "the passkey is revoked",
            ("remove_passkey", false) => "the passkey is not revoked yet",
            ("cancel_order", true) => "the order is cancelled; nothing is registered any more",
            ("cancel_order", false) => "the order is not cancelled yet; nothing is registered meanwhile",
            ("queue_replacement", true) => "the order of the next key is queued",
            ("queue_replacement", false) => "the order of the next key is not queued yet",
            ("remove_access_pass", true) => "the temporary access pass is deleted",
            ("remove_access_pass", false) => "the temporary access pass is not deleted yet",
            (other, _) => other,
        };
        note(&format!("- {text}"));
    }
    match &result.left {
        None => Ok(()),
        Some(left) => Err(Failure::failed(format!(
            "not complete: {}. Keyferry continues with each run; a repeated command continues at once",
            left.trim_end_matches('.')
        ))),
    }
}
