//! Response of the API.

use keyferry_http::{Answer, CallError};
use serde::de::DeserializeOwned;

/// Response of the API: the typed body, and the JSON as it was sent.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    /// Body.
    pub body: T,
    /// The JSON text of the body, as the API sent it.
    pub json: String,
}

impl<T: DeserializeOwned> Reply<T> {
    pub(crate) fn of(answer: &Answer) -> Result<Self, CallError> {
        Ok(Self { body: answer.json()?, json: String::from_utf8_lossy(answer.body()).into_owned() })
    }
}
