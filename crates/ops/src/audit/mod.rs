//! Timeline of a shipment: its own history merged with the records of the tenant's audit log (guide 7.1.5).

use std::fmt::Write as _;

use chrono::TimeDelta;
use keyferry_domain::DeliveryId;
use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::text::{visible, visible_json};
use keyferry_domain::{Event, Failure, Shipment, ShipmentId, ShipmentStore, Timestamp, UserRef};
use keyferry_entra::{AuditRecord, READ_AUDIT_LOG, Tenant};
use serde::Serialize;

/// Creation options are requested shortly before the shipment record is created, so audit records are read from this
/// long before.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// One line of the timeline: an event of the history or a record of the audit log.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Time of the event.
    pub at: Timestamp,
    /// Where the entry comes from.
    pub source: Source,
    /// What happened.
    pub what: String,
    /// Actor.
    pub by: String,
    /// `client-request-id` of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Whether both sources contain the same call.
    pub in_both: bool,
}

/// Source of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The shipment's history.
    History,
    /// The tenant's audit log.
    AuditLog,
}

/// Error of the `audit` command.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No shipment has this id.
    #[error("shipment {0} not found: it is neither an id of Keyferry nor an id of the delivery service")]
    Unknown(String),
    /// The store failed.
    #[error("could not read the shipment's records: {0}")]
    Store(#[from] StoreError),
    /// Microsoft Graph refused the call or failed.
    #[error(
        "could not read the audit log: {0}. Grant {needed} to the connector, or pass an administrator's token with \
         --graph-token-file", needed = READ_AUDIT_LOG.least()
    )]
    Graph(#[from] Failure),
}

/// A shipment with its history.
#[derive(Clone, Debug)]
pub struct Known {
    /// The shipment.
    pub shipment: Shipment,
    /// Events of the shipment, oldest first.
    pub events: Vec<Event>,
}

/// Returns the shipment with this id, which is an id of Keyferry or of the delivery service.
///
/// # Errors
/// [`AuditError::Unknown`] if there is no such shipment; [`AuditError::Store`] if the store fails.
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

/// Returns the entries of both sources, ordered by time.
///
/// # Errors
/// [`AuditError::Graph`] if the audit log cannot be read.
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
            by: app.or(user).unwrap_or_else(|| "unknown".to_owned()),
            correlation: record.correlation_id.clone(),
            in_both: of_ours(&record.correlation_id),
        }
    });
    let mut all: Vec<_> = own.chain(theirs).collect();
    all.sort_by_key(|entry| entry.at);
    all
}

/// Formats the timeline as text, one entry per line. Invisible characters are escaped. `=` marks a call that is in both
/// sources.
pub fn as_text(Known { shipment, .. }: &Known, entries: &[Entry]) -> String {
    let users: Vec<_> =
        shipment.keys().iter().flat_map(|key| &key.credentials).map(|one| one.user.to_string()).collect();
    let mut text = format!(
        "shipment {} for {}: {}\n\n",
        shipment.id(),
        visible(&users.join(", ")),
        shipment.phase().name().as_str()
    );
    for entry in entries {
        let source = match entry.source {
            Source::History => "history",
            Source::AuditLog => "Entra",
        };
        let both = if entry.in_both { "=" } else { " " };
        let (what, by) = (visible(&entry.what), visible(&entry.by));
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{}  {source:<7} {both} {what} [{by}]", entry.at.format("%Y-%m-%dT%H:%M:%SZ"));
        if let Some(id) = &entry.correlation {
            let _ = write!(text, " {}", visible(id));
        }
        text.push('\n');
    }
    let theirs = entries.iter().filter(|entry| entry.source == Source::AuditLog).count();
    let _ = writeln!(
        text,
        "\n{theirs} audit log records. = marks a call that is in both sources. Entra writes its audit log with a delay \
         of minutes. The records include other passkeys of the same user."
    );
    text
}

/// Formats the timeline as JSON.
pub fn as_json(Known { shipment, .. }: &Known, entries: &[Entry]) -> String {
    let phase = shipment.phase().name().as_str();
    let text =
        serde_json::json!({ "shipment": shipment.id().to_string(), "phase": phase, "entries": entries }).to_string();
    format!("{}\n", visible_json(&text))
}
