//! What the identity provider wants made.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Base64Url;

/// `PublicKeyCredentialCreationOptionsJSON` (section 5.1.8). Unknown members are ignored and not written again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    /// The relying party.
    pub rp: RelyingParty,
    /// The user.
    pub user: User,
    /// The challenge: the very string that came, never decoded. It is compared with the client data as text.
    pub challenge: String,
    /// Acceptable algorithms, the preferred one first.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// Milliseconds for which the client should wait. It is not the lifetime of the challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// The user's credentials, none of which may be made again.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// What kind of authenticator is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticator_selection: Option<AuthenticatorSelection>,
    /// `none`, `indirect`, `direct` or `enterprise`; any other is to be taken as `none` (section 5.4.7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<String>,
    /// Extension inputs under the identity provider's own names, as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Value>,
}

/// `PublicKeyCredentialRpEntity` (section 5.4.2), with the id required: there is no page whose domain could stand in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelyingParty {
    /// The relying party id, a domain.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// `PublicKeyCredentialUserEntityJSON` (section 5.1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user handle.
    pub id: Base64Url,
    /// The account's name, such as a UPN.
    pub name: String,
    /// The person's name.
    #[serde(default, deserialize_with = "null_is_default")]
    pub display_name: String,
}

/// `PublicKeyCredentialParameters` (section 5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialParameters {
    /// `public-key`; entries of another type are to be ignored.
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
    /// The credential id.
    pub id: Base64Url,
    /// How it can be reached, such as `usb` or `nfc`.
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
    /// The older form of `resident_key`, used where that is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_resident_key: Option<bool>,
    /// `discouraged`, `preferred` or `required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_verification: Option<String>,
}

impl CreationOptions {
    /// COSE identifiers of the algorithms asked for.
    pub fn algorithms(&self) -> Vec<i64> {
        self.pub_key_cred_params.iter().filter(|entry| entry.kind == "public-key").map(|entry| entry.alg).collect()
    }

    /// Whether user verification is required; the default of section 5.4.4 is `preferred`.
    pub fn requires_user_verification(&self) -> bool {
        self.authenticator_selection.as_ref().and_then(|selection| selection.user_verification.as_deref())
            == Some("required")
    }

    /// Whether a discoverable credential is required (section 5.4.4).
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
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}, {"type": "other", "alg": -8}],
            "timeout": 60000,
            "excludeCredentials": [{"type": "public-key", "id": "GshyINLMaOOwqt1LNUi0gQ", "transports": ["usb"]}],
            "authenticatorSelection": {"authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"},
            "attestation": "direct",
            "extensions": {"hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional"}
        })
    }

    #[test]
    fn a_graph_answer_is_read_and_written_again() {
        let options: CreationOptions = serde_json::from_value(sample()).unwrap();
        assert_eq!(options.algorithms(), [-7, -257]);
        assert!(options.requires_user_verification());
        assert!(options.requires_resident_key());
        let mut expected = sample();
        expected.as_object_mut().unwrap().remove("@odata.type");
        assert_eq!(serde_json::to_value(&options).unwrap(), expected);
    }

    #[test]
    fn the_challenge_is_kept_even_where_it_is_not_base64url() {
        let options: CreationOptions = serde_json::from_value(sample()).unwrap();
        assert_eq!(options.challenge, "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ==+/");
    }

    #[test]
    fn absent_and_null_members_are_the_defaults() {
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
    fn resident_key_wins_over_its_older_form() {
        let mut options: CreationOptions = serde_json::from_value(sample()).unwrap();
        let mut requires = |resident_key: &str, older: Option<bool>| {
            let selection = options.authenticator_selection.as_mut().unwrap();
            (selection.resident_key, selection.require_resident_key) = (Some(resident_key.into()), older);
            options.requires_resident_key()
        };
        assert!(!requires("discouraged", Some(true)));
        assert!(!requires("preferred", Some(true)));
        assert!(requires("required", Some(false)));
        assert!(requires("of the future", Some(true)), "section 5.4.4: a value that is not known counts as absent");
    }

    #[test]
    fn options_without_rp_id_or_with_a_padded_id_are_refused() {
        let mut no_rp_id = sample();
        no_rp_id["rp"].as_object_mut().unwrap().remove("id");
        assert!(serde_json::from_value::<CreationOptions>(no_rp_id).is_err());
        let mut padded = sample();
        padded["excludeCredentials"][0]["id"] = json!("GshyINLMaOOwqt1LNUi0gQ==");
        assert!(serde_json::from_value::<CreationOptions>(padded).is_err());
    }
}
