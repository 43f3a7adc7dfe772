//! What an administrator may change about the flow.

use std::collections::BTreeMap;
use std::time::Duration;

use keyferry_domain::Aaguid;
use keyferry_webauthn::TrustAnchors;

use crate::{AddresseeRule, DisplayName};

/// Settings of the flow.
#[derive(Debug)]
pub struct EngineSettings {
    /// How long the identity provider is asked to take an answer to its challenge. Whole minutes.
    pub challenge_lifetime: Duration,
    /// How long a caller waits for its order.
    pub create_budget: Duration,
    /// How long a record may stay `Submitting` before nobody can be alive to finish it.
    pub submitting_claim: Duration,
    /// How long a claim holds without being renewed. It is renewed three times as often while the work goes on.
    pub claim: Duration,
    /// How many shipments are worked on at once.
    pub concurrency: usize,
    /// How long an on-demand run is waited for.
    pub on_demand_wait: Duration,
    /// Before how much of a challenge's life is left the alarm is raised.
    pub deadline_alarm: Duration,
    /// Whether a registration by name is preceded by a comparison of the user handle with fresh creation options.
    pub compare_user_handle: bool,
    /// Pause between look-ups that settle an ambiguous registration.
    pub settle_pause: Duration,
    /// Name of the method as the user finds it.
    pub display_name: DisplayName,
    /// Who gets the PIN: the first rule that gives an address wins.
    pub addressees: Vec<AddresseeRule>,
    /// Domains (lower case) to which an order's contacts may belong. Empty: contacts in orders are refused.
    pub contact_domains: Vec<String>,
    /// Whether an order for a user who has an open one is refused.
    pub one_open_order_per_user: bool,
    /// How many days a complete shipment is kept; 0 keeps it for ever.
    pub cleanup_completed_days: u32,
    /// How long an idempotency key is remembered.
    pub idempotency_lifetime: Duration,
    /// Roots and intermediates an attestation must chain to.
    pub trust_anchors: TrustAnchors,
    /// Authenticator models that a product may turn out to be, where known. Keyed by the delivery service's product id.
    pub product_aaguids: BTreeMap<i64, Vec<Aaguid>>,
}

impl EngineSettings {
    /// The guide's defaults, with the given trust anchors.
    pub fn new(trust_anchors: TrustAnchors) -> Self {
        Self {
            challenge_lifetime: Duration::from_secs(20_160 * 60),
            create_budget: Duration::from_secs(30),
            submitting_claim: Duration::from_secs(300),
            claim: Duration::from_secs(90),
            concurrency: 4,
            on_demand_wait: Duration::from_secs(20),
            deadline_alarm: Duration::from_secs(48 * 3600),
            compare_user_handle: true,
            settle_pause: Duration::from_secs(2),
            display_name: DisplayName::default(),
            addressees: vec![AddresseeRule::Contacts, AddresseeRule::Manager],
            contact_domains: Vec::new(),
            one_open_order_per_user: false,
            cleanup_completed_days: 0,
            idempotency_lifetime: Duration::from_secs(7 * 24 * 3600),
            trust_anchors,
            product_aaguids: BTreeMap::new(),
        }
    }
}
