//! Error responses of the vault.

use azure_core::error::{Error, ErrorKind};
use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use keyferry_azure_identity::sdk::chain;
use keyferry_domain::ports::StoreError;
use keyferry_http::clean;
use serde::Deserialize;

/// Failure of a call, classified by what the caller can do.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The secret does not exist.
    Missing,
    /// The newest version of the secret is disabled.
    Disabled,
    /// A deleted secret has this name.
    Taken,
    /// The secret is being deleted or recovered.
    Busy,
    /// The vault denied access.
    Forbidden(StoreError),
    /// Any other failure.
    Other(StoreError),
}

/// Body of an error response: `{"error":{"code":…,"message":…,"innererror":{"code":…}}}`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    error: Detail,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    code: String,
    message: String,
    innererror: Option<Box<Detail>>,
}

impl Refusal {
    pub(super) fn of(error: Error, name: &str) -> Self {
        let ErrorKind::HttpResponse { status, raw_response, .. } = error.kind() else {
            return Self::Other(StoreError::Unavailable(format!("Azure Key Vault: {}", clean(&chain(&error)))));
        };
        let status = u16::from(*status);
        let body: Body =
            raw_response.as_deref().and_then(|raw| serde_json::from_slice(raw.body()).ok()).unwrap_or_default();
        let inner = body.error.innererror.map(|inner| inner.code).unwrap_or_default();
        match (status, inner.as_str()) {
            (404, _) => return Self::Missing,
            (403, "SecretDisabled") => return Self::Disabled,
            (409, "ObjectIsDeletedButRecoverable") => return Self::Taken,
            (409, _) => return Self::Busy,
            _ => {}
        }
        let code = if inner.is_empty() { body.error.code } else { inner };
        let mut text = format!("Azure Key Vault answered {status} {} for {name}", clean(&code));
        // The first line of the message is the reason. The lines after it name caller and resource.
        let reason = clean(body.error.message.lines().next().unwrap_or_default());
        if !reason.is_empty() {
            text.push_str(&format!(" ({reason})"));
        }
        if let Some(advice) = advice(status, &code) {
            text.push_str(&format!(": {advice}"));
        }
        if let Some(id) = raw_response.as_deref().and_then(request_id) {
            text.push_str(&format!(" [x-ms-request-id {}]", clean(&id)));
        }
        let error = StoreError::Unavailable(text);
        if status == 403 { Self::Forbidden(error) } else { Self::Other(error) }
    }

    /// Converts to a [`StoreError`], for callers that do not handle the refusal.
    pub(super) fn into_store_error(self, name: &str) -> StoreError {
        match self {
            Self::Taken => StoreError::Exists(format!("the deleted secret {name}")),
            Self::Forbidden(error) | Self::Other(error) => error,
            Self::Missing => StoreError::Unavailable(format!("the secret {name} does not exist in the vault")),
            Self::Disabled => StoreError::Unavailable(format!("the secret {name} is disabled in the vault. Enable it")),
            Self::Busy => StoreError::Unavailable(format!("the secret {name} is being deleted or recovered")),
        }
    }
}

/// Converts an SDK error to a [`StoreError`].
pub(super) fn refusal(error: Error, name: &str) -> StoreError {
    Refusal::of(error, name).into_store_error(name)
}

fn request_id(raw: &RawResponse) -> Option<String> {
    raw.headers().get_optional_string(&HeaderName::from("x-ms-request-id"))
}

/// Returns the cause and the remedy of a failure.
fn advice(status: u16, code: &str) -> Option<&'static str> {
    match (status, code) {
        (403, "ForbiddenByRbac") => Some(
            "Keyferry's identity lacks the role `Key Vault Secrets Officer` on the vault. Assign it (`Owner` is \
             not enough; a new role takes some minutes)",
        ),
        (403, "ForbiddenByFirewall") => {
            Some("the vault's firewall blocked Keyferry. Connect it through the private endpoint or an allowed network")
        }
        (403, "ForbiddenByPolicy" | "AccessDenied") => Some(
            "the vault uses access policies, and Keyferry's identity lacks permissions. Grant get, list, set, \
             delete and purge for secrets",
        ),
        (401, _) => {
            Some("the access token was refused. Check the tenant, the endpoint's cloud and this machine's clock")
        }
        (429, _) => Some("the vault is throttling"),
        _ => None,
    }
}
