//! Secret of a shipment: what the ceremony needs later, and proof of the facts that decide who receives key and PIN.
//!
//! A record is plain text, so whoever can write to the table or to the database file can edit it. Secrets are out of
//! the reach of that editor: they are in a vault, or sealed with the key file. So the secret, which is stored before
//! the order is placed, contains a digest of each of these facts. Nothing is registered and no PIN is sent if the
//! record differs, or if its secret contains no digests. When the keys are registered, the addressees of their PINs are
//! fixed in the secret, with the time.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use keyferry_domain::{Common, CredentialRequest, Hardware, PlannedCredential, SecretBytes, ShipmentId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pins::Addressee;

const FORMAT: u32 = 2;

/// Secret of a shipment whose record matches it.
pub(crate) struct ShipmentSecret {
    header: Header,
    ceremony: SecretBytes,
    /// Stored form, which a replacement must match.
    stored: SecretBytes,
}

#[derive(Clone, Serialize, Deserialize)]
struct Header {
    shipment_secret: u32,
    facts: Facts,
    /// `None`: not fixed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed: Option<Fixed>,
    /// Newest link to the page that shows the PINs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<PinRelease>,
    /// Whether the user may hold a privileged role. Here, no editor of the record can grant it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    may_be_privileged: bool,
}

/// What is fixed after the order.
#[derive(Clone, Serialize, Deserialize)]
struct Fixed {
    at: Timestamp,
    /// Addressee of the PIN of each key, by its serial number.
    addressees: BTreeMap<String, Addressee>,
}

/// Release of PINs on a page. Here, no editor of the record can name another addressee or open the link again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PinRelease {
    /// Id of the link in the record.
    pub(crate) id: ShipmentId,
    /// SHA-256 of the link's secret part, base64. The link itself is stored nowhere.
    token: String,
    /// Time from which the link is not valid any more.
    pub(crate) expires_at: Timestamp,
    /// Addressee of the PIN of each key, by its serial number.
    pub(crate) addressees: BTreeMap<String, Addressee>,
    /// Whether it was released against a rule, by a caller with the right to do so.
    pub(crate) despite_rules: bool,
    /// Whether it was used.
    pub(crate) is_used: bool,
}

impl PinRelease {
    /// Creates an unused release for a link with this secret part.
    pub(crate) fn new(
        id: ShipmentId,
        token: &str,
        expires_at: Timestamp,
        addressees: BTreeMap<String, Addressee>,
        despite_rules: bool,
    ) -> Self {
        Self { id, token: token_hash(token), expires_at, addressees, despite_rules, is_used: false }
    }

    /// Returns the release after its use.
    pub(crate) fn used(&self) -> Self {
        Self { is_used: true, ..self.clone() }
    }

    /// Returns whether the link has this secret part.
    pub(crate) fn is_of(&self, token: &str) -> bool {
        verify_slices_are_equal(self.token.as_bytes(), token_hash(token).as_bytes()).is_ok()
    }
}

/// Returns the SHA-256 of the secret part of a link, base64.
pub(crate) fn token_hash(token: &str) -> String {
    STANDARD_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

/// First member of a header of any version.
#[derive(Deserialize)]
struct Version {
    shipment_secret: u32,
}

impl Header {
    fn new(facts: Facts, may_be_privileged: bool) -> Self {
        Self { shipment_secret: FORMAT, facts, fixed: None, link: None, may_be_privileged }
    }

    /// Returns the stored form: one line of JSON, and after it the ceremony's secret. It is UTF-8 text if that is.
    fn before(&self, ceremony: &SecretBytes) -> Result<SecretBytes, serde_json::Error> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        bytes.reserve_exact(ceremony.len());
        bytes.extend_from_slice(ceremony.expose());
        Ok(SecretBytes::new(bytes))
    }
}

/// Digests of the facts of a shipment that never change after its order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    order: String,
    person: String,
    contacts: String,
}

