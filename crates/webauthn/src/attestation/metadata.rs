//! FIDO metadata: status of authenticator models.
//!
//! The FIDO Alliance publishes it as a BLOB: a JWS in compact serialisation that is signed by a certificate for
//! `mds.fidoalliance.org` ([FIDO Metadata Service
//! 3.0](https://fidoalliance.org/specs/mds/fido-metadata-service-v3.0-ps-20210518.html) section 3.1). Only the status
//! of models is used; trust anchors of attestations are configured separately.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use super::{TrustAnchors, certificate::Certificate, chain, signature};
use crate::{Aaguid, Base64Url, Error};

/// Host for which the signing certificate must be issued. The root that issues it is public and issues certificates to
/// everyone.
const SIGNER: &str = "mds.fidoalliance.org";
/// Most certificates in the header.
const MAX_PRESENTED: usize = 8;
/// Largest BLOB, in bytes. In 2026 it has less than 10 MiB.
const MAX_BLOB: usize = 64 * 1024 * 1024;

/// Verified FIDO metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    number: u64,
    next_update: NaiveDate,
    models: BTreeMap<Aaguid, Vec<StatusReport>>,
}

/// Status of an authenticator model (section 3.1.3 of the specification).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// Status, for example `FIDO_CERTIFIED_L1` or `REVOKED`.
    pub status: String,
    /// Date from which the status applies. `None` if it applies while it is present.
    pub effective_date: Option<NaiveDate>,
    /// Page with details.
    pub url: Option<String>,
}

impl StatusReport {
    /// Returns whether the status means that keys of the model must not be relied on (section 3.1.4 of the
    /// specification).
    pub fn is_compromise(&self) -> bool {
        matches!(
            self.status.as_str(),
            "REVOKED"
                | "USER_VERIFICATION_BYPASS"
                | "ATTESTATION_KEY_COMPROMISE"
                | "USER_KEY_REMOTE_COMPROMISE"
                | "USER_KEY_PHYSICAL_COMPROMISE"
        )
    }
}

impl Metadata {
    /// Verifies a BLOB: its signature, and that the signing certificate is for `mds.fidoalliance.org` and chains to one
    /// of `roots`.
    ///
    /// Certificates must be valid at `now`, or, if the BLOB is outdated, on the day of its next update. An outdated
    /// BLOB is therefore still readable after its certificate has expired. Revocation of certificates is not checked.
    ///
    /// # Errors
    /// [`Error::Metadata`] for a malformed BLOB or an invalid signature, [`Error::Certificate`] and
    /// [`Error::Untrusted`] for certificates.
    pub fn verify(blob: &[u8], roots: &TrustAnchors, now: DateTime<Utc>) -> Result<Self, Error> {
        let blob = blob.trim_ascii();
        if blob.len() > MAX_BLOB {
            return Err(Error::TooLarge { what: "FIDO metadata", length: blob.len(), limit: MAX_BLOB });
        }
        let blob = std::str::from_utf8(blob).map_err(|_| invalid("expected a JWS, which is ASCII"))?;
        let parts: Vec<_> = blob.split('.').collect();
        let [header, payload, mac] = parts[..] else {
            return Err(invalid("expected a JWS of three parts with dots between them"));
        };
        let signed = &blob[..header.len() + 1 + payload.len()];
        let header: Header = json("header", &decode("header", header)?)?;
        let content: Content = json("payload", &decode("payload", payload)?)?;
        let mac = decode("signature", mac)?;
        if header.crit.is_some() {
            return Err(invalid("the header has critical parameters (crit), which Keyferry does not process"));
        }
        if header.x5c.len() > MAX_PRESENTED {
            return Err(invalid("the header has more than 8 certificates (x5c)"));
        }
        let ders = header.x5c.iter().map(|text| STANDARD.decode(text)).collect::<Result<Vec<_>, _>>();
        let ders = ders.map_err(|error| invalid(&format!("x5c is not base64: {error}")))?;
        let certificates = ders.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>, _>>()?;
        let [leaf, others @ ..] = &certificates[..] else {
            return Err(invalid("the header has no certificate (x5c)"));
        };
        match signature::verifies_jws(leaf, &header.alg, signed.as_bytes(), &mac) {
            Some(true) => {}
            Some(false) => return Err(invalid("the signature is not by the certificate: the file was modified")),
            None => return Err(invalid("expected alg RS256 with an RSA key, or ES256 with a key on P-256")),
        }
        if !leaf.is_for_host(SIGNER) {
            let reason = format!("the signing certificate {:?} is not for {SIGNER}", leaf.subject());
            return Err(invalid(&reason));
        }
        let last_day = content.next_update.and_time(NaiveTime::MIN).and_utc();
        chain::find(leaf, others, roots, now.min(last_day))?;
        Ok(content.into())
    }

    /// Returns the serial number of the BLOB. It increases with every publication.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the day on which the next BLOB is published at the latest.
    pub fn next_update(&self) -> NaiveDate {
        self.next_update
    }

    /// Returns whether a newer BLOB should exist: the day of the next update has passed.
    pub fn is_outdated(&self, now: DateTime<Utc>) -> bool {
        now.date_naive() > self.next_update
    }

    /// Returns the number of models with an AAGUID.
    pub fn models(&self) -> usize {
        self.models.len()
    }

    /// Returns whether the metadata contains the model.
    pub fn lists(&self, model: Aaguid) -> bool {
        self.models.contains_key(&model)
    }

    /// Returns the reports that the model is compromised, as far as they apply at `now`. A later report, for example
    /// `UPDATE_AVAILABLE`, does not cancel them, because it does not state which keys have the update.
    pub fn compromises(&self, model: Aaguid, now: DateTime<Utc>) -> impl Iterator<Item = &StatusReport> {
        let today = now.date_naive();
        let applies = move |report: &&StatusReport| report.effective_date.is_none_or(|date| date <= today);
        self.models.get(&model).into_iter().flatten().filter(|report| report.is_compromise()).filter(applies)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5c: Vec<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    no: u64,
    next_update: NaiveDate,
    entries: Vec<Entry>,
}

/// Entry of one model. U2F and UAF models have no AAGUID.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    aaguid: Option<Aaguid>,
    status_reports: Vec<StatusReport>,
}

impl From<Content> for Metadata {
    fn from(content: Content) -> Self {
        let mut models = BTreeMap::<_, Vec<_>>::new();
        for entry in content.entries {
            if let Some(aaguid) = entry.aaguid {
                models.entry(aaguid).or_default().extend(entry.status_reports);
            }
        }
        Self { number: content.no, next_update: content.next_update, models }
    }
}

fn decode(what: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    Base64Url::decode(what, text).map(|bytes| bytes.0).map_err(|error| invalid(&error.to_string()))
}

fn json<T: serde::de::DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| invalid(&format!("could not read the {what}: {error}")))
}

fn invalid(reason: &str) -> Error {
    Error::Metadata { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
