//! Request body of a registration.

use serde_json::{Map, Value};

use super::encoding;
use super::error::GraphError;

/// Message observed with beta for a root `@odata.type` and for a body that is a JSON string.
const INCOMPLETE: &str = "The request is missing a fido2AuthenticationMethod entity with a displayName and \
                          publicKeyCredential in the request body. All other properties will be ignored.";
/// Maximum length of `displayName` in characters, as tools enforce it. Graph's own limit is not public.
const NAME_LIMIT: usize = 30;

/// Registration request with decoded binary members.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) display_name: String,
    pub(super) credential_id: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

impl Submission {
    /// Reads a body. With `type_refused`, a body with a root `@odata.type` is refused as incomplete.
    ///
    /// # Errors
    /// Returns 400 if a member is missing, too long, or not base64.
    pub(super) fn read(body: &[u8], type_refused: bool) -> Result<Self, GraphError> {
        let incomplete = || GraphError::bad_request(INCOMPLETE);
        let root: Map<String, Value> = serde_json::from_slice(body).map_err(|_| incomplete())?;
        if type_refused && root.contains_key("@odata.type") {
            return Err(incomplete());
        }
        let name =
            root.get("displayName").and_then(Value::as_str).filter(|name| !name.is_empty()).ok_or_else(incomplete)?;
        if name.chars().count() > NAME_LIMIT {
            // The sandbox's own text.
            return Err(GraphError::bad_request(format!("displayName must have at most {NAME_LIMIT} characters.")));
        }
        let credential = root.get("publicKeyCredential").and_then(Value::as_object).ok_or_else(incomplete)?;
        let response = credential.get("response");
        Ok(Self {
            display_name: name.to_owned(),
            credential_id: binary("id", credential.get("id"))?,
            client_data: binary("clientDataJSON", response.and_then(|response| response.get("clientDataJSON")))?,
            attestation_object: binary(
                "attestationObject",
                response.and_then(|response| response.get("attestationObject")),
            )?,
        })
    }
}

/// Decodes a binary member. The error text is the sandbox's own.
fn binary(name: &str, value: Option<&Value>) -> Result<Vec<u8>, GraphError> {
    value
        .and_then(Value::as_str)
        .and_then(encoding::decode)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| GraphError::bad_request(format!("publicKeyCredential: {name} is missing or not base64url.")))
}
