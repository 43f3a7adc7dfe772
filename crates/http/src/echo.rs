//! Check that a response belongs to its request.
//!
//! A proxy that confuses the responses of a connection returns valid responses to the wrong calls. Microsoft's services
//! return the id that the request contained, so such a response can be recognized:
//!
//! - Graph and Entra's token endpoint return `client-request-id` if `return-client-request-id` is `true`. observed:
//!   Microsoft's libraries ADAL and MSAL compare it with the id that they sent.
//! - Azure Storage returns `x-ms-client-request-id` if the request contained it
//!   (<https://learn.microsoft.com/rest/api/storageservices/query-entities>). Its SDKs compare it.
//! - inferred: Key Vault returns `x-ms-client-request-id`, as the Azure API guidelines require of new services. The SDK
//!   sends it.
//! - The delivery service documents no such header. Its responses are compared if they contain one.
//!
//! A response without an id is accepted: errors of gateways have none.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Id of the call in requests and responses.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// Requests that the response contains the id.
pub(crate) const RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("return-client-request-id");
/// Id of the call in requests to Azure Storage and Key Vault, and in their responses.
pub(crate) const X_MS_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// Stands for a text that is not a UUID.
const NO_ID: &str = "not a UUID";

/// Returns an id in the response's headers that differs from the one sent under the same name.
pub(crate) fn id_of_another_call(sent: &HeaderMap, received: &HeaderMap) -> Option<String> {
    [CLIENT_REQUEST_ID, X_MS_CLIENT_REQUEST_ID].iter().find_map(|name| {
        let own = sent.get(name)?;
        let other = received.get_all(name).iter().find(|id| !id.is_empty() && !is_same(own, id))?;
        // Another text is not shown: a misbehaving service could repeat a secret of the request.
        Some(uuid(other).map_or_else(|| NO_ID.to_owned(), |id| id.hyphenated().to_string()))
    })
}

/// Compares two ids. Two spellings of one UUID are the same id.
fn is_same(one: &HeaderValue, other: &HeaderValue) -> bool {
    one == other || uuid(one).is_some_and(|one| uuid(other) == Some(one))
}

fn uuid(value: &HeaderValue) -> Option<Uuid> {
    Uuid::try_parse_ascii(value.as_bytes().trim_ascii()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000f";
    const OTHER: &str = "0a1b2c3d-0000-4000-8000-0000000000ff";

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_a_different_id_under_a_sent_name_is_foreign() {
        let sent = headers(&[(CLIENT_REQUEST_ID, ID)]);
        for (received, foreign) in [
            (headers(&[]), None),
            (headers(&[(CLIENT_REQUEST_ID, "")]), None),
            (headers(&[(CLIENT_REQUEST_ID, ID)]), None),
            (headers(&[(CLIENT_REQUEST_ID, "{0A1B2C3D-0000-4000-8000-00000000000F}")]), None),
            (headers(&[(X_MS_CLIENT_REQUEST_ID, "another")]), None),
            (headers(&[(CLIENT_REQUEST_ID, "another")]), Some(NO_ID)),
            (headers(&[(CLIENT_REQUEST_ID, OTHER)]), Some(OTHER)),
        ] {
            assert_eq!(id_of_another_call(&sent, &received).as_deref(), foreign, "{received:?}");
        }
        let mut twice = headers(&[(CLIENT_REQUEST_ID, ID)]);
        twice.append(CLIENT_REQUEST_ID, HeaderValue::from_static("another"));
        assert_eq!(id_of_another_call(&sent, &twice).as_deref(), Some(NO_ID));
        let azure = headers(&[(X_MS_CLIENT_REQUEST_ID, ID)]);
        let received = headers(&[(X_MS_CLIENT_REQUEST_ID, "another")]);
        assert_eq!(id_of_another_call(&azure, &received).as_deref(), Some(NO_ID));
    }
}
