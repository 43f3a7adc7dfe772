//! What the vault answers when it does not do what was asked.

use azure_core::error::{Error, ErrorKind};
use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use keyferry_azure_identity::sdk::chain;
use keyferry_domain::ports::StoreError;
use keyferry_http::clean;
use serde::Deserialize;

/// Why it was not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is no such secret.
    Missing,
    /// Its only version, or the newest, is disabled.
    Disabled,
    /// A deleted secret has this name.
    Taken,
    /// It is being deleted or recovered just now.
    Busy,
    /// The vault's rules are against it.
    Forbidden(StoreError),
    /// Anything else.
    Other(StoreError),
}

/// `{"error":{"code":…,"message":…,"innererror":{"code":…}}}`
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
        // The first line is the reason; who, what and where follow.
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

    /// For whoever cannot do anything about it.
    pub(super) fn into_store_error(self, name: &str) -> StoreError {
        match self {
            Self::Taken => StoreError::Exists(format!("the deleted secret {name}")),
            Self::Forbidden(error) | Self::Other(error) => error,
            Self::Missing => StoreError::Unavailable(format!("the vault has no secret {name} (any more)")),
            Self::Disabled => StoreError::Unavailable(format!("the secret {name} is disabled in the vault: enable it")),
            Self::Busy => StoreError::Unavailable(format!("the secret {name} is being deleted or recovered")),
        }
    }
}

/// The same for whoever does not ask why.
pub(super) fn refusal(error: Error, name: &str) -> StoreError {
    Refusal::of(error, name).into_store_error(name)
}

fn request_id(raw: &RawResponse) -> Option<String> {
    raw.headers().get_optional_string(&HeaderName::from("x-ms-request-id"))
}

/// What it means and what to do.
fn advice(status: u16, code: &str) -> Option<&'static str> {
    match (status, code) {
        (403, "ForbiddenByRbac") => Some(
            "the connector's identity lacks the role `Key Vault Secrets Officer` on the vault (being its owner is not enough; a new role takes \
             some minutes)",
        ),
        (403, "ForbiddenByFirewall") => Some(
            "the vault's firewall does not let the connector in: it must come through the private endpoint or an allowed network",
        ),
        (403, "ForbiddenByPolicy" | "AccessDenied") => Some(
            "the vault uses access policies, and the connector's identity lacks get, list, set, delete and purge for secrets",
        ),
        (401, _) => {
            Some("the access token was refused: check the tenant, the endpoint's cloud and this machine's clock")
        }
        (429, _) => Some("the vault is asked more than it can bear"),
        _ => None,
    }
}
