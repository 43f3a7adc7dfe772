//! Creation options of an identity provider for a new credential.
//!
//! They are the members of `PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3 section 5.1.8) that a key uses.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// COSE algorithm ES256.
const ES256: i64 = -7;

/// Creation options.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationOptions {
    pub(crate) rp: RelyingParty,
    pub(crate) user: User,
    /// Challenge, copied unchanged into the client data.
    pub(crate) challenge: String,
    pub(crate) pub_key_cred_params: Vec<Parameters>,
    #[serde(default)]
    pub(crate) extensions: Option<Extensions>,
}

/// `rp`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RelyingParty {
    pub(crate) id: String,
}

/// `user`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    /// User handle, base64url.
    pub(crate) id: String,
}

/// One of `pubKeyCredParams`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Parameters {
    pub(crate) r#type: String,
    pub(crate) alg: i64,
}

/// Extensions that a key supports.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Extensions {
    #[serde(default)]
    pub(crate) hmac_create_secret: Option<bool>,
    #[serde(default)]
    pub(crate) credential_protection_policy: Option<String>,
    #[serde(default)]
    pub(crate) cred_props: Option<bool>,
}

impl CreationOptions {
    /// Checks that a key can fulfil the options. The error names the member, not its value.
    pub(crate) fn check(&self) -> Result<(), String> {
        let fault = |text: &str| Err(format!("creation_options.{text}"));
        if self.rp.id.is_empty() {
            return fault("rp.id is empty");
        }
        if self.challenge.is_empty() {
            return fault("challenge is empty");
        }
        if !self.user_handle().is_some_and(|handle| (1..=64).contains(&handle.len())) {
            return fault("user.id is not 1 to 64 bytes in base64url");
        }
        if !self.pub_key_cred_params.iter().any(|one| one.r#type == "public-key" && one.alg == ES256) {
            return fault("pubKeyCredParams has no ES256");
        }
        if self.protection().is_err() {
            return fault("extensions.credentialProtectionPolicy is unknown");
        }
        Ok(())
    }

    /// Returns the decoded user handle, or `None` if it is not base64url.
    pub(crate) fn user_handle(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.user.id).ok()
    }

    /// Returns the requested level of `credProtect` (CTAP 2.1 section 12.1), if any.
    pub(crate) fn protection(&self) -> Result<Option<u8>, ()> {
        let policy = self.extensions.as_ref().and_then(|all| all.credential_protection_policy.as_deref());
        match policy {
            None => Ok(None),
            Some("userVerificationOptional") => Ok(Some(1)),
            Some("userVerificationOptionalWithCredentialIDList") => Ok(Some(2)),
            Some("userVerificationRequired") => Ok(Some(3)),
            Some(_) => Err(()),
        }
    }

    /// Returns whether `hmac-secret` is requested.
    pub(crate) fn hmac_secret(&self) -> bool {
        self.extensions.as_ref().and_then(|all| all.hmac_create_secret) == Some(true)
    }

    /// Returns whether `credProps` is requested.
    pub(crate) fn credential_properties(&self) -> bool {
        self.extensions.as_ref().and_then(|all| all.cred_props) == Some(true)
    }
}
