//! The client of a token request: which application it is, and how it authenticates.

use uuid::Uuid;

use super::assertion;
use super::form::Form;
use super::refusal::Refusal;
use super::state::Entra;
use crate::ground::directory::App;

/// How a client authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Nothing,
    Secret,
    Assertion,
}

impl Proof {
    /// Returns the value of the claims `appidacr` and `azpacr`.
    pub(super) fn claim(self) -> &'static str {
        match self {
            Self::Nothing => "0",
            Self::Secret => "1",
            Self::Assertion => "2",
        }
    }
}

/// Returns the application with this client id.
pub(super) fn find(entra: &Entra, tenant: &str, id: &str) -> Result<App, Refusal> {
    let directory = entra.directory.lock();
    let client = Uuid::parse_str(id).ok().and_then(|id| directory.app(id)).filter(|app| !app.managed);
    let client = client.ok_or_else(|| Refusal::AppUnknown { id: id.to_owned(), tenant: tenant.to_owned() })?;
    if client.enabled {
        return Ok(client.clone());
    }
    Err(Refusal::AppDisabled { id: client.id, name: client.display_name.clone() })
}

/// Checks the client secret or the assertion, if one is given.
///
/// # Errors
/// Returns the reason if what is given is wrong.
pub(super) fn authenticate(entra: &Entra, client: &App, form: &Form) -> Result<Proof, Refusal> {
    match (form.given("client_secret"), form.given("client_assertion")) {
        (None, None) => Ok(Proof::Nothing),
        (None, Some(jwt)) => {
            let kind = form.need("client_assertion_type")?;
            assertion::check(entra, client, kind, jwt, entra.clock.tokens())?;
            Ok(Proof::Assertion)
        }
        (Some(secret), _) if !client.secrets.iter().any(|one| one == secret) => {
            Err(Refusal::SecretWrong { app: client.id })
        }
        (Some(_), _) if client.secret_expired => Err(Refusal::SecretExpired { app: client.id }),
        (Some(_), _) => Ok(Proof::Secret),
    }
}
