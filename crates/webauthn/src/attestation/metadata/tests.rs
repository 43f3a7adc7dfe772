//! The BLOBs are made with Python's `cryptography`, see `tests/data/README.md`.

use std::sync::LazyLock;

use super::*;
use crate::testing::now;

#[derive(Deserialize)]
struct Vectors {
    root: String,
    blobs: BTreeMap<String, String>,
}

static VECTORS: LazyLock<Vectors> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../tests/data/metadata.json")).unwrap());

fn roots() -> TrustAnchors {
    TrustAnchors::from_der(vec![STANDARD.decode(&VECTORS.root).unwrap()], vec![]).unwrap()
}

fn read(name: &str) -> Result<Metadata, Error> {
    Metadata::verify(VECTORS.blobs[name].as_bytes(), &roots(), now())
}

fn reason(result: Result<Metadata, Error>) -> String {
    match result {
        Err(Error::Metadata { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

fn model(digit: u8) -> Aaguid {
    Aaguid::from_bytes([digit * 0x11; 16])
}

#[test]
fn accepts_blobs_signed_with_rsa_and_ecdsa() {
    for name in ["rs256", "es256", "common name"] {
        let metadata = read(name).unwrap();
        assert_eq!((metadata.number(), metadata.next_update().to_string().as_str()), (93, "2026-07-01"), "{name}");
        assert_eq!(metadata.models(), 6, "{name}");
        assert!(metadata.lists(model(1)) && !metadata.lists(model(7)), "{name}");
        assert!(!metadata.is_outdated(now()));
    }
    let with_newline = format!("{}\n", VECTORS.blobs["es256"]);
    assert_eq!(Metadata::verify(with_newline.as_bytes(), &roots(), now()), read("es256"));
}

#[test]
fn finds_compromises_that_apply() {
    let metadata = read("es256").unwrap();
    let found = |digit, at| metadata.compromises(model(digit), at).map(|report| &*report.status).collect::<Vec<_>>();
    let expected: [(u8, &[&str]); 7] = [
        (1, &[]),
        (2, &["REVOKED"]),
        (3, &["USER_VERIFICATION_BYPASS"]),
        (4, &[]),
        (5, &["USER_KEY_REMOTE_COMPROMISE"]),
        (6, &["USER_KEY_PHYSICAL_COMPROMISE"]),
        (7, &[]),
    ];
    for (digit, statuses) in expected {
        assert_eq!(found(digit, now()), statuses, "model {digit}");
    }
    assert_eq!(found(4, now() + chrono::TimeDelta::days(1)), ["ATTESTATION_KEY_COMPROMISE"]);
}

#[test]
fn outdated_blob_is_readable_after_its_certificate_has_expired() {
    let metadata = read("outdated").unwrap();
    assert!(metadata.is_outdated(now()));
    let last = "2026-05-01T23:59:59Z".parse().unwrap();
    assert!(!metadata.is_outdated(last) && metadata.is_outdated(last + chrono::TimeDelta::seconds(1)));
    let expired = read("expired");
    assert!(
        matches!(expired, Err(Error::Certificate { fault: crate::CertificateFault::Validity { .. }, .. })),
        "{expired:?}"
    );
}

#[test]
fn rejects_signer_without_path_or_for_another_host() {
    assert!(reason(read("other host")).contains("is not for mds.fidoalliance.org"));
    for name in ["other root", "no intermediate"] {
        assert!(matches!(read(name), Err(Error::Untrusted { .. })), "{name}");
    }
}

#[test]
fn rejects_signature_by_another_key_or_algorithm() {
    assert!(reason(read("other key")).contains("the file was modified"));
    for name in ["none", "wrong algorithm"] {
        assert!(reason(read(name)).contains("expected alg"), "{name}");
    }
    assert!(reason(read("no certificate")).contains("no certificate"));
    assert!(reason(read("crit")).contains("crit"));
}

#[test]
fn rejects_modified_and_malformed_blobs() {
    let good = &VECTORS.blobs["es256"];
    let [header, payload, mac] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let other = VECTORS.blobs["outdated"].split('.').nth(1).unwrap();
    let bad = [
        format!("{header}.{other}.{mac}"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{mac}.{mac}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{mac}="),
        format!("e30.{payload}.{mac}"),
        format!("{header}.e30.{mac}"),
        String::new(),
        "{}".to_owned(),
    ];
    for text in bad {
        reason(Metadata::verify(text.as_bytes(), &roots(), now()));
    }
    assert!(reason(read("no status")).contains("statusReports"));
}
