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

/// Root, intermediates `A` and `B`, attestation certificate.
fn family() -> [Authority; 4] {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(1)));
    let b = a.issue(ca_params("B", BasicConstraints::Constrained(0)));
    let leaf = b.issue(leaf_params());
    [root, a, b, leaf]
}

#[test]
fn a_path_is_found_over_presented_and_pooled_intermediates_in_any_order() {
    let [root, a, b, leaf] = family();
    let chain = search(&leaf, &[&a, &root, &b], &root.anchors()).unwrap();
    assert_eq!(chain[1..], ["CN=B", "CN=A", "CN=Root"]);
    let pool = TrustAnchors::from_der(vec![root.der.clone()], vec![a.der.clone()]).unwrap();
    assert_eq!(search(&leaf, &[&b], &pool).unwrap(), chain);
}

#[test]
fn a_missing_intermediate_or_root_ends_the_search() {
    let [root, a, b, leaf] = family();
    assert!(reason(search(&leaf, &[&a], &root.anchors())).contains("no certificate of that issuer"));
    assert!(reason(search(&leaf, &[&a, &b], &TrustAnchors::default())).contains("no certificate of that issuer"));
}

#[test]
fn an_intermediate_in_the_pool_is_no_anchor() {
    let [_, a, b, leaf] = family();
    let pool = TrustAnchors::from_der(vec![], vec![a.der, b.der]).unwrap();
    assert!(search(&leaf, &[], &pool).is_err());
}

#[test]
fn a_root_with_the_same_name_and_another_key_does_not_verify() {
    let root = Authority::root("Root");
    let leaf = root.issue(leaf_params());
    let namesake = Authority::root("Root");
    assert!(reason(search(&leaf, &[], &namesake.anchors())).contains("signature is not by"));
    // Beside the true one it does no harm.
    let both = namesake.anchors().merged(root.anchors());
    assert_eq!(search(&leaf, &[], &both).unwrap().len(), 2);
}

#[test]
fn a_certificate_that_is_no_ca_cannot_issue() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.is_ca = IsCa::ExplicitNoCa;
    let fake = root.issue(params);
    assert!(reason(search(&fake.issue(leaf_params()), &[&fake], &root.anchors())).contains("without being a CA"));

    // An attestation certificate issues another one.
    let leaf = root.issue(leaf_params());
    let mut other = leaf_params();
    other.serial_number = Some(2u64.into());
    let second = leaf.issue(other);
    assert!(search(&second, &[&leaf], &root.anchors()).is_err());
}

#[test]
fn an_issuer_needs_key_cert_sign() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let a = root.issue(params);
    assert!(reason(search(&a.issue(leaf_params()), &[&a], &root.anchors())).contains("keyCertSign"));
}

#[test]
fn path_lengths_are_kept() {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(0)));
    let b = a.issue(ca_params("B", BasicConstraints::Unconstrained));
    assert!(search(&a.issue(leaf_params()), &[&a], &root.anchors()).is_ok());
    assert!(reason(search(&b.issue(leaf_params()), &[&a, &b], &root.anchors())).contains("allows 0 intermediates"));
}

#[test]
fn a_path_ends_after_six_certificates() {
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
fn the_number_of_signatures_in_a_search_is_limited() {
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
fn every_certificate_must_be_valid_at_the_time() {
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
fn an_unknown_critical_extension_is_refused() {
    let root = Authority::root("Root");
    let mut params = leaf_params();
    let mut strange = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x05, 0x00]);
    strange.set_criticality(true);
    params.custom_extensions.push(strange);
    let result = search(&root.issue(params), &[], &root.anchors());
    assert!(
        matches!(&result, Err(Error::Certificate { fault: CertificateFault::CriticalExtension { oid }, .. }) if oid == "1.2.3.4"),
        "{result:?}"
    );
}

#[test]
fn other_names_of_the_subject_narrow_nothing() {
    let root = Authority::root("Root");
    let mut params = leaf_params();
    // subjectAltName with one dNSName, "a".
    let mut names = CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0x03, 0x82, 0x01, b'a']);
    names.set_criticality(true);
    params.custom_extensions.push(names);
    assert!(search(&root.issue(params), &[], &root.anchors()).is_ok());
}

