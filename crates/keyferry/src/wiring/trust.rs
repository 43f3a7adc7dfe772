//! Trust anchors for attestations, and the FIDO metadata.

use keyferry_domain::{Finding, Timestamp};
use keyferry_webauthn::{Error as WebauthnError, Metadata, TrustAnchors};
use keyferry_yubico::{ATTESTATION_INTERMEDIATES, ATTESTATION_ROOTS};

use crate::config::TrustAnchorSettings;

/// Root of the certificate that signs FIDO metadata. For its source, see `trust-anchors/README.md`.
const METADATA_ROOT: &[u8] = include_bytes!("../../../../trust-anchors/globalsign-root-r3.pem");

/// Next step for missing, invalid and outdated metadata.
const DOWNLOAD: &str = "Download https://mds3.fidoalliance.org/ to the file of KEYFERRY_FIDO_METADATA_FILE, and \
                        restart Keyferry.";

/// Next step for metadata whose signing certificate has another issuer.
const OTHER_ROOT: &str = "Download https://mds3.fidoalliance.org/ to the file of KEYFERRY_FIDO_METADATA_FILE again. \
                          If the FIDO Alliance changed the issuer, set KEYFERRY_FIDO_METADATA_ROOTS to its root. Then \
                          restart Keyferry.";

pub(super) fn anchors(settings: &TrustAnchorSettings) -> Result<TrustAnchors, String> {
    let anchors = match &settings.trust_anchors {
        None => TrustAnchors::from_pem(&ATTESTATION_ROOTS, &ATTESTATION_INTERMEDIATES),
        Some(pem) => TrustAnchors::from_pem(&[pem], &[]),
    };
    match anchors {
        Ok(anchors) if anchors.is_empty() => Err("KEYFERRY_TRUST_ANCHORS: the file contains no certificate".to_owned()),
        Ok(anchors) => Ok(anchors),
        Err(error) => Err(format!("could not load the trust anchors: {error}")),
    }
}

/// Reads and verifies the FIDO metadata, if a file is configured.
pub(super) fn fido_metadata(settings: &TrustAnchorSettings, now: Timestamp) -> Result<Option<Metadata>, String> {
    read_fido_metadata(settings, now).map_err(|Unusable { problem, todo }| format!("{problem}. {todo}"))
}

/// Reason why the FIDO metadata cannot be used, and the next step.
struct Unusable {
    problem: String,
    todo: &'static str,
}

fn read_fido_metadata(settings: &TrustAnchorSettings, now: Timestamp) -> Result<Option<Metadata>, Unusable> {
    let Some(blob) = &settings.fido_metadata else { return Ok(None) };
    let root = settings.fido_metadata_roots.as_deref().unwrap_or(METADATA_ROOT);
    let roots = TrustAnchors::from_pem(&[root], &[]).map_err(|error| Unusable {
        problem: format!("KEYFERRY_FIDO_METADATA_ROOTS: {error}"),
        todo: "Correct the file: it must contain certificates in PEM form.",
    })?;
    let named = match settings.fido_metadata_roots {
        None => "KEYFERRY_FIDO_METADATA_FILE",
        Some(_) => "KEYFERRY_FIDO_METADATA_FILE (verified with KEYFERRY_FIDO_METADATA_ROOTS)",
    };
    match Metadata::verify(blob, &roots, now) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(WebauthnError::Untrusted { subject, issuer, reason, .. }) => Err(Unusable {
            problem: format!(
                "{named}: the signing certificate {subject:?} (issued by {issuer:?}) does not chain to a root: {reason}"
            ),
            todo: OTHER_ROOT,
        }),
        Err(error) => Err(Unusable { problem: format!("{named}: {error}"), todo: DOWNLOAD }),
    }
}

/// Logs a warning if newer metadata is due.
pub(super) fn warn_if_outdated(metadata: Option<&Metadata>, now: Timestamp) {
    if let Some(metadata) = metadata.filter(|metadata| metadata.is_outdated(now)) {
        tracing::warn!(
            number = metadata.number(),
            next_update = %metadata.next_update(),
            "FIDO metadata is outdated: Keyferry does not see newer reports of compromised models. {DOWNLOAD}"
        );
    }
}

