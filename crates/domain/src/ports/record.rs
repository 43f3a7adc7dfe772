//! A shipment as stores keep it: plain columns for people, and the whole record as JSON.
//!
//! Only the state is taken over from a hand edit, and only towards `complete`; everything else is written anew from the record with the
//! next change.

use serde::{Deserialize, Serialize};

use crate::{PhaseName, Shipment, ShipmentId, Timestamp};

/// Version of the record's JSON. Members may come without a new one: older versions of the service leave out what they do not know.
const RECORD_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a> {
    v: u32,
    #[serde(flatten)]
    shipment: &'a Shipment,
}

#[derive(Deserialize)]
struct OnlyVersion {
    v: u32,
}

/// The columns of a shipment's row. The names with capitals are the guide's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordColumns {
    /// Our id.
    pub id: String,
    /// `shipmentId`: the delivery service's id.
    pub shipment_id: Option<String>,
    /// `shipmentState`: `ongoing` or `complete`.
    pub state: &'static str,
    /// `phase`.
    pub phase: &'static str,
    /// `error_kind`, present with a message.
    pub error_kind: Option<&'static str>,
    /// `error_message`: what stands in the way.
    pub error_message: Option<String>,
    /// `user_id`: whom it is for, as the caller named them.
    pub user_id: Option<String>,
    /// `record`: the whole shipment, JSON.
    pub record: String,
}

impl RecordColumns {
    /// The columns.
    ///
    /// # Errors
    /// When the shipment cannot be written as JSON, which none that was read from there does.
    pub fn of(shipment: &Shipment) -> Result<Self, super::StoreError> {
        let record = serde_json::to_string(&Versioned { v: RECORD_VERSION, shipment }).map_err(|error| {
            let reason = format!("it cannot be written as JSON: {error}");
            super::StoreError::Broken { id: shipment.id.to_string(), reason }
        })?;
        let credential = shipment.keys.first().and_then(|key| key.credentials.first());
        let error_message = shipment.error_message().map(str::to_owned);
        Ok(Self {
            id: shipment.id.to_string(),
            shipment_id: shipment.phase.fulfilment_id().map(|id| id.as_str().to_owned()),
            state: shipment.state(),
            phase: shipment.phase.name().as_str(),
            error_kind: error_message.is_some().then_some("GENERAL"),
            error_message,
            user_id: credential.map(|credential| credential.user.to_string()),
            record,
        })
    }

    /// The shipment of a row, read at `now`; else what is wrong with the row, without its values.
    ///
    /// # Errors
    /// When the record is damaged, of a later format, or does not agree with the columns `id`, `phase` and `shipmentState`.
    pub fn read(id: &str, phase: &str, state: &str, record: &str, now: Timestamp) -> Result<Shipment, String> {
        let OnlyVersion { v } = serde_json::from_str(record).map_err(|error| not_understood(&error))?;
        if v != RECORD_VERSION {
            return Err(format!("it has format {v}, but this version of the service knows only {RECORD_VERSION}"));
        }
        let mut shipment: Shipment = serde_json::from_str(record).map_err(|error| not_understood(&error))?;
        if ShipmentId::parse(id) != Some(shipment.id) {
            return Err(format!("it belongs to {}", shipment.id));
        }
        let recorded = shipment.phase.name();
        if PhaseName::parse(phase) != Some(recorded) {
            return Err(format!("column `phase` says {phase:?}, the record {:?}", recorded.as_str()));
        }
        match state {
            // A complete shipment does not go back: somebody's `ongoing` has no effect on it.
            "ongoing" => {}
            "complete" => shipment.completed_by_hand(now),
            other => return Err(format!("`shipmentState` is {other:?}; write `ongoing` or `complete`")),
        }
        Ok(shipment)
    }
}

/// Where it is wrong, without the values.
fn not_understood(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "it does not have the members of a shipment",
        Category::Eof => "its JSON is cut off",
        Category::Syntax | Category::Io => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
