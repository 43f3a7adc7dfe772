//! Orders that may lack data of their recipient, and the directory's data that completes them.

use serde::{Deserialize, Serialize};

use super::{MailingAddress, Order, Recipient};
use crate::ObjectId;

/// Order that may lack data of its recipient. Only a complete one becomes an [`Order`] and can be sent.
///
/// The address is complete or missing: parts of two addresses would send the key to neither.
pub type OrderDraft = Order<RecipientDraft, Option<MailingAddress>>;

/// Recipient of a parcel, as far as known. Values are not blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "field names of the delivery service")]
pub struct RecipientDraft {
    pub recipient_company: Option<String>,
    pub recipient_email: Option<String>,
    pub recipient_firstname: Option<String>,
    pub recipient_lastname: Option<String>,
    pub recipient_telephone: Option<String>,
}

/// Postal address, as far as known. Values are not blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "field names of the delivery service")]
pub struct AddressDraft {
    pub street_line1: Option<String>,
    pub street_line2: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2 code, upper case.
    pub country_code_2: Option<String>,
}

/// What the directory contains about a user as the recipient of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Object id of the user.
    pub id: ObjectId,
    /// Name, company, mail address and telephone number.
    pub recipient: RecipientDraft,
    /// Postal address.
    pub address: AddressDraft,
}

/// Complete order, some of whose data came from the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledOrder {
    /// The order.
    pub order: Order,
    /// Paths of the members that were filled.
    pub members: Vec<&'static str>,
}

impl From<Order> for OrderDraft {
    fn from(order: Order) -> Self {
        let (recipient, address) = (order.recipient.clone(), order.mailing_address.clone());
        order.with(recipient.into(), Some(address))
    }
}

impl From<Recipient> for RecipientDraft {
    fn from(recipient: Recipient) -> Self {
        Self {
            recipient_company: Some(recipient.recipient_company),
            recipient_email: Some(recipient.recipient_email),
            recipient_firstname: Some(recipient.recipient_firstname),
            recipient_lastname: Some(recipient.recipient_lastname),
            recipient_telephone: Some(recipient.recipient_telephone),
        }
    }
}

impl<R, A> Order<R, A> {
    /// Returns the order with another recipient and address.
    pub fn with<S, B>(self, recipient: S, mailing_address: B) -> Order<S, B> {
        Order {
            user: self.user,
            pin_length: self.pin_length,
            enrollment_contacts: self.enrollment_contacts,
            reseller_organization_id: self.reseller_organization_id,
            delivery_type: self.delivery_type,
            address_validation_bypass: self.address_validation_bypass,
            recipient,
            mailing_address,
            product: self.product,
        }
    }
}

impl OrderDraft {
    /// Returns the order if it lacks nothing.
    pub fn complete(&self) -> Option<Order> {
        let mut missing = Vec::new();
        let recipient = self.recipient.clone().complete(&mut missing)?;
        let address = self.mailing_address.clone()?;
        Some(self.clone().with(recipient, address))
    }

    /// Completes the order from the directory. Data in the order is never replaced.
    ///
    /// # Errors
    /// Paths of the members that the directory does not have either.
    pub fn fill(self, profile: Profile) -> Result<FilledOrder, Vec<&'static str>> {
        self.complete_with(profile.recipient, profile.address)
    }

    /// Completes the order with this data. Data in the order is never replaced.
    ///
    /// # Errors
    /// Paths of the members that are still missing.
    pub fn complete_with(
        self,
        recipient: RecipientDraft,
        address: AddressDraft,
    ) -> Result<FilledOrder, Vec<&'static str>> {
        let (mut members, mut missing) = (Vec::new(), Vec::new());
        let recipient = self.recipient.clone().filled(recipient, &mut members).complete(&mut missing);
        let address = match self.mailing_address.clone() {
            Some(given) => Some(given),
            None => address.complete(&mut members, &mut missing),
        };
        match (recipient, address) {
            (Some(recipient), Some(address)) => Ok(FilledOrder { order: self.with(recipient, address), members }),
            _ => Err(missing),
        }
    }
}

impl RecipientDraft {
    fn filled(self, profile: Self, members: &mut Vec<&'static str>) -> Self {
        let mut one = |member, given: Option<String>, found: Option<String>| {
            if given.is_none() && found.is_some() {
                members.push(member);
            }
            given.or(found)
        };
        Self {
            recipient_company: one(COMPANY, self.recipient_company, profile.recipient_company),
            recipient_email: one(EMAIL, self.recipient_email, profile.recipient_email),
            recipient_firstname: one(FIRST_NAME, self.recipient_firstname, profile.recipient_firstname),
            recipient_lastname: one(LAST_NAME, self.recipient_lastname, profile.recipient_lastname),
            recipient_telephone: one(TELEPHONE, self.recipient_telephone, profile.recipient_telephone),
        }
    }

    fn complete(self, missing: &mut Vec<&'static str>) -> Option<Recipient> {
        let mut need = |member, value: Option<String>| needed(member, value, missing);
        let company = need(COMPANY, self.recipient_company);
        let email = need(EMAIL, self.recipient_email);
        let first = need(FIRST_NAME, self.recipient_firstname);
        let last = need(LAST_NAME, self.recipient_lastname);
        let telephone = need(TELEPHONE, self.recipient_telephone);
        Some(Recipient {
            recipient_company: company?,
            recipient_email: email?,
            recipient_firstname: first?,
            recipient_lastname: last?,
            recipient_telephone: telephone?,
        })
    }
}

