//! A passkey, as the pages show it.

use keyferry_engine::{Passkey, Standing};

use super::address;
use crate::messages::Messages;
use crate::time::Instant;

/// A passkey of a person.
pub(super) struct PasskeyRow {
    pub(super) name: String,
    /// Name of the model, or else its AAGUID.
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    /// Address of the shipment whose record names it.
    pub(super) shipment: Option<String>,
    pub(super) created: Option<Instant>,
    pub(super) standing: &'static str,
    pub(super) tone: &'static str,
    /// What the standing means, if it is a difference.
    pub(super) meaning: Option<&'static str>,
    pub(super) revoked: Option<Instant>,
    /// Address of the form that revokes it.
    pub(super) revoke: Option<String>,
}

impl PasskeyRow {
    pub(super) fn new(passkey: Passkey, user: &str, may_revoke: bool, m: &'static Messages) -> Self {
        let standing = passkey.standing;
        let may_revoke = may_revoke && standing.may_be_revoked();
        Self {
            revoke: may_revoke.then(|| address::revoke(user, &passkey.method_id)),
            name: passkey.display_name.unwrap_or_else(|| m.people.nameless.to_owned()),
            model: passkey.model.or(passkey.aaguid),
            serial: passkey.serial.map(|serial| serial.to_string()),
            shipment: passkey.shipment.map(|(id, _)| format!("/console/shipments/{id}")),
            created: passkey.created_at.map(Instant::from),
            standing: (m.people.standing)(standing),
            tone: standing_tone(standing),
            meaning: (m.people.meaning)(standing),
            revoked: match standing {
                Standing::Revoked(at) => Some(at.into()),
                _ => None,
            },
        }
    }
}

pub(super) fn standing_tone(standing: Standing) -> &'static str {
    match standing {
        Standing::Registered => "good",
        Standing::Missing | Standing::OtherAccount => "bad",
        Standing::Revoked(_) => "off",
        Standing::WithoutRecordOfOurModel => "alert",
        Standing::WithoutRecord | Standing::Unchecked => "quiet",
    }
}
