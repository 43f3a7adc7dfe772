//! Values of the fields, as the user entered them.

use std::collections::BTreeMap;

use keyferry_domain::{AddressBy, AddressDraft, RecipientDraft, RowOrder};
use keyferry_engine::{Completion, Engine};
use keyferry_sheet::{JsonRows, Mapping, Member, Options, Row};
use serde_json::{Map, Value};

/// Longest value of a field, in characters. The limits of orders are lower.
const LONGEST: usize = 2_000;

/// Members of the address.
pub(super) const ADDRESS: [Member; 6] =
    [Member::StreetLine1, Member::StreetLine2, Member::PostalCode, Member::City, Member::Region, Member::CountryCode2];

/// Values of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values(BTreeMap<Member, String>);

/// How the values are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading(Completion);

impl Reading {
    pub(crate) fn of(engine: &Engine) -> Self {
        Self(engine.orders.completion())
    }

    /// Reads orders that must contain everything.
    pub(crate) fn of_whole() -> Self {
        Self::default()
    }

    /// Returns whether missing data of the recipient is filled from the directory.
    pub(crate) fn fills(self) -> bool {
        self.0.directory
    }

    /// Returns whether an order may ask for the address from the person.
    pub(crate) fn offers_person(self) -> bool {
        self.0.offers_person()
    }

    /// Returns whether the person is asked for an address that is left out.
    pub(crate) fn asks_person(self) -> bool {
        self.0.asks_person(None)
    }
}

impl Values {
    /// Reads the fields of a form. Others are ignored.
    pub(crate) fn of_form(fields: &[(String, String)]) -> Self {
        let known = fields.iter().filter_map(|(name, value)| {
            let member = Member::ALL.into_iter().find(|member| member.name() == name)?;
            Some((member, value.trim().chars().take(LONGEST).collect::<String>()))
        });
        let mut values = Self(known.filter(|(_, value)| !value.is_empty()).collect());
        values.leave_out_address();
        values
    }

    /// Returns whether the person gives the address.
    pub(crate) fn asks_person(&self) -> bool {
        self.get(Member::AddressBy) == AddressBy::Person.as_str()
    }

    /// Removes an address that the person is asked for: the form may have it from the directory.
    fn leave_out_address(&mut self) {
        if self.asks_person() {
            ADDRESS.into_iter().for_each(|member| self.put(member, None));
        }
    }

    /// Reads the order of a row.
    pub(crate) fn of_order(stored: &RowOrder) -> Self {
        let mut values = Self::default();
        let RowOrder { order, info, additional } = stored;
        let recipient = &order.recipient;
        values.put(Member::UserId, Some(order.user.to_string()));
        values.put(Member::RecipientFirstname, recipient.recipient_firstname.clone());
        values.put(Member::RecipientLastname, recipient.recipient_lastname.clone());
        values.put(Member::RecipientEmail, recipient.recipient_email.clone());
        values.put(Member::RecipientTelephone, recipient.recipient_telephone.clone());
        values.put(Member::RecipientCompany, recipient.recipient_company.clone());
        if let Some(address) = &order.mailing_address {
            values.put(Member::StreetLine1, Some(address.street_line1.clone()));
            values.put(Member::StreetLine2, address.street_line2.clone());
            values.put(Member::City, Some(address.city.clone()));
            values.put(Member::Region, address.region.clone());
            values.put(Member::PostalCode, Some(address.postal_code.clone()));
            values.put(Member::CountryCode2, Some(address.country_code_2.clone()));
        }
        values.put(Member::AddressBy, info.address_by.map(|by| by.as_str().to_owned()));
        values.put(Member::ProductId, Some(order.product.product_id.to_string()));
        values.put(Member::InventoryProductId, Some(order.product.inventory_product_id.to_string()));
        values.put(Member::CustomizationId, Some(order.product.customization_id.clone()));
        values.put(Member::PinLength, Some(order.pin_length.get().to_string()));
        let contacts: Vec<_> = order.enrollment_contacts.iter().map(|contact| contact.as_str()).collect();
        values.put(Member::EmailsTo, Some(contacts.join("; ")));
        values.put(Member::DeliveryType, Some(order.delivery_type.to_string()));
        values.put(Member::AddressValidationBypass, order.address_validation_bypass.then(|| "true".to_owned()));
        values.put(Member::ResellerOrganizationId, order.reseller_organization_id.clone());
        values.put(Member::Additional, additional.then(|| "true".to_owned()));
        values.put(Member::Reference, info.reference.clone());
        values.put(Member::RequestedBy, info.requester.clone());
        values.put(Member::NotBefore, info.not_before.map(|day| day.to_string()));
        values.put(Member::NeededBy, info.needed_by.map(|day| day.to_string()));
        values
    }

