//! Creation options of the identity provider.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Base64Url;

/// `PublicKeyCredentialCreationOptionsJSON` (section 5.1.8). Unknown members are ignored and not serialised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    /// Relying party.
    pub rp: RelyingParty,
    /// User.
    pub user: User,
    /// Challenge, as the unchanged string. It is never decoded, and compared with the client data as text.
    pub challenge: String,
    /// Accepted algorithms, the preferred one first.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// How long the client should wait, in milliseconds. This is not the lifetime of the challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Existing credentials of the user, which must not be created again.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// Required properties of the authenticator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_selection: Option<AuthenticatorSelection>,
    /// `none`, `indirect`, `direct` or `enterprise`. Any other value means `none` (section 5.4.7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
    /// Extension inputs with the identity provider's own names, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Value>,
}

/// `PublicKeyCredentialRpEntity` (section 5.4.2). The id is required, because there is no page whose domain could be
/// the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelyingParty {
    /// Relying party id, a domain.
    pub id: String,
    /// Display name.
    pub name: String,
}

/// `PublicKeyCredentialUserEntityJSON` (section 5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// User handle.
    pub id: Base64Url,
    /// Account name, for example a UPN.
    pub name: String,
    /// Display name of the user.
    #[serde(default, deserialize_with = "null_is_default")]
    pub display_name: String,
}

/// `PublicKeyCredentialParameters` (section 5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialParameters {
    /// `public-key`. Entries of other types are ignored.
    #[serde(rename = "type")]
    pub kind: String,
    /// COSE algorithm identifier.
    pub alg: i64,
}

/// `PublicKeyCredentialDescriptorJSON` (section 5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialDescriptor {
    /// `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Credential id.
    pub id: Base64Url,
    /// Transports, for example `usb` or `nfc`.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
}

/// `AuthenticatorSelectionCriteria` (section 5.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorSelection {
    /// `platform` or `cross-platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<String>,
    /// `discouraged`, `preferred` or `required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_key: Option<String>,
    /// Older form of `resident_key`. Used only if that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_resident_key: Option<bool>,
    /// `discouraged`, `preferred` or `required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_verification: Option<String>,
}

impl CreationOptions {
    /// Returns the COSE identifiers of the requested algorithms.
    pub fn algorithms(&self) -> Vec<i64> {
        self.pub_key_cred_params.iter().filter(|entry| entry.kind == "public-key").map(|entry| entry.alg).collect()
    }

    /// Returns whether user verification is required. The default is `preferred` (section 5.4.4).
    pub fn requires_user_verification(&self) -> bool {
        self.authenticator_selection.as_ref().and_then(|selection| selection.user_verification.as_deref())
            == Some("required")
    }

    /// Returns whether a discoverable credential is required (section 5.4.4).
    pub fn requires_resident_key(&self) -> bool {
        let Some(selection) = &self.authenticator_selection else { return false };
        match selection.resident_key.as_deref() {
            Some("required") => true,
            Some("preferred" | "discouraged") => false,
            _ => selection.require_resident_key.unwrap_or(false),
        }
    }
}

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "@odata.type": "#microsoft.graph.publicKeyCredentialCreationOptions",
            "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
            "user": {"id": "T0Y6mho3", "name": "john@contoso.com", "displayName": "John Doe"},
            "challenge": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ==+/",
            "pubKeyCredParams": [
                {"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}, {"type": "other", "alg": -8}
            ],
            "timeout": 60000,
            "excludeCredentials": [{"type": "public-key", "id": "GshyINLMaOOwqt1LNUi0gQ", "transports": ["usb"]}],
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"
            },
            "attestation": "direct",
            "extensions": {"hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional"}
        })
    }

    #[test]
    fn round_trips_response_of_graph() {
        let options: CreationOptions = serde_json::from_value(sample()).unwrap();
        assert_eq!(options.algorithms(), [-7, -257]);
        assert!(options.requires_user_verification());
        assert!(options.requires_resident_key());
        let mut expected = sample();
        expected.as_object_mut().unwrap().remove("@odata.type");
        assert_eq!(serde_json::to_value(&options).unwrap(), expected);
    }

    #[test]
    fn keeps_challenge_that_is_not_base64url() {
        let options: CreationOptions = serde_json::from_value(sample()).unwrap();
        assert_eq!(options.challenge, "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ==+/");
    }

    #[test]
    fn missing_and_null_members_have_defaults() {
        let options: CreationOptions = serde_json::from_value(json!({
            "rp": {"id": "localhost", "name": "x"}, "user": {"id": "AA", "name": "a", "displayName": null},
            "challenge": "c", "pubKeyCredParams": [], "excludeCredentials": null, "authenticatorSelection": null,
        }))
        .unwrap();
        assert!(options.exclude_credentials.is_empty());
        assert!(!options.requires_user_verification());
        assert!(!options.requires_resident_key());
    }

    #[test]
    fn resident_key_takes_precedence_over_its_older_form() {
        let mut options: CreationOptions = serde_json::from_value(sample()).unwrap();
        let mut requires = |resident_key: &str, older: Option<bool>| {
            let selection = options.authenticator_selection.as_mut().unwrap();
            (selection.resident_key, selection.require_resident_key) = (Some(resident_key.into()), older);
            options.requires_resident_key()
        };
        assert!(!requires("discouraged", Some(true)));
        assert!(!requires("preferred", Some(true)));
        assert!(requires("required", Some(false)));
        assert!(requires("of the future", Some(true)), "section 5.4.4: an unknown value counts as missing");
    }

    #[test]
    fn rejects_options_without_rp_id_or_with_padded_id() {
        let mut no_rp_id = sample();
        no_rp_id["rp"].as_object_mut().unwrap().remove("id");
        assert!(serde_json::from_value::<CreationOptions>(no_rp_id).is_err());
        let mut padded = sample();
        padded["excludeCredentials"][0]["id"] = json!("GshyINLMaOOwqt1LNUi0gQ==");
        assert!(serde_json::from_value::<CreationOptions>(padded).is_err());
    }
}
