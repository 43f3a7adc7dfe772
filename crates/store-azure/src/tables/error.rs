//! Error responses of the table service.

use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_http::{Answer, clean};
use serde::Deserialize;

/// Failure of a call, classified by what the caller can do.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The row already exists (409).
    Exists,
    /// The row has another ETag (412) or does not exist (404).
    Conflict,
    /// A retry may succeed, after `wait` if the service returned one. Whether a write was done is unknown.
    Later { error: StoreError, wait: Option<Duration> },
    /// The answer exceeds the size limit.
    TooLong(StoreError),
    /// A retry does not help.
    No(StoreError),
}

impl Refusal {
    /// Converts to a [`StoreError`], for callers that do not handle the refusal.
    pub(super) fn into_store_error(self, what: &str) -> StoreError {
        match self {
            Self::Exists => StoreError::Exists(what.to_owned()),
            Self::Conflict => StoreError::Conflict(what.to_owned()),
            Self::Later { error, .. } | Self::TooLong(error) | Self::No(error) => error,
        }
    }
}

/// Body of an error response: `{"odata.error":{"code":…,"message":{"value":…}}}`.
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

/// Error response: a whole answer, or one response inside the answer to a transaction.
pub(super) struct ErrorResponse<'a> {
    answer: &'a Answer,
    status: u16,
    code: Option<&'a str>,
    body: &'a [u8],
}

impl<'a> ErrorResponse<'a> {
    /// Reads an answer with a status other than 2xx.
    pub(super) fn whole(answer: &'a Answer) -> Self {
        Self { answer, status: answer.status, code: answer.header("x-ms-error-code"), body: answer.body() }
    }

    /// Reads a response inside a successful answer.
    pub(super) fn within(answer: &'a Answer, status: u16, body: &'a [u8]) -> Self {
        Self { answer, status, code: None, body }
    }

    /// Returns the classified failure. `table` is the table's name, for the message.
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
        // The first line of the message is the reason. The lines after it are ids and times.
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

/// Returns the failure for an undocumented answer to a transaction. Whether the transaction was done is unknown.
pub(super) fn unintelligible(answer: &Answer, reason: &str) -> Refusal {
    let text = format!("Azure Table Storage returned an invalid response to a transaction: {reason}{}", ids(answer));
    Refusal::Later { error: StoreError::Unavailable(text), wait: None }
}

/// Returns the ids of the call, which are in the logs of both sides.
fn ids(answer: &Answer) -> String {
    let request =
        answer.header("x-ms-request-id").map_or_else(String::new, |id| format!("x-ms-request-id {}, ", clean(id)));
    format!(" [{request}client-request-id {}]", answer.correlation)
}

/// Returns the cause and the remedy of a failure.
fn advice(status: u16, code: &str, table: &str) -> Option<String> {
    let text = match (status, code) {
        (403, "AuthorizationPermissionMismatch") => {
            "Keyferry's identity lacks the role `Storage Table Data Contributor` on the storage account. Assign \
             it (`Owner` is not enough; a new role takes some minutes)"
        }
        (403, "AuthorizationFailure") => {
            "the storage account's firewall blocked Keyferry. Connect it through the private endpoint or an allowed \
             network"
        }
        (401 | 403, "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation")
        | (401, _) => "the access token was refused. Check the tenant, the endpoint's cloud and this machine's clock",
        (404, "TableNotFound") => {
            return Some(format!(
                "there is no table `{table}` in this account. Create it, or correct \
                 AZURE_TABLES_SHIPMENTS_TABLE_NAME and AZURE_TABLES_ENDPOINT"
            ));
        }
        (503, "ServerBusy") | (429, _) => "the load of the account or partition is too high",
        (413, _) | (400, "EntityTooLarge" | "PropertyValueTooLarge" | "RequestBodyTooLarge") => {
            "the record exceeds the maximum size of a row. Report this bug in Keyferry"
        }
        _ => return None,
    };
    Some(text.to_owned())
}
