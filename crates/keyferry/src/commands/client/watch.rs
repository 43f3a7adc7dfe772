//! `keyferry shipments watch`

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::SecondsFormat;
use keyferry_client::model::{ObstacleClass, Phase};
use keyferry_client::{ClientError, Filter, ShipmentQuery};
use keyferry_domain::Timestamp;
use keyferry_http::clean;
use serde_json::Value;

use super::interrupt;
use super::session::{Session, is_passing};
use super::summaries::{of_class, of_phase};
use crate::cli::Watch;
use crate::exit::{Failure, Kind};
use crate::terminal::{Paint, note, out};

/// Most shipments that can be named. Each is one call in each round.
const MOST_IDS: usize = 50;

/// Most shipments that match a filter.
const MOST: usize = 100_000;

/// Page size.
const PAGE: u32 = 500;

/// Changes are asked for again for this long, because the clocks of two replicas can differ.
const OVERLAP: Duration = Duration::from_secs(60);

/// Failed rounds in a row after which the command ends.
const PATIENCE: u32 = 10;

/// Shipment as far as it is watched.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    user: String,
    phase: Phase,
    obstacle: Option<(String, ObstacleClass, String)>,
}

impl Seen {
    /// Returns whether the shipment cannot progress without an operator.
    fn is_stuck(&self) -> bool {
        let waits = |class: &ObstacleClass| matches!(class, ObstacleClass::Attention | ObstacleClass::Final);
        self.phase == Phase::Unconfirmed || self.obstacle.as_ref().is_some_and(|(_, class, _)| waits(class))
    }
}

/// A shipment as the API returned it just now.
struct Fresh {
    id: String,
    seen: Seen,
    updated: Option<Timestamp>,
    json: String,
}

pub(super) async fn run(session: &Session, options: Watch) -> Result<(), Failure> {
    if options.ids.len() > MOST_IDS {
        return Err(Failure::usage(format!("name at most {MOST_IDS} shipments, or give a filter such as --batch")));
    }
    let filter = Filter::from(&options.filters);
    if !options.ids.is_empty() && !filter.is_empty() {
        return Err(Failure::usage("give ids or a filter, not both"));
    }
    interrupt::explain_with(
        "The connector processes the shipments without this command. To watch them again, run the same command.",
    );
    let mut known: BTreeMap<String, Seen> = BTreeMap::new();
    let mut newest = None;
    let mut failures = 0;
    loop {
        let first = known.is_empty();
        let fresh = match (options.ids.is_empty(), first) {
            (false, _) => by_id(session, &options.ids).await,
            (true, true) => by_filter(session, filter.clone()).await,
            (true, false) => by_filter(session, changed_since(newest)).await,
        };
        match fresh {
            Ok(fresh) => {
                failures = 0;
                newest = fresh.iter().filter_map(|one| one.updated).max().max(newest);
                take(session, &mut known, fresh, first)?;
            }
            Err(error) if first || !is_passing(&error) || failures >= PATIENCE => return Err(error.into()),
            Err(error) => {
                failures += 1;
                note(&format!("keyferry: {}. Trying again", error.to_string().trim_end_matches('.')));
            }
        }
        if known.is_empty() {
            note("No shipment matches.");
            return Ok(());
        }
        if known.values().all(|seen| seen.phase.is_terminal()) {
            return ended(&known);
        }
        if options.stop_when_stuck && known.values().all(|seen| seen.phase.is_terminal() || seen.is_stuck()) {
            note("All shipments that are left need an operator: keyferry shipments list --needs-human");
            return Err(Failure::new(Kind::Findings, ""));
        }
        tokio::time::sleep(Duration::from_secs(options.interval.into())).await;
    }
}

fn changed_since(newest: Option<Timestamp>) -> Filter {
    let from = newest.map(|at| (at - OVERLAP).to_rfc3339_opts(SecondsFormat::Micros, true));
    Filter { updated_from: from, ..Filter::default() }
}

