//! What every call of Graph has: its ids, its caller, its query and its body.

use std::sync::Arc;

use url::form_urlencoded;

use super::audits::Audit;
use super::ids::Ids;
use super::state::Graph;
use super::version::Version;
use crate::entra::AppClaims;
use crate::ground::directory::User;

/// A call by a known caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) graph: Arc<Graph>,
    pub(super) version: Version,
    pub(super) ids: Ids,
    pub(super) caller: AppClaims,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// Parameters of a query string.
    pub(super) fn query_of(query: Option<&str>) -> Vec<(String, String)> {
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// One parameter, by its name without regard to case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `@odata.context` of an answer.
    pub(super) fn context(&self, what: &str) -> String {
        format!("https://graph.microsoft.com/{}/$metadata#{what}", self.version.name())
    }
    /// Records what was done with a user's passkeys, or tried.
    pub(super) fn audit(&self, activity: &str, user: &User, success: bool, reason: &str) {
        self.graph.audits.record(&self.ids, &self.caller, Audit { activity, user, success, reason });
    }
}
