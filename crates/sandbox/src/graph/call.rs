//! A call of Graph: ids, caller, query and body.

use std::sync::Arc;

use url::form_urlencoded;

use super::audits::Audit;
use super::ids::Ids;
use super::state::Graph;
use super::version::Version;
use crate::entra::AppClaims;
use crate::ground::directory::User;

/// A call by an authenticated caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) graph: Arc<Graph>,
    pub(super) version: Version,
    pub(super) ids: Ids,
    pub(super) caller: AppClaims,
    pub(super) query: Vec<(String, String)>,
    /// Whether the caller sent `ConsistencyLevel: eventual`.
    pub(super) is_eventual: bool,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// Returns the parameters of a query string.
    pub(super) fn query_of(query: Option<&str>) -> Vec<(String, String)> {
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// Returns the parameter with this name (case-insensitive).
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the `@odata.context` of a response.
    pub(super) fn context(&self, what: &str) -> String {
        format!("https://graph.microsoft.com/{}/$metadata#{what}", self.version.name())
    }

    /// Writes an audit record of an operation on a user's passkeys, successful or not.
    pub(super) fn audit(&self, activity: &str, user: &User, success: bool, reason: &str) {
        self.graph.audits.record(&self.ids, &self.caller, Audit { activity, user, success, reason });
    }
}
