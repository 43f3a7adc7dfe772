//! What the doctor examines.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::SelfCheck;
use keyferry_domain::{Aaguid, Clock, EmailAddress, Entropy, ShipmentStore, UserRef};
use keyferry_engine::Schedule;
use keyferry_http::Client;
use url::Url;

/// A connector, taken apart.
#[expect(missing_docs, reason = "the names tell; what does not is documented")]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Target {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub shipments: Arc<dyn ShipmentStore>,
    pub http: Client,
    pub checks: SelfChecks,
    /// OpenID metadata of whoever issues callers' tokens; `None` where the platform in front checks callers.
    pub callers_metadata: Option<Url>,
    pub challenge_lifetime: Duration,
    pub product_models: BTreeMap<i64, Vec<Aaguid>>,
    pub process_schedule: Schedule,
    pub cleanup_schedule: Schedule,
    pub cleanup_completed_days: u32,
    /// Where the connector answers probes, if it runs on this machine.
    pub probes: SocketAddr,
    pub questions: Questions,
}

/// What each adapter checks itself.
#[expect(missing_docs, reason = "each is what its adapter checks")]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct SelfChecks {
    pub login: Arc<dyn SelfCheck>,
    pub identity_provider: Arc<dyn SelfCheck>,
    pub stores: Vec<Arc<dyn SelfCheck>>,
    /// The tenant as the connector sees it, or as the administrator whose token was given.
    pub tenant: Arc<dyn SelfCheck>,
    pub delivery_service: Arc<dyn SelfCheck>,
    pub pin_delivery: Arc<dyn SelfCheck>,
    pub app_credentials: Arc<dyn SelfCheck>,
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
