//! Parameters of the authorization endpoint (OpenID Connect Core 1.0 section 3.1.2.1), and its responses.

use chrono::TimeDelta;
use url::{Url, form_urlencoded};

use super::model::{AuthorizationRequest, Prompt, Reply};
use super::scopes::Scopes;
use crate::entra::client;
use crate::entra::form::Form;
use crate::entra::refusal::Refusal;
use crate::entra::state::Entra;
use crate::ground::directory::is_our_tenant;

/// Length of a S256 challenge: 32 bytes in base64url.
const CHALLENGE: usize = 43;

/// Error of a request.
#[derive(Debug)]
pub(super) enum Invalid {
    /// Shown to the user: it is not known where to send it (RFC 6749 section 4.1.2.1).
    Shown(Refusal),
    /// Sent to the client.
    Sent(Refusal, Reply),
}

/// Reads the request.
pub(super) fn read(entra: &Entra, tenant: &str, form: &Form) -> Result<AuthorizationRequest, Invalid> {
    if !is_our_tenant(tenant) {
        return Err(Invalid::Shown(Refusal::TenantUnknown { tenant: tenant.to_owned() }));
    }
    let client = form.need("client_id").and_then(|id| client::find(entra, tenant, id)).map_err(Invalid::Shown)?;
    let redirect_uri = form.need("redirect_uri").map_err(Invalid::Shown)?.to_owned();
    let platform = client
        .redirect(&redirect_uri)
        .ok_or_else(|| Invalid::Shown(Refusal::RedirectUnknown { uri: redirect_uri.clone(), app: client.id }))?;
    let mode = form.given("response_mode");
    let reply =
        Reply { redirect_uri, state: form.given("state").map(str::to_owned), in_fragment: mode == Some("fragment") };
    let text = |name: &str| form.given(name).map(str::to_owned);
    let rest = || {
        let kind = form.need("response_type")?;
        if kind != "code" {
            return Err(Refusal::ResponseTypeUnsupported { kind: kind.to_owned() });
        }
        if !matches!(mode, None | Some("query" | "fragment")) {
            return Err(invalid("response_mode: the sandbox supports query and fragment."));
        }
        let challenge = form.need("code_challenge")?.to_owned();
        if form.given("code_challenge_method") != Some("S256") || challenge.len() != CHALLENGE {
            return Err(invalid("code_challenge: the sandbox accepts only code_challenge_method=S256."));
        }
        let prompt = prompt(form.given("prompt"))?;
        let max_age = form.given("max_age").map(|age| age.parse::<u32>()).transpose();
        let max_age = max_age.map_err(|_| invalid("max_age: expected a number of seconds."))?;
        let scopes = Scopes::read(&entra.facts, &entra.directory.lock(), &client, form.need("scope")?, tenant)?;
        Ok((challenge, prompt, max_age.map(|age| TimeDelta::seconds(age.into())), scopes))
    };
    let (challenge, prompt, max_age, scopes) = match rest() {
        Ok(rest) => rest,
        Err(refusal) => return Err(Invalid::Sent(refusal, reply)),
    };
    Ok(AuthorizationRequest {
        client: client.id,
        client_name: client.display_name.clone(),
        scopes,
        reply,
        platform,
        challenge,
        nonce: text("nonce"),
        login_hint: text("login_hint"),
        max_age,
        prompt,
    })
}

fn prompt(text: Option<&str>) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in text.unwrap_or_default().split_whitespace() {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(invalid("prompt: expected none, login, consent or select_account.")),
        }
    }
    let asks = prompt.login || prompt.consent || prompt.select_account;
    if prompt.none && asks { Err(invalid("prompt: none cannot be combined.")) } else { Ok(prompt) }
}

fn invalid(text: &str) -> Refusal {
    Refusal::ParameterInvalid { text: text.to_owned() }
}

impl Reply {
    /// Returns the address with the code.
    pub(super) fn with_code(&self, code: &str) -> String {
        self.address(&[("code", code)])
    }

    /// Returns the address with the error.
    pub(super) fn with_error(&self, refusal: &Refusal) -> String {
        let (error, description) = refusal.for_redirect();
        self.address(&[("error", error), ("error_description", &description)])
    }

    fn address(&self, pairs: &[(&str, &str)]) -> String {
        let pairs = pairs.iter().copied().chain(self.state.as_deref().map(|state| ("state", state)));
        // A registered address was parsed before.
        let Ok(mut url) = Url::parse(&self.redirect_uri) else { return self.redirect_uri.clone() };
        if self.in_fragment {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            url.set_fragment(Some(&text));
        } else {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url.into()
    }
}