/// Reason why a stored secret cannot be used for a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// A newer version of Keyferry wrote the secret.
    Newer,
    /// The secret contains no facts, or is damaged: it does not prove which record it belongs to.
    WithoutProof,
    /// These facts of the record are not those of the order.
    Altered(Vec<&'static str>),
}

/// Splits the header from the ceremony's secret.
fn split(stored: &[u8]) -> Result<(Header, &[u8]), Unusable> {
    let mut parts = stored.splitn(2, |byte| *byte == b'\n');
    let (Some(header), Some(ceremony)) = (parts.next(), parts.next()) else { return Err(Unusable::WithoutProof) };
    let version: Version = serde_json::from_slice(header).map_err(|_| Unusable::WithoutProof)?;
    if version.shipment_secret > FORMAT {
        return Err(Unusable::Newer);
    }
    match serde_json::from_slice::<Header>(header) {
        Ok(header) if header.shipment_secret == FORMAT => Ok((header, ceremony)),
        _ => Err(Unusable::WithoutProof),
    }
}

impl ShipmentSecret {
    /// Creates the stored secret of a shipment that is about to be ordered.
    pub(crate) fn encode(
        shipment: &Common,
        ceremony: &SecretBytes,
        may_be_privileged: bool,
    ) -> Result<SecretBytes, serde_json::Error> {
        Header::new(Facts::of(shipment), may_be_privileged).before(ceremony)
    }

    /// Decodes a stored secret, and compares it with the record of its shipment.
    ///
    /// # Errors
    /// [`Unusable`], without any content of the secret.
    pub(crate) fn decode(stored: &SecretBytes, record: &Common) -> Result<Self, Unusable> {
        let (header, ceremony) = split(stored.expose())?;
        match header.facts.differences(&Facts::of(record)) {
            differences if differences.is_empty() => {
                Ok(Self { header, ceremony: copy(ceremony), stored: copy(stored.expose()) })
            }
            differences => Err(Unusable::Altered(differences)),
        }
    }

    /// Returns whether the order was placed by a caller that may order for privileged users.
    pub(crate) fn may_be_privileged(&self) -> bool {
        self.header.may_be_privileged
    }

    /// Returns the fixed addressee of each of these keys' PINs, in the same order. `None` if none is fixed.
    ///
    /// # Errors
    /// [`Unusable::Altered`] if addressees are fixed, but for other keys.
    pub(crate) fn addressees(&self, keys: &[Hardware]) -> Result<Option<Vec<&Addressee>>, Unusable> {
        let Some(Fixed { addressees, .. }) = &self.header.fixed else { return Ok(None) };
        let of_keys: Option<Vec<_>> = keys.iter().map(|key| addressees.get(key.serial.as_str())).collect();
        match of_keys.filter(|found| found.len() == addressees.len()) {
            Some(found) => Ok(Some(found)),
            None => Err(Unusable::Altered(vec!["serial number"])),
        }
    }

    /// Returns the time at which the addressees were fixed. `None` if none is fixed.
    pub(crate) fn fixed_at(&self) -> Option<Timestamp> {
        self.header.fixed.as_ref().map(|fixed| fixed.at)
    }

    /// Returns the secret with these addressees of the keys' PINs, in the same order, fixed at this time.
    pub(crate) fn with_addressees(
        &self,
        keys: &[Hardware],
        addressees: Vec<Addressee>,
        at: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let serials = keys.iter().map(|key| key.serial.as_str().to_owned());
        let fixed = Fixed { at, addressees: serials.zip(addressees).collect() };
        let header = Header { fixed: Some(fixed), ..self.header.clone() };
        let stored = header.before(&self.ceremony)?;
        Ok(Self { header, ceremony: copy(self.ceremony.expose()), stored })
    }

    /// Returns the newest release of the PINs on a page.
    pub(crate) fn link(&self) -> Option<&PinRelease> {
        self.header.link.as_ref()
    }

    /// Returns the secret with this release of the PINs on a page.
    pub(crate) fn with_link(&self, link: PinRelease) -> Result<Self, serde_json::Error> {
        let header = Header { link: Some(link), ..self.header.clone() };
        let stored = header.before(&self.ceremony)?;
        Ok(Self { header, ceremony: copy(self.ceremony.expose()), stored })
    }

