use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CustomExtension, IsCa, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, date_time_ymd};

use super::*;
use crate::testing::{Authority, ca_params, leaf_params, now};

fn search(leaf: &Authority, presented: &[&Authority], anchors: &TrustAnchors) -> Result<Vec<String>, Error> {
    let presented: Vec<_> = presented.iter().map(|member| Certificate::parse(&member.der).unwrap()).collect();
    let chain = find(&Certificate::parse(&leaf.der)?, &presented, anchors, now())?;
    Ok(chain.into_iter().map(|member| member.subject).collect())
}

fn reason(result: Result<Vec<String>, Error>) -> String {
    match result {
        Err(Error::Untrusted { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Returns a root, the intermediates `A` and `B`, and an attestation certificate.
fn family() -> [Authority; 4] {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(1)));
    let b = a.issue(ca_params("B", BasicConstraints::Constrained(0)));
    let leaf = b.issue(leaf_params());
    [root, a, b, leaf]
}

#[test]
fn finds_path_over_presented_and_pooled_intermediates_in_any_order() {
    let [root, a, b, leaf] = family();
    let chain = search(&leaf, &[&a, &root, &b], &root.anchors()).unwrap();
    assert_eq!(chain[1..], ["CN=B", "CN=A", "CN=Root"]);
    let pool = TrustAnchors::from_der(vec![root.der.clone()], vec![a.der.clone()]).unwrap();
    assert_eq!(search(&leaf, &[&b], &pool).unwrap(), chain);
}

#[test]
fn fails_if_intermediate_or_root_is_missing() {
    let [root, a, b, leaf] = family();
    assert!(reason(search(&leaf, &[&a], &root.anchors())).contains("no certificate of this issuer"));
    assert!(reason(search(&leaf, &[&a, &b], &TrustAnchors::default())).contains("no certificate of this issuer"));
}

#[test]
fn pooled_intermediate_is_not_an_anchor() {
    let [_, a, b, leaf] = family();
    let pool = TrustAnchors::from_der(vec![], vec![a.der, b.der]).unwrap();
    assert!(search(&leaf, &[], &pool).is_err());
}

#[test]
fn rejects_root_with_same_name_and_another_key() {
    let root = Authority::root("Root");
    let leaf = root.issue(leaf_params());
    let namesake = Authority::root("Root");
    assert!(reason(search(&leaf, &[], &namesake.anchors())).contains("signature is not by"));
    // It does not prevent the right root from being found.
    let both = namesake.anchors().merged(root.anchors());
    assert_eq!(search(&leaf, &[], &both).unwrap().len(), 2);
}

#[test]
fn rejects_issuer_that_is_not_a_ca() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.is_ca = IsCa::ExplicitNoCa;
    let fake = root.issue(params);
    assert!(reason(search(&fake.issue(leaf_params()), &[&fake], &root.anchors())).contains("is not a CA"));

    // An attestation certificate issues another one.
    let leaf = root.issue(leaf_params());
    let mut other = leaf_params();
    other.serial_number = Some(2u64.into());
    let second = leaf.issue(other);
    assert!(search(&second, &[&leaf], &root.anchors()).is_err());
}

#[test]
fn rejects_issuer_without_key_cert_sign() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let a = root.issue(params);
    assert!(reason(search(&a.issue(leaf_params()), &[&a], &root.anchors())).contains("keyCertSign"));
}

#[test]
fn enforces_path_length() {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(0)));
    let b = a.issue(ca_params("B", BasicConstraints::Unconstrained));
    assert!(search(&a.issue(leaf_params()), &[&a], &root.anchors()).is_ok());
    assert!(reason(search(&b.issue(leaf_params()), &[&a, &b], &root.anchors())).contains("allows 0 intermediates"));
}

#[test]
fn limits_path_to_six_certificates() {
    let root = Authority::root("Root");
    let mut members = vec![root.issue(ca_params("0", BasicConstraints::Unconstrained))];
    for number in 1..5 {
        let next = members[number - 1].issue(ca_params(&number.to_string(), BasicConstraints::Unconstrained));
        members.push(next);
    }
    let presented: Vec<_> = members.iter().collect();
    assert_eq!(search(&members[3].issue(leaf_params()), &presented, &root.anchors()).unwrap().len(), MAX_PATH);
    assert!(search(&members[4].issue(leaf_params()), &presented, &root.anchors()).is_err());
}

