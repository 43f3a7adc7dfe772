//! Parcel of an order of the queue, whose data of the recipient may be missing if it is filled from the directory.

use keyferry_domain::text::is_blank;
use keyferry_domain::{MailingAddress, Recipient, RecipientDraft};
use serde::Deserialize;
use utoipa::ToSchema;

use super::request::{AddressRequest, Item, RecipientRequest};
use super::validation::{Faults, PARCEL, address, optional, optional_mail, recipient};
use crate::kit::body::{Integer, optional_object};
use crate::kit::problem::Problem;

/// Parcel. The delivery service defines names and limits of the fields.
///
/// If the connector fills missing data from the directory (`KEYFERRY_FILL_FROM_DIRECTORY`), or the person gives it
/// (`address_by`), members of `recipient` and `mailing_address` may be missing. Otherwise they are required like those
/// of Create shipment.
#[derive(Deserialize, ToSchema)]
pub(crate) struct QueuedShipmentRequest {
    /// Base58 organization id of the reseller through which the inventory was purchased. Optional; may be empty.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) reseller_organization_id: Option<String>,
    /// `1`: normal (default). `2`: expedited.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 2, example = 1)]
    pub(super) delivery_type: Option<Integer>,
    /// If `true`, the delivery service does not validate the address. Default: `false`.
    #[serde(default)]
    #[schema(example = false)]
    pub(super) address_validation_bypass: Option<bool>,
    /// Recipient of the parcel. Required, unless missing data is filled from the directory, or the person gives it.
    #[serde(default, deserialize_with = "optional_object")]
    pub(super) recipient: Option<PartialRecipient>,
    /// Address of the recipient. Required, unless missing data is filled from the directory, or the person gives it.
    #[serde(default, deserialize_with = "optional_object")]
    pub(super) mailing_address: Option<PartialAddress>,
    /// Ordered keys. Exactly one item.
    #[schema(min_items = 1, max_items = 1)]
    pub(super) shipment_items: Vec<Item>,
}

/// Recipient of the parcel. Each member is required, unless missing data is filled from the directory.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct PartialRecipient {
    /// Company.
    #[serde(default)]
    #[schema(example = "Contoso", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    recipient_company: Option<String>,
    /// Mail address for notifications. Not a user principal name.
    #[serde(default)]
    #[schema(
        example = "adele@contoso.onmicrosoft.com",
        max_length = 254,
        pattern = r#"^([^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f]+@[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f.]+(\.[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f.]+)*)?$"#
    )]
    recipient_email: Option<String>,
    /// First name.
    #[serde(default)]
    #[schema(example = "Adele", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    recipient_firstname: Option<String>,
    /// Last name.
    #[serde(default)]
    #[schema(example = "Vance", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    recipient_lastname: Option<String>,
    /// Telephone number.
    #[serde(default)]
    #[schema(example = "5555555555", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    recipient_telephone: Option<String>,
}

/// Address of the parcel. Required, unless missing data is filled from the directory, or the person gives it. It is
/// never mixed: an order with a street, city or postal code must have the whole address.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct PartialAddress {
    /// Street and number.
    #[serde(default)]
    #[schema(example = "1 Main Street", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    street_line1: Option<String>,
    /// Apartment or unit.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    street_line2: Option<String>,
    /// City.
    #[serde(default)]
    #[schema(example = "Seattle", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    city: Option<String>,
    /// State or province, two letters. Required in the United States and Canada.
    #[serde(default)]
    #[schema(example = "WA", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    region: Option<String>,
    /// Postal code.
    #[serde(default)]
    #[schema(example = "98101", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    postal_code: Option<String>,
    /// Country code (ISO 3166-1 alpha-2).
    #[serde(default)]
    #[schema(example = "US", pattern = "^([A-Za-z]{2})?$")]
    country_code_2: Option<String>,
}

impl PartialRecipient {
    /// Returns the texts by the names of their members.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("recipient_company", self.recipient_company.as_deref()),
            ("recipient_email", self.recipient_email.as_deref()),
            ("recipient_firstname", self.recipient_firstname.as_deref()),
            ("recipient_lastname", self.recipient_lastname.as_deref()),
            ("recipient_telephone", self.recipient_telephone.as_deref()),
        ]
    }
}