    /// Returns the form in which the secret is stored.
    pub(crate) fn stored(&self) -> &SecretBytes {
        &self.stored
    }

    /// Returns the secret of the ceremony.
    pub(crate) fn ceremony(&self) -> &SecretBytes {
        &self.ceremony
    }
}

fn copy(bytes: &[u8]) -> SecretBytes {
    SecretBytes::new(bytes.to_vec())
}

impl Facts {
    /// Digests the facts. Each value is written explicitly, so that a new member of a record changes no digest.
    fn of(shipment: &Common) -> Self {
        let credentials = || shipment.keys().iter().flat_map(|key| &key.credentials);
        let keys = shipment.keys().iter().map(|key| {
            let product = &key.product;
            json!([
                product.product_id,
                product.inventory_product_id,
                product.customization_id,
                key.pin_length.get(),
                key.credentials.len()
            ])
        });
        let order = json!([
            shipment.id().to_string(),
            shipment.requested_by().application.as_str(),
            shipment.requested_by().user.as_ref().map(|user| user.object_id.as_str()),
            shipment.created_at(),
            keys.collect::<Vec<_>>(),
            credentials().map(PlannedCredential::deadline).collect::<Vec<_>>(),
        ]);
        let person = credentials().map(person).collect();
        let contacts = json!([
            shipment.enrollment_contacts().iter().map(|contact| contact.as_str()).collect::<Vec<_>>(),
            shipment.recipient_email().map(|recipient| recipient.as_str()),
        ]);
        Self { order: sha256(&order), person: sha256(&person), contacts: sha256(&contacts) }
    }

    fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            ("order", &self.order, &other.order),
            ("person", &self.person, &other.person),
            ("contacts", &self.contacts, &other.contacts),
        ];
        pairs.into_iter().filter(|(_, own, other)| own != other).map(|(name, ..)| name).collect()
    }
}

fn person(credential: &PlannedCredential) -> Value {
    let request = match &credential.request {
        CredentialRequest::Connector { user_handle, .. } => json!(["handle", user_handle.as_str()]),
        CredentialRequest::Provider { enrolment_id } => json!(["enrolment", enrolment_id]),
    };
    let object_id = credential.object_id.map(|id| id.to_string());
    // The reference from the caller with its kind, because a user name can look like an object id.
    json!([credential.provider.to_string(), credential.user, object_id, credential.rp_id, request])
}