#[test]
fn limits_number_of_signatures() {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Unconstrained));
    let leaf = a.issue(leaf_params());
    let namesakes: Vec<_> =
        (0..MAX_SIGNATURES).map(|_| root.issue(ca_params("A", BasicConstraints::Unconstrained))).collect();
    let few: Vec<_> = namesakes.iter().take(10).chain([&a]).collect();
    assert!(search(&leaf, &few, &root.anchors()).is_ok());
    let many: Vec<_> = namesakes.iter().chain([&a]).collect();
    assert!(search(&leaf, &many, &root.anchors()).is_err());
}

#[test]
fn every_certificate_must_be_valid() {
    let dates = |year: i32| (date_time_ymd(year, 1, 1), date_time_ymd(year + 1, 1, 1));
    let mut expired = ca_params("Root", BasicConstraints::Unconstrained);
    (expired.not_before, expired.not_after) = dates(2020);
    let root = Authority::root_with(expired, &rcgen::PKCS_ECDSA_P256_SHA256);
    assert!(reason(search(&root.issue(leaf_params()), &[], &root.anchors())).contains("is valid from 2020"));

    let root = Authority::root("Root");
    let mut future = ca_params("A", BasicConstraints::Unconstrained);
    (future.not_before, future.not_after) = dates(2030);
    let a = root.issue(future);
    assert!(reason(search(&a.issue(leaf_params()), &[&a], &root.anchors())).contains("is valid from 2030"));

    let mut expired = leaf_params();
    (expired.not_before, expired.not_after) = dates(2025);
    let result = search(&root.issue(expired), &[], &root.anchors());
    assert!(matches!(result, Err(Error::Certificate { fault: CertificateFault::Validity { .. }, .. })), "{result:?}");
}

#[test]
fn rejects_unknown_critical_extension() {
    let root = Authority::root("Root");
    let mut params = leaf_params();
    let mut strange = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x05, 0x00]);
    strange.set_criticality(true);
    params.custom_extensions.push(strange);
    let result = search(&root.issue(params), &[], &root.anchors());
    assert!(
        matches!(&result, Err(Error::Certificate { fault: CertificateFault::CriticalExtension { oid }, .. })
            if oid == "1.2.3.4"),
        "{result:?}"
    );
}

#[test]
fn accepts_critical_subject_alternative_name() {
    let root = Authority::root("Root");
    let mut params = leaf_params();
    // subjectAltName with one dNSName, "a".
    let mut names = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0x03, 0x82, 0x01, b'a']);
    names.set_criticality(true);
    params.custom_extensions.push(names);
    assert!(search(&root.issue(params), &[], &root.anchors()).is_ok());
}

#[test]
fn accepts_issuer_on_p_384() {
    let params = ca_params("Root", BasicConstraints::Unconstrained);
    let root = Authority::root_with(params, &PKCS_ECDSA_P384_SHA384);
    assert!(search(&root.issue(leaf_params()), &[], &root.anchors()).is_ok());
}

#[test]
fn published_fido_intermediates_chain_to_their_published_root() {
    let root = include_bytes!("../../../../../trust-anchors/yubico-ca-1.pem");
    let pool = include_bytes!("../../../../../trust-anchors/yubico-intermediate.pem");
    let anchors = TrustAnchors::from_pem(&[root], &[pool]).unwrap();
    // The pool also contains the intermediates of other applets, which issue no FIDO attestations.
    let mut certificates = anchors.parsed_intermediates().unwrap();
    certificates.retain(|certificate| ["Intermediate", "FIDO"].iter().any(|word| certificate.subject().contains(word)));
    assert_eq!(certificates.len(), 5);
    for certificate in &certificates {
        let chain = find(certificate, &[], &anchors, now()).unwrap();
        assert_eq!(chain.last().unwrap().subject, "CN=Yubico Attestation Root 1");
        assert_eq!(chain.len(), if certificate.subject().contains("Intermediate") { 2 } else { 3 });
    }
    // RSA with SHA-512: the root's own signature.
    let roots = anchors.parsed_roots().unwrap();
    signature::check_issued(&roots[0], &roots[0]).unwrap();
}

/// RFC 5280 section 4.2.1.9: a CA that renews its key under the same name does not add to the path length.
#[test]
fn self_issued_certificate_does_not_count() {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(0)));
    let renewed = a.issue(ca_params("A", BasicConstraints::Unconstrained));
    let chain = search(&renewed.issue(leaf_params()), &[&a, &renewed], &root.anchors()).unwrap();
    assert_eq!(chain[1..], ["CN=A", "CN=A", "CN=Root"]);
}

