//! What an administrator may change about the flow.

use std::collections::BTreeMap;
use std::time::Duration;

use keyferry_domain::Aaguid;
use keyferry_settings::{Invalid, SettingsGroup as _, fixed, parse, setting, settings};
use keyferry_webauthn::TrustAnchors;

use crate::ceremony::DisplayName;
use crate::pins::AddresseeRule;
use crate::schedules::Schedule;

settings! {
    /// Settings of the flow.
    #[derive(Debug)]
    pub struct EngineSettings in "The flow" {
        /// Who gets the PIN: the first that has an address. `recipient` puts key and PIN into one hand.
        pub addressees: Vec<AddresseeRule> = setting("KEYFERRY_PIN_ADDRESSEES", addressees)
            .section("PIN delivery")
            .default("contacts,manager")
            .expected("a comma-separated order of `contacts`, `manager`, `recipient`")
            .example("manager"),

        /// Domains to which `enrollment_contacts` may belong. Empty: orders with contacts are refused.
        pub contact_domains: Vec<String> = setting("KEYFERRY_CONTACT_DOMAINS", contact_domains)
            .when_unset(Vec::new)
            .section("PIN delivery")
            .expected("comma-separated mail domains")
            .example("contoso.example"),

        /// When open shipments are processed.
        pub process_schedule: Schedule = setting("CRON_PROCESS_SHIPMENT_SCHEDULE", schedule)
            .section("Schedules and clean-up")
            .default("0 0 * * * *")
            .expected("six-field cron (UTC), or `-` for never")
            .example("0 */30 * * * *")
            .status(),

        /// When clean-up runs.
        pub cleanup_schedule: Schedule = setting("CRON_DATA_CLEANUP_SCHEDULE", schedule)
            .section("Schedules and clean-up")
            .default("0 30 * * * *")
            .expected("six-field cron (UTC), or `-` for never")
            .example("0 30 2 * * *")
            .status(),

        /// After how many days settled shipments go, with their secrets and history.
        pub cleanup_completed_days: u32 = setting("CRON_DATA_CLEANUP_COMPLETED_DAYS", |text| {
                parse::number(text, 0, 36_500)
            })
            .section("Schedules and clean-up")
            .default("0")
            .expected("a whole number of days; 0 keeps everything")
            .example("90")
            .status(),

        /// How long a caller waits for its order before it gets 504; the order goes on.
        pub create_budget: Duration = setting("KEYFERRY_CREATE_BUDGET_SECONDS", |text| {
                parse::number(text, 5, 120).map(Duration::from_secs)
            })
            .default("30")
            .expected("whole seconds, 5 to 120")
            .example("60"),

        /// How long before a challenge runs out the alarm is raised.
        pub deadline_alarm: Duration = setting("KEYFERRY_DEADLINE_ALARM_HOURS", |text| {
                parse::number(text, 0, 720).map(|hours: u64| Duration::from_secs(hours * 3600))
            })
            .default("48")
            .expected("whole hours")
            .example("72"),

        /// Whether a registration by user name is preceded by a check that the name still means the same person.
        pub compare_user_handle: bool = setting("KEYFERRY_COMPARE_USER_HANDLE", parse::truth)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Whether an order for a user who has an open one is refused with 409.
        pub one_open_order_per_user: bool = setting("KEYFERRY_ONE_OPEN_ORDER_PER_USER", parse::truth)
            .default("false")
            .expected("`true` or `false`")
            .example("true"),

        /// Name of the method as the user finds it; cut to 30 characters.
        pub display_name: DisplayName = setting("KEYFERRY_DISPLAY_NAME", |text| Ok(DisplayName::new(text)?))
            .default("YubiKey {{ serial }}")
            .expected("a template with `serial`, `firmware`, `product_id`")
            .example("{{ serial }} (FIDO)"),

        /// How long the identity provider is asked to take an answer to its challenge. Whole minutes. The provider's own setting decides.
        pub challenge_lifetime: Duration = fixed(|| Duration::from_secs(20_160 * 60)),

        /// How long a record may stay `Submitting` before nobody can be alive to finish it.
        pub submitting_claim: Duration = fixed(|| Duration::from_secs(300)),

        /// How long a claim holds without being renewed. It is renewed three times as often while the work goes on.
        pub claim: Duration = fixed(|| Duration::from_secs(90)),

        /// How many shipments are worked on at once.
        pub concurrency: usize = fixed(|| 4),

        /// How long an on-demand run is waited for.
        pub on_demand_wait: Duration = fixed(|| Duration::from_secs(20)),

        /// Pause between look-ups that settle an ambiguous registration.
        pub settle_pause: Duration = fixed(|| Duration::from_secs(2)),

        /// How long an idempotency key is remembered.
        pub idempotency_lifetime: Duration = fixed(|| Duration::from_secs(7 * 24 * 3600)),

        /// Roots and intermediates an attestation must chain to. Empty until the program puts them in place.
        pub trust_anchors: TrustAnchors = fixed(TrustAnchors::default),

        /// Authenticator models that a product may turn out to be, where known. Keyed by the delivery service's product id.
        pub product_aaguids: BTreeMap<i64, Vec<Aaguid>> = fixed(BTreeMap::new),
    }
}

impl EngineSettings {
    /// The defaults, with the given trust anchors.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser takes")]
    pub fn new(trust_anchors: TrustAnchors) -> Self {
        Self { trust_anchors, ..Self::defaults().expect("defaults") }
    }
}

fn addressees(text: &str) -> Result<Vec<AddresseeRule>, Invalid> {
    text.split(',')
        .map(|word| match word.trim() {
            "contacts" => Ok(AddresseeRule::Contacts),
            "manager" => Ok(AddresseeRule::Manager),
            "recipient" => Ok(AddresseeRule::Recipient),
            other => Err(format!("{other:?} is none of them").into()),
        })
        .collect()
}

/// In lower case, as the domains of addresses are compared.
fn contact_domains(text: &str) -> Result<Vec<String>, Invalid> {
    Ok(parse::list(text)?.iter().map(|domain| domain.to_lowercase()).collect())
}

fn schedule(text: &str) -> Result<Schedule, Invalid> {
    Schedule::parse(text).map_err(|error| error.to_string().into())
}
