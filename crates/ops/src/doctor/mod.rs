//! Everything that a deployment can get wrong, looked at from where the connector stands: the guide's section 7.1 as one call.
//!
//! What is looked at is what the connector uses: its own settings, credentials and ports. Nothing is ordered, registered or changed; a
//! probe of the stores is taken away again, and a mail is sent only where it was asked for.

mod callers;
mod clock;
mod credentials;
mod delivery;
mod entra;
mod finding;
mod pin;
mod policy;
mod schedule;
mod shipments;
mod stores;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keyferry_azure_identity::{AppCredentialExpiries, TokenSource};
use keyferry_domain::{Aaguid, EmailAddress, UserRef};
use keyferry_engine::{Ports, Schedule};
use keyferry_entra::Tenant;
use keyferry_http::Client;
use keyferry_yubico::Delivery;
use url::Url;

pub use finding::{Finding, Outcome, as_json, as_text};

/// Any one of these permissions lets the connector do it, and what it is needed for.
pub type NeededPermission = (&'static [&'static str], &'static str);

/// A connector, taken apart.
#[expect(missing_docs, reason = "the names tell; what does not is documented")]
pub struct Patient {
    pub ports: Ports,
    pub delivery: Arc<Delivery>,
    pub http: Client,
    pub client_id: String,
    pub graph_tokens: Arc<dyn TokenSource>,
    pub needed_permissions: Vec<NeededPermission>,
    /// The tenant as the connector sees it, or as the administrator whose token was given.
    pub tenant: Tenant,
    /// OpenID metadata of the tenant, which also tells the time.
    pub tenant_metadata: Url,
    /// OpenID metadata of whoever issues callers' tokens; `None` where the platform in front checks callers.
    pub callers_metadata: Option<Url>,
    pub challenge_lifetime: Duration,
    pub product_aaguids: BTreeMap<i64, Vec<Aaguid>>,
    pub process_schedule: Schedule,
    pub cleanup_schedule: Schedule,
    pub cleanup_completed_days: u32,
    pub expiries: AppCredentialExpiries,
    /// Where the connector answers probes, if it runs on this machine.
    pub probes: SocketAddr,
    /// Which way the PIN goes, as the setting names it.
    pub pin_by: &'static str,
    pub questions: Questions,
}

/// What the operator asked for beside the usual.
#[derive(Debug, Default)]
pub struct Questions {
    /// A person for whom creation options may be asked.
    pub user: Option<UserRef>,
    /// Who gets a mail with a PIN of no key.
    pub send_test_mail: Option<EmailAddress>,
    /// Products whose models the policy must allow; those of open shipments when there are none.
    pub products: Vec<i64>,
}

/// Looks at everything. The order is that in which things are needed.
pub async fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("settings", "they can be read")];
    findings.push(clock::skew(patient).await);
    findings.push(entra::token(patient).await);
    findings.push(entra::permissions(patient).await);
    findings.push(entra::creation_options(patient).await);
    findings.extend(stores::all(patient).await);
    let (open, shipments) = shipments::open(patient).await;
    findings.extend(policy::all(patient, &open).await);
    findings.push(delivery::key_sets(patient).await);
    findings.push(delivery::api_token(patient, &open).await);
    findings.push(callers::key_set(patient).await);
    findings.push(pin::way(patient).await);
    findings.extend(credentials::ends(patient));
    findings.extend(schedule::next_runs(patient));
    findings.push(shipments);
    findings.push(schedule::running(patient).await);
    findings
}
