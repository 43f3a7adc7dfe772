//! Settings of the engine.

mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Aaguid, FirmwareExtension, ObjectId, PersonMail, PinLength};
use keyferry_settings::{Secret, SettingsGroup as _, fixed, parse, secret, setting, settings};
use keyferry_webauthn::{Metadata, TrustAnchors};

use crate::ceremony::{CompromisedModels, DisplayName, MinimumFirmware};
use crate::person::{self, AddressRule, LanguageRule, PassRule};
use crate::pins::{AddresseeRule, PageAddress, PinRelease, ShownAfter};
use crate::schedules::Schedule;
use crate::stock;
use values::{addressees, contact_domains, event_types, groups, letter_sender, minimum_firmware, schedule};

settings! {
    /// Settings of the engine.
    #[derive(Debug)]
    pub struct EngineSettings in "Orders and processing" {
        /// Addressees of the PIN, in order of preference. The first one with an address receives the PIN. With
        /// `recipient`, the same person receives key and PIN.
        pub addressees: Vec<AddresseeRule> = setting("KEYFERRY_PIN_ADDRESSEES", addressees)
            .section("PIN delivery")
            .default("contacts,manager")
            .expected("a comma-separated order of `contacts`, `manager`, `recipient`")
            .example("manager"),

        /// Allowed domains of `enrollment_contacts`. If empty, orders with contacts are rejected.
        pub contact_domains: Vec<String> = setting("KEYFERRY_CONTACT_DOMAINS", contact_domains)
            .when_unset(Vec::new)
            .section("PIN delivery")
            .expected("comma-separated mail domains")
            .example("contoso.example"),

        /// How a PIN reaches its addressee. `mail`: in the mail. `page`: the mail contains a link to a page that
        /// [shows the PIN once](../how-to/show-pins-on-a-page.md), and only to the addressee. `page` needs
        /// `KEYFERRY_PORTAL=on`, and `KEYFERRY_PIN_BY` must be `smtp` or `graph`.
        pub pin_release: PinRelease = setting("KEYFERRY_PIN_RELEASE", |text| {
                parse::choice(text, &[("mail", PinRelease::Mail), ("page", PinRelease::Page)])
            })
            .section("PIN delivery")
            .default("mail")
            .expected("`mail` or `page`")
            .example("page"),

        /// When the page shows the PIN. `confirmation`: after the addressee confirms that the key has arrived.
        /// `delivery`: after the delivery service reports that the parcel was delivered. `sign-in`: at once.
        pub pin_shown_after: ShownAfter = setting("KEYFERRY_PIN_SHOWN_AFTER", |text| {
                let words = [
                    ("confirmation", ShownAfter::Confirmation),
                    ("delivery", ShownAfter::Delivery),
                    ("sign-in", ShownAfter::SignIn),
                ];
                parse::choice(text, &words)
            })
            .section("PIN delivery")
            .default("confirmation")
            .expected("`confirmation`, `delivery` or `sign-in`")
            .example("delivery"),

        /// Days for which a link to a PIN is valid.
        pub pin_link_days: u32 = setting("KEYFERRY_PIN_LINK_DAYS", |text| parse::number(text, 1, 90))
            .section("PIN delivery")
            .default("30")
            .expected("a whole number of days, 1 to 90")
            .example("14"),

        /// Whether a signed-in user with the role `Keyferry.Pin` may
        /// [print a PIN on a letter](../how-to/print-a-pin.md). Whoever prints a letter can read the PIN; without
        /// letters, no operator can.
        pub pin_letters: bool = setting("KEYFERRY_PIN_LETTERS", |text| {
                parse::choice(text, &[("on", true), ("off", false)])
            })
            .section("PIN delivery")
            .default("off")
            .expected("`on` or `off`")
            .example("on"),

        /// Sender on letters with a PIN, in one line above the address. It may be at most 80 mm wide: about 60
        /// characters.
        pub letter_sender: Option<String> = setting("KEYFERRY_LETTER_SENDER", letter_sender)
            .section("PIN delivery")
            .expected("one line of at most 100 characters")
            .example("Contoso, IT service desk, Main Street 1, 12345 Springfield"),

        /// Days after the first delivery of a PIN in which it can be resent to its addressee. After that, only a caller
        /// with the role `Keyferry.Pin` can have it sent, with a reason.
        pub pin_release_window_days: u32 = setting("KEYFERRY_PIN_RELEASE_WINDOW_DAYS", |text| {
                parse::number(text, 0, 36_500)
            })
            .section("PIN delivery")
            .default("30")
            .expected("a whole number of days; 0 sets no limit")
            .example("90"),

        /// Whether clean-up deletes the secret of a complete shipment when its release window ends, so that nobody can
        /// release its PIN any more. Otherwise the secret is deleted with its record.
        pub delete_secrets_after_window: bool = setting("KEYFERRY_DELETE_SECRETS_AFTER_WINDOW", parse::boolean)
            .section("PIN delivery")
            .default("false")
            .default_by("KEYFERRY_ROLES", &[("enforced", "true")])
            .expected("`true` or `false`")
            .example("true"),

        /// Whether a PIN is sent only after the delivery service reports that the parcel was delivered.
        pub hold_pin_until_delivered: bool = setting("KEYFERRY_HOLD_PIN_UNTIL_DELIVERED", parse::boolean)
            .section("PIN delivery")
            .default("false")
            .expected("`true` or `false`")
            .example("true"),

        /// Mails to the person whom a key is for. `ordered`: a key was ordered, with a link to
        /// [object](../how-to/tell-people-about-their-key.md). `shipped`: with the tracking number. `registered`: the
        /// key can be used. `lost`: the key was [reported as lost](../how-to/replace-a-lost-key.md#word-to-the-person);
        /// also goes to the manager. They go to the mail addresses in the directory, and contain no PIN. They need
        /// `KEYFERRY_PORTAL=on` (`lost` alone does not), and `KEYFERRY_PIN_BY` must be `smtp` or `graph`. Applies to
        /// new orders; `lost`, to new reports.
        pub person_mails: Vec<PersonMail> = setting("KEYFERRY_PERSON_MAILS", person::mail_names)
            .section("Pages for people")
            .default("none")
            .expected("`none`, or a comma-separated list of `ordered`, `shipped`, `registered`, `lost`")
            .example("ordered,shipped,registered,lost"),

        /// Whom a person should call, in mails and on pages for people.
        pub person_contact: Option<String> = setting("KEYFERRY_PERSON_CONTACT", parse::text)
            .section("Pages for people")
            .expected("a text of one line")
            .example("IT service desk, +1 555 0100"),

        /// Language of the built-in mails. `en`, `de`: the same for everybody. `directory,en`, `directory,de`: the one
        /// of the two that the addressee prefers in the directory (`preferredLanguage`), or else the one named here.
        /// Contacts of an order are not looked up, and get the one named here.
        pub mail_language: LanguageRule = setting("KEYFERRY_MAIL_LANGUAGE", LanguageRule::parse)
            .section("Pages for people")
            .default("directory,en")
            .expected("`directory,en`, `directory,de`, `en` or `de`")
            .example("directory,de"),

        /// Days for which a link in a mail to the person is valid.
        pub person_link_days: u32 = setting("KEYFERRY_PERSON_LINK_DAYS", |text| parse::number(text, 1, 365))
            .section("Pages for people")
            .default("60")
            .expected("a whole number of days, 1 to 365")
            .example("30"),

        /// Who gives the address of orders of the queue that leave it out. `caller`: such orders are rejected, unless
        /// the address is filled from the directory. `order`: the same, except for an order that contains
        /// `"address_by": "person"`: its person gets a mail with a link, and
        /// [gives the address](../how-to/let-people-give-their-address.md). `person`: so does the person of each such
        /// order, except for one that contains `"address_by": "caller"`. `order` and `person` need
        /// `KEYFERRY_PORTAL=on`, and `KEYFERRY_PIN_BY` must be `smtp` or `graph`.
        pub address_by: AddressRule = setting("KEYFERRY_ADDRESS_BY", |text| {
                let rules = [AddressRule::Caller, AddressRule::Order, AddressRule::Person];
                parse::choice(text, &["caller", "order", "person"].into_iter().zip(rules).collect::<Vec<_>>())
            })
            .section("Pages for people")
            .default("caller")
            .expected("`caller`, `order` or `person`")
            .example("person"),

        /// Days in which the person can give the address. After that, an operator must act.
        pub address_days: u32 = setting("KEYFERRY_ADDRESS_DAYS", |text| parse::number(text, 1, 365))
            .section("Pages for people")
            .default("14")
            .expected("a whole number of days, 1 to 365")
            .example("21"),

        /// Days after which the person is reminded of the address.
        pub address_reminder_days: Vec<u32> = setting("KEYFERRY_ADDRESS_REMINDER_DAYS", person::reminder_days)
            .section("Pages for people")
            .default("3,7")
            .expected("`none`, or a comma-separated list of days in ascending order")
            .example("2,5,10"),

        /// Who sees the [temporary access pass](../how-to/replace-a-lost-key.md#a-pass-for-the-meantime) that can be
        /// requested with the report of a lost key. `off`: none can be requested. `manager`: the manager of the person.
        /// `person`: the person, who must then be able to sign in another way. `manager` and `person` need
        /// `KEYFERRY_PORTAL=on`, `KEYFERRY_PIN_BY` must be `smtp` or `graph`, and the app registration needs further
        /// permissions.
        pub access_pass: PassRule = setting("KEYFERRY_ACCESS_PASS", |text| {
                let rules = [PassRule::Off, PassRule::Manager, PassRule::Person];
                parse::choice(text, &["off", "manager", "person"].into_iter().zip(rules).collect::<Vec<_>>())
            })
            .section("Pages for people")
            .default("off")
            .expected("`off`, `manager` or `person`")
            .example("manager"),

        /// Lifetime of a temporary access pass in minutes, from the moment at which it is shown. The policy of the
        /// identity provider must allow it.
        pub access_pass_minutes: u32 = setting("KEYFERRY_ACCESS_PASS_MINUTES", |text| {
                parse::number(text, 10, 43_200)
            })
            .section("Pages for people")
            .default("60")
            .expected("a whole number of minutes, 10 to 43200")
            .example("120"),

        /// Schedule for processing open shipments.
        pub process_schedule: Schedule = setting("CRON_PROCESS_SHIPMENT_SCHEDULE", schedule)
            .section("Schedules and clean-up")
            .default("0 0 * * * *")
            .expected("six-field cron expression (UTC), or `-` to disable")
            .example("0 */30 * * * *")
            .status(),

        /// Schedule for clean-up.
        pub cleanup_schedule: Schedule = setting("CRON_DATA_CLEANUP_SCHEDULE", schedule)
            .section("Schedules and clean-up")
            .default("0 30 * * * *")
            .expected("six-field cron expression (UTC), or `-` to disable")
            .example("0 30 2 * * *")
            .status(),

        /// Schedule for the reconciliation, which compares the records with the delivery service and the identity
        /// provider. It makes about one call to the identity provider for each person with a key.
        pub reconcile_schedule: Schedule = setting("KEYFERRY_RECONCILE_SCHEDULE", schedule)
            .section("Schedules and clean-up")
            .default("-")
            .expected("six-field cron expression (UTC), or `-` to disable")
            .example("0 0 1 * * SUN"),

        /// Days after which finished shipments are deleted, with their secrets and history.
        pub cleanup_completed_days: u32 = setting("CRON_DATA_CLEANUP_COMPLETED_DAYS", |text| {
                parse::number(text, 0, 36_500)
            })
            .section("Schedules and clean-up")
            .default("0")
            .expected("a whole number of days; 0 keeps everything")
            .example("90")
            .status(),

        /// Alarms about the stock: for each inventory, the number of keys below which it is low. See
        /// [Watch the stock](../how-to/watch-the-stock.md).
        pub stock_thresholds: BTreeMap<i64, i64> = setting("KEYFERRY_STOCK_THRESHOLDS", stock::thresholds)
            .when_unset(BTreeMap::new)
            .expected("comma-separated `inventory=keys`, each inventory once")
            .example("106=50, 107=20"),

        /// Roll-over: an order for an inventory that is empty goes to the next one that is not. Each order of
        /// preference names inventories, and each inventory is in one of them at most. See
        /// [Watch the stock](../how-to/watch-the-stock.md#roll-over).
        pub stock_preferences: Vec<Vec<i64>> = setting("KEYFERRY_STOCK_ROLL_OVER", stock::preferences)
            .when_unset(Vec::new)
            .expected("comma-separated `inventory>inventory`, each inventory once")
            .example("106>107>133, 44>18"),

        /// Time after which a caller that waits for its order receives status 504. If the order was already sent by
        /// then, it continues. Otherwise nothing is ordered.
        pub create_budget: Duration = setting("KEYFERRY_CREATE_BUDGET_SECONDS", |text| {
                parse::number(text, 5, 120).map(Duration::from_secs)
            })
            .default("30")
            .expected("whole seconds, 5 to 120")
            .example("60"),

        /// Time before the expiry of a challenge at which the alarm is raised.
        pub deadline_alarm: Duration = setting("KEYFERRY_DEADLINE_ALARM_HOURS", |text| {
                parse::number(text, 0, 720).map(|hours: u64| Duration::from_secs(hours * 3600))
            })
            .default("48")
            .expected("whole hours")
            .example("72"),

        /// Days that a parcel usually takes from the order to its arrival. An order whose `needed_by` is earlier raises
        /// an alarm.
        pub usual_delivery_days: u32 = setting("KEYFERRY_USUAL_DELIVERY_DAYS", |text| parse::number(text, 0, 365))
            .default("10")
            .expected("a whole number of days")
            .example("21"),

        /// Whether Keyferry checks before a registration by user name that the name still belongs to the same user.
        pub compare_user_handle: bool = setting("KEYFERRY_COMPARE_USER_HANDLE", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Whether an order for a user with an open order is rejected with status 409, unless it contains
        /// `"additional": true`.
        pub one_open_order_per_user: bool = setting("KEYFERRY_ONE_OPEN_ORDER_PER_USER", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Whether data of the recipient that an order lacks is filled from the directory. Applies to orders of the
        /// queue, batches and checks. Requires the permission to read users.
        pub fill_from_directory: bool = setting("KEYFERRY_FILL_FROM_DIRECTORY", parse::boolean)
            .default("false")
            .expected("`true` or `false`")
            .example("true"),

        /// Groups for whose members keys may be ordered, also for members through other groups. If empty, keys may be
        /// ordered for all users.
        pub allowed_groups: Vec<ObjectId> = setting("KEYFERRY_ALLOWED_GROUPS", groups)
            .when_unset(Vec::new)
            .expected("comma-separated object ids of groups")
            .example("9c0ffee0-0000-4000-8000-000000000001"),

        /// Groups for whose members no keys may be ordered, also for members through other groups. They take precedence
        /// over `KEYFERRY_ALLOWED_GROUPS`, and no role of a caller permits an exception.
        pub excluded_groups: Vec<ObjectId> = setting("KEYFERRY_EXCLUDED_GROUPS", groups)
            .when_unset(Vec::new)
            .expected("comma-separated object ids of groups")
            .example("9c0ffee0-0000-4000-8000-000000000002"),

        /// Orders for users who hold a privileged directory role: with `refuse`, only callers with the role
        /// `Keyferry.Admin` may place them.
        pub privileged_users: PrivilegedUsers = setting("KEYFERRY_PRIVILEGED_USERS", |text| {
                let words = [("allow", PrivilegedUsers::Allow), ("refuse", PrivilegedUsers::Refuse)];
                parse::choice(text, &words)
            })
            .default("allow")
            .default_by("KEYFERRY_ROLES", &[("enforced", "refuse")])
            .expected("`allow` or `refuse`")
            .example("refuse"),

        /// Customizations that the organisation has at the delivery service. A check of orders reports all others. If
        /// empty, customizations are not checked, because the delivery service offers no list of them.
        pub customizations: Vec<String> = setting("KEYFERRY_CUSTOMIZATIONS", parse::nonempty_list)
            .when_unset(Vec::new)
            .expected("comma-separated ids of customizations")
            .example("RXJN83,CUSTID"),

        /// Shortest PIN that an order may request. The guide's limit of 4 applies with `KEYFERRY_ROLES=drop-in`.
        pub min_pin_length: PinLength = setting("KEYFERRY_MIN_PIN_LENGTH", |text| {
                let length = parse::number(text, PinLength::MIN, PinLength::MAX)?;
                PinLength::try_from(length).map_err(|error| error.to_string().into())
            })
            .default("4")
            .default_by("KEYFERRY_ROLES", &[("enforced", "6")])
            .expected("a whole number, 4 to 63")
            .example("8"),

        /// Minimum firmware version of keys: one for all products, or a JSON object of product ids to versions, in
        /// which `*` stands for all other products. A key with older or unknown firmware is not registered.
        pub minimum_firmware: MinimumFirmware = setting("KEYFERRY_MINIMUM_FIRMWARE", minimum_firmware)
            .when_unset(MinimumFirmware::default)
            .expected("a version such as `5.7`, or a JSON object of product ids to versions")
            .example(r#"{"29": "5.7", "*": "5.4.3"}"#),

        /// What happens to keys of models that the FIDO metadata reports as compromised: with `refuse`, they are not
        /// registered; with `warn`, they are registered and a warning is logged. Needs `KEYFERRY_FIDO_METADATA_FILE`.
        pub compromised_models: CompromisedModels = setting("KEYFERRY_COMPROMISED_MODELS", |text| {
                let words = [("refuse", CompromisedModels::Refuse), ("warn", CompromisedModels::Warn)];
                parse::choice(text, &words)
            })
            .default("refuse")
            .expected("`refuse` or `warn`")
            .example("warn"),

        /// Name of the registered method in the user's security info. Truncated to 30 characters.
        pub display_name: DisplayName = setting("KEYFERRY_DISPLAY_NAME", |text| Ok(DisplayName::new(text)?))
            .default("YubiKey {{ serial }}")
            .expected("a template with `serial`, `firmware`, `product_id`")
            .example("{{ serial }} (FIDO)"),

        /// URL that receives events, in addition to the webhooks that are created by API.
        pub webhook_url: Option<String> = setting("KEYFERRY_WEBHOOK_URL", parse::text)
            .section("Webhooks")
            .expected("an https URL")
            .example("https://hooks.contoso.example/keyferry"),

        /// Secret that signs the messages to `KEYFERRY_WEBHOOK_URL`. During a rotation, the new and the old one,
        /// separated by a space: the messages have both signatures.
        pub webhook_secret: Option<Secret> = secret("KEYFERRY_WEBHOOK_SECRET")
            .section("Webhooks")
            .expected("`whsec_` and base64 of 24 to 64 random bytes")
            .example("whsec_…"),

        /// Types of events that `KEYFERRY_WEBHOOK_URL` receives. If empty, it receives all.
        pub webhook_events: Vec<String> = setting("KEYFERRY_WEBHOOK_EVENTS", event_types)
            .when_unset(Vec::new)
            .section("Webhooks")
            .expected("comma-separated [types of events](webhooks.md#types-of-events)")
            .example("shipment.registered,shipment.completed"),

        /// Lifetime of the challenge that Keyferry requests, in whole minutes. The program sets it from the identity
        /// provider's setting.
        pub challenge_lifetime: Duration = fixed(|| Duration::from_secs(20_160 * 60)),

        /// Time after which a record in phase `Submitting` is considered abandoned by its task.
        pub submitting_claim: Duration = fixed(|| Duration::from_secs(300)),

        /// Time after which a claim expires unless renewed. While the work runs, it is renewed three times in this
        /// period.
        pub claim: Duration = fixed(|| Duration::from_secs(90)),

        /// Number of shipments processed concurrently.
        pub concurrency: usize = fixed(|| 4),

        /// Number of queued orders sent concurrently.
        pub queue_concurrency: usize = fixed(|| 4),

        /// Longest time to wait for an on-demand run.
        pub on_demand_wait: Duration = fixed(|| Duration::from_secs(20)),

        /// Pause between the lookups after a registration with unknown outcome.
        pub settle_pause: Duration = fixed(|| Duration::from_secs(2)),

        /// Lifetime of an idempotency key.
        pub idempotency_lifetime: Duration = fixed(|| Duration::from_secs(7 * 24 * 3600)),

        /// Root and intermediate certificates that an attestation must chain to. Empty until the program sets them.
        pub trust_anchors: TrustAnchors = fixed(TrustAnchors::default),

        /// FIDO metadata with the status of models. `None` if the administrator provides none.
        pub fido_metadata: Option<Arc<Metadata>> = fixed(|| None),

        /// Extension of attestation certificates that contains the firmware version. `None` until the program sets it.
        pub firmware_extension: Option<FirmwareExtension> = fixed(|| None),

        /// Address of the page that shows PINs. The program sets it when it is known.
        pub pin_page: PageAddress = fixed(PageAddress::default),

        /// Address of the page on which a person gives an address. The program sets it when it is known.
        pub address_page: PageAddress = fixed(PageAddress::default),

        /// Address of the page on which a person can object. The program sets it when it is known.
        pub object_page: PageAddress = fixed(PageAddress::default),

        /// Address of the page that shows a temporary access pass. The program sets it when it is known.
        pub pass_page: PageAddress = fixed(PageAddress::default),

        /// Possible authenticator models of each product, as far as known. Keyed by the delivery service's product id.
        pub product_aaguids: BTreeMap<i64, Vec<Aaguid>> = fixed(BTreeMap::new),
    }
}

/// What happens to orders for users who hold a privileged role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivilegedUsers {
    /// They are accepted. Roles are not read.
    Allow,
    /// They are refused, unless the caller may make exceptions.
    Refuse,
}

impl EngineSettings {
    /// Returns the defaults, with the given trust anchors.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser accepts")]
    pub fn new(trust_anchors: TrustAnchors) -> Self {
        Self { trust_anchors, ..Self::defaults().expect("defaults") }
    }
}