fn sha256(value: &Value) -> String {
    STANDARD_NO_PAD.encode(digest(&SHA256, value.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{
        ActingUser, Caller, CallerId, EmailAddress, Key, Note, ObjectId, PinLength, Product, ProviderId, Shipment,
        ShipmentId, Submission, UserHandle, UserRef,
    };

    use super::*;

    fn shipment() -> Value {
        let time = chrono::DateTime::UNIX_EPOCH;
        let planned = PlannedCredential {
            provider: ProviderId::new("login"),
            user: UserRef::Upn("ada@contoso.example".into()),
            object_id: ObjectId::parse("a1000000-0000-4000-8000-000000000001"),
            rp_id: "login.example".into(),
            request: CredentialRequest::Connector { user_handle: UserHandle::new("T0Y6"), deadline: time },
        };
        let user = ActingUser { object_id: "0a1b".into(), user_name: None, name: None };
        let product = Product { product_id: 29, inventory_product_id: 7, customization_id: "CID".into() };
        let submission = Submission {
            id: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
            requested_by: Caller { application: CallerId::new("portal"), user: Some(user) },
            batch: None,
            info: keyferry_domain::OrderInfo::default(),
            keys: vec![Key { product, credentials: vec![planned], pin_length: PinLength::try_from(12).unwrap() }],
            enrollment_contacts: vec![EmailAddress::parse("it@contoso.example").unwrap()],
            recipient_email: EmailAddress::parse("ada@home.example").ok(),
            until: time,
        };
        serde_json::to_value(Shipment::submit(submission, Note::new(time, "ordered")).shipment()).unwrap()
    }

    fn read(record: &Value) -> Shipment {
        serde_json::from_value(record.clone()).unwrap()
    }

    #[test]
    fn names_each_altered_fact() {
        let record = shipment();
        let ceremony = SecretBytes::new(b"line\nline \xff".to_vec());
        let stored = ShipmentSecret::encode(&read(&record), &ceremony, false).unwrap();
        let own = ShipmentSecret::decode(&stored, &read(&record)).ok().unwrap();
        assert_eq!(own.ceremony().expose(), b"line\nline \xff");
        for (path, value, fact) in [
            ("/id", json!("0196f0a0-0000-7000-8000-00000000000b"), "order"),
            ("/requested_by/application", json!("other"), "order"),
            ("/requested_by/user/object_id", json!("0a1c"), "order"),
            ("/created_at", json!("1970-01-02T00:00:00Z"), "order"),
            ("/keys/0/product/product_id", json!(30), "order"),
            ("/keys/0/product/customization_id", json!("other"), "order"),
            ("/keys/0/pin_length", json!(4), "order"),
            ("/keys/0/credentials/0/request/deadline", json!("1970-01-02T00:00:00Z"), "order"),
            ("/keys/0/credentials/0/provider", json!("other"), "person"),
            ("/keys/0/credentials/0/user", json!({"upn": "eve@contoso.example"}), "person"),
            ("/keys/0/credentials/0/object_id", json!("a1000000-0000-4000-8000-000000000002"), "person"),
            ("/keys/0/credentials/0/object_id", Value::Null, "person"),
            ("/keys/0/credentials/0/rp_id", json!("evil.example"), "person"),
            ("/keys/0/credentials/0/request/user_handle", json!("RVZF"), "person"),
            ("/enrollment_contacts/0", json!("eve@contoso.example"), "contacts"),
            ("/enrollment_contacts", json!([]), "contacts"),
            ("/recipient_email", json!("eve@home.example"), "contacts"),
        ] {
            let mut altered = record.clone();
            *altered.pointer_mut(path).unwrap() = value;
            let error = ShipmentSecret::decode(&stored, &read(&altered)).err();
            assert_eq!(error, Some(Unusable::Altered(vec![fact])), "{path}");
        }
    }

    #[test]
    fn secret_contains_the_exception_for_privileged_users() {
        let record = read(&shipment());
        for may_be_privileged in [false, true] {
            let stored = ShipmentSecret::encode(&record, &SecretBytes::new(Vec::new()), may_be_privileged).unwrap();
            let own = ShipmentSecret::decode(&stored, &record).ok().unwrap();
            assert_eq!(own.may_be_privileged(), may_be_privileged);
        }
    }

    /// Whoever can write to the vault, but not read it, cannot make a secret that fits a record.
    #[test]
    fn rejects_secret_without_proof() {
        let record = read(&shipment());
        let whole = ShipmentSecret::encode(&record, &SecretBytes::new(b"{}".to_vec()), false).unwrap();
        let text = std::str::from_utf8(whole.expose()).unwrap();
        for stored in [
            r#"{"v":1,"response_key":"AAAA"}"#.to_owned(),
            "{\"v\":1}\n{}".into(),
            "\n{}".into(),
            String::new(),
            text.replace("\"shipment_secret\":2", "\"shipment_secret\":1"),
            text.replace("\"person\"", "\"nobody\""),
            text.replace('\n', ""),
        ] {
            let error = ShipmentSecret::decode(&SecretBytes::new(stored.clone().into_bytes()), &record).err();
            assert_eq!(error, Some(Unusable::WithoutProof), "{stored}");
        }
    }

    #[test]
    fn rejects_secret_of_newer_version() {
        let stored = SecretBytes::new(
            br#"{"shipment_secret":3,"other":"form"}
x"#
            .to_vec(),
        );
        assert_eq!(ShipmentSecret::decode(&stored, &read(&shipment())).err(), Some(Unusable::Newer));
    }
}
