//! Connection to the API, from options, environment and profile.

use std::path::Path;
use std::sync::Arc;

use keyferry_client::{Api, FixedToken, Token, Tokens};
use keyferry_http::{Client, ClientOptions};
use url::Url;

use super::file::Profiles;
use super::profile::Profile;
use super::tokens::{ProfileTokens, read_secret};
use crate::cli::Connection;
use crate::config::variable;
use crate::exit::Failure;

/// Largest answer that is read at once, in bytes. Exports are not.
const LARGEST: usize = 16 * 1024 * 1024;

/// Connects to the API. Gets a token, so that a command asks for a secret before it does anything.
pub(crate) async fn connect(connection: &Connection) -> Result<Api, Failure> {
    let given = given_token()?;
    let profiles = Profiles::read()?;
    let profile = match (&connection.url, &given) {
        (Some(_), Some(_)) if connection.profile.is_none() => None,
        _ => Some(profiles.get(connection.profile.as_deref())?),
    };
    let (name, profile) = match (profile, &connection.url) {
        (Some((name, profile)), Some(url)) if given.is_none() && url.origin() != profile.url.origin() => {
            return Err(Failure::usage(format!(
                "profile {name} is for {}, and its tokens are not sent to {url}. Select a profile for this address, or \
                 give a token in KEYFERRY_TOKEN or KEYFERRY_TOKEN_FILE",
                profile.url
            )));
        }
        (Some((name, profile)), _) => (name, Some(profile)),
        (None, _) => (String::new(), None),
    };
    let Some(url) = connection.url.clone().or_else(|| profile.as_ref().map(|profile| profile.url.clone())) else {
        return Err(Failure::usage("the address of the API is missing: set KEYFERRY_URL, or run `keyferry login`"));
    };
    let http = http(profile.as_ref().and_then(|profile| profile.ca_file.as_deref()))?;
    let tokens: Arc<dyn Tokens> = match (given, profile) {
        (Some(token), _) => Arc::new(FixedToken(token)),
        (None, Some(Profile { token: source, .. })) => Arc::new(ProfileTokens { name, source, http: http.clone() }),
        (None, None) => {
            return Err(Failure::usage("set KEYFERRY_TOKEN or KEYFERRY_TOKEN_FILE, or run `keyferry login`"));
        }
    };
    tokens.token().await?;
    Ok(Api::new(http, url, tokens))
}

/// Returns the API of a profile that is not stored yet.
pub(crate) fn api_of(name: &str, profile: &Profile, http: &Client) -> (Api, Arc<dyn Tokens>) {
    let source = profile.token.clone();
    let tokens = Arc::new(ProfileTokens { name: name.to_owned(), source, http: http.clone() });
    (Api::new(http.clone(), profile.url.clone(), tokens.clone()), tokens)
}

/// Returns the HTTP client, which also trusts the certificates in this file.
pub(crate) fn http(ca_file: Option<&Path>) -> Result<Client, Failure> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| Failure::usage(format!("could not read {}: {error}", path.display())))
    };
    let extra_roots_pem = ca_file.map(read).transpose()?.into_iter().collect();
    let options = ClientOptions { max_body: LARGEST, extra_roots_pem, ..ClientOptions::default() };
    Client::new(options).map_err(|error| Failure::failed(error.to_string()))
}

/// Returns the token in the environment, if one is given.
fn given_token() -> Result<Option<Token>, Failure> {
    match (variable("KEYFERRY_TOKEN"), variable("KEYFERRY_TOKEN_FILE")) {
        (Some(_), Some(_)) => Err(Failure::usage("KEYFERRY_TOKEN and KEYFERRY_TOKEN_FILE are both set. Keep one")),
        (Some(token), None) => Ok(Some(Token::new(token))),
        (None, Some(path)) => Ok(Some(Token::new(read_secret(Path::new(&path))?.as_str()))),
        (None, None) => Ok(None),
    }
}

/// Checks an address of the API or of a token service.
pub(crate) fn checked(url: &Url) -> Result<(), Failure> {
    keyferry_http::setting::https_url(url.as_str()).map(drop).map_err(|_| {
        Failure::usage(format!(
            "{}: expected an https address, or http on this machine, without user name and query",
            url
        ))
    })
}
