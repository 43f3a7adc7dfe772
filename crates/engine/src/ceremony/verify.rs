//! Is this the credential that was asked for?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::ports::OpenedCredential;
use keyferry_domain::{Aaguid, CreationOptions, CredentialId, Failure, Key, Timestamp};
use keyferry_webauthn::{
    AttestationPolicy, Error, RegistrationExpectations, RegistrationResponse, VerifiedCredential, verify_registration,
};
use serde_json::{Map, Value};

use crate::failures::findings::factory;
use crate::settings::EngineSettings;

/// A credential that is what was asked for, ready to be registered.
pub(super) struct Checked {
    pub(super) credential_id: CredentialId,
    pub(super) aaguid: Aaguid,
    pub(super) client_data_json: String,
    pub(super) attestation_object: String,
    pub(super) client_extension_results: Map<String, Value>,
}

/// Checks the credential as a relying party would (WebAuthn level 3 section 7.1): one that answers another question
/// must not get as far as the identity provider.
pub(super) fn check(
    settings: &EngineSettings,
    now: Timestamp,
    options: &CreationOptions,
    opened: &OpenedCredential,
    key: &Key,
) -> Result<Checked, Failure> {
    let asked: keyferry_webauthn::CreationOptions = read(&options.public_key).map_err(|error| {
        factory("options-unreadable", &format!("the creation options kept for this order cannot be read: {error}"))
    })?;
    let response: RegistrationResponse = read(&opened.registration_response).map_err(|error| {
        factory("not-a-registration", &format!("the credential response holds no registration response: {error}"))
    })?;
    let policy = AttestationPolicy::RequireTrusted(&settings.trust_anchors);
    let mut expected = RegistrationExpectations::from_options(&asked, policy, now);
    // The stored challenge is the string that came, whatever a parser made of the rest.
    expected.challenge.clone_from(&options.challenge);
    expected.rp_id.clone_from(&options.rp_id);
    expected.allowed_aaguids = settings
        .product_aaguids
        .get(&key.product.product_id)
        .map(|models| models.iter().map(|model| keyferry_webauthn::Aaguid::from_bytes(*model.as_bytes())).collect());
    let verified = verify_registration(&expected, &response).map_err(|error| wrong_credential(&error))?;
    Ok(checked(&verified, &response))
}

fn read<T: serde::de::DeserializeOwned>(members: &Map<String, Value>) -> Result<T, serde_json::Error> {
    serde_json::from_value(Value::Object(members.clone()))
}

fn checked(verified: &VerifiedCredential, response: &RegistrationResponse) -> Checked {
    Checked {
        credential_id: CredentialId::from_bytes(verified.credential_id.clone()),
        aaguid: Aaguid::from_bytes(*verified.aaguid.as_bytes()),
        client_data_json: URL_SAFE_NO_PAD.encode(response.response.client_data_json.as_bytes()),
        attestation_object: URL_SAFE_NO_PAD.encode(response.response.attestation_object.as_bytes()),
        client_extension_results: response.client_extension_results.clone(),
    }
}

fn wrong_credential(error: &Error) -> Failure {
    factory("wrong-credential", &format!("the credential is not the one that was asked for: {error}"))
}
