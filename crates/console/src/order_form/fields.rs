//! Fields as a page shows them.

use keyferry_domain::{AddressBy, RecipientDraft};
use keyferry_sheet::Member;

use super::choice::Choice;
use super::finding::Finding;
use super::offer::Offer;
use super::values::{ADDRESS, Reading, Values};
use crate::messages::{FieldTexts, Messages};

/// Field of the form.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) value: String,
    pub(crate) is_optional: bool,
    /// `type` of the input.
    pub(crate) kind: &'static str,
    /// Choices. Empty for an input.
    pub(crate) choices: Vec<Choice>,
    pub(crate) findings: Vec<Finding>,
}

impl Field {
    pub(crate) fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_error)
    }
}

/// Fields under one heading.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    /// Whether the fields are rarely needed, so that they can be folded away.
    pub(crate) is_folded: bool,
    pub(crate) is_open: bool,
    pub(crate) fields: Vec<Field>,
}

const RECIPIENT: [Member; 5] = [
    Member::RecipientFirstname,
    Member::RecipientLastname,
    Member::RecipientEmail,
    Member::RecipientTelephone,
    Member::RecipientCompany,
];
const KEY: [Member; 5] =
    [Member::ProductId, Member::InventoryProductId, Member::CustomizationId, Member::PinLength, Member::DeliveryType];
const MORE: [Member; 6] =
    [Member::Reference, Member::RequestedBy, Member::NotBefore, Member::NeededBy, Member::EmailsTo, Member::Additional];
const RARE: [Member; 4] =
    [Member::ProductQuantity, Member::PinType, Member::AddressValidationBypass, Member::ResellerOrganizationId];

/// Returns the fields. `with_user`: with that of the user. `with_rare`: with those that only files have.
pub(crate) fn groups(
    m: &Messages,
    values: &Values,
    offer: &Offer,
    findings: &[Finding],
    reading: Reading,
    for_row: bool,
) -> Vec<Group> {
    let texts = m.order.fields;
    let make = |members: &[Member]| {
        members.iter().map(|member| field(texts, *member, values, offer, findings, reading)).collect::<Vec<_>>()
    };
    let group = |title, members: &[Member]| Group { title, is_folded: false, is_open: true, fields: make(members) };
    let rare: &[Member] = if for_row { &RARE } else { &[] };
    let more = make(&[&MORE[..], rare].concat());
    // Members that only files have usually have a value that was not entered.
    let is_open = more
        .iter()
        .enumerate()
        .any(|(place, field)| !field.findings.is_empty() || (place < MORE.len() && !field.value.is_empty()));
    // What a row contains stays visible.
    let has_choice = reading.offers_person() || !values.get(Member::AddressBy).is_empty();
    let choice: &[Member] = if has_choice { &[Member::AddressBy] } else { &[] };
    let user = for_row.then(|| group(texts.person, &[Member::UserId]));
    let others = [
        group(texts.recipient, &RECIPIENT),
        group(texts.address, &[choice, &ADDRESS[..]].concat()),
        group(texts.key, &KEY),
        Group { title: texts.more, is_folded: true, is_open, fields: more },
    ];
    user.into_iter().chain(others).collect()
}

/// Returns the fields of an address, and of the data of the recipient that an order lacks.
pub(crate) fn address_groups(
    m: &Messages,
    values: &Values,
    offer: &Offer,
    findings: &[Finding],
    recipient: &RecipientDraft,
) -> Vec<Group> {
    let texts = m.order.fields;
    let make = |member: Member| field(texts, member, values, offer, findings, Reading::of_whole());
    let is_missing = |member: &Member| {
        let known = match member {
            Member::RecipientFirstname => &recipient.recipient_firstname,
            Member::RecipientLastname => &recipient.recipient_lastname,
            Member::RecipientEmail => &recipient.recipient_email,
            Member::RecipientTelephone => &recipient.recipient_telephone,
            _ => &recipient.recipient_company,
        };
        known.is_none()
    };
    let missing: Vec<_> = RECIPIENT.into_iter().filter(is_missing).map(make).collect();
    let group = |title, fields| Group { title, is_folded: false, is_open: true, fields };
    let recipient = (!missing.is_empty()).then(|| group(texts.recipient, missing));
    recipient.into_iter().chain([group(texts.address, ADDRESS.into_iter().map(make).collect())]).collect()
}

fn field(
    texts: &FieldTexts,
    member: Member,
    values: &Values,
    offer: &Offer,
    findings: &[Finding],
    reading: Reading,
) -> Field {
    let value = values.get(member).to_owned();
    let choices = match member {
        Member::AddressBy => address_choices(texts, reading, &value),
        member => offer.field_choices(texts, member, &value),
    };
    let kind = match member {
        Member::NotBefore | Member::NeededBy => "date",
        Member::RecipientEmail => "email",
        Member::RecipientTelephone => "tel",
        _ => "text",
    };
    let is_filled = RECIPIENT.contains(&member) || ADDRESS.contains(&member);
    let may_lack = reading.fills() || reading.asks_person() || values.asks_person();
    let is_never_needed = matches!(
        member,
        Member::StreetLine2
            | Member::Region
            | Member::DeliveryType
            | Member::ProductQuantity
            | Member::PinType
            | Member::AddressValidationBypass
            | Member::ResellerOrganizationId
    ) || MORE.contains(&member);
    Field {
        name: member.name(),
        label: (texts.label)(member),
        hint: (texts.hint)(member),
        value,
        is_optional: (is_never_needed && member != Member::DeliveryType) || (may_lack && is_filled),
        kind,
        choices,
        findings: findings.iter().filter(|finding| finding.member == Some(member)).cloned().collect(),
    }
}

/// Returns who can give the address.
pub(crate) fn address_choices(texts: &FieldTexts, reading: Reading, value: &str) -> Vec<Choice> {
    let first = match reading.asks_person() {
        true => plain("", texts.address_given_or_person),
        false => plain("", texts.address_given),
    };
    let caller = (reading.asks_person() || value == AddressBy::Caller.as_str())
        .then(|| plain(AddressBy::Caller.as_str(), texts.address_given));
    let person = plain(AddressBy::Person.as_str(), texts.address_by_person);
    let mut choices: Vec<_> = [Some(first), caller, Some(person)].into_iter().flatten().collect();
    if !choices.iter().any(|choice| choice.value == value) {
        choices.push(Choice::named(value.to_owned(), None));
    }
    for choice in &mut choices {
        choice.is_chosen = choice.value == value;
    }
    choices
}

fn plain(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), is_chosen: false }
}

impl Offer {
    /// Returns the choices of a field with this value. Empty: any text.
    pub(crate) fn field_choices(&self, texts: &FieldTexts, member: Member, value: &str) -> Vec<Choice> {
        let mut choices = match member {
            Member::DeliveryType => vec![plain("1", texts.delivery_normal), plain("2", texts.delivery_expedited)],
            Member::Additional | Member::AddressValidationBypass => vec![plain("", texts.no), plain("true", texts.yes)],
            _ => self.choices(member).to_vec(),
        };
        if !choices.is_empty() {
            let has_empty = choices.iter().any(|choice| choice.value.is_empty());
            if !has_empty && member != Member::DeliveryType {
                choices.insert(0, plain("", texts.choose));
            }
            // What a file contains stays visible, also if it cannot be chosen.
            if !value.is_empty() && !choices.iter().any(|choice| choice.value == value) {
                choices.push(Choice::named(value.to_owned(), None));
            }
            for choice in &mut choices {
                choice.is_chosen = choice.value == value;
            }
        }
        choices
    }
}
