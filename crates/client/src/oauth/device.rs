//! Device authorization grant (RFC 8628): the user signs in on any device, and this program asks for the result.

use std::time::Duration;

use keyferry_http::{CallError, clean};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::grant::{Grant, OAuth};
use crate::TokenError;

/// Grant type (RFC 8628 section 3.4).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Time between two requests if the response does not contain it (RFC 8628 section 3.2).
const INTERVAL: u64 = 5;

/// Increase of that time after `slow_down` (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// A sign-in that was begun. `Debug` is not implemented, because the device code is a secret.
pub struct DeviceCode {
    device_code: Zeroizing<String>,
    /// Code that the user types in.
    pub user_code: String,
    /// Page where the user does so.
    pub verification_uri: String,
    /// Lifetime of the codes.
    pub expires_in: Duration,
    /// Time to wait before each request.
    pub interval: Duration,
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// State of a sign-in.
pub enum Poll {
    /// The user has not finished. Wait for [`DeviceCode::interval`], and ask again.
    Pending,
    /// The user has signed in.
    Granted(Grant),
}

impl OAuth {
    /// Begins a sign-in at the device authorization endpoint.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn begin_device(&self, device_url: &Url) -> Result<DeviceCode, TokenError> {
        let form = [("client_id", self.client_id.as_str()), ("scope", self.scope.as_str())];
        let answer = self.post(device_url, &form, None).await?;
        let begun: Begun = answer.json()?;
        Ok(DeviceCode {
            device_code: Zeroizing::new(begun.device_code),
            user_code: clean(&begun.user_code),
            verification_uri: clean(&begun.verification_uri),
            expires_in: Duration::from_secs(begun.expires_in),
            interval: Duration::from_secs(begun.interval.unwrap_or(INTERVAL)),
        })
    }

    /// Asks whether the user has signed in.
    ///
    /// # Errors
    /// [`TokenError::Declined`] and [`TokenError::CodeExpired`], and those of other calls.
    pub async fn poll_device(&self, device: &mut DeviceCode) -> Result<Poll, TokenError> {
        let form = [("grant_type", GRANT_TYPE), ("client_id", &self.client_id), ("device_code", &device.device_code)];
        match self.granted(&form, Some(&device.device_code)).await {
            Ok(grant) => Ok(Poll::Granted(grant)),
            Err(TokenError::Refused { code: pending, .. }) if pending == "authorization_pending" => Ok(Poll::Pending),
            Err(TokenError::Refused { code: slower, .. }) if slower == "slow_down" => {
                device.interval += SLOWER;
                Ok(Poll::Pending)
            }
            // Microsoft's code, and that of RFC 8628 section 3.5.
            Err(TokenError::Refused { code, .. }) if code == "authorization_declined" || code == "access_denied" => {
                Err(TokenError::Declined)
            }
            Err(TokenError::Refused { code, .. }) if code == "expired_token" => Err(TokenError::CodeExpired),
            // RFC 8628 section 3.5: after a time-out, the client asks less often.
            Err(TokenError::Call(
                CallError::TimedOut { .. } | CallError::ConnectionLost { .. } | CallError::Unreachable { .. },
            )) => {
                device.interval += SLOWER;
                Ok(Poll::Pending)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use keyferry_http::{Client, ClientOptions};
    use keyferry_testkit::scripted::{Double, Then};

    use super::*;

    const BEGUN: &str = r#"{"device_code":"canary-device","user_code":"ABCD-EFGH","expires_in":900,"interval":1,
        "verification_uri":"https://login.example/device","message":"…"}"#;

    #[tokio::test]
    async fn waits_until_the_user_has_signed_in() {
        let refusal = |error: &str| Then::json(400, &format!(r#"{{"error":"{error}"}}"#));
        let issued = r#"{"access_token":"tok","expires_in":3600,"refresh_token":"next"}"#;
        let script = [
            Then::json(200, BEGUN),
            refusal("authorization_pending"),
            refusal("slow_down"),
            Then::json(200, issued),
            refusal("authorization_declined"),
        ];
        let mut double = Double::start(script).await;
        let oauth = OAuth {
            http: Client::new(ClientOptions::default()).unwrap(),
            token_url: double.url.clone(),
            client_id: "app".into(),
            scope: "api://keyferry/.default offline_access".into(),
        };
        let mut code = oauth.begin_device(&double.url).await.unwrap();
        assert_eq!((code.user_code.as_str(), code.interval.as_secs()), ("ABCD-EFGH", 1));
        assert!(matches!(oauth.poll_device(&mut code).await, Ok(Poll::Pending)));
        assert!(matches!(oauth.poll_device(&mut code).await, Ok(Poll::Pending)));
        assert_eq!(code.interval.as_secs(), 6);
        let Ok(Poll::Granted(grant)) = oauth.poll_device(&mut code).await else { panic!("no grant") };
        assert_eq!(grant.refresh_token.as_deref().map(String::as_str), Some("next"));
        let declined = oauth.poll_device(&mut code).await.err().unwrap().to_string();
        assert!(declined.contains("declined in the browser") && !declined.contains("canary"), "{declined}");
        let requests = double.requests();
        assert!(requests[0].ends_with("client_id=app&scope=api%3A%2F%2Fkeyferry%2F.default+offline_access"));
        assert!(
            requests[1].ends_with(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app\
                 &device_code=canary-device"
            ),
            "{requests:?}"
        );
    }
}
