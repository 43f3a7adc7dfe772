//! Step 17: the person signs in on the page. They give no name: the key knows it.

use std::time::Duration;

use super::Window;
use crate::scenario::Trouble;
use crate::scenario::order::Ordered;
use crate::scenario::step::Steps;
use crate::scenario::wire::Wire;

const PAUSE: Duration = Duration::from_millis(100);
const BUTTON: &str = "#go";

/// What the page says in the end.
pub(super) enum Outcome {
    /// Somebody is in.
    In(String),
    /// And why not.
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
        steps.done(format!("{} says “{said}”{picture}", self.sign_in_page));
        Ok(())
    }

    /// The page lets the person in whom the key is for. Tells its words.
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
            return Err(Trouble::Mismatch { what: "who signed in", expected, got: keyferry_http::clean(&said) });
        }
        Ok(keyferry_http::clean(first))
    }

    /// Opens the page afresh, presses its button and waits for what it says.
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
