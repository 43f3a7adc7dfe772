//! `keyferry reconcile` without `--journal`: both sides, through the API.

use std::time::Duration;

use keyferry_client::model::{Difference, NotCompared, Reconciliation};
use keyferry_domain::finding::counted;

use super::interrupt;
use super::session::{Session, is_passing};
use crate::cli::Reconcile;
use crate::exit::{Failure, Kind};
use crate::terminal::{Cell, Column, Paint, Table, note, out};

/// Failed parts in a row after which the command ends.
const PATIENCE: u32 = 5;

/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(5);

/// Compares part by part until the end. Exits with 5 if there are differences.
pub(super) async fn run(options: Reconcile) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let mut all = Reconciliation { next_cursor: options.cursor, ..Reconciliation::default() };
    let mut failures = 0;
    loop {
        if let Some(cursor) = &all.next_cursor {
            interrupt::explain_with(format!("Nothing was changed. To continue: keyferry reconcile --cursor {cursor}"));
        }
        match session.api.reconcile(all.next_cursor.clone()).await {
            Ok(reply) => {
                failures = 0;
                // Shown at once, so that they are not lost with an interrupted command.
                for found in reply.body.differences.iter().filter(|_| !session.json) {
                    let id = found.id.as_ref().or(found.shipment_id.as_ref()).map_or("", String::as_str);
                    note(&format!("{} {id}: {}", found.kind.replace('_', " "), found.detail));
                }
                add(&mut all, reply.body);
            }
            Err(error) if is_passing(&error) && failures < PATIENCE => {
                failures += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(error) => {
                let at = all.next_cursor.as_ref();
                let hint = at.map(|cursor| format!("To continue: keyferry reconcile --cursor {cursor}"));
                print(&session, &all)?;
                note(&hint.unwrap_or_default());
                return Err(error.into());
            }
        }
        if all.next_cursor.is_none() {
            break;
        }
        if !session.json {
            let compared = all.compared;
            note(&format!("Compared {} shipments and {} people so far", compared.shipments, compared.people));
        }
        if let Some(seconds) = all.pause_seconds {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
    print(&session, &all)?;
    match all.differences.len() {
        0 => Ok(()),
        _ => Err(Failure::new(Kind::Findings, "")),
    }
}

fn add(all: &mut Reconciliation, part: Reconciliation) {
    all.differences.extend(part.differences);
    all.compared.orders += part.compared.orders;
    all.compared.shipments += part.compared.shipments;
    all.compared.people += part.compared.people;
    all.compared.calls += part.compared.calls;
    for NotCompared { what, why, count } in part.not_compared {
        match all.not_compared.iter_mut().find(|known| known.what == what && known.why == why) {
            Some(known) => known.count += count,
            None => all.not_compared.push(NotCompared { what, why, count }),
        }
    }
    (all.next_cursor, all.pause_seconds) = (part.next_cursor, part.pause_seconds);
}

fn print(session: &Session, all: &Reconciliation) -> Result<(), Failure> {
    if session.json {
        let json = serde_json::to_string_pretty(all).map_err(|error| Failure::failed(error.to_string()))?;
        return out(format!("{json}\n").as_bytes());
    }
    let mut table = Table::new([
        Column::new("DIFFERENCE"),
        Column::new("SHIPMENT"),
        Column::new("USER").cut(12).optional(2),
        Column::new("DETAIL").wrap(24).prefer(50),
    ]);
    for difference in &all.differences {
        let id = difference.id.as_ref().or(difference.shipment_id.as_ref());
        let kind = Cell::painted(difference.kind.replace('_', " "), Paint::Bad);
        table.row([kind, Cell::of(id), Cell::of(difference.user_id.as_ref()), Cell::new(&difference.detail)]);
    }
    let mut text = if table.is_empty() { String::new() } else { format!("{}\n", table.render(&session.screen)) };
    let mut kinds: Vec<&Difference> = Vec::new();
    for difference in &all.differences {
        if !kinds.iter().any(|known| known.kind == difference.kind) {
            kinds.push(difference);
        }
    }
    for one in kinds {
        text.push_str(&format!("{}: {}\n", one.kind.replace('_', " "), one.remedy));
    }
    for part in &all.not_compared {
        let count = if part.count > 0 { format!(" ({})", part.count) } else { String::new() };
        text.push_str(&format!("Not compared: {}{count}. {}\n", part.what, part.why));
    }
    let compared = all.compared;
    text.push_str(&format!(
        "{} found. Compared {} of the delivery service, {} and {}, with {}.\n",
        counted(all.differences.len(), "difference", "differences"),
        number(compared.orders, "order", "orders"),
        number(compared.shipments, "shipment", "shipments"),
        number(compared.people, "person", "people"),
        number(compared.calls, "call", "calls"),
    ));
    out(keyferry_http_lines(&text).as_bytes())
}

fn number(count: u64, one: &str, many: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), one, many)
}

/// Returns the text without control characters other than line ends: names of passkeys are chosen by users.
fn keyferry_http_lines(text: &str) -> String {
    text.split('\n').map(keyferry_http::clean).collect::<Vec<_>>().join("\n")
}
