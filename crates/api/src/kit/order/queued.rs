//! Request body of an order that waits for its turn: the guide's order, and what the caller says about it.

use chrono::NaiveDate;
use keyferry_domain::text::is_invisible;
use keyferry_domain::{OrderDraft, OrderInfo};
use serde::Deserialize;
use utoipa::ToSchema;

use super::partial::{QueuedShipmentRequest, parts};
use super::request::{EnrollmentContacts, PinRequest};
use super::validation::{OrderParts, valid};
use crate::kit::body::{object, optional_object};
use crate::kit::problem::Problem;

/// Longest reference and name of a requester, in characters.
const LONGEST_TEXT: usize = 100;

/// Order of one key for one recipient, sent to the delivery service when it is its turn.
#[derive(Deserialize, ToSchema)]
pub(crate) struct QueueOrder {
    /// Recipient of the key: a directory object id or a user principal name.
    #[schema(
        example = "adele@contoso.onmicrosoft.com",
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    user_id: String,
    /// PIN of the key.
    #[serde(deserialize_with = "object")]
    pin_request: PinRequest,
    /// Addressees of the PIN, where the administrator allows them. Default: the manager.
    #[serde(default, deserialize_with = "optional_object")]
    enrollment_contacts: Option<EnrollmentContacts>,
    /// Whether the user may have this order beside an open one. Default: `false`.
    #[serde(default)]
    #[schema(example = false)]
    additional: Option<bool>,
    /// The caller's own number of the order, for example of a ticket. Shipments can be searched by it.
    #[serde(default)]
    #[schema(example = "REQ0010042", max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    reference: Option<String>,
    /// Person or system that asked for the key.
    #[serde(default)]
    #[schema(example = "grace@contoso.onmicrosoft.com", max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    requested_by: Option<String>,
    /// First day (UTC) on which the order may be sent, for example for a new hire.
    #[serde(default)]
    #[schema(format = Date, example = "2026-12-01", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    not_before: Option<String>,
    /// Day on which the person needs the key.
    #[serde(default)]
    #[schema(format = Date, example = "2026-12-15", pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    needed_by: Option<String>,
    /// Parcel: recipient, address and product.
    #[serde(deserialize_with = "object")]
    yubico_shipment_request: QueuedShipmentRequest,
}

/// Validated order of the queue.
pub(crate) struct QueuedOrder {
    pub(crate) order: OrderDraft,
    pub(crate) info: OrderInfo,
    pub(crate) additional: bool,
}

impl QueueOrder {
    /// Validates the request. If `fill`, data of the recipient may be missing. The limits of the delivery service are
    /// checked separately, by the engine.
    ///
    /// # Errors
    /// 400 for each invalid member.
    pub(crate) fn into_parts(self, fill: bool) -> Result<QueuedOrder, Vec<Problem>> {
        let info = info(self.reference, self.requested_by, self.not_before, self.needed_by);
        let additional = self.additional.unwrap_or(false);
        let QueuedShipmentRequest {
            reseller_organization_id,
            delivery_type,
            address_validation_bypass,
            recipient,
            mailing_address,
            shipment_items,
        } = self.yubico_shipment_request;
        let order = OrderParts {
            user_id: self.user_id,
            pin_request: self.pin_request,
            enrollment_contacts: self.enrollment_contacts,
            reseller_organization_id,
            delivery_type,
            address_validation_bypass,
            shipment_items,
        };
        let order = valid(|faults| order.checked(faults, |faults| parts(recipient, mailing_address, fill, faults)));
        match (order, info) {
            (Ok(order), Ok(info)) => Ok(QueuedOrder { order, info, additional }),
            (order, info) => Err(order.err().unwrap_or_default().into_iter().chain(info.err()).collect()),
        }
    }
}

fn info(
    reference: Option<String>,
    requested_by: Option<String>,
    not_before: Option<String>,
    needed_by: Option<String>,
) -> Result<OrderInfo, Problem> {
    let not_before = date("not_before", not_before)?;
    let needed_by = date("needed_by", needed_by)?;
    if let (Some(first), Some(last)) = (not_before, needed_by)
        && last < first
    {
        let message = format!("`needed_by`: expected a day not before `not_before` ({first}), but got {last}");
        return Err(Problem::field("needed_by", message));
    }
    Ok(OrderInfo {
        reference: text("reference", reference)?,
        requester: text("requested_by", requested_by)?,
        not_before,
        needed_by,
        ..OrderInfo::default()
    })
}

/// Checks a text. An empty one counts as missing.
fn text(member: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else { return Ok(None) };
    if let Some(hidden) = text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        let message = format!(
            "`{member}` must not contain control or invisible characters, but contains U+{:04X}",
            u32::from(hidden)
        );
        return Err(Problem::field(member, message));
    }
    let length = text.chars().count();
    if length > LONGEST_TEXT {
        let message = format!("`{member}`: expected at most {LONGEST_TEXT} characters, but got {length}");
        return Err(Problem::field(member, message));
    }
    Ok(Some(text))
}

fn date(member: &str, text: Option<String>) -> Result<Option<NaiveDate>, Problem> {
    let Some(text) = text else { return Ok(None) };
    // The length rejects years with more digits and numbers without leading zeros, which the parser accepts.
    let parsed = (text.len() == 10).then(|| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()).flatten();
    parsed.map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Problem::field(member, format!("`{member}`: expected a date such as 2026-12-01, but got {shown:?}"))
    })
}
