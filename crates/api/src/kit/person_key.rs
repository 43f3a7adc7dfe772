//! Users in paths.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use keyferry_domain::UserRef;
use serde::Deserialize;

use super::parameters::invalid;
use super::problem::Problem;

const EXPECTED: &str = "an object id or a user principal name";

/// Longest id of a method, in characters. A credential id has at most 1,023 bytes (WebAuthn level 3 section 5.1).
const LONGEST_METHOD: usize = 1400;

#[derive(Deserialize)]
struct Segments {
    user: String,
    method_id: Option<String>,
}

/// User in a path, with the id of a method if the path has one.
pub(crate) struct PersonKey {
    /// As in the path.
    pub(crate) user_id: String,
    pub(crate) user: UserRef,
    /// Empty if the path has none.
    pub(crate) method_id: String,
}

impl<S: Sync + Send> FromRequestParts<S> for PersonKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<Segments>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path(Segments { user: user_id, method_id }) =
            path.map_err(|_| invalid("user", EXPECTED, "a text that is not UTF-8"))?;
        let user = UserRef::parse(&user_id).ok_or_else(|| invalid("user", EXPECTED, &user_id))?;
        if let Some(method_id) = method_id.as_ref().filter(|id| !is_method_id(id)) {
            return Err(invalid("method_id", "the id of an authentication method", method_id));
        }
        Ok(Self { user_id, user, method_id: method_id.unwrap_or_default() })
    }
}

/// Returns whether the text can be the id of a method: base64url, or a UUID.
fn is_method_id(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    (1..=LONGEST_METHOD).contains(&text.len()) && text.bytes().all(is_known)
}