impl AddressDraft {
    fn complete(self, members: &mut Vec<&'static str>, missing: &mut Vec<&'static str>) -> Option<MailingAddress> {
        let mut need = |member, value: Option<String>| needed(member, value, missing);
        let street_line1 = need(STREET, self.street_line1);
        let city = need(CITY, self.city);
        let postal_code = need(POSTAL_CODE, self.postal_code);
        let country = need(COUNTRY, self.country_code_2);
        let address = MailingAddress {
            street_line1: street_line1?,
            street_line2: self.street_line2,
            city: city?,
            region: self.region,
            postal_code: postal_code?,
            country_code_2: country?,
        };
        members.extend([STREET, CITY, POSTAL_CODE, COUNTRY]);
        members.extend(address.street_line2.as_ref().map(|_| "mailing_address.street_line2"));
        members.extend(address.region.as_ref().map(|_| "mailing_address.region"));
        Some(address)
    }
}

const COMPANY: &str = "recipient.recipient_company";
const EMAIL: &str = "recipient.recipient_email";
const FIRST_NAME: &str = "recipient.recipient_firstname";
const LAST_NAME: &str = "recipient.recipient_lastname";
const TELEPHONE: &str = "recipient.recipient_telephone";
const STREET: &str = "mailing_address.street_line1";
const CITY: &str = "mailing_address.city";
const POSTAL_CODE: &str = "mailing_address.postal_code";
const COUNTRY: &str = "mailing_address.country_code_2";

fn needed(member: &'static str, value: Option<String>, missing: &mut Vec<&'static str>) -> Option<String> {
    if value.is_none() {
        missing.push(member);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        serde_json::from_value(serde_json::json!({
            "user": {"upn": "ada@contoso.example"}, "pin_length": 6, "enrollment_contacts": [],
            "reseller_organization_id": null, "delivery_type": 1, "address_validation_bypass": false,
            "recipient": {"recipient_company": "Contoso", "recipient_email": "ada@contoso.example",
                "recipient_firstname": "Ada", "recipient_lastname": "Byron", "recipient_telephone": "1"},
            "mailing_address": {"street_line1": "1 Way", "city": "Springfield", "region": "IL",
                "postal_code": "62701", "country_code_2": "US"},
            "product": {"product_id": 29, "inventory_product_id": 106, "customization_id": "X"},
        }))
        .unwrap()
    }

    fn profile() -> Profile {
        let some = |text: &str| Some(text.to_owned());
        Profile {
            id: ObjectId::parse("a1000000-0000-4000-8000-000000000001").unwrap(),
            recipient: RecipientDraft {
                recipient_company: some("Fabrikam"),
                recipient_email: some("a.byron@contoso.example"),
                recipient_firstname: some("Augusta"),
                recipient_lastname: some("King"),
                recipient_telephone: some("2"),
            },
            address: AddressDraft {
                street_line1: some("2 Lane"),
                street_line2: None,
                city: some("London"),
                region: None,
                postal_code: some("W1 1AA"),
                country_code_2: some("GB"),
            },
        }
    }

    #[test]
    fn given_data_is_kept_and_missing_data_is_filled() {
        let mut draft = OrderDraft::from(order());
        assert_eq!(draft.complete(), Some(order()));
        draft.recipient.recipient_telephone = None;
        draft.mailing_address = None;
        assert_eq!(draft.complete(), None);
        let FilledOrder { order: filled, members } = draft.fill(profile()).unwrap();
        let mut expected = order();
        expected.recipient.recipient_telephone = "2".into();
        expected.mailing_address = MailingAddress {
            street_line1: "2 Lane".into(),
            street_line2: None,
            city: "London".into(),
            region: None,
            postal_code: "W1 1AA".into(),
            country_code_2: "GB".into(),
        };
        assert_eq!(filled, expected);
        assert_eq!(members, [TELEPHONE, STREET, CITY, POSTAL_CODE, COUNTRY]);
    }

    #[test]
    fn names_every_member_that_is_still_missing() {
        let mut draft = OrderDraft::from(order());
        draft.recipient.recipient_company = None;
        draft.mailing_address = None;
        let mut found = profile();
        found.recipient.recipient_company = None;
        found.address.city = None;
        found.address.country_code_2 = None;
        assert_eq!(draft.fill(found), Err(vec![COMPANY, CITY, COUNTRY]));
    }

    #[test]
    fn a_complete_order_is_stored_as_before_and_read_as_a_draft() {
        let stored = serde_json::to_value(order()).unwrap();
        assert_eq!(serde_json::to_value(OrderDraft::from(order())).unwrap(), stored);
        assert_eq!(serde_json::from_value::<OrderDraft>(stored).unwrap(), order().into());
        let mut draft = OrderDraft::from(order());
        draft.mailing_address = None;
        let stored = serde_json::to_value(&draft).unwrap();
        assert!(serde_json::from_value::<Order>(stored.clone()).is_err(), "an older version must not send it");
        assert_eq!(serde_json::from_value::<OrderDraft>(stored).unwrap(), draft);
    }
}