/// RFC 5280 section 4.2.1.3: without a key usage extension, there is no restriction.
#[test]
fn accepts_issuer_without_key_usage() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.key_usages = Vec::new();
    let a = root.issue(params);
    assert!(search(&a.issue(leaf_params()), &[&a], &root.anchors()).is_ok());
}

#[test]
fn validity_is_inclusive() {
    let root = Authority::root("Root");
    let leaf = root.issue(leaf_params());
    for (at, valid) in [
        ("2024-12-31T23:59:59Z", false),
        ("2025-01-01T00:00:00Z", true),
        ("2045-01-01T00:00:00Z", true),
        ("2045-01-01T00:00:01Z", false),
    ] {
        let found = find(&Certificate::parse(&leaf.der).unwrap(), &[], &root.anchors(), at.parse().unwrap());
        assert_eq!(found.is_ok(), valid, "{at}");
    }
}

/// Returns parameters of a CA certificate that expired in 2021.
fn expired(name: &str) -> rcgen::CertificateParams {
    let mut params = ca_params(name, BasicConstraints::Unconstrained);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    params
}

/// The fault of the longest path helps operators most.
#[test]
fn reports_first_fault_of_the_longest_path() {
    let root = Authority::root("Root");
    let old = root.issue(expired("A"));
    let b = old.issue(ca_params("B", BasicConstraints::Unconstrained));
    let leaf = b.issue(leaf_params());
    // Has the name of the leaf's issuer but does not lead to a root.
    let dead_end = root.issue(expired("B"));
    for presented in [[&dead_end, &b, &old], [&b, &old, &dead_end]] {
        let shown = reason(search(&leaf, &presented, &root.anchors()));
        assert!(shown.contains(r#""CN=A""#), "{shown}");
    }

    // An invalid signature is a fault of the child, so its path is shorter than that of an issuer's fault.
    let stranger = root.issue(ca_params("B", BasicConstraints::Unconstrained));
    for presented in [[&stranger, &dead_end], [&dead_end, &stranger]] {
        let shown = reason(search(&leaf, &presented, &root.anchors()));
        assert!(shown.contains(r#""CN=B""#) && shown.contains("is valid from 2020"), "{shown}");
    }

    let mut powerless = ca_params("B", BasicConstraints::Unconstrained);
    powerless.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let powerless = root.issue(powerless);
    let shown = reason(search(&leaf, &[&dead_end, &powerless], &root.anchors()));
    assert!(shown.contains("is valid from 2020"), "{shown}");
    let shown = reason(search(&leaf, &[&powerless, &dead_end], &root.anchors()));
    assert!(shown.contains("keyCertSign"), "{shown}");
}

/// The certificates are made with Python's `cryptography`, see `tests/data/README.md`.
#[test]
fn rejects_issuer_with_restrictions_that_are_not_processed() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/data/restricted.json")).unwrap();
    let der = |value: &serde_json::Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let anchors = TrustAnchors::from_der(vec![der(&vectors["root"])], vec![]).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (issuer, leaf) = (der(&case["issuer"]), der(&case["leaf"]));
        let presented = [Certificate::parse(&issuer).unwrap()];
        let found = find(&Certificate::parse(&leaf).unwrap(), &presented, &anchors, now());
        match case["oid"].as_str() {
            None => assert_eq!(found.unwrap().len(), 3),
            Some(oid) => {
                let Err(Error::Untrusted { reason, .. }) = found else { panic!("{case}: {found:?}") };
                assert!(reason.contains(&format!("restricting extension {oid}")), "{case}: {reason}");
            }
        }
    }
}

/// Attestation certificate of a real key with firmware 5.7.1, see `tests/data/README.md`.
#[test]
fn returns_extensions_of_a_real_certificate() {
    let pem = include_bytes!("../../../tests/data/yubikey-5c-5.7.1.pem");
    let block = x509_parser::pem::Pem::iter_from_buffer(pem).next().unwrap().unwrap();
    let root = TrustAnchors::from_pem(&[include_bytes!("../../../../../trust-anchors/yubico-fido-ca-1.pem")], &[]);
    let leaf = Certificate::parse(&block.contents).unwrap();
    assert_eq!(find(&leaf, &[], &root.unwrap(), now()).unwrap().len(), 2);
    let extensions = leaf.extensions();
    assert_eq!(extensions["1.3.6.1.4.1.41482.13.1"], [4, 3, 5, 7, 1]);
    assert_eq!(extensions.len(), 5, "{extensions:?}");
}
