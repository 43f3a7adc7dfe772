//! Facts about a shipment.

use keyferry_domain::{CredentialId, Shipment};
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::messages::Messages;
use crate::people;

/// A fact, with a link if there is a page about it.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) link: Option<Link>,
    /// Whether the text is an id, which is shown in a fixed-width font.
    pub(super) is_id: bool,
}

/// Address of a page. It begins with `/` or `https:`, whatever the delivery service returned.
pub(super) struct Link {
    pub(super) address: String,
    pub(super) label: &'static str,
    pub(super) is_outside: bool,
}

struct Facts {
    facts: Vec<Fact>,
}

impl Facts {
    fn text(&mut self, label: &'static str, text: Option<impl Into<String>>) {
        if let Some(text) = text.map(Into::into).filter(|text| !text.is_empty()) {
            self.facts.push(Fact { label, text, link: None, is_id: false });
        }
    }

    fn id(&mut self, label: &'static str, text: Option<impl Into<String>>) {
        let before = self.facts.len();
        self.text(label, text);
        self.facts.iter_mut().skip(before).for_each(|fact| fact.is_id = true);
    }

    /// Links the fact that was added last.
    fn link(&mut self, address: Option<String>, label: &'static str, is_outside: bool) {
        if let (Some(last), Some(address)) = (self.facts.last_mut(), address) {
            last.link = Some(Link { address, label, is_outside });
        }
    }
}

fn query(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Returns the address of a carrier's page if it is a web page. A delivery service could send any text.
fn web_page(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.into())
}

/// Returns the facts that are known, in the order of the page.
pub(super) fn of(shipment: &Shipment, m: &'static Messages) -> Vec<Fact> {
    let mut facts = Facts { facts: Vec::new() };
    let info = shipment.info();
    let person = shipment.user().map(ToString::to_string);
    facts.text(m.fact_person, person.clone());
    facts.link(person.as_deref().map(people::person), m.other_keys, false);
    let fulfilled = shipment.phase().fulfilled();
    let registered = shipment.phase().registered();
    for (index, key) in shipment.keys().iter().enumerate() {
        facts.text(m.fact_product, Some(key.product.product_id.to_string()));
        let hardware = fulfilled.and_then(|fulfilled| fulfilled.keys.get(index));
        facts.id(m.fact_serial, hardware.map(|hardware| hardware.serial.to_string()));
        facts.text(m.fact_firmware, hardware.and_then(|hardware| hardware.firmware.clone()));
        let credentials = registered.and_then(|registered| registered.credentials.get(index));
        for credential in credentials.into_iter().flatten() {
            facts.text(m.fact_credential, Some(credential.display_name.clone()));
            facts.id(m.fact_credential_id, credential.credential_id.as_ref().map(CredentialId::to_base64url));
        }
    }
    if let Some(accepted) = shipment.phase().accepted() {
        let tracking = &accepted.tracking;
        let parcel: Vec<_> = [&tracking.carrier, &tracking.number].into_iter().flatten().map(String::as_str).collect();
        let parcel = if parcel.is_empty() && tracking.link.is_some() { "–".to_owned() } else { parcel.join(" ") };
        facts.text(m.fact_parcel, Some(parcel));
        facts.link(tracking.link.as_deref().and_then(web_page), m.fact_tracking_page, true);
        let state = accepted.state.as_ref().and_then(|state| state.message.clone());
        facts.text(m.fact_delivery_state, state);
    }
    let contacts: Vec<_> = shipment.enrollment_contacts().iter().map(|contact| contact.as_str()).collect();
    let contacts = if contacts.is_empty() { m.no_contacts.to_owned() } else { contacts.join(", ") };
    facts.text(m.fact_pin_to, Some(contacts));
    facts.text(m.fact_needed_by, info.needed_by.map(m.date));
    facts.text(m.fact_not_before, info.not_before.map(m.date));
    facts.text(m.column_reference, info.reference.clone());
    facts.text(m.fact_requester, info.requester.clone());
    facts.text(m.fact_country, info.country.clone());
    let batch = shipment.batch().map(|batch| batch.to_string());
    facts.id(m.fact_batch, batch.clone());
    facts.link(batch.map(|batch| format!("/console/shipments?batch={}", query(&batch))), m.all_shipments, false);
    for (label, other) in [(m.fact_replaces, info.replaces), (m.fact_replaced_by, shipment.replaced_by())] {
        let other = other.map(|other| other.to_string());
        facts.id(label, other.clone());
        facts.link(other.map(|other| format!("/console/shipments/{other}")), m.shipment_title, false);
    }
    facts.text(m.fact_ordered_by, Some(ordered_by(shipment)));
    facts.id(m.fact_id, Some(shipment.id().to_string()));
    facts.id(m.fact_delivery_id, shipment.phase().delivery_id().map(ToString::to_string));
    facts.facts
}

fn ordered_by(shipment: &Shipment) -> String {
    let caller = shipment.requested_by();
    match caller.user.as_ref().map(|user| (user.name.as_ref().or(user.user_name.as_ref()), &user.object_id)) {
        Some((Some(name), _)) => format!("{name} ({})", caller.application),
        Some((None, id)) => format!("{id} ({})", caller.application),
        None => caller.application.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_become_links() {
        assert_eq!(web_page("https://track.example/?n=1&x=\"").as_deref(), Some("https://track.example/?n=1&x=%22"));
        for text in ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "/track", "track", "vbscript:x"]
        {
            assert_eq!(web_page(text), None, "{text}");
        }
    }
}
