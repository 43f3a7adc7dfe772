//! Input of the doctor.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::SelfCheck;
use keyferry_domain::{Aaguid, Clock, EmailAddress, Entropy, Journal, ShipmentStore, UserRef};
use keyferry_engine::Schedule;
use keyferry_http::Client;
use url::Url;

/// The parts of a connector that the doctor checks.
#[expect(missing_docs, reason = "self-explanatory names; the others are documented")]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Target {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub shipments: Arc<dyn ShipmentStore>,
    pub journal: Arc<dyn Journal>,
    pub http: Client,
    pub checks: SelfChecks,
    /// OpenID metadata of the issuer of callers' tokens. `None` if the platform in front of the connector checks
    /// callers.
    pub callers_metadata: Option<Url>,
    pub challenge_lifetime: Duration,
    pub product_models: BTreeMap<i64, Vec<Aaguid>>,
    pub process_schedule: Schedule,
    pub cleanup_schedule: Schedule,
    pub cleanup_completed_days: u32,
    /// Address of the connector's probes, if it runs on this machine. `None`: the connector itself runs the checks.
    pub probes: Option<SocketAddr>,
    /// Number of open shipments whose records are read. Of the others, only the list is.
    pub most_records: usize,
    pub questions: Questions,
}

/// Self-checks of the adapters.
#[expect(missing_docs, reason = "each is the check of the adapter with that name")]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct SelfChecks {
    pub login: Arc<dyn SelfCheck>,
    pub identity_provider: Arc<dyn SelfCheck>,
    pub stores: Vec<Arc<dyn SelfCheck>>,
    /// Tenant, called with the connector's app credential or with the administrator's token that was passed.
    pub tenant: Arc<dyn SelfCheck>,
    pub delivery_service: Arc<dyn SelfCheck>,
    pub pin_delivery: Arc<dyn SelfCheck>,
    pub app_credentials: Arc<dyn SelfCheck>,
}

/// Options of the operator.
#[derive(Debug, Default)]
pub struct Questions {
    /// User for whom creation options may be requested.
    pub user: Option<UserRef>,
    /// Address that receives a test mail. Its PIN belongs to no key.
    pub send_test_mail: Option<EmailAddress>,
    /// Products whose models the policy must allow. If empty, the products of open shipments.
    pub products: Vec<i64>,
}
