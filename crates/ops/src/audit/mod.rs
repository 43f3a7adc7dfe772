//! What the tenant's audit log says of a shipment, beside the shipment's own history (guide 7.1.5).

use std::fmt::Write as _;

use chrono::TimeDelta;
use keyferry_domain::DeliveryId;
use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{Event, Failure, Shipment, ShipmentId, ShipmentStore, Timestamp, UserRef};
use keyferry_entra::{AuditRecord, READ_AUDIT_LOG, Tenant};
use serde::Serialize;

/// Creation options are asked for a moment before the record is made.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// One line: an event of the history, or a record of the audit log.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Whose word it is.
    pub source: Source,
    /// What happened.
    pub what: String,
    /// By whom.
    pub by: String,
    /// `client-request-id` of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Whether both know of the same call.
    pub in_both: bool,
}

/// Whose word an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The shipment's history.
    History,
    /// The tenant's audit log.
    AuditLog,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Nobody knows it.
    #[error("there is no shipment {0}: neither an id of the connector nor one of the delivery service")]
    Unknown(String),
    /// The store does not answer.
    #[error("the records cannot be read: {0}")]
    Store(#[from] StoreError),
    /// Graph refuses.
    #[error(
        "the audit log cannot be read: {0}. {needed} is needed: grant it to the connector, or give an administrator's token with \
         --graph-token-file", needed = READ_AUDIT_LOG.least()
    )]
    Graph(#[from] Failure),
}

/// What the connector knows of a shipment.
#[derive(Clone, Debug)]
pub struct Known {
    /// The shipment.
    pub shipment: Shipment,
    /// What happened to it, oldest first.
    pub events: Vec<Event>,
}

/// The shipment with this id, the connector's or the delivery service's.
///
/// # Errors
/// When there is none.
pub async fn find(shipments: &dyn ShipmentStore, id: &str) -> Result<Known, AuditError> {
    let found = match ShipmentId::parse(id) {
        Some(own) => shipments.get(own).await?,
        None => None,
    };
    let found: Option<Stored> = match found {
        Some(found) => Some(found),
        None => shipments.find(&DeliveryId::new(id)).await?,
    };
    let shipment = found.ok_or_else(|| AuditError::Unknown(id.to_owned()))?.change.into_shipment();
    let mut events: Vec<Event> = Vec::new();
    loop {
        let after = events.last().map_or(0, |last| last.seq);
        let page = shipments.events(shipment.id(), after, 500).await?;
        if page.is_empty() {
            return Ok(Known { shipment, events });
        }
        events.extend(page);
    }
}

/// Both, in order of time.
///
/// # Errors
/// When the audit log cannot be read.
pub async fn timeline(known: &Known, tenant: &Tenant) -> Result<Vec<Entry>, AuditError> {
    let shipment = &known.shipment;
    let mut records = Vec::new();
    let mut users: Vec<UserRef> = Vec::new();
    for credential in shipment.keys().iter().flat_map(|key| &key.credentials) {
        let user = credential.pinned_user();
        if !users.contains(&user) {
            records.extend(tenant.passkey_audits(&user, shipment.created_at() - BEFORE).await?);
            users.push(user);
        }
    }
    Ok(merged(known, &records))
}

fn merged(known: &Known, records: &[AuditRecord]) -> Vec<Entry> {
    let Known { shipment, events: history } = known;
    let of_ours = |id: &Option<String>| id.is_some() && history.iter().any(|event| event.correlation == *id);
    let of_theirs = |id: &Option<String>| id.is_some() && records.iter().any(|record| record.correlation_id == *id);
    let own = history.iter().map(|event| Entry {
        at: event.at,
        source: Source::History,
        what: if event.times > 1 { format!("{} ({} times)", event.detail, event.times) } else { event.detail.clone() },
        by: event.actor.to_string(),
        correlation: event.correlation.clone(),
        in_both: of_theirs(&event.correlation),
    });
    let theirs = records.iter().map(|record| {
        let reason = record.result_reason.as_deref().filter(|reason| !reason.is_empty());
        let app =
            record.initiated_by.app.as_ref().and_then(|app| app.display_name.clone().or_else(|| app.app_id.clone()));
        let user = record.initiated_by.user.as_ref().and_then(|user| user.user_principal_name.clone());
        Entry {
            at: record.activity_date_time.unwrap_or(shipment.created_at()),
            source: Source::AuditLog,
            what: [Some(record.activity_display_name.as_str()), Some(record.result.as_str()), reason]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(": "),
            by: app.or(user).unwrap_or_else(|| "nobody named".to_owned()),
            correlation: record.correlation_id.clone(),
            in_both: of_ours(&record.correlation_id),
        }
    });
    let mut all: Vec<_> = own.chain(theirs).collect();
    all.sort_by_key(|entry| entry.at);
    all
}

/// For a person: one entry a line, the log's marked, and whether both know of the call.
pub fn as_text(Known { shipment, .. }: &Known, entries: &[Entry]) -> String {
    let users: Vec<_> =
        shipment.keys().iter().flat_map(|key| &key.credentials).map(|one| one.user.to_string()).collect();
    let mut text =
        format!("shipment {} for {}: {}\n\n", shipment.id(), users.join(", "), shipment.phase().name().as_str());
    for entry in entries {
        let source = match entry.source {
            Source::History => "history",
            Source::AuditLog => "Entra",
        };
        let both = if entry.in_both { "=" } else { " " };
        // Writing to a text cannot fail.
        let _ =
            write!(text, "{}  {source:<7} {both} {} [{}]", entry.at.format("%Y-%m-%dT%H:%M:%SZ"), entry.what, entry.by);
        if let Some(id) = &entry.correlation {
            let _ = write!(text, " {id}");
        }
        text.push('\n');
    }
    let theirs = entries.iter().filter(|entry| entry.source == Source::AuditLog).count();
    let _ = writeln!(
        text,
        "\n{theirs} records of the audit log; = marks a call that both tell of. Entra writes its log minutes later, and the records of \
         other keys of the same person are among these."
    );
    text
}

/// For programs.
pub fn as_json(Known { shipment, .. }: &Known, entries: &[Entry]) -> String {
    let phase = shipment.phase().name().as_str();
    let mut text =
        serde_json::json!({ "shipment": shipment.id().to_string(), "phase": phase, "entries": entries }).to_string();
    text.push('\n');
    text
}
