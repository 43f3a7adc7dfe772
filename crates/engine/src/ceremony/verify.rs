//! Verification of a credential from the factory.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::ports::OpenedCredential;
use keyferry_domain::{Aaguid, CreationOptions, CredentialId, Failure, FirmwareVersion, Key, Timestamp};
use keyferry_webauthn::{
    AttestationPolicy, Error, RegistrationExpectations, RegistrationResponse, VerifiedCredential, verify_registration,
};
use serde_json::{Map, Value};

use crate::failures::findings::factory;
use crate::settings::EngineSettings;

/// Verified credential, ready for registration.
pub(super) struct Checked {
    pub(super) credential_id: CredentialId,
    pub(super) aaguid: Aaguid,
    /// Firmware version in the attestation certificate. `None` if it contains none.
    pub(super) attested_firmware: Option<FirmwareVersion>,
    pub(super) client_data_json: String,
    pub(super) attestation_object: String,
    pub(super) client_extension_results: Map<String, Value>,
}

/// Verifies the credential as a relying party would (WebAuthn level 3 section 7.1), so that a credential that does not
/// match the request never reaches the identity provider.
pub(super) fn check(
    settings: &EngineSettings,
    now: Timestamp,
    options: &CreationOptions,
    opened: &OpenedCredential,
    key: &Key,
) -> Result<Checked, Failure> {
    let asked: keyferry_webauthn::CreationOptions = read(&options.public_key).map_err(|error| {
        factory("options-unreadable", &format!("could not read the stored creation options of this order: {error}"))
    })?;
    let response: RegistrationResponse = read(&opened.registration_response).map_err(|error| {
        factory(
            "not-a-registration",
            &format!("the credential response does not contain a registration response: {error}"),
        )
    })?;
    let policy = AttestationPolicy::RequireTrusted(&settings.trust_anchors);
    let mut expected = RegistrationExpectations::from_options(&asked, policy, now);
    // Compare with the challenge exactly as received, not as re-encoded by the parser.
    expected.challenge.clone_from(&options.challenge);
    expected.rp_id.clone_from(&options.rp_id);
    expected.require_device_bound = true;
    expected.allowed_aaguids = settings
        .product_aaguids
        .get(&key.product.product_id)
        .map(|models| models.iter().map(|model| keyferry_webauthn::Aaguid::from_bytes(*model.as_bytes())).collect());
    let verified = verify_registration(&expected, &response).map_err(|error| wrong_credential(&error))?;
    let firmware = settings.firmware_extension.and_then(|extension| {
        let value = verified.attestation.extensions.get(extension.oid)?;
        (extension.read)(value)
    });
    Ok(checked(&verified, firmware, &response))
}

fn read<T: serde::de::DeserializeOwned>(members: &Map<String, Value>) -> Result<T, serde_json::Error> {
    serde_json::from_value(Value::Object(members.clone()))
}

fn checked(
    verified: &VerifiedCredential,
    attested_firmware: Option<FirmwareVersion>,
    response: &RegistrationResponse,
) -> Checked {
    Checked {
        credential_id: CredentialId::from_bytes(verified.credential_id.clone()),
        aaguid: Aaguid::from_bytes(*verified.aaguid.as_bytes()),
        attested_firmware,
        client_data_json: URL_SAFE_NO_PAD.encode(response.response.client_data_json.as_bytes()),
        attestation_object: URL_SAFE_NO_PAD.encode(response.response.attestation_object.as_bytes()),
        client_extension_results: response.client_extension_results.clone(),
    }
}

fn wrong_credential(error: &Error) -> Failure {
    factory("wrong-credential", &format!("the credential does not match the request: {error}"))
}
