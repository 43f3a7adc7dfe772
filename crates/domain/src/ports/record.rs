//! Stored form of a shipment: plain columns for queries and operators, and the whole record as JSON.
//!
//! Of edits by hand, only a change of the state to `complete` has an effect. The next commit overwrites all other
//! columns from the record.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{StoreError, Summary};
use crate::user::ObjectId;
use crate::{
    BatchId, Change, DeliveryId, ObstacleClass, PhaseName, SerialNumber, Shipment, ShipmentId, Term, Timestamp,
};

/// Version of the record's JSON. New members do not need a new version: older versions of the service ignore them.
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

/// Columns of a shipment's row. Names in camel case are defined by the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordColumns {
    /// Keyferry's id.
    pub id: String,
    /// `shipmentId`: delivery service's id.
    pub shipment_id: Option<String>,
    /// `shipmentState`: `ongoing` or `complete`.
    pub state: &'static str,
    /// `phase`.
    pub phase: &'static str,
    /// `error_kind`. Set if there is an `error_message`.
    pub error_kind: Option<&'static str>,
    /// `error_message`: the obstacle or the reason of the phase.
    pub error_message: Option<String>,
    /// `obstacle_class`.
    pub obstacle_class: Option<&'static str>,
    /// `obstacle_code`.
    pub obstacle_code: Option<String>,
    /// `user_id`: user as given by the caller.
    pub user_id: Option<String>,
    /// `object_id` of that user, if known.
    pub object_id: Option<String>,
    /// `serial` of the first key.
    pub serial: Option<String>,
    /// `tracking_number` of the parcel.
    pub tracking_number: Option<String>,
    /// `requested_by`: [`crate::Caller::key`] of the caller that ordered it.
    pub requested_by: String,
    /// `needs_human`.
    pub needs_human: bool,
    /// `batch`.
    pub batch: Option<String>,
    /// `product_id` of the first key.
    pub product_id: Option<i64>,
    /// `reference`: the caller's own number of the order.
    pub reference: Option<String>,
    /// `country` of the delivery.
    pub country: Option<String>,
    /// `not_before`: date, ISO 8601.
    pub not_before: Option<String>,
    /// `needed_by`: date, ISO 8601.
    pub needed_by: Option<String>,
    /// `created_at`.
    pub created_at: Timestamp,
    /// `deadline`.
    pub deadline: Option<Timestamp>,
    /// `next_attempt`.
    pub next_attempt: Option<Timestamp>,
    /// `record`: the whole shipment, JSON.
    pub record: String,
    /// Search terms of the shipment.
    pub terms: Vec<Term>,
}

impl RecordColumns {
    /// Creates the columns of a shipment.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the shipment cannot be serialised as JSON. This cannot happen for a shipment that was
    /// read from JSON.
    pub fn of(shipment: &Shipment) -> Result<Self, StoreError> {
        let record = serde_json::to_string(&Versioned { v: RECORD_VERSION, shipment }).map_err(|error| {
            let reason = format!("the shipment cannot be serialised as JSON: {error}");
            StoreError::Broken { id: shipment.id().to_string(), reason }
        })?;
        let key = shipment.keys().first();
        let credential = key.and_then(|key| key.credentials.first());
        let made = shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
        let error_message = shipment.error_message().map(Cow::into_owned);
        Ok(Self {
            id: shipment.id().to_string(),
            shipment_id: shipment.phase().delivery_id().map(|id| id.as_str().to_owned()),
            state: shipment.state(),
            phase: shipment.phase().name().as_str(),
            error_kind: error_message.is_some().then_some("GENERAL"),
            error_message,
            obstacle_class: shipment.obstacle().map(|obstacle| obstacle.class.as_str()),
            obstacle_code: shipment.obstacle().map(|obstacle| obstacle.code.clone()),
            user_id: shipment.user().map(ToString::to_string),
            object_id: credential.and_then(|credential| credential.object_id).map(|id| id.to_string()),
            serial: made.map(|key| key.serial.as_str().to_owned()),
            tracking_number: shipment.tracking_number().map(str::to_owned),
            requested_by: shipment.requested_by().key(),
            needs_human: shipment.needs_human(),
            batch: shipment.batch().map(|batch| batch.to_string()),
            product_id: key.map(|key| key.product.product_id),
            reference: shipment.info().reference.clone(),
            country: shipment.info().country.clone(),
            not_before: shipment.info().not_before.map(|date| date.to_string()),
            needed_by: shipment.info().needed_by.map(|date| date.to_string()),
            created_at: shipment.created_at(),
            deadline: shipment.deadline(),
            next_attempt: shipment.next_attempt(),
            record,
            terms: shipment.terms(),
        })
    }