impl PartialAddress {
    /// Returns the texts by the names of their members.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("street_line1", self.street_line1.as_deref()),
            ("street_line2", self.street_line2.as_deref()),
            ("city", self.city.as_deref()),
            ("region", self.region.as_deref()),
            ("postal_code", self.postal_code.as_deref()),
            ("country_code_2", self.country_code_2.as_deref()),
        ]
    }
}

/// Recipient and address of a draft. `None` with a fault.
pub(super) type Parts = (Option<RecipientDraft>, Option<Option<MailingAddress>>);

/// Validates recipient and address. Missing members are faults unless they `may_lack`.
pub(super) fn parts(
    given: Option<PartialRecipient>,
    place: Option<PartialAddress>,
    may_lack: bool,
    faults: &mut Faults,
) -> Parts {
    match may_lack {
        true => (given.unwrap_or_default().draft(faults), place.unwrap_or_default().draft(faults)),
        false => {
            let given = faults.take(whole("recipient", given, "")).and_then(|given| given.complete(faults));
            let place = faults.take(whole("mailing_address", place, "")).and_then(|place| place.complete(faults, ""));
            (given.map(RecipientDraft::from), place.map(Some))
        }
    }
}

impl PartialRecipient {
    fn complete(self, faults: &mut Faults) -> Option<Recipient> {
        let mut take = |member, value| faults.take(whole(&format!("recipient.{member}"), value, ""));
        let company = take("recipient_company", self.recipient_company);
        let email = take("recipient_email", self.recipient_email);
        let first = take("recipient_firstname", self.recipient_firstname);
        let last = take("recipient_lastname", self.recipient_lastname);
        let telephone = take("recipient_telephone", self.recipient_telephone);
        let request = RecipientRequest {
            recipient_company: company?,
            recipient_email: email?,
            recipient_firstname: first?,
            recipient_lastname: last?,
            recipient_telephone: telephone?,
        };
        recipient(request, faults)
    }

    /// Returns the recipient, as far as given. Blank values count as missing.
    fn draft(self, faults: &mut Faults) -> Option<RecipientDraft> {
        let at = |member: &str| format!("{PARCEL}.recipient.{member}");
        let company = faults.take(optional(&at("recipient_company"), self.recipient_company));
        let email = faults.take(optional_mail(&at("recipient_email"), self.recipient_email));
        let first = faults.take(optional(&at("recipient_firstname"), self.recipient_firstname));
        let last = faults.take(optional(&at("recipient_lastname"), self.recipient_lastname));
        let telephone = faults.take(optional(&at("recipient_telephone"), self.recipient_telephone));
        Some(RecipientDraft {
            recipient_company: company?,
            recipient_email: email?,
            recipient_firstname: first?,
            recipient_lastname: last?,
            recipient_telephone: telephone?,
        })
    }
}

impl PartialAddress {
    /// `why` completes the message about a missing member.
    fn complete(self, faults: &mut Faults, why: &str) -> Option<MailingAddress> {
        let mut take = |member, value| faults.take(whole(&format!("mailing_address.{member}"), value, why));
        let street_line1 = take("street_line1", self.street_line1);
        let city = take("city", self.city);
        let postal_code = take("postal_code", self.postal_code);
        let country = take("country_code_2", self.country_code_2);
        let request = AddressRequest {
            street_line1: street_line1?,
            street_line2: self.street_line2,
            city: city?,
            region: self.region,
            postal_code: postal_code?,
            country_code_2: country?,
        };
        address(request, faults)
    }

    /// Returns the address if it is given. A country or region alone, for example a default of a file, is no address.
    fn draft(self, faults: &mut Faults) -> Option<Option<MailingAddress>> {
        let given = [&self.street_line1, &self.street_line2, &self.city, &self.postal_code];
        let is_missing = given.into_iter().flatten().all(|text| is_blank(text));
        match is_missing {
            true => Some(None),
            false => self.complete(faults, ONLY_WHOLE).map(Some),
        }
    }
}

/// Reason why a part of an address is not completed.
const ONLY_WHOLE: &str =
    ". Only a whole address is filled from the directory or by the person: add the member, or leave out the address";

fn whole<T>(member: &str, value: Option<T>, why: &str) -> Result<T, Problem> {
    value.ok_or_else(|| {
        let field = format!("{PARCEL}.{member}");
        Problem::field(&field, format!("`{field}` is missing{why}"))
    })
}
