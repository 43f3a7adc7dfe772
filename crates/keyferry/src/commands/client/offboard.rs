//! `keyferry people offboard`

use std::path::Path;

use keyferry_client::model::{Offboarded, Reason};
use keyferry_domain::finding::counted;
use serde_json::json;

use super::interrupt;
use super::session::{Session, confirm, reason};
use crate::cli;
use crate::exit::Failure;
use crate::terminal::{Cell, Column, Paint, Table, note, out};

/// Offboards people one after the other. A failure of one does not prevent the others.
pub(super) async fn run(
    session: &Session,
    mut users: Vec<String>,
    file: Option<&Path>,
    decision: &cli::Reason,
) -> Result<(), Failure> {
    if let Some(path) = file {
        let failed = |error| Failure::usage(format!("could not read {}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        users.extend(lines.map(str::to_owned));
    }
    if users.is_empty() {
        return Err(Failure::usage("the file names no person: expected one in each line"));
    }
    let body = Reason { reason: reason(decision, "offboard").await? };
    let people = counted(users.len(), "person", "people");
    confirm(decision.yes, &format!("Revoke the passkeys and cancel the orders of {people}?")).await?;
    interrupt::explain_with("Repeat the command. What is done is not done again.");
    let (mut failed, mut all) = (0, Vec::new());
    for user in &users {
        match session.api.offboard(user, &body).await {
            Ok(reply) => {
                failed += usize::from(!reply.body.complete);
                if session.json {
                    all.push(json!({ "user_id": user, "result": reply.body }));
                } else {
                    show(session, user, &reply.body)?;
                }
            }
            Err(error) => {
                failed += 1;
                note(&format!("{user}: {error}"));
                all.push(json!({ "user_id": user, "error": error.to_string() }));
            }
        }
    }
    if session.json {
        out(format!("{:#}\n", json!({ "people": all })).as_bytes())?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::failed(format!(
            "{} not complete. Repeat the command: what is done is not done again",
            counted(failed, "person is", "people are")
        ))),
    }
}

fn show(session: &Session, user: &str, result: &Offboarded) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::new("SHIPMENT"),
        Column::new("PHASE"),
        Column::new("DONE"),
        Column::new("LEFT TO DO").wrap(24).prefer(50),
    ]);
    for shipment in &result.shipments {
        let done = match (shipment.revoked, shipment.cancelled) {
            (true, _) => "passkey revoked",
            (_, true) => "cancelled",
            _ => "nothing",
        };
        let left = match (&shipment.failed, &shipment.by_hand) {
            (Some(failed), _) => Cell::painted(failed.clone(), Paint::Bad),
            (None, by_hand) => Cell::of(by_hand.as_ref()),
        };
        let phase = shipment.phase.as_ref().map(|phase| phase.as_str().to_owned());
        table.row([Cell::new(&shipment.id), Cell::of(phase.as_ref()), Cell::new(done), left]);
    }
    let lines = match table.is_empty() {
        true => "Keyferry has no shipment for this person.\n".to_owned(),
        false => table.render(&session.screen),
    };
    if let Some(failed) = &result.failed {
        note(&format!("{user}: {failed}"));
    }
    out(format!("{}\n{lines}\n", keyferry_http::clean(user)).as_bytes())
}
