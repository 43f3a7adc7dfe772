use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa};

use super::*;
use crate::builder::{Attestation, attestation_object};
use crate::testing::{AAGUID, World, aaguid_extension, leaf_params, now};
use crate::{AttestationPolicy, CertificateFault, VerifiedCredential, sha256, verify_registration};

const CLIENT_DATA: &[u8] = b"{}";

fn object(world: &World, attestation: Attestation<'_>) -> AttestationObject {
    let auth_data = world.credential().auth_data().unwrap().to_bytes().unwrap();
    let bytes = attestation_object(&auth_data, CLIENT_DATA, &world.key, attestation).unwrap();
    AttestationObject::parse(&bytes).unwrap()
}

fn verify(object: &AttestationObject) -> Result<VerifiedAttestation, Error> {
    object.verify(&sha256(CLIENT_DATA), None, now())
}

/// Registers with an attestation certificate that `change` modified.
fn with_leaf(change: impl FnOnce(&mut CertificateParams)) -> Result<VerifiedCredential, Error> {
    let mut params = leaf_params();
    change(&mut params);
    let world = World::with_leaf(params);
    world.verify(&world.credential().make().unwrap())
}

fn fault(result: Result<VerifiedCredential, Error>) -> CertificateFault {
    match result {
        Err(Error::Certificate { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reports_the_kind_of_attestation() {
    let world = World::new();
    let kinds = [
        (Attestation::Packed(&world.signer), "packed", AttestationKind::Certificate, 1),
        (Attestation::PackedSelf, "packed", AttestationKind::SelfSigned, 0),
        (Attestation::None, "none", AttestationKind::None, 0),
    ];
    for (attestation, format, kind, certificates) in kinds {
        let verified = verify(&object(&world, attestation)).unwrap();
        assert_eq!((verified.format, verified.kind, verified.trusted), (format, kind, false));
        assert_eq!(verified.chain.len(), certificates);
    }
}

#[test]
fn signature_covers_authenticator_data_and_client_data() {
    let world = World::new();
    for attestation in [Attestation::Packed(&world.signer), Attestation::PackedSelf] {
        let good = object(&world, attestation);
        let refused = Err(Error::AttestationSignature { format: "packed" });
        assert_eq!(good.verify(&sha256(b"{ }"), None, now()), refused);
        let mut altered = good;
        altered.auth_data_bytes[36] ^= 1;
        assert_eq!(verify(&altered), refused);
    }
}

#[test]
fn self_attestation_requires_the_credentials_algorithm() {
    let world = World::new();
    let mut object = object(&world, Attestation::PackedSelf);
    for (key, value) in &mut object.statement {
        if key.as_text() == Some("alg") {
            *value = Value::from(-257);
        }
    }
    assert!(matches!(verify(&object), Err(Error::Format { .. })));
}

#[test]
fn rejects_statements_with_wrong_members() {
    let world = World::new();
    for missing in ["alg", "sig"] {
        let mut object = object(&world, Attestation::Packed(&world.signer));
        object.statement.retain(|(key, _)| key.as_text() != Some(missing));
        assert!(matches!(verify(&object), Err(Error::Format { .. })), "{missing}");
    }
    for x5c in [Value::Array(vec![]), Value::Null, Value::Array(vec![Value::Null])] {
        let mut object = object(&world, Attestation::PackedSelf);
        object.statement.push((Value::Text("x5c".into()), x5c));
        assert!(matches!(verify(&object), Err(Error::Format { .. })));
    }
    for attestation in [Attestation::PackedSelf, Attestation::None] {
        let mut object = object(&world, attestation);
        object.statement.push((Value::Text("ecdaaKeyId".into()), Value::Bytes(vec![1])));
        assert!(matches!(verify(&object), Err(Error::Format { .. })));
    }
    let mut unknown = object(&world, Attestation::None);
    unknown.format = "tpm".to_owned();
    assert_eq!(verify(&unknown), Err(Error::AttestationFormat { format: "tpm".to_owned() }));
}

#[test]
fn rejects_malformed_attestation_object() {
    let good = object(&World::new(), Attestation::None);
    let map = |entries: &[(&str, Value)]| {
        cbor::canonical(&Value::Map(entries.iter().map(|(k, v)| (Value::Text((*k).into()), v.clone())).collect()))
    };
    let fmt = ("fmt", Value::Text("none".into()));
    let statement = ("attStmt", Value::Map(vec![]));
    let data = ("authData", Value::Bytes(good.auth_data_bytes.clone()));
    assert!(AttestationObject::parse(&map(&[fmt.clone(), statement.clone(), data.clone()])).is_ok());
    for bad in [map(&[fmt.clone(), statement.clone()]), map(&[fmt, data.clone()]), map(&[statement, data]), vec![0x80]]
    {
        assert!(matches!(AttestationObject::parse(&bad), Err(Error::Format { .. })));
    }
}

#[test]
fn requires_subject_of_section_8_2_1() {
    type Change = fn(&mut CertificateParams);
    let changes: [(&str, Change); 7] = [
        ("C", |params| {
            params.distinguished_name.remove(DnType::CountryName);
        }),
        ("C", |params| params.distinguished_name.push(DnType::CountryName, "SWE")),
        ("O", |params| {
            params.distinguished_name.remove(DnType::OrganizationName);
        }),
        ("O", |params| params.distinguished_name.push(DnType::OrganizationName, "")),
        ("OU", |params| {
            params.distinguished_name.remove(DnType::OrganizationalUnitName);
        }),
        ("OU", |params| params.distinguished_name.push(DnType::OrganizationalUnitName, "authenticator attestation")),
        ("CN", |params| {
            params.distinguished_name.remove(DnType::CommonName);
        }),
    ];
    for (wanted, change) in changes {
        let found = fault(with_leaf(change));
        assert!(matches!(found, CertificateFault::Subject { attribute, .. } if attribute == wanted), "{found:?}");
    }
}

#[test]
fn requires_attestation_certificate_with_ca_false() {
    assert_eq!(fault(with_leaf(|params| params.is_ca = IsCa::NoCa)), CertificateFault::LeafIsCa);
    let ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(fault(with_leaf(|params| params.is_ca = ca)), CertificateFault::LeafIsCa);
}

#[test]
fn requires_attestation_certificate_of_version_3() {
    let world = World::new();
    let mut object = object(&world, Attestation::Packed(&world.signer));
    for (key, value) in &mut object.statement {
        if let (Some("x5c"), Value::Array(items)) = (key.as_text(), value)
            && let Some(Value::Bytes(der)) = items.first_mut()
        {
            let at = der.windows(5).position(|window| window == [0xa0, 0x03, 0x02, 0x01, 0x02]).unwrap();
            der[at + 4] = 0x01;
        }
    }
    assert!(matches!(verify(&object), Err(Error::Certificate { fault: CertificateFault::Version, .. })));
}

#[test]
fn checks_the_aaguid_extension() {
    let other = Aaguid::from_bytes([1; 16]);
    let mismatch = CertificateFault::AaguidMismatch { certificate: other, authenticator: AAGUID };
    assert_eq!(fault(with_leaf(|params| params.custom_extensions = vec![aaguid_extension(other)])), mismatch);
    let critical = |params: &mut CertificateParams| params.custom_extensions[0].set_criticality(true);
    assert_eq!(fault(with_leaf(critical)), CertificateFault::AaguidCritical);
    let missing = |params: &mut CertificateParams| params.custom_extensions.clear();
    assert_eq!(fault(with_leaf(missing)), CertificateFault::AaguidMissing);
    let short = rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], vec![0x04, 0x01, 0x5a]);
    assert_eq!(fault(with_leaf(|params| params.custom_extensions = vec![short])), CertificateFault::AaguidMalformed);
    let twice = |params: &mut CertificateParams| params.custom_extensions.push(aaguid_extension(AAGUID));
    assert_eq!(fault(with_leaf(twice)), CertificateFault::DuplicateExtension);
}

#[test]
fn aaguid_extension_is_optional_without_anchors() {
    let mut params = leaf_params();
    params.custom_extensions.clear();
    let world = World::with_leaf(params);
    let mut expected = world.expectations();
    expected.attestation = AttestationPolicy::SignatureOnly;
    let verified = verify_registration(&expected, &world.credential().make().unwrap()).unwrap();
    assert!(!verified.attestation.trusted);
}