#[test]
fn a_p384_issuer_verifies() {
    let params = ca_params("Root", BasicConstraints::Unconstrained);
    let root = Authority::root_with(params, &PKCS_ECDSA_P384_SHA384);
    assert!(search(&root.issue(leaf_params()), &[], &root.anchors()).is_ok());
}

#[test]
fn the_published_fido_intermediates_lead_to_their_published_root() {
    let root = include_bytes!("../../../../../trust-anchors/yubico-ca-1.pem");
    let pool = include_bytes!("../../../../../trust-anchors/yubico-intermediate.pem");
    let anchors = TrustAnchors::from_pem(&[root], &[pool]).unwrap();
    // The pool also holds those of other applets, which issue no FIDO attestations.
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

/// RFC 5280 section 4.2.1.9: a CA that renews its key under its own name adds nothing to the length.
#[test]
fn a_self_issued_certificate_does_not_count() {
    let root = Authority::root("Root");
    let a = root.issue(ca_params("A", BasicConstraints::Constrained(0)));
    let renewed = a.issue(ca_params("A", BasicConstraints::Unconstrained));
    let chain = search(&renewed.issue(leaf_params()), &[&a, &renewed], &root.anchors()).unwrap();
    assert_eq!(chain[1..], ["CN=A", "CN=A", "CN=Root"]);
}

/// RFC 5280 section 4.2.1.3: only a key usage that is stated restricts.
#[test]
fn an_issuer_without_a_key_usage_may_issue() {
    let root = Authority::root("Root");
    let mut params = ca_params("A", BasicConstraints::Unconstrained);
    params.key_usages = Vec::new();
    let a = root.issue(params);
    assert!(search(&a.issue(leaf_params()), &[&a], &root.anchors()).is_ok());
}

#[test]
fn a_certificate_is_valid_from_its_first_to_its_last_second() {
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

/// CA certificate parameters that were good until 2021.
fn expired(name: &str) -> rcgen::CertificateParams {
    let mut params = ca_params(name, BasicConstraints::Unconstrained);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    params
}

/// Of several ways that lead nowhere, a person wants to know of the one that came nearest.
#[test]
fn the_fault_told_is_the_one_nearest_to_a_root_and_the_first_of_equals() {
    let root = Authority::root("Root");
    let old = root.issue(expired("A"));
    let b = old.issue(ca_params("B", BasicConstraints::Unconstrained));
    let leaf = b.issue(leaf_params());
    // Names the leaf's issuer, too, and is worth nothing.
    let dead_end = root.issue(expired("B"));
    for presented in [[&dead_end, &b, &old], [&b, &old, &dead_end]] {
        let told = reason(search(&leaf, &presented, &root.anchors()));
        assert!(told.contains(r#""CN=A""#), "{told}");
    }

    // A signature that does not fit is the child's fault, and less far than an issuer's own.
    let stranger = root.issue(ca_params("B", BasicConstraints::Unconstrained));
    for presented in [[&stranger, &dead_end], [&dead_end, &stranger]] {
        let told = reason(search(&leaf, &presented, &root.anchors()));
        assert!(told.contains(r#""CN=B""#) && told.contains("is valid from 2020"), "{told}");
    }

    let mut powerless = ca_params("B", BasicConstraints::Unconstrained);
    powerless.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let powerless = root.issue(powerless);
    let told = reason(search(&leaf, &[&dead_end, &powerless], &root.anchors()));
    assert!(told.contains("is valid from 2020"), "{told}");
    let told = reason(search(&leaf, &[&powerless, &dead_end], &root.anchors()));
    assert!(told.contains("keyCertSign"), "{told}");
}