/// Records what is new, and prints it.
fn take(session: &Session, known: &mut BTreeMap<String, Seen>, fresh: Vec<Fresh>, first: bool) -> Result<(), Failure> {
    for Fresh { id, seen, updated, json } in fresh {
        let before = known.get(&id);
        // After the first round, only the shipments of the first round count.
        if before == Some(&seen) || (before.is_none() && !first) {
            continue;
        }
        let line = match session.json {
            true => json,
            false => line(session, &id, before, &seen, updated),
        };
        out(format!("{line}\n").as_bytes())?;
        known.insert(id, seen);
    }
    Ok(())
}

fn line(session: &Session, id: &str, before: Option<&Seen>, seen: &Seen, at: Option<Timestamp>) -> String {
    let paint = |phase: &Phase| session.screen.painted(phase.as_str(), of_phase(phase));
    let phase = match before {
        Some(before) if before.phase != seen.phase => format!("{} → {}", paint(&before.phase), paint(&seen.phase)),
        _ => paint(&seen.phase),
    };
    let obstacle = match &seen.obstacle {
        Some((code, class, message)) => {
            format!("  {}: {}", session.screen.painted(&clean(code), of_class(class)), clean(message))
        }
        None if before.is_some_and(|before| before.obstacle.is_some()) => "  obstacle cleared".to_owned(),
        None => String::new(),
    };
    let time = at.map(|at| at.format("%H:%M:%SZ").to_string()).unwrap_or_default();
    let time = session.screen.painted(&time, Paint::Faint);
    format!("{time}  {}  {}  {phase}{obstacle}", clean(id), clean(&seen.user)).trim_start().to_owned()
}

fn ended(known: &BTreeMap<String, Seen>) -> Result<(), Failure> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seen in known.values() {
        *counts.entry(seen.phase.as_str()).or_default() += 1;
    }
    let complete = counts.get(Phase::Complete.as_str()).copied().unwrap_or_default();
    let counts: Vec<_> = counts.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
    note(&format!("Nothing more happens: {}.", counts.join(", ")));
    if complete == known.len() { Ok(()) } else { Err(Failure::new(Kind::Findings, "")) }
}

async fn by_id(session: &Session, ids: &[String]) -> Result<Vec<Fresh>, ClientError> {
    let mut all = Vec::new();
    for id in ids {
        let reply = session.api.shipment(id).await?;
        let shipment = reply.body;
        let user = shipment.keys.first().and_then(|key| key.user_id.clone()).unwrap_or_default();
        let obstacle = shipment.obstacle.map(|one| (one.code, one.class, one.message));
        let updated = shipment.history.last().map(|event| event.last_at);
        let seen = Seen { user, phase: shipment.phase, obstacle };
        all.push(Fresh { id: shipment.id, seen, updated, json: reply.json });
    }
    Ok(all)
}

async fn by_filter(session: &Session, filter: Filter) -> Result<Vec<Fresh>, ClientError> {
    let mut all = Vec::new();
    let mut query = ShipmentQuery { filter, limit: Some(PAGE), ..ShipmentQuery::default() };
    loop {
        let reply = session.api.shipments(&query).await?;
        let raw: Value = serde_json::from_str(&reply.json).unwrap_or_default();
        for (index, shipment) in reply.body.items.into_iter().enumerate() {
            let user = shipment.user_id.or(shipment.object_id).unwrap_or_default();
            let obstacle = shipment.obstacle.map(|one| (one.code, one.class, one.message));
            let seen = Seen { user, phase: shipment.phase, obstacle };
            let json = raw["items"][index].to_string();
            all.push(Fresh { id: shipment.id, seen, updated: Some(shipment.updated_at), json });
        }
        query.cursor = reply.body.next_cursor;
        if query.cursor.is_none() || all.len() >= MOST {
            return Ok(all);
        }
    }
}
