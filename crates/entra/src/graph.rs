//! Calls to Graph, and its error responses.

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, FailureKind, ObjectId, Operation, UserRef};
use keyferry_http::{Answer, Client, Request, UrlExt as _, clean};
use serde_json::Value;
use url::Url;

use crate::failures::{FAILURES, FOREIGN_ANSWER};
use crate::{Entra, user_path};

/// API version of the directory calls. v1.0 supports all of them.
pub(crate) const DIRECTORY: &str = "v1.0";

/// Content of an error response of Graph (<https://learn.microsoft.com/graph/errors>).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GraphError {
    /// `None` when missing or empty.
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl GraphError {
    pub(crate) fn of(answer: &Answer) -> Self {
        answer.json::<Value>().map(|body| Self::of_body(&body)).unwrap_or_default()
    }

    /// Reads the error. Member names are case-insensitive, because Graph's documentation uses both spellings.
    fn of_body(body: &Value) -> Self {
        let error = member(body, "error");
        let text = |name| {
            let text = error.and_then(|error| member(error, name))?.as_str()?.trim();
            (!text.is_empty()).then(|| clean(text))
        };
        Self { code: text("code"), message: text("message") }
    }

    /// Returns whether the code is one of these, case-insensitively.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_ref().is_some_and(|code| codes.iter().any(|one| one.eq_ignore_ascii_case(code)))
    }

    /// Returns whether the message states that this resource does not exist.
    ///
    /// observed: `Resource '{name}' does not exist or one of its queried reference-property objects are not present.`
    /// is the only difference between the errors for a missing manager and a missing user.
    pub(crate) fn states_missing(&self, name: &str) -> bool {
        let start = format!("resource '{}'", name.to_lowercase());
        self.message.as_ref().is_some_and(|message| message.to_lowercase().starts_with(&start))
    }

    /// Returns a message, for example `Graph answered 403 accessDenied: Request Authorization failed`.
    fn sentence(&self, status: u16) -> String {
        let code = self.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        match &self.message {
            Some(message) => format!("Graph answered {status}{code}: {message}"),
            None => format!("Graph answered {status}{code} without a reason"),
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns the failure for an error response.
pub(crate) fn failure(answer: &Answer, operation: Operation) -> Failure {
    let error = GraphError::of(answer);
    let sentence = error.sentence(answer.status);
    answer.failure(&FAILURES, operation, error.code, sentence)
}

/// Returns the failure for a 404 that refers to the user. The guide prescribes its message.
pub(crate) fn no_such_user(answer: &Answer, operation: Operation, user: &UserRef) -> Failure {
    answer.failure(&FAILURES, operation, GraphError::of(answer).code, format!("Could not find user: {user}"))
}

/// Returns the failure for a response that does not match Graph's documentation.
pub(crate) fn not_understood(answer: &Answer, operation: Operation, what: impl Into<String>) -> Failure {
    answer.not_understood(&FAILURES, operation, what)
}

fn not_usable(error: &impl std::fmt::Display, operation: Operation) -> Failure {
    let message = format!("could not build the URL of a call to Graph: {error}. Check MS_Graph_Endpoint");
    Failure::new(&FAILURES, operation, FailureKind::Found("endpoint-not-usable"), message)
}

impl Entra {
    /// Returns `{endpoint}/{version}/users/{user}/{rest}`. `rest` must be percent-encoded.
    pub(crate) fn user_url(
        &self,
        version: &str,
        user: &UserRef,
        rest: &[&str],
        operation: Operation,
    ) -> Result<Url, Failure> {
        let path = [version.to_owned()].into_iter().chain(user_path::segments(user));
        let path = path.chain(rest.iter().map(|&segment| segment.to_owned()));
        self.settings.graph_endpoint.join_encoded(path).map_err(|error| not_usable(&error, operation))
    }

    /// Returns `{endpoint}/{path}?{query}`. `path` is a list of segments that are not percent-encoded; `query` must be
    /// percent-encoded.
    pub(crate) fn url(&self, path: &[&str], query: &str, operation: Operation) -> Result<Url, Failure> {
        let joined = self.settings.graph_endpoint.join_segments(path.iter().copied());
        let mut url = joined.map_err(|error| not_usable(&error, operation))?;
        url.set_query(Some(query));
        Ok(url)
    }

    /// Sends a request about authentication methods with a token, and once more with a new token after a 401.
    pub(crate) async fn send(
        &self,
        operation: Operation,
        request: impl Fn(&Client) -> Request,
    ) -> Result<Answer, Failure> {
        send_authorized(self.tokens.as_ref(), &FAILURES, operation, || request(&self.clients.methods)).await
    }

    /// Gets a user from the directory. `query` must not contain characters to encode.
    pub(crate) async fn get_user(&self, user: &UserRef, query: &str, operation: Operation) -> Result<Answer, Failure> {
        let mut url = self.user_url(DIRECTORY, user, &[], operation)?;
        url.set_query(Some(query));
        send_authorized(self.tokens.as_ref(), &FAILURES, operation, || self.clients.directory.get(&url)).await
    }

    /// Gets a group from the directory. `query` must not contain characters to encode.
    pub(crate) async fn get_group(&self, id: ObjectId, query: &str, operation: Operation) -> Result<Answer, Failure> {
        let url = self.url(&[DIRECTORY, "groups", &id.to_string()], query, operation)?;
        send_authorized(self.tokens.as_ref(), &FAILURES, operation, || self.clients.directory.get(&url)).await
    }

    /// Returns the failure for a response that belongs to another call: it is about another user or credential.
    ///
    /// All later answers on the same connection may be shifted as well, so the connections are dropped.
    pub(crate) fn foreign_answer(&self, answer: &Answer, operation: Operation, what: impl Into<String>) -> Failure {
        let failure = not_understood(answer, operation, what).found(&FAILURES, FOREIGN_ANSWER);
        tracing::error!(%failure, client_request_id = %answer.correlation, remedy = failure.remedy(),
            "Graph returned the answer to another call");
        self.close_connections();
        failure
    }

    /// Closes all connections to Graph, so that the next call opens a new one.
    pub(crate) fn close_connections(&self) {
        self.clients.methods.drop_connections();
        self.clients.directory.drop_connections();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> GraphError {
        GraphError::of_body(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn member_names_are_case_insensitive() {
        let documented = error(r#"{"error":{"code":"accessDenied","message":"Request Authorization failed"}}"#);
        assert_eq!(documented, error(r#"{"Error":{"Code":"accessDenied","MESSAGE":"Request Authorization failed"}}"#));
        assert_eq!(documented.sentence(403), "Graph answered 403 accessDenied: Request Authorization failed");
        assert!(documented.is(&["AccessDenied"]) && !documented.is(&["badRequest"]));
    }

    #[test]
    fn message_omits_missing_members() {
        assert_eq!(error(r#"{"error":{"code":"","message":"No."}}"#).sentence(400), "Graph answered 400: No.");
        for body in ["{}", "[]", "null", r#"{"error":"text"}"#, r#"{"error":{"code":7,"message":null}}"#] {
            assert_eq!(error(body), GraphError::default(), "{body}");
            assert_eq!(error(body).sentence(502), "Graph answered 502 without a reason");
        }
    }
}
