//! HTTP calls to the connector and to the sandbox.

use keyferry_azure_identity::AccessToken;
use keyferry_http::{Answer, Client, ClientOptions, Request, UrlExt as _, clean};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::answers::Token;
use super::{Trouble, World};

/// HTTP client and base URLs.
pub(super) struct Wire<'a> {
    pub(super) http: Client,
    pub(super) world: &'a World,
}

impl<'a> Wire<'a> {
    pub(super) fn new(world: &'a World) -> Result<Self, Trouble> {
        // Mailbox and journal are returned as a whole, without paging.
        let options = ClientOptions { max_body: 64 * 1024 * 1024, ..ClientOptions::default() };
        Ok(Self { http: Client::new(options)?, world })
    }

    /// Returns a URL of the connector's API.
    pub(super) fn api(&self, path: &[&str]) -> Result<Url, Trouble> {
        Ok(self.world.api.join_segments(path)?)
    }

    /// Returns a URL of the sandbox.
    pub(super) fn sandbox(&self, path: &[&str]) -> Result<Url, Trouble> {
        Ok(self.world.sandbox.join_segments(path)?)
    }

    /// Reads a resource of the sandbox.
    pub(super) async fn read<T: DeserializeOwned>(&self, what: &'static str, path: &[&str]) -> Result<T, Trouble> {
        ask(what, self.http.get(&self.sandbox(path)?), 200).await
    }

    /// Requests a token with the guide's request (section 7).
    pub(super) async fn token(
        &self,
        endpoint: &Url,
        client_id: &str,
        secret: &str,
        scope: &str,
    ) -> Result<AccessToken, Trouble> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("scope", scope),
        ];
        let token: Token = ask("the token request", self.http.post(endpoint).form(&form), 200).await?;
        Ok(AccessToken::new(token.access_token))
    }
}

/// Sends a request and parses its response.
pub(super) async fn ask<T: DeserializeOwned>(
    what: &'static str,
    request: Request,
    expected: u16,
) -> Result<T, Trouble> {
    Ok(expect(what, request, expected).await?.json()?)
}

/// Sends a request and checks the status of its response.
pub(super) async fn expect(what: &'static str, request: Request, expected: u16) -> Result<Answer, Trouble> {
    let answer = request.send().await?;
    if answer.status == expected {
        return Ok(answer);
    }
    Err(Trouble::Answered { what, expected, status: answer.status, said: said(answer.body()) })
}

/// Returns the error of a response in one line. Reads the error forms of the connector, Graph, Entra ID and the
/// sandbox.
pub(super) fn said(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let places = [
        "/error_code",
        "/error_message",
        "/error_data/message",
        "/error/code",
        "/error/message",
        "/error",
        "/error_description",
        "/reason",
        "/message",
    ];
    let texts: Vec<&str> = places.iter().filter_map(|place| body.pointer(place)?.as_str()).collect();
    if texts.is_empty() { "no reason given".to_owned() } else { clean(&texts.join(": ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_error_forms() {
        for (body, text) in [
            (
                r#"{"error_code":"ye_error","error_message":"Invalid","error_data":{"code":"x","message":"too long"}}"#,
                "ye_error: Invalid: too long",
            ),
            (r#"{"error":{"code":"Request_ResourceNotFound","message":"no"}}"#, "Request_ResourceNotFound: no"),
            (
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid\r\nTrace"}"#,
                "invalid_client: AADSTS7000215: Invalid Trace",
            ),
            (r#"{"error":"refused","reason":"deleted?"}"#, "refused: deleted?"),
            ("<html>", "no reason given"),
        ] {
            assert_eq!(said(body.as_bytes()), text);
        }
    }
}
