//! Step 18: using the key without its PIN fails.

use serde::Deserialize;
use serde_json::json;

use super::Window;
use super::sign_in::Outcome;
use crate::scenario::Trouble;
use crate::scenario::order::{Ordered, same};
use crate::scenario::parcel::Parcel;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;
use crate::webdriver::Authenticator;

/// Script that an attacker with the key would run instead of the page's script: the same ceremony without user
/// verification. It names the credential, because browsers return no discoverable credential without verification.
/// Arguments: the credential's id and the function that receives the result.
const WITHOUT_VERIFICATION: &str = r#"
const [id, done] = arguments;
const post = (path, body) => fetch(path, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
});
(async () => {
  const options = await (await post("/signin/options", {})).json();
  options.userVerification = "discouraged";
  options.allowCredentials = [{ type: "public-key", id }];
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  const flags = new Uint8Array(credential.response.authenticatorData)[32];
  const answer = await post("/signin/verify", credential.toJSON());
  const { reason } = await answer.json();
  done({ flags, status: answer.status, reason });
})().catch((error) => done({ error: `${error.name}: ${error.message}` }));
"#;
/// Flags of authenticator data (WebAuthn level 3 section 6.1): user present, user verified.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;

/// Result of the script.
#[derive(Deserialize)]
struct Attempt {
    flags: Option<u8>,
    status: Option<u16>,
    reason: Option<String>,
    error: Option<String>,
}

impl Window {
    pub(in crate::scenario) async fn try_without_pin(
        &self,
        wire: &Wire<'_>,
        steps: &mut Steps<'_>,
        ordered: &Ordered,
        parcel: &Parcel,
        key: &Authenticator<'_>,
    ) -> Result<(), Trouble> {
        key.set_user_verified(false).await?;
        let page = match self.press(wire, steps).await? {
            Outcome::In(_) => return Err(Trouble::InWithoutPin("the sign-in page")),
            Outcome::Out(said) => said,
        };
        if !page.contains("NotAllowedError") {
            let expected = "NotAllowedError".to_owned();
            return Err(Trouble::Mismatch { what: "the page's message", expected, got: keyferry_http::clean(&page) });
        }
        let reason = self.touch(&parcel.credential_id).await?;
        key.set_user_verified(true).await?;
        self.sign_in_as(wire, steps, ordered).await?;
        steps.done(format!(
            "the browser returned NotAllowedError to the page; the relying party refused an assertion without user \
             verification: {reason}; with the PIN the sign-in still works"
        ));
        Ok(())
    }

    /// Signs with a touch only, and checks that the relying party refuses it. Returns the relying party's reason.
    async fn touch(&self, credential_id: &str) -> Result<String, Trouble> {
        let attempt = self.session.script(WITHOUT_VERIFICATION, &[json!(credential_id)]).await?;
        let what = "result of a touch without the PIN";
        let attempt: Attempt =
            serde_json::from_value(attempt).map_err(|_| Trouble::Missing { whose: "the browser", what })?;
        if let Some(error) = attempt.error {
            let expected = "an assertion without user verification".to_owned();
            return Err(Trouble::Mismatch { what, expected, got: keyferry_http::clean(&error) });
        }
        let flags = attempt.flags.unwrap_or_default() & (PRESENT | VERIFIED);
        same("the flags of an assertion by touch alone", &PRESENT.to_string(), &flags.to_string())?;
        match attempt.status {
            Some(200) => Err(Trouble::InWithoutPin("the relying party")),
            Some(403) if attempt.reason.as_ref().is_some_and(|reason| reason.contains("user verification")) => {
                Ok(keyferry_http::clean(&attempt.reason.unwrap_or_default()))
            }
            _ => {
                let got = keyferry_http::clean(&attempt.reason.unwrap_or_else(|| "no reason given".to_owned()));
                Err(Trouble::Mismatch { what, expected: "403 for lack of user verification".to_owned(), got })
            }
        }
    }
}
