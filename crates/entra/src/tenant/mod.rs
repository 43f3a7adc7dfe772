//! Administration of the tenant, for the command-line tools. The service does not use it.

mod audits;
mod policy;
mod registrations;
mod self_check;

use std::sync::Arc;

use keyferry_azure_identity::{TokenSource, send_authorized};
use keyferry_domain::{Failure, FailureKind, Operation};
use keyferry_http::{Answer, Client, Method, UrlExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

pub use audits::{AuditRecord, PASSKEY_ACTIVITIES};
pub(crate) use policy::PATH as POLICY_PATH;
pub use policy::{KeyRestrictions, PasskeyPolicy, PasskeyProfile, Target};
pub use registrations::{Application, MICROSOFT_GRAPH, Principal, RequiredAccess, ResourceAccess, RoleAssignment};

use crate::failures::FAILURES;
use crate::graph;

const OPERATION: Operation = Operation::Administer;

/// Tenant, accessed with an administrator's token.
#[derive(Clone)]
pub struct Tenant {
    graph: Url,
    http: Client,
    tokens: Arc<dyn TokenSource>,
}

impl Tenant {
    /// Creates the client. Makes no call. `tokens` must provide tokens for Graph.
    pub fn new(graph: Url, http: Client, tokens: Arc<dyn TokenSource>) -> Self {
        Self { graph, http, tokens }
    }

    /// Calls version 1.0 of Graph. `path` is a list of segments that are not percent-encoded.
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let segments = ["v1.0"].iter().chain(path).copied();
        let mut url = self.graph.join_segments(segments).map_err(|error| {
            let message = format!("could not build the URL of a call to Graph: {error}. Check MS_Graph_Endpoint");
            Failure::new(&FAILURES, OPERATION, FailureKind::Found("endpoint-not-usable"), message)
        })?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = send_authorized(self.tokens.as_ref(), &FAILURES, OPERATION, || {
            let request = self.http.request(method.clone(), &url);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        });
        let answer = answer.await?;
        if answer.is_success() { Ok(answer) } else { Err(graph::failure(&answer, OPERATION)) }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Failure> {
        let answer = self.call(Method::GET, path, query, None).await?;
        answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }
}
