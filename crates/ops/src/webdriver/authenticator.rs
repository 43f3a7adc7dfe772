//! Virtual security key in the browser.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Error, Session};

/// A credential with its private key. No `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credential {
    /// base64url.
    pub(crate) credential_id: String,
    rp_id: String,
    /// PKCS#8, base64url.
    private_key: String,
    /// base64url.
    user_handle: String,
    sign_count: u32,
}

/// A virtual key that confirms every touch at once. It has no PIN; [`set_user_verified`](Self::set_user_verified) sets
/// whether user verification succeeds.
pub(crate) struct Authenticator<'a> {
    session: &'a Session,
    id: String,
}

impl<'a> Authenticator<'a> {
    /// Adds an empty USB key, with user verification successful.
    pub(crate) async fn plug_in(session: &'a Session) -> Result<Self, Error> {
        session.devtools("WebAuthn.enable", &json!({})).await?;
        let command = "WebAuthn.addVirtualAuthenticator";
        let options = json!({
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        let answer = session.devtools(command, &json!({"options": options})).await?;
        let id = answer["authenticatorId"].as_str();
        let id = id.ok_or(Error::InvalidResponse { command, expected: "an authenticatorId" })?.to_owned();
        Ok(Self { session, id })
    }

    /// Adds a credential to the key.
    pub(crate) async fn add(&self, credential: &Credential) -> Result<(), Error> {
        let credential = json!({
            "credentialId": base64(&credential.credential_id)?,
            "isResidentCredential": true,
            "rpId": credential.rp_id,
            "privateKey": base64(&credential.private_key)?,
            "userHandle": base64(&credential.user_handle)?,
            "signCount": credential.sign_count,
        });
        self.ask("WebAuthn.addCredential", json!({"credential": credential})).await
    }

    /// Sets whether user verification succeeds at the next use.
    pub(crate) async fn set_user_verified(&self, verified: bool) -> Result<(), Error> {
        self.ask("WebAuthn.setUserVerified", json!({"isUserVerified": verified})).await
    }

    /// Removes the key with its credentials.
    pub(crate) async fn unplug(self) -> Result<(), Error> {
        self.ask("WebAuthn.removeVirtualAuthenticator", json!({})).await
    }

    async fn ask(&self, command: &'static str, mut parameters: Value) -> Result<(), Error> {
        parameters["authenticatorId"] = json!(self.id);
        self.session.devtools(command, &parameters).await.map(drop)
    }
}

/// Converts base64url without padding to base64 with padding, which the DevTools protocol requires.
fn base64(base64url: &str) -> Result<String, Error> {
    let data = URL_SAFE_NO_PAD.decode(base64url);
    Ok(STANDARD.encode(data.map_err(|_| Error::Credential)?))
}
