//! Comparison of records with the passkeys of the identity provider.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::{HeldMethod, ObjectId, PhaseName, SerialNumber, ShipmentId, Timestamp};

use super::records::Record;

/// Passkey of a person: of a record, of the identity provider, or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Identity provider's id of the method.
    pub method_id: String,
    /// Display name, as the identity provider has it now, or else as in the record.
    pub display_name: Option<String>,
    /// Model of the authenticator, as a UUID.
    pub aaguid: Option<String>,
    /// Name of the model, if the identity provider reports it.
    pub model: Option<String>,
    /// Time of the registration.
    pub created_at: Option<Timestamp>,
    /// Shipment whose record names the passkey, with its phase.
    pub shipment: Option<(ShipmentId, PhaseName)>,
    /// Serial number of the key, if a record names the passkey.
    pub serial: Option<SerialNumber>,
    /// Result of the comparison.
    pub standing: Standing,
}

/// Result of the comparison of a record with the identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Record and identity provider have it.
    Registered,
    /// The record has it, but the identity provider does not: it was deleted outside of Keyferry.
    Missing,
    /// It was revoked at this time.
    Revoked(Timestamp),
    /// Only the identity provider has it.
    WithoutRecord,
    /// Only the identity provider has it, and it is on a model that Keyferry orders.
    WithoutRecordOfOurModel,
    /// It belongs to another directory object than that of the name: the user name was reassigned.
    OtherAccount,
    /// The record has it. Whether the identity provider has it is not known.
    Unchecked,
}

impl Standing {
    /// All values. Times are those of the epoch.
    pub const ALL: [Self; 7] = [
        Self::Registered,
        Self::Missing,
        Self::Revoked(Timestamp::UNIX_EPOCH),
        Self::WithoutRecord,
        Self::WithoutRecordOfOurModel,
        Self::OtherAccount,
        Self::Unchecked,
    ];

    /// Returns the name used in API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Missing => "missing",
            Self::Revoked(_) => "revoked",
            Self::WithoutRecord => "without_record",
            Self::WithoutRecordOfOurModel => "without_record_of_ordered_model",
            Self::OtherAccount => "other_account",
            Self::Unchecked => "unchecked",
        }
    }

    /// Returns whether the passkey is at the identity provider, or may be.
    pub fn may_be_revoked(self) -> bool {
        match self {
            Self::Registered
            | Self::WithoutRecord
            | Self::WithoutRecordOfOurModel
            | Self::OtherAccount
            | Self::Unchecked => true,
            Self::Missing | Self::Revoked(_) => false,
        }
    }
}

/// What the identity provider returned.
#[derive(Debug)]
pub(super) enum Held {
    /// All passkeys of the user.
    All(Vec<HeldMethod>),
    /// Whether these methods of records exist.
    Own(BTreeMap<String, bool>),
    Unknown,
}

/// Returns all passkeys: those of the records in their order, then the others. `account`: directory object that the
/// name means now.
pub(super) fn compare(
    records: Vec<Record>,
    held: Held,
    account: Option<ObjectId>,
    models: &BTreeSet<String>,
) -> Vec<Passkey> {
    let (mut all, own) = match held {
        Held::All(methods) => (Some(methods), None),
        Held::Own(found) => (None, Some(found)),
        Held::Unknown => (None, None),
    };
    let mut passkeys: Vec<_> = records
        .into_iter()
        .map(|record| {
            let id = &record.credential.method_id;
            let found = all.as_mut().and_then(|methods| {
                let at = methods.iter().position(|method| method.id == *id)?;
                Some(methods.remove(at))
            });
            let is_of_other = record.object_id.zip(account).is_some_and(|(of, account)| of != account);
            let exists = match (&all, &own) {
                (Some(_), _) => Some(found.is_some()),
                (None, Some(own)) => own.get(id).copied(),
                (None, None) => None,
            };
            let standing = match (exists, record.revoked_at) {
                (Some(true), _) => Standing::Registered,
                (_, Some(at)) => Standing::Revoked(at),
                _ if is_of_other => Standing::OtherAccount,
                (Some(false), None) => Standing::Missing,
                (None, None) => Standing::Unchecked,
            };
            of_record(record, found, standing)
        })
        .collect();
    passkeys.extend(all.into_iter().flatten().map(|method| without_record(method, models)));
    passkeys
}

fn of_record(record: Record, found: Option<HeldMethod>, standing: Standing) -> Passkey {
    let credential = record.credential;
    let (display_name, model) = found.map(|found| (found.display_name, found.model)).unwrap_or_default();
    Passkey {
        method_id: credential.method_id,
        display_name: display_name.or(Some(credential.display_name)),
        aaguid: credential.aaguid.map(|model| model.to_string()),
        model,
        created_at: Some(credential.registered_at),
        shipment: Some((record.shipment, record.phase)),
        serial: record.serial,
        standing,
    }
}

fn without_record(method: HeldMethod, models: &BTreeSet<String>) -> Passkey {
    let aaguid = method.aaguid.map(|model| model.to_string());
    let standing = match aaguid.as_ref().is_some_and(|model| models.contains(model)) {
        true => Standing::WithoutRecordOfOurModel,
        false => Standing::WithoutRecord,
    };
    Passkey {
        method_id: method.id,
        display_name: method.display_name,
        aaguid,
        model: method.model,
        created_at: method.created_at,
        shipment: None,
        serial: None,
        standing,
    }
}
