//! Error responses of the vault.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::entra::VAULT_AUDIENCE;
use crate::ground::directory::TENANT_ID;
use crate::ground::random;

/// Error response of the vault.
#[derive(Debug)]
pub(super) struct VaultError {
    status: StatusCode,
    code: &'static str,
    inner: Option<&'static str>,
    pub(super) message: String,
}

impl VaultError {
    pub(super) fn unauthorized(message: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: "Unauthorized", inner: None, message: message.to_owned() }
    }

    pub(super) fn forbidden(inner: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code: "Forbidden", inner, message: message.into() }
    }

    pub(super) fn conflict(inner: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, code: "Conflict", inner: Some(inner), message: message.into() }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "BadParameter", inner: None, message: message.into() }
    }

    pub(super) fn not_found(name: &str) -> Self {
        let message = format!(
            "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you \
             may be able to recover it using the correct recovery command."
        );
        Self { status: StatusCode::NOT_FOUND, code: "SecretNotFound", inner: None, message }
    }

    pub(super) fn deleted_not_found(name: &str) -> Self {
        Self { message: format!("Deleted Secret not found: {name}"), ..Self::not_found(name) }
    }
}

impl IntoResponse for VaultError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(inner) = self.inner {
            error["innererror"] = json!({ "code": inner });
        }
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        let headers = response.headers_mut();
        let mut add = |name, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        add(header::HeaderName::from_static("x-ms-request-id"), random::uuid().to_string());
        if self.status == StatusCode::UNAUTHORIZED {
            add(
                header::WWW_AUTHENTICATE,
                format!(r#"Bearer authorization="https://login.windows.net/{TENANT_ID}", resource="{VAULT_AUDIENCE}""#),
            );
        }
        response
    }
}
