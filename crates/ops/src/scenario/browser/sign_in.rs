//! Step 17: the holder signs in on the page without a user name, which the key provides.

use std::time::Duration;

use super::Window;
use crate::scenario::Trouble;
use crate::scenario::order::Ordered;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;

const PAUSE: Duration = Duration::from_millis(100);
const BUTTON: &str = "#go";

/// Result shown by the page.
pub(super) enum Outcome {
    /// Signed in.
    In(String),
    /// Not signed in, with the reason.
    Out(String),
}

impl Window {
    pub(in crate::scenario) async fn sign_in(
        &self,
        wire: &Wire<'_>,
        steps: &mut Steps<'_>,
        ordered: &Ordered,
    ) -> Result<(), Trouble> {
        let said = self.sign_in_as(wire, steps, ordered).await?;
        let picture = self.keep("signin.png").await?;
        steps.done(format!("{} shows “{said}”{picture}", self.sign_in_page));
        Ok(())
    }

    /// Signs in on the page and checks that it shows the recipient. Returns the first line of its text.
    pub(super) async fn sign_in_as(
        &self,
        wire: &Wire<'_>,
        steps: &Steps<'_>,
        ordered: &Ordered,
    ) -> Result<String, Trouble> {
        let said = match self.press(wire, steps).await? {
            Outcome::In(said) => said,
            Outcome::Out(said) => return Err(Trouble::PageRefused { said: keyferry_http::clean(&said) }),
        };
        let (name, upn) = (&ordered.user.display_name, &ordered.user.upn);
        let first = said.lines().next().unwrap_or_default();
        if first != format!("Signed in as {name}") || !said.lines().any(|line| line == upn) {
            let expected = format!("{name} ({upn})");
            return Err(Trouble::Mismatch { what: "the signed-in user", expected, got: keyferry_http::clean(&said) });
        }
        Ok(keyferry_http::clean(first))
    }

    /// Presses the button and asserts that the page refuses the key. Returns the text of the page.
    pub(in crate::scenario) async fn is_refused(&self, wire: &Wire<'_>, steps: &Steps<'_>) -> Result<String, Trouble> {
        match self.press(wire, steps).await? {
            Outcome::Out(said) => Ok(keyferry_http::clean(said.lines().next().unwrap_or_default())),
            Outcome::In(said) => Err(Trouble::Mismatch {
                what: "sign-in with the lost key in the browser",
                expected: "that the page refuses it".to_owned(),
                got: keyferry_http::clean(&said),
            }),
        }
    }

    /// Reloads the page, presses its button and waits for the result.
    pub(super) async fn press(&self, wire: &Wire<'_>, steps: &Steps<'_>) -> Result<Outcome, Trouble> {
        self.session.go(&self.sign_in_page).await?;
        self.session.click(BUTTON).await?;
        let began = steps.clock().now();
        loop {
            if let Some(said) = self.session.text("#outcome .good").await? {
                return Ok(Outcome::In(said));
            }
            if let Some(said) = self.session.text("#outcome .bad").await? {
                return Ok(Outcome::Out(said));
            }
            let waited = steps.since(began);
            if waited >= wire.world.patience {
                return Err(Trouble::NoOutcome { seconds: waited.as_secs() });
            }
            steps.clock().sleep(PAUSE).await;
        }
    }
}
