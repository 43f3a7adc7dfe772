//! What the table service answers when it does not do what was asked.

use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_http::{Answer, clean};
use serde::Deserialize;

/// Why a call had no effect, or may have had none.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The row is there already (409).
    Exists,
    /// The row is not as the ETag says (412), or not there (404).
    Conflict,
    /// Asking again later may help, after `wait` if the service said so. Whether a write was done is not known.
    Later { error: StoreError, wait: Option<Duration> },
    /// The answer would be longer than is read.
    TooLong(StoreError),
    /// Asking again does not help.
    No(StoreError),
}

impl Refusal {
    /// For whoever cannot do anything about it.
    pub(super) fn into_store_error(self, what: &str) -> StoreError {
        match self {
            Self::Exists => StoreError::Exists(what.to_owned()),
            Self::Conflict => StoreError::Conflict(what.to_owned()),
            Self::Later { error, .. } | Self::TooLong(error) | Self::No(error) => error,
        }
    }
}

/// The body of a refusal: `{"odata.error":{"code":…,"message":{"value":…}}}`.
#[derive(Deserialize, Default)]
struct Body {
    #[serde(default, rename = "odata.error")]
    error: Error,
}

#[derive(Deserialize, Default)]
struct Error {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Message,
}

#[derive(Deserialize, Default)]
struct Message {
    #[serde(default)]
    value: String,
}

/// A refusal as it came: of a whole answer, or of a response inside one.
pub(super) struct Told<'a> {
    answer: &'a Answer,
    status: u16,
    code: Option<&'a str>,
    body: &'a [u8],
}

impl<'a> Told<'a> {
    /// An answer that is not 2xx.
    pub(super) fn by(answer: &'a Answer) -> Self {
        Self { answer, status: answer.status, code: answer.header("x-ms-error-code"), body: answer.body() }
    }

    /// A response inside a successful answer.
    pub(super) fn within(answer: &'a Answer, status: u16, body: &'a [u8]) -> Self {
        Self { answer, status, code: None, body }
    }

    /// Returns what it means.
    pub(super) fn refusal(&self, table: &str) -> Refusal {
        let body: Body = serde_json::from_slice(self.body).unwrap_or_default();
        let code = self.code.map_or(body.error.code, str::to_owned);
        match (self.status, code.as_str()) {
            (409, "EntityAlreadyExists") => return Refusal::Exists,
            (412, _) | (404, "ResourceNotFound" | "EntityDoesNotExist") => return Refusal::Conflict,
            _ => {}
        }
        let mut text = format!("Azure Table Storage answered {}", self.status);
        if !code.is_empty() {
            text.push_str(&format!(" {}", clean(&code)));
        }
        // The first line is the reason; ids and times follow.
        let reason = clean(body.error.message.value.lines().next().unwrap_or_default());
        if !reason.is_empty() {
            text.push_str(&format!(" ({reason})"));
        }
        if let Some(advice) = advice(self.status, &code, table) {
            text.push_str(&format!(": {advice}"));
        }
        text.push_str(&ids(self.answer));
        let error = StoreError::Unavailable(text);
        match self.status {
            408 | 429 | 500..=599 => Refusal::Later { error, wait: self.answer.retry_after },
            _ => Refusal::No(error),
        }
    }
}

/// A response to a transaction that is not as documented. Whether the transaction was done is not known.
pub(super) fn unintelligible(answer: &Answer, reason: &str) -> Refusal {
    let text = format!("Azure Table Storage returned an invalid response to a transaction: {reason}{}", ids(answer));
    Refusal::Later { error: StoreError::Unavailable(text), wait: None }
}

/// The ids of the call, for the logs of both sides.
fn ids(answer: &Answer) -> String {
    let request =
        answer.header("x-ms-request-id").map_or_else(String::new, |id| format!("x-ms-request-id {}, ", clean(id)));
    format!(" [{request}client-request-id {}]", answer.correlation)
}

/// What it means and what to do.
fn advice(status: u16, code: &str, table: &str) -> Option<String> {
    let text = match (status, code) {
        (403, "AuthorizationPermissionMismatch") => {
            "the connector's identity lacks the role `Storage Table Data Contributor` on the storage account (being its owner is not enough; a \
             new role takes some minutes)"
        }
        (403, "AuthorizationFailure") => {
            "the storage account's firewall does not let the connector in: it must come through the private endpoint or an allowed network"
        }
        (401 | 403, "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation")
        | (401, _) => "the access token was refused: check the tenant, the endpoint's cloud and this machine's clock",
        (404, "TableNotFound") => {
            return Some(format!(
                "there is no table `{table}` in this account: create it, or set AZURE_TABLES_SHIPMENTS_TABLE_NAME and AZURE_TABLES_ENDPOINT to where it is"
            ));
        }
        (503, "ServerBusy") | (429, _) => "the account or the partition is asked more than it can bear",
        (413, _) | (400, "EntityTooLarge" | "PropertyValueTooLarge" | "RequestBodyTooLarge") => {
            "the record is longer than a row can be, which points to a defect"
        }
        _ => return None,
    };
    Some(text.to_owned())
}
