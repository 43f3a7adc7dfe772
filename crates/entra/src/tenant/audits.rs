//! Audit records (<https://learn.microsoft.com/graph/api/resources/directoryaudit>).

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, FailureKind, Timestamp, UserRef};
use keyferry_http::Method;
use serde::Deserialize;
use url::Url;

use super::{OPERATION, Tenant, registrations::quoted};
use crate::failures::FAILURES;
use crate::graph;

/// The activities that the guide's 7.1.5 names.
pub const PASSKEY_ACTIVITIES: [&str; 3] =
    ["Get passkey creation options", "Admin registered security info", "User registered security info"];

/// How many pages are read at most for one activity: a person has few records.
const PAGES: usize = 20;

/// A record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditRecord {
    /// When.
    pub activity_date_time: Option<Timestamp>,
    /// What.
    pub activity_display_name: String,
    /// `success`, `failure` or `timeout`.
    pub result: String,
    /// Why.
    pub result_reason: Option<String>,
    /// Relates to the `client-request-id` of a call (guide 7.1.5).
    pub correlation_id: Option<String>,
    /// Who did it.
    pub initiated_by: Initiator,
    /// On whom.
    pub target_resources: Vec<AuditTarget>,
}

/// Who did it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Initiator {
    /// An application.
    pub app: Option<AuditApp>,
    /// A person.
    pub user: Option<AuditTarget>,
}

/// An application.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditApp {
    /// Its client id.
    pub app_id: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
}

/// A person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditTarget {
    /// Object id.
    pub id: Option<String>,
    /// Name.
    pub user_principal_name: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<AuditRecord>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

impl Tenant {
    /// Records of the passkeys of a person, since then. `AuditLog.Read.All` is the least permission that reads them.
    ///
    /// # Errors
    /// When Graph does not show them.
    pub async fn passkey_audits(&self, user: &UserRef, since: Timestamp) -> Result<Vec<AuditRecord>, Failure> {
        let since = since.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut found = Vec::new();
        for activity in PASSKEY_ACTIVITIES {
            let mut filter = format!("activityDisplayName eq {} and activityDateTime ge {since}", quoted(activity));
            // Only the object id can be asked for; a name is compared below.
            if let UserRef::ObjectId(id) = user {
                filter.push_str(&format!(" and targetResources/any(t:t/id eq {})", quoted(&id.to_string())));
            }
            let mut page: Page = self.get(&["auditLogs", "directoryAudits"], &[("$filter", &filter)]).await?;
            for _ in 0..PAGES {
                found.append(&mut page.value);
                let Some(next) = page.next.take() else { break };
                page = self.next_page(&next).await?;
            }
        }
        found.retain(|record| record.target_resources.iter().any(|target| is(target, user)));
        Ok(found)
    }

    /// The page that an answer pointed to; the token goes to Graph and to nobody else.
    async fn next_page(&self, link: &str) -> Result<Page, Failure> {
        let url = Url::parse(link).ok().filter(|url| url.origin() == self.graph.origin()).ok_or_else(|| {
            let message = "Graph's answer points to a next page on another host; it is not asked";
            Failure::new(&FAILURES, OPERATION, FailureKind::NotUnderstood, message)
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
