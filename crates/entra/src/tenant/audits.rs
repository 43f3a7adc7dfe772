//! Audit records (<https://learn.microsoft.com/graph/api/resources/directoryaudit>).

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, FailureKind, Timestamp, UserRef};
use keyferry_http::Method;
use serde::Deserialize;
use url::Url;

use super::{OPERATION, Tenant, registrations::quoted};
use crate::failures::FAILURES;
use crate::graph;

/// Activities listed in section 7.1.5 of the guide.
pub const PASSKEY_ACTIVITIES: [&str; 3] =
    ["Get passkey creation options", "Admin registered security info", "User registered security info"];

/// Most pages read for one activity. A user has few records.
const PAGES: usize = 20;

/// Audit record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditRecord {
    /// Time of the activity.
    pub activity_date_time: Option<Timestamp>,
    /// Name of the activity, for example one of [`PASSKEY_ACTIVITIES`].
    pub activity_display_name: String,
    /// `success`, `failure` or `timeout`.
    pub result: String,
    /// Reason of the result.
    pub result_reason: Option<String>,
    /// Correlation id, which relates to the `client-request-id` of a call (guide, section 7.1.5).
    pub correlation_id: Option<String>,
    /// Application or user that initiated the activity.
    pub initiated_by: Initiator,
    /// Affected objects.
    pub target_resources: Vec<AuditTarget>,
}

/// Initiator of an activity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Initiator {
    /// Application, if an application initiated it.
    pub app: Option<AuditApp>,
    /// User, if a user initiated it.
    pub user: Option<AuditTarget>,
}

/// Application in an audit record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditApp {
    /// Client id.
    pub app_id: Option<String>,
    /// Display name.
    pub display_name: Option<String>,
}

/// User in an audit record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditTarget {
    /// Object id.
    pub id: Option<String>,
    /// User principal name.
    pub user_principal_name: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<AuditRecord>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

impl Tenant {
    /// Returns the audit records about passkeys of a user since a time. Requires at least `AuditLog.Read.All`.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn passkey_audits(&self, user: &UserRef, since: Timestamp) -> Result<Vec<AuditRecord>, Failure> {
        let since = since.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut found = Vec::new();
        for activity in PASSKEY_ACTIVITIES {
            let mut filter = format!("activityDisplayName eq {} and activityDateTime ge {since}", quoted(activity));
            // Graph can filter by object id only. User principal names are compared below.
            if let UserRef::ObjectId(id) = user {
                filter.push_str(&format!(" and targetResources/any(t:t/id eq {})", quoted(&id.to_string())));
            }
            let mut page: Page = self.get(&["auditLogs", "directoryAudits"], &[("$filter", &filter)]).await?;
            found.append(&mut page.value);
            for pages in 1.. {
                let Some(next) = page.next.take() else { break };
                if pages == PAGES {
                    tracing::warn!(activity, pages, "audit log has more pages than Keyferry reads");
                    break;
                }
                page = self.next_page(&next).await?;
                found.append(&mut page.value);
            }
        }
        found.retain(|record| record.target_resources.iter().any(|target| is(target, user)));
        Ok(found)
    }

    /// Fetches the next page. Rejects links to other hosts, so that the token is sent only to Graph.
    async fn next_page(&self, link: &str) -> Result<Page, Failure> {
        let url = Url::parse(link).ok().filter(|url| url.origin() == self.graph.origin()).ok_or_else(|| {
            let message = "Graph returned a link to a next page on another host. Keyferry did not follow it";
            Failure::new(&FAILURES, OPERATION, FailureKind::InvalidResponse, message)
        })?;
        let answer =
            send_authorized(self.tokens.as_ref(), &FAILURES, OPERATION, || self.http.request(Method::GET, &url));
        let answer = answer.await?;
        if !answer.is_success() {
            return Err(graph::failure(&answer, OPERATION));
        }
        answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }
}

fn is(target: &AuditTarget, user: &UserRef) -> bool {
    let same = |one: &Option<String>, other: &str| one.as_ref().is_some_and(|one| one.eq_ignore_ascii_case(other));
    match user {
        UserRef::ObjectId(id) => same(&target.id, &id.to_string()),
        UserRef::Upn(name) => same(&target.user_principal_name, name),
    }
}
