//! What will be ordered, for whom, and where the PIN goes.

use keyferry_domain::{AddressBy, EmailAddress, UserRef};
use keyferry_engine::{Engine, PinAddressee};
use keyferry_sheet::Member;

use super::who;
use crate::messages::Messages;
use crate::order_form::{Offer, Values};

/// Line of the summary.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) text: String,
    /// In English, from the engine.
    pub(super) detail: String,
}

/// Returns the summary of an order. With data of the directory if the user `is_informed`.
pub(super) async fn summary(
    engine: &Engine,
    m: &Messages,
    values: &Values,
    offer: &Offer,
    is_informed: bool,
) -> Vec<Line> {
    let t = m.order;
    let user = values.get(Member::UserId);
    let name = match is_informed {
        true => who::get(&engine.recipients, user).await.ok().and_then(|found| found.display_name),
        false => None,
    };
    let line = |label, text: String| Line { label, text, detail: String::new() };
    let of = |member: Member| (!values.get(member).is_empty()).then(|| values.get(member).to_owned());
    let joined = |members: &[Member], separator: &str| {
        members.iter().filter_map(|member| of(*member)).collect::<Vec<_>>().join(separator)
    };
    let key = [Member::ProductId, Member::InventoryProductId, Member::CustomizationId]
        .into_iter()
        .filter_map(|member| of(member).map(|value| offer.name(member, &value).to_owned()));
    let person = joined(&[Member::RecipientFirstname, Member::RecipientLastname], " ");
    let country = offer.name(Member::CountryCode2, values.get(Member::CountryCode2)).to_owned();
    let street = joined(&[Member::StreetLine1, Member::StreetLine2], ", ");
    let city = joined(&[Member::PostalCode, Member::City, Member::Region], " ");
    let has_address = !street.is_empty();
    let address: Vec<_> = [person, joined(&[Member::RecipientCompany], ""), street, city, country]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let asks_person = engine.orders.completion().asks_person(AddressBy::parse(values.get(Member::AddressBy)));
    let where_to = match (has_address, asks_person) {
        (true, _) => address.join(", "),
        (false, true) => t.where_to_person.to_owned(),
        (false, false) => t.where_to_directory.to_owned(),
    };
    let mut lines = vec![
        line(t.for_whom, name.map_or_else(|| user.to_owned(), |name| format!("{name} · {user}"))),
        line(t.what, key.collect::<Vec<_>>().join(" · ")),
        line(t.where_to, where_to),
        pin_to(engine, m, values, is_informed).await,
    ];
    for member in [
        Member::PinLength,
        Member::DeliveryType,
        Member::Reference,
        Member::RequestedBy,
        Member::NotBefore,
        Member::NeededBy,
        Member::Additional,
    ] {
        let Some(value) = of(member) else { continue };
        let shown = match (member, value.as_str()) {
            (Member::DeliveryType, "1") => t.fields.delivery_normal.to_owned(),
            (Member::DeliveryType, "2") => t.fields.delivery_expedited.to_owned(),
            (Member::Additional, _) => t.fields.yes.to_owned(),
            _ => value,
        };
        lines.push(line((t.fields.label)(member), shown));
    }
    lines
}

async fn pin_to(engine: &Engine, m: &Messages, values: &Values, is_informed: bool) -> Line {
    let t = m.order;
    let line = |text: String, detail: String| Line { label: t.pin_to, text, detail };
    let contacts = values.get(Member::EmailsTo).split([';', ',', ' ']).filter(|part| !part.is_empty());
    let contacts: Vec<_> = contacts.filter_map(|contact| EmailAddress::parse(contact).ok()).collect();
    let recipient = EmailAddress::parse(values.get(Member::RecipientEmail)).ok();
    let Some(user) = UserRef::parse(values.get(Member::UserId)) else {
        return line(t.pin_unknown.to_owned(), String::new());
    };
    let all = |addresses: &[EmailAddress]| addresses.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", ");
    match engine.recipients.pin_addressee(&user, &contacts, recipient.as_ref()).await {
        Ok(PinAddressee::Contacts(addresses)) => {
            line(format!("{}: {}", t.pin_contacts, all(&addresses)), String::new())
        }
        Ok(PinAddressee::Manager(_)) if !is_informed => line(t.pin_manager.to_owned(), String::new()),
        Ok(PinAddressee::Manager(mail)) => line(format!("{}: {}", t.pin_manager, mail.as_str()), String::new()),
        Ok(PinAddressee::Recipient(mail)) => {
            line(format!("{}: {}", t.pin_recipient, all(&mail.into_iter().collect::<Vec<_>>())), String::new())
        }
        Ok(PinAddressee::Elsewhere) => line(t.pin_elsewhere.to_owned(), String::new()),
        Err(_) if !is_informed => line(t.pin_unknown.to_owned(), String::new()),
        Err(failure) => line(t.pin_unknown.to_owned(), failure.message),
    }
}