    /// Reads what a row without a valid order contains: an order as JSON, some of whose members are missing or wrong.
    pub(crate) fn of_content(content: &str) -> Self {
        let order: Map<String, Value> = serde_json::from_str(content).unwrap_or_default();
        let mut values = Self::default();
        for member in Member::ALL.into_iter().filter(|member| *member != Member::HouseNumber) {
            values.put(member, member.of(&order).map(shown));
        }
        values
    }

    pub(crate) fn put(&mut self, member: Member, value: Option<String>) {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.0.insert(member, value),
            None => self.0.remove(&member),
        };
    }

    pub(crate) fn get(&self, member: Member) -> &str {
        self.0.get(&member).map_or("", String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(member, value)| (member.name(), value.as_str()))
    }

    /// Replaces name and address by those of the directory. What the directory does not have is removed: a part of the
    /// address of another person would send the key there.
    pub(crate) fn fill(&mut self, recipient: RecipientDraft, address: AddressDraft) {
        for (member, value) in [
            (Member::RecipientFirstname, recipient.recipient_firstname),
            (Member::RecipientLastname, recipient.recipient_lastname),
            (Member::RecipientEmail, recipient.recipient_email),
            (Member::RecipientTelephone, recipient.recipient_telephone),
            (Member::RecipientCompany, recipient.recipient_company),
            (Member::StreetLine1, address.street_line1),
            (Member::StreetLine2, address.street_line2),
            (Member::City, address.city),
            (Member::Region, address.region),
            (Member::PostalCode, address.postal_code),
            (Member::CountryCode2, address.country_code_2),
        ] {
            self.put(member, value);
        }
        self.leave_out_address();
    }

    /// Returns the values as a flat object, like a row of a file.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        self.0.iter().map(|(member, value)| (member.name().to_owned(), Value::from(value.as_str()))).collect()
    }

    /// Reads the values as a row of a file.
    pub(crate) fn read(&self, reading: Reading) -> Option<Row> {
        let options =
            Options { fill_from_directory: reading.fills(), asks_person: reading.asks_person(), ..Options::default() };
        let mut rows = JsonRows::new(Mapping::default(), options).ok()?;
        Some(rows.row(1, Value::Object(self.to_json())))
    }
}

/// Returns a value as a field shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Bool(false) => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Values {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Values::of_form(&fields)
    }

    #[test]
    fn fields_become_an_order_and_an_order_becomes_fields() {
        let values = form(&[
            ("csrf", "x"),
            ("user_id", " ada@contoso.example "),
            ("recipient_firstname", "Ada"),
            ("city", "Köln"),
            ("country_code_2", "Germany"),
            ("product_id", "29"),
            ("pin_length", "8"),
            ("emails_to", "a@b.example; c@d.example"),
            ("additional", "true"),
            ("not_before", "2026-12-01"),
            ("region", "  "),
        ]);
        let row = values.read(Reading(Completion { directory: true, ..Completion::default() })).unwrap();
        assert_eq!(row.order["user_id"], "ada@contoso.example");
        assert_eq!(row.order["pin_request"]["length"], 8);
        assert_eq!(row.order["additional"], true);
        assert_eq!(row.order["yubico_shipment_request"]["shipment_items"][0]["product_id"], 29);
        assert_eq!(row.order["yubico_shipment_request"]["mailing_address"]["country_code_2"], "DE");
        let shown = Values::of_content(&Value::Object(row.order).to_string());
        for (member, expected) in [
            (Member::City, "Köln"),
            (Member::CountryCode2, "DE"),
            (Member::EmailsTo, "a@b.example; c@d.example"),
            (Member::Additional, "true"),
            (Member::NotBefore, "2026-12-01"),
            (Member::Region, ""),
            (Member::ProductId, "29"),
        ] {
            assert_eq!(shown.get(member), expected, "{member:?}");
        }
    }

    #[test]
    fn unusable_content_is_empty() {
        for content in ["", "[]", "7", "{\"user_id\": {\"x\": [1]}}"] {
            assert_eq!(Values::of_content(content).get(Member::City), "");
        }
    }

    #[test]
    fn an_address_is_never_mixed_from_two_people() {
        let mut values = form(&[("street_line2", "Flat 7"), ("city", "London"), ("reference", "R1")]);
        let address = AddressDraft { city: Some("Berlin".to_owned()), ..AddressDraft::default() };
        values.fill(RecipientDraft::default(), address);
        assert_eq!((values.get(Member::City), values.get(Member::StreetLine2)), ("Berlin", ""));
        assert_eq!(values.get(Member::Reference), "R1");
    }
}