    /// Reads a shipment from its row at time `now`, including the change from an edit by hand.
    ///
    /// # Errors
    /// A description of the problem, without values from the row: the record is damaged, has a later format, or does
    /// not match the columns `id`, `phase` and `shipmentState`.
    pub fn read(id: &str, phase: &str, state: &str, record: &str, now: Timestamp) -> Result<Change, String> {
        let OnlyVersion { v } = serde_json::from_str(record).map_err(|error| not_understood(&error))?;
        if v != RECORD_VERSION {
            return Err(format!(
                "it has format {v}, but this version of the service supports only format {RECORD_VERSION}"
            ));
        }
        let shipment: Shipment = serde_json::from_str(record).map_err(|error| not_understood(&error))?;
        if ShipmentId::parse(id) != Some(shipment.id()) {
            return Err(format!("it belongs to shipment {}", shipment.id()));
        }
        let recorded = shipment.phase().name();
        if PhaseName::parse(phase) != Some(recorded) {
            return Err(format!("column `phase` is {phase:?}, but the record is in phase {:?}", recorded.as_str()));
        }
        match state {
            // Completion is irreversible, so an edit to `ongoing` has no effect on a complete shipment.
            "ongoing" => Ok(Change::none(shipment)),
            "complete" => Ok(shipment.completed_by_hand(now)),
            other => Err(format!("`shipmentState` is {other:?}; write `ongoing` or `complete`")),
        }
    }
}

/// Columns of a summary, as read from the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `RecordColumns`")]
pub struct SummaryColumns {
    pub id: String,
    pub shipment_id: Option<String>,
    pub state: String,
    pub phase: String,
    pub error_message: Option<String>,
    pub obstacle_class: Option<String>,
    pub obstacle_code: Option<String>,
    pub user_id: Option<String>,
    pub object_id: Option<String>,
    pub serial: Option<String>,
    pub tracking_number: Option<String>,
    pub requested_by: String,
    pub needs_human: bool,
    pub batch: Option<String>,
    pub product_id: Option<i64>,
    pub reference: Option<String>,
    pub country: Option<String>,
    pub not_before: Option<String>,
    pub needed_by: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub deadline: Option<Timestamp>,
    pub next_attempt: Option<Timestamp>,
}

impl SummaryColumns {
    /// Creates a summary from the columns.
    ///
    /// # Errors
    /// The name of the first required column that is missing or invalid.
    pub fn read(self) -> Result<Summary, String> {
        let column = |name: &str| format!("column `{name}` cannot be read");
        let phase = PhaseName::parse(&self.phase).ok_or_else(|| column("phase"))?;
        let obstacle = match (self.obstacle_class, self.obstacle_code) {
            (Some(class), code) => {
                let class = ObstacleClass::parse(&class).ok_or_else(|| column("obstacle_class"))?;
                Some((class, code.unwrap_or_default()))
            }
            (None, _) => None,
        };
        Ok(Summary {
            id: ShipmentId::parse(&self.id).ok_or_else(|| column("id"))?,
            delivery_id: self.shipment_id.map(DeliveryId::new),
            phase,
            set_by_hand: self.state == "complete" && phase != PhaseName::Complete,
            obstacle,
            error_message: self.error_message,
            user: self.user_id,
            object_id: self.object_id.as_deref().and_then(ObjectId::parse),
            serial: self.serial.map(SerialNumber::new),
            tracking: self.tracking_number,
            requested_by: self.requested_by,
            needs_human: self.needs_human,
            batch: self.batch.as_deref().and_then(BatchId::parse),
            product: self.product_id,
            reference: self.reference,
            country: self.country,
            not_before: self.not_before.and_then(|date| date.parse().ok()),
            needed_by: self.needed_by.and_then(|date| date.parse().ok()),
            created_at: self.created_at.ok_or_else(|| column("created_at"))?,
            updated_at: self.updated_at.ok_or_else(|| column("updated_at"))?,
            deadline: self.deadline,
            next_attempt: self.next_attempt,
        })
    }
}

/// Returns a description of the JSON error and its position. Contains no values, because they may be personal data.
fn not_understood(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "it does not have the members of a shipment",
        Category::Eof => "its JSON is cut off",
        Category::Syntax | Category::Io => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
