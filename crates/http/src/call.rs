//! Description of a call that may be logged.

use std::fmt;

use keyferry_domain::Effect;
use url::Url;

use crate::text::clean_to;

/// Description of a call: method, host and path, without the query. For messages and logs.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) correlation: String,
    pub(crate) idempotent: bool,
}

impl Call {
    pub(crate) fn new(method: &'static str, url: &Url, correlation: String) -> Self {
        let target = target(url);
        let target = target.split_once("://").map_or(target.as_str(), |(_, target)| target).to_owned();
        Self { method, target, correlation, idempotent: method == "GET" }
    }

    /// Returns the `client-request-id` that was sent.
    pub fn correlation(&self) -> &str {
        &self.correlation
    }

    /// Returns whether the call may have had an effect although no valid response was received.
    pub(crate) fn effect(&self) -> Effect {
        if self.idempotent { Effect::None } else { Effect::Unknown }
    }
}

/// Returns scheme, host and path of a URL, without the query. For messages and logs.
pub(crate) fn target(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    clean_to(&format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()), 300)
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}
