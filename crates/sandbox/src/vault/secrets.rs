//! Store of secrets and deleted secrets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::VaultError;
use crate::ground::random;

/// Time in which a deleted secret can be recovered.
const RETENTION: TimeDelta = TimeDelta::days(90);

/// Attributes of a version. Times are Unix times in seconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    pub(crate) enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
}

impl Attributes {
    fn change(&mut self, change: &Self) {
        self.enabled = change.enabled.or(self.enabled);
        self.exp = change.exp.or(self.exp);
        self.nbf = change.nbf.or(self.nbf);
    }

    fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
}

/// Request body that sets a secret.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SecretBody {
    pub(crate) value: Option<String>,
    #[serde(rename = "contentType")]
    pub(crate) content_type: Option<String>,
    pub(crate) tags: Map<String, Value>,
    pub(crate) attributes: Attributes,
}

#[derive(Clone)]
pub(super) struct Version {
    id: String,
    given: SecretBody,
    created: i64,
    updated: i64,
}

/// Secret with its name as it was first written. `Debug` shows no value.
#[derive(Clone)]
pub(super) struct Secret {
    name: String,
    versions: Vec<Version>,
    deleted: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("versions", &self.versions.len())
            .finish_non_exhaustive()
    }
}

/// Secrets by lower-case name: names are case-insensitive.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    active: BTreeMap<String, Secret>,
    /// Deleted secrets, with the number of reads that still answer 404.
    deleted: BTreeMap<String, (Secret, u32)>,
}

/// Properties of the vault in its responses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) url: &'a str,
    pub(super) purge_protection: bool,
}

impl Place<'_> {
    fn recovery_level(&self) -> &'static str {
        if self.purge_protection { "Recoverable+ProtectedSubscription" } else { "Recoverable+Purgeable" }
    }
}

impl Version {
    /// Returns the version in Key Vault's JSON form, without the value.
    fn item(&self, place: Place<'_>, id: String) -> Value {
        let mut attributes = json!({
            "enabled": self.given.attributes.is_enabled(), "created": self.created, "updated": self.updated,
            "recoveryLevel": place.recovery_level(), "recoverableDays": RETENTION.num_days(),
        });
        for (name, at) in [("exp", self.given.attributes.exp), ("nbf", self.given.attributes.nbf)] {
            if let Some(at) = at {
                attributes[name] = at.into();
            }
        }
        let mut item = json!({ "id": id, "attributes": attributes, "tags": self.given.tags });
        if let Some(kind) = &self.given.content_type {
            item["contentType"] = kind.clone().into();
        }
        item
    }

    /// Returns the version in Key Vault's JSON form, with the value.
    fn bundle(&self, place: Place<'_>, name: &str) -> Value {
        let mut bundle = self.item(place, format!("{}/secrets/{name}/{}", place.url, self.id));
        bundle["value"] = json!(self.given.value);
        bundle
    }
}

impl Secret {
    fn latest(&self) -> Result<&Version, VaultError> {
        self.versions.last().ok_or_else(|| VaultError::not_found(&self.name))
    }

    fn deleted_bundle(&self, place: Place<'_>) -> Result<Value, VaultError> {
        let latest = self.latest()?;
        let mut bundle = latest.item(place, format!("{}/secrets/{}/{}", place.url, self.name, latest.id));
        let at = self.deleted.unwrap_or_default();
        bundle["recoveryId"] = format!("{}/deletedsecrets/{}", place.url, self.name).into();
        bundle["deletedDate"] = at.timestamp().into();
        bundle["scheduledPurgeDate"] = (at + RETENTION).timestamp().into();
        Ok(bundle)
    }
}

impl Secrets {
    /// Returns the initial secrets: the connector's two, named as in the integration guide.
    pub(super) fn fixed() -> Self {
        let mut secrets = Self::default();
        let own =
            [("YED-API-TOKEN", "sandbox-delivery-token"), ("ENTRA-FIDO-API-CLIENT-SECRET", "sandbox-connector-secret")];
        for (name, value) in own {
            secrets.add(
                name,
                SecretBody { value: Some(value.to_owned()), ..SecretBody::default() },
                DateTime::UNIX_EPOCH,
            );
        }
        secrets
    }

