//! Request body of an order that waits for its turn: the guide's order, and what the caller says about it.

use chrono::NaiveDate;
use keyferry_domain::text::is_invisible;
use keyferry_domain::{AddressBy, OrderDraft, OrderInfo};
use keyferry_engine::Completion;
use serde::Deserialize;
use utoipa::ToSchema;

use super::errors::ADDRESS_BY;
use super::partial::{QueuedShipmentRequest, parts};
use super::request::{EnrollmentContacts, PinRequest};
use super::validation::{OrderParts, PARCEL, valid};
use crate::kit::body::{object, optional_object};
use crate::kit::problem::Problem;
use crate::kit::schemas;

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
    /// Who gives the address. `person`: the person whom the key is for gets a link by mail, and the order is sent when
    /// the address was given; `KEYFERRY_ADDRESS_BY` must permit that, and `mailing_address` must be left out. `caller`:
    /// the address is in the order, or is filled from the directory. Default: as `KEYFERRY_ADDRESS_BY` states.
    #[serde(default)]
    #[schema(value_type = Option<schemas::AddressBy>, example = "caller")]
    address_by: Option<String>,
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
    /// Validates the request. Data of the recipient may be missing as far as something completes it. The limits of the
    /// delivery service are checked separately, by the engine.
    ///
    /// # Errors
    /// 400 for each invalid member.
    pub(crate) fn into_parts(self, completion: Completion) -> Result<QueuedOrder, Vec<Problem>> {
        let info = info(self.reference, self.requested_by, self.not_before, self.needed_by);
        let address_by = address_by(self.address_by, completion);
        // Without a valid choice, it is not known whether a missing address is a fault.
        let may_lack = address_by.as_ref().map_or(true, |by| completion.permits_gaps(*by));
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
        let order = valid(|faults| {
            let by = faults.take(address_by);
            let asks = by == Some(Some(AddressBy::Person));
            let order = order.checked(faults, |faults| parts(recipient, mailing_address, may_lack, faults))?;
            if asks && order.mailing_address.is_some() {
                faults.0.push(address_beside_person());
            }
            Some((order, by?))
        });
        match (order, info) {
            (Ok((order, address_by)), Ok(info)) => {
                Ok(QueuedOrder { order, info: OrderInfo { address_by, ..info }, additional })
            }
            (order, info) => Err(order.err().unwrap_or_default().into_iter().chain(info.err()).collect()),
        }
    }
}

/// Reads who gives the address.
fn address_by(text: Option<String>, completion: Completion) -> Result<Option<AddressBy>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let by = AddressBy::parse(&text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Problem::field(ADDRESS_BY, format!("`{ADDRESS_BY}`: expected `caller` or `person`, but got {shown:?}"))
    })?;
    match completion.permits(Some(by)) {
        true => Ok(Some(by)),
        false => {
            let message = format!(
                "`{ADDRESS_BY}`: persons give no addresses here. Order with an address, or have the administrator set \
                 KEYFERRY_ADDRESS_BY to `order` or `person`"
            );
            Err(Problem::field(ADDRESS_BY, message))
        }
    }
}

fn address_beside_person() -> Problem {
    let message = format!(
        "`{PARCEL}.mailing_address`: expected no address, because `{ADDRESS_BY}` is `person`. Leave one of them out"
    );
    Problem::field(&format!("{PARCEL}.mailing_address"), message)
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
