//! Bodies of rows.

use std::borrow::Cow;

use keyferry_domain::{BatchRow, Member, RowFinding, RowMember, RowState, Shipment};
use keyferry_engine::ResultRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::order::{parcel_path, path};
use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Row of a batch, with what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RowBody {
    /// Number of the row, as a spreadsheet shows it.
    #[schema(example = 2)]
    pub(crate) row: u32,
    /// Key of the row.
    #[schema(example = "4711")]
    pub(crate) row_key: Option<String>,
    /// Recipient of the key, as named in the row.
    #[schema(example = "adele@contoso.onmicrosoft.com")]
    pub(crate) user_id: String,
    /// `ready`, `invalid`, `refused`, `cancelled`, or the phase of the shipment.
    #[schema(value_type = schemas::RowState, example = "complete")]
    pub(crate) state: &'static str,
    /// Whether the order waits for the address, which the person gives.
    pub(crate) awaits_address: bool,
    /// Keyferry's id of the shipment. `null` if the row is no order yet.
    #[schema(format = "uuid", example = "019ac0de-0000-7000-8000-00000000000a")]
    pub(crate) id: Option<String>,
    /// Delivery service's id of the shipment.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    pub(crate) shipment_id: Option<String>,
    /// Serial number of the key.
    #[schema(example = "20123456")]
    pub(crate) serial_number: Option<String>,
    /// Tracking number of the parcel.
    #[schema(example = "771234567890")]
    pub(crate) tracking_number: Option<String>,
    /// Obstacle of the shipment, for humans.
    pub(crate) error_message: Option<String>,
    /// Findings about the row.
    pub(crate) findings: Vec<RowFindingBody>,
    /// Time at which the content of the row was last changed after the upload.
    #[schema(format = DateTime, example = "2026-11-24T07:05:00Z")]
    pub(crate) changed_at: Option<String>,
    /// Caller that changed it.
    #[schema(example = "0c0ffee0-0000-4000-8000-000000000002")]
    pub(crate) changed_by: Option<String>,
}

/// Finding about a row or a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RowFindingBody {
    /// `error`: the row is not ordered. `warning`: look at it first.
    #[schema(value_type = schemas::Severity, example = "error")]
    pub(crate) severity: &'static str,
    /// Path of the member of the order. `null` if the finding is not about one.
    #[schema(example = "yubico_shipment_request.recipient.recipient_lastname")]
    pub(crate) member: Option<String>,
    /// Kind of the finding. The reference pages "Checks" and "Order files" describe each.
    #[schema(example = "too-long")]
    pub(crate) code: String,
    /// What was found, for humans.
    #[schema(example = "Input for Last Name exceeded limit of 20 characters")]
    pub(crate) message: String,
    /// What to do, for humans.
    #[schema(example = "Shorten the value.")]
    pub(crate) remedy: String,
}

/// Page of rows.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowsBody {
    /// Rows by number.
    pub(crate) rows: Vec<RowBody>,
    /// Cursor of the next page. `null` on the last page.
    pub(crate) next_cursor: Option<String>,
}

impl From<RowFinding> for RowFindingBody {
    fn from(finding: RowFinding) -> Self {
        let member = finding.member.map(|member| match member {
            RowMember::User => path(Member::User),
            RowMember::PinLength => path(Member::PinLength),
            RowMember::Contacts => path(Member::Contacts),
            RowMember::Parcel(path) => parcel_path(&path),
            RowMember::Named(path) => path,
        });
        let RowFinding { severity, code, message, remedy, .. } = finding;
        Self { severity: severity.as_str(), member, code, message, remedy }
    }
}

impl From<ResultRow> for RowBody {
    fn from(ResultRow { row, shipment }: ResultRow) -> Self {
        let BatchRow { row, key, user, shipment: id, state, read, checked, changed } = row;
        let shown = match (&shipment, state) {
            (Some(shipment), _) => shipment.phase().name().shown(),
            (None, state) => state.as_str(),
        };
        let of = |read: fn(&Shipment) -> Option<String>| shipment.as_ref().and_then(read);
        Self {
            row,
            row_key: key,
            user_id: user,
            state: shown,
            awaits_address: shipment.as_ref().is_some_and(Shipment::awaits_address),
            id: (state == RowState::Queued).then(|| id.to_string()),
            shipment_id: of(|shipment| shipment.phase().delivery_id().map(ToString::to_string)),
            serial_number: of(|shipment| {
                let made = shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
                made.map(|key| key.serial.to_string())
            }),
            tracking_number: of(|shipment| shipment.tracking_number().map(str::to_owned)),
            error_message: of(|shipment| shipment.error_message().map(Cow::into_owned)),
            findings: read.into_iter().chain(checked).map(RowFindingBody::from).collect(),
            changed_at: changed.as_ref().map(|change| rfc3339(change.at)),
            changed_by: changed.map(|change| change.by.to_string()),
        }
    }
}