    /// Adds a version, which becomes the latest.
    fn add(&mut self, name: &str, given: SecretBody, now: DateTime<Utc>) -> &Version {
        let id = random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        let at = now.timestamp();
        let fresh = || Secret { name: name.to_owned(), versions: Vec::new(), deleted: None };
        let secret = self.active.entry(name.to_lowercase()).or_insert_with(fresh);
        secret.versions.push(Version { id, given, created: at, updated: at });
        #[expect(clippy::indexing_slicing, reason = "the vector has the version that was just pushed")]
        &secret.versions[secret.versions.len() - 1]
    }

    pub(super) fn set(
        &mut self,
        place: Place<'_>,
        name: &str,
        given: SecretBody,
        now: DateTime<Utc>,
    ) -> Result<Value, VaultError> {
        if name.is_empty() || name.len() > 127 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(VaultError::bad(format!(
                "The request URI contains an invalid name: {name}. Names are 1 to 127 of 0-9, a-z, A-Z and -."
            )));
        }
        match &given.value {
            None => return Err(VaultError::bad("The property 'value' is missing.")),
            Some(value) if value.len() > 25_600 => {
                return Err(VaultError::bad("The length of the value is out of range: at most 25600 bytes."));
            }
            Some(_) => {}
        }
        if let Some((_, looks)) = self.deleted.get(&name.to_lowercase()) {
            return Err(if *looks > 0 {
                VaultError::conflict("ObjectIsBeingDeleted", format!("Secret {name} is currently being deleted."))
            } else {
                VaultError::conflict(
                    "ObjectIsDeletedButRecoverable",
                    format!(
                        "Secret {name} is currently in a deleted but recoverable state, and its name cannot be \
                         reused; in this state, the secret can only be recovered or purged."
                    ),
                )
            });
        }
        Ok(self.add(name, given, now).bundle(place, name))
    }

    /// Adds a version of a secret, as an administrator.
    pub(super) fn put(
        &mut self,
        name: &str,
        value: String,
        attributes: Attributes,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let place = Place { url: "", purge_protection: false };
        let given = SecretBody { value: Some(value), attributes, ..SecretBody::default() };
        self.set(place, name, given, now).map(drop).map_err(|error| error.message)
    }

    fn find(&self, name: &str) -> Result<&Secret, VaultError> {
        self.active.get(&name.to_lowercase()).ok_or_else(|| VaultError::not_found(name))
    }

    pub(super) fn read(&self, place: Place<'_>, name: &str, version: Option<&str>) -> Result<Value, VaultError> {
        let secret = self.find(name)?;
        let found = match version {
            None => secret.latest()?,
            Some(id) => {
                let found = secret.versions.iter().find(|version| version.id == id);
                found.ok_or_else(|| VaultError::not_found(&format!("{name}/{id}")))?
            }
        };
        if !found.given.attributes.is_enabled() {
            let message = "Operation get is not allowed on a disabled secret.";
            return Err(VaultError::forbidden(Some("SecretDisabled"), message));
        }
        Ok(found.bundle(place, &secret.name))
    }

    /// Changes the attributes of a version, by default of the latest. Returns `false` if there is no such version.
    pub(super) fn change(
        &mut self,
        name: &str,
        version: Option<&str>,
        change: &Attributes,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(secret) = self.active.get_mut(&name.to_lowercase()) else { return false };
        let found = match version {
            None => secret.versions.last_mut(),
            Some(id) => secret.versions.iter_mut().find(|version| version.id == id),
        };
        let Some(found) = found else { return false };
        found.given.attributes.change(change);
        found.updated = now.timestamp();
        true
    }

    pub(super) fn update(
        &mut self,
        place: Place<'_>,
        name: &str,
        id: &str,
        change: &Attributes,
        now: DateTime<Utc>,
    ) -> Result<Value, VaultError> {
        if !self.change(name, Some(id), change, now) {
            return Err(VaultError::not_found(&format!("{name}/{id}")));
        }
        let secret = self.find(name)?;
        let found = secret.versions.iter().find(|version| version.id == id);
        let found = found.ok_or_else(|| VaultError::not_found(name))?;
        Ok(found.item(place, format!("{}/secrets/{}/{id}", place.url, secret.name)))
    }

    /// Returns up to `size` items after the first `skip`, and whether there are more.
    pub(super) fn list(&self, place: Place<'_>, skip: usize, size: usize) -> (Vec<Value>, bool) {
        let item = |secret: &Secret| {
            Some(secret.versions.last()?.item(place, format!("{}/secrets/{}", place.url, secret.name)))
        };
        let items = self.active.values().skip(skip).take(size).filter_map(item).collect();
        (items, skip + size < self.active.len())
    }

    pub(super) fn versions(&self, place: Place<'_>, name: &str) -> Result<Vec<Value>, VaultError> {
        let secret = self.find(name)?;
        let item =
            |version: &Version| version.item(place, format!("{}/secrets/{}/{}", place.url, secret.name, version.id));
        Ok(secret.versions.iter().map(item).collect())
    }

    /// Deletes a secret. `looks`: number of reads of the deleted secret that still answer 404.
    pub(super) fn remove(
        &mut self,
        place: Place<'_>,
        name: &str,
        looks: u32,
        now: DateTime<Utc>,
    ) -> Result<Value, VaultError> {
        let key = name.to_lowercase();
        let mut secret = self.active.remove(&key).ok_or_else(|| VaultError::not_found(name))?;
        secret.deleted = Some(now);
        let answer = secret.deleted_bundle(place);
        self.deleted.insert(key, (secret, looks));
        answer
    }

    /// Reads a deleted secret.
    ///
    /// Key Vault deletes asynchronously; the first `looks` reads simulate this with 404.
    pub(super) fn read_deleted(&mut self, place: Place<'_>, name: &str) -> Result<Value, VaultError> {
        match self.deleted.get_mut(&name.to_lowercase()) {
            Some((_, looks)) if *looks > 0 => {
                *looks -= 1;
                Err(VaultError::deleted_not_found(name))
            }
            Some((secret, _)) => secret.deleted_bundle(place),
            None => Err(VaultError::deleted_not_found(name)),
        }
    }

    pub(super) fn purge(&mut self, place: Place<'_>, name: &str) -> Result<(), VaultError> {
        if place.purge_protection {
            return Err(VaultError::forbidden(None, "Operation \"purge\" is not enabled for this vault."));
        }
        let key = name.to_lowercase();
        if self.deleted.get(&key).is_some_and(|(_, looks)| *looks > 0) {
            return Err(VaultError::conflict(
                "ObjectIsBeingDeleted",
                format!("Secret {name} is currently being deleted."),
            ));
        }
        self.deleted.remove(&key).map(drop).ok_or_else(|| VaultError::deleted_not_found(name))
    }

    pub(super) fn recover(&mut self, place: Place<'_>, name: &str) -> Result<Value, VaultError> {
        let key = name.to_lowercase();
        let (mut secret, _) = self.deleted.remove(&key).ok_or_else(|| VaultError::deleted_not_found(name))?;
        secret.deleted = None;
        let latest = secret.latest()?;
        let answer = latest.item(place, format!("{}/secrets/{}/{}", place.url, secret.name, latest.id));
        self.active.insert(key, secret);
        Ok(answer)
    }

    /// Returns names, numbers of versions and attributes of all secrets, without values.
    pub(crate) fn overview(&self) -> Value {
        let one = |secret: &Secret| {
            let latest = secret.versions.last();
            json!({
                "name": secret.name, "versions": secret.versions.len(),
                "enabled": latest.is_none_or(|version| version.given.attributes.is_enabled()),
                "content_type": latest.and_then(|version| version.given.content_type.clone()),
            })
        };
        json!({
            "secrets": self.active.values().map(one).collect::<Vec<_>>(),
            "deleted": self.deleted.values().map(|(secret, _)| one(secret)).collect::<Vec<_>>(),
        })
    }
}

/// Encodes the position of the next page, opaque to the caller.
pub(super) fn skip_token(skip: usize) -> String {
    URL_SAFE_NO_PAD.encode(skip.to_string())
}

/// Decodes a [`skip_token`].
pub(super) fn read_skip_token(token: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?.parse().ok()
}
