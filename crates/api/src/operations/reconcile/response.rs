//! Response body: a part of the comparison of records, delivery service and identity provider.

use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort};
use keyferry_engine::{Compared, Difference, NotCompared, Slice};
use keyferry_listing::encode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Part of the comparison.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationBody {
    /// Differences that were found in this part.
    differences: Vec<DifferenceBody>,
    /// What was compared in this part.
    compared: ComparedBody,
    /// What was not compared in this part, and why.
    not_compared: Vec<NotComparedBody>,
    /// Value of `cursor` for the next part. `null`: everything was compared.
    next_cursor: Option<String>,
    /// Seconds to wait before the next part, because a rate limit is reached. `null`: none.
    #[schema(example = 5)]
    pause_seconds: Option<u64>,
}

/// Difference between two sides.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    /// `shipped_not_registered`: the key was made and shipped, but is not registered. `method_without_record`: no
    /// record names a passkey on an ordered model, or with the serial number of an ordered key. `method_gone`: the
    /// identity provider does not have the passkey of the record. `name_reassigned`: the user name belongs to another
    /// account. `order_without_record`: no record names an order of the delivery service.
    /// `open_order_of_disabled_user` and `open_order_of_missing_user`: an order is open for a person who left.
    /// `parcel_to_another_country`: the parcel of an open order goes to another country than the directory has for the
    /// person. `pin_addressee_missing` and `pin_addressee_disabled`: the PIN of an open order has no addressee, or the
    /// account of the manager who would get it is disabled.
    #[schema(value_type = schemas::DifferenceKind)]
    kind: &'static str,
    /// Keyferry's id of the shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    id: Option<String>,
    /// Delivery service's id of the shipment.
    #[schema(example = "B6h4fTKSl1cBJpmnMEPC")]
    shipment_id: Option<String>,
    /// The person, as in the record.
    #[schema(example = "adele@contoso.example")]
    user_id: Option<String>,
    /// Identity provider's id of the authentication method.
    method_id: Option<String>,
    /// Serial number of the key.
    serial_number: Option<String>,
    /// What both sides have.
    #[schema(example = "the account is disabled; phase accepted")]
    detail: String,
    /// What to do.
    remedy: &'static str,
    /// `operationId` of the operation that does it.
    #[schema(example = "cancel_shipment")]
    operation: &'static str,
    /// Unconfirmed shipments that the order may belong to.
    #[schema(example = json!(["019a0000-0000-7000-8000-000000000001"]))]
    candidates: Vec<String>,
}

/// Number of compared items.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComparedBody {
    /// Orders in the delivery service's list.
    #[schema(example = 100)]
    orders: u64,
    /// Records of shipments.
    #[schema(example = 42)]
    shipments: u64,
    /// Persons whose account or passkeys were read.
    #[schema(example = 40)]
    people: u64,
    /// Calls to the delivery service and the identity provider.
    #[schema(example = 45)]
    calls: u64,
}

/// Part that was not compared.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotComparedBody {
    /// The part.
    #[schema(example = "delivery service's list of orders")]
    what: &'static str,
    /// Why not, and what to do.
    why: String,
    /// Number of persons or records. 0: the whole part.
    count: u64,
}

impl From<Slice> for ReconciliationBody {
    fn from(slice: Slice) -> Self {
        let cursor = |position: keyferry_engine::Position| {
            encode(&Cursor(position.to_text()), &ShipmentFilter::default(), ShipmentSort::Id)
        };
        Self {
            differences: slice.differences.into_iter().map(DifferenceBody::from).collect(),
            compared: slice.compared.into(),
            not_compared: slice.not_compared.into_iter().map(NotComparedBody::from).collect(),
            next_cursor: slice.next.map(cursor),
            pause_seconds: slice.pause,
        }
    }
}

impl From<Difference> for DifferenceBody {
    fn from(difference: Difference) -> Self {
        Self {
            kind: difference.kind.as_str(),
            id: difference.shipment.map(|id| id.to_string()),
            shipment_id: difference.delivery_id.map(|id| id.to_string()),
            user_id: difference.user,
            method_id: difference.method_id,
            serial_number: difference.serial.map(|serial| serial.to_string()),
            detail: difference.detail,
            remedy: difference.kind.remedy(),
            operation: difference.kind.operation(),
            candidates: difference.candidates.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Compared> for ComparedBody {
    fn from(compared: Compared) -> Self {
        let Compared { orders, shipments, people, calls } = compared;
        Self { orders, shipments, people, calls }
    }
}

impl From<NotCompared> for NotComparedBody {
    fn from(part: NotCompared) -> Self {
        Self { what: part.what, why: part.why, count: part.count }
    }
}