/// Returns the doctor's finding about the FIDO metadata.
pub(super) fn examine_fido_metadata(settings: &TrustAnchorSettings, now: Timestamp) -> Finding {
    const CHECK: &str = "FIDO metadata";
    match read_fido_metadata(settings, now) {
        Ok(None) => Finding::not_examined(
            CHECK,
            "no FIDO metadata: keys of compromised models are registered",
            format!("To refuse them, set KEYFERRY_FIDO_METADATA_FILE. {DOWNLOAD}"),
        ),
        Ok(Some(metadata)) => {
            let (number, models, next) = (metadata.number(), metadata.models(), metadata.next_update());
            let found = format!("number {number} with {models} models, next update on {next}");
            if metadata.is_outdated(now) {
                return Finding::warning(CHECK, format!("{found}: outdated"), DOWNLOAD);
            }
            Finding::ok(CHECK, found)
        }
        Err(Unusable { problem, todo }) => Finding::failed(CHECK, problem, todo),
    }
}

#[cfg(test)]
mod tests {
    use keyferry_domain::Outcome;
    use serde_json::Value;

    use super::*;

    fn settings() -> TrustAnchorSettings {
        TrustAnchorSettings { trust_anchors: None, fido_metadata: None, fido_metadata_roots: None }
    }

    /// Returns settings with one of the BLOBs that Python's `cryptography` made, and its root.
    fn with_blob(name: &str) -> TrustAnchorSettings {
        let vectors: Value = serde_json::from_str(include_str!("../../../webauthn/tests/data/metadata.json")).unwrap();
        let root = vectors["root"].as_str().unwrap();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
        let blob = vectors["blobs"][name].as_str().unwrap();
        TrustAnchorSettings { fido_metadata: Some(blob.into()), fido_metadata_roots: Some(pem.into()), ..settings() }
    }

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn built_in_roots_are_valid() {
        assert!(!anchors(&settings()).unwrap().is_empty());
        let root = TrustAnchors::from_pem(&[METADATA_ROOT], &[]).unwrap().roots().unwrap();
        // Fingerprint as published by GlobalSign.
        assert_eq!(root[0].sha256, "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b");
    }

    #[test]
    fn rejects_file_without_certificate() {
        assert!(anchors(&TrustAnchorSettings { trust_anchors: Some(b"nothing".to_vec()), ..settings() }).is_err());
    }

    #[test]
    fn doctor_reports_missing_outdated_and_invalid_metadata() {
        let mut other_root = with_blob("es256");
        other_root.fido_metadata_roots = None;
        for (settings, outcome, words, next_step) in [
            (settings(), Outcome::NotExamined, "no FIDO metadata", "To refuse them, set KEYFERRY_FIDO_METADATA_FILE."),
            (with_blob("es256"), Outcome::Ok, "number 93 with 6 models, next update on 2026-07-01", ""),
            (with_blob("outdated"), Outcome::Warning, "next update on 2026-05-01: outdated", DOWNLOAD),
            (with_blob("other key"), Outcome::Failed, "the file was modified", DOWNLOAD),
            (
                other_root.clone(),
                Outcome::Failed,
                "(issued by \"CN=Metadata CA\") does not chain to a root",
                OTHER_ROOT,
            ),
        ] {
            let finding = examine_fido_metadata(&settings, now());
            assert_eq!(finding.outcome, outcome, "{finding:?}");
            assert!(finding.found.contains(words), "{finding:?}");
            assert!(finding.todo.as_deref().unwrap_or_default().starts_with(next_step), "{finding:?}");
        }
        let at_the_start = fido_metadata(&other_root, now()).unwrap_err();
        assert!(at_the_start.ends_with(OTHER_ROOT) && !at_the_start.contains("this model"), "{at_the_start}");
    }
}
