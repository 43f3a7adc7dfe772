//! The one table of settings. The reference page is printed from it.

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// The default as it would be written; empty when there is none.
    pub(crate) default: &'static str,
    /// What holds when it is not set and other settings decide, for the reference page; empty when they do not.
    pub(crate) otherwise: &'static str,
    pub(crate) required: bool,
    /// Never printed; also accepted as `<NAME>_FILE`, a path to a file with the value.
    pub(crate) secret: bool,
    /// What is expected, as it stands in errors.
    pub(crate) expected: &'static str,
    pub(crate) example: &'static str,
    /// What it changes, for the reference page.
    pub(crate) meaning: &'static str,
    pub(crate) group: Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Entra,
    Delivery,
    Callers,
    Pin,
    Schedule,
    Flow,
    Service,
    Azure,
}

impl Group {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Entra, "Microsoft Entra ID and Graph"),
        (Self::Delivery, "Delivery service"),
        (Self::Callers, "Who may call"),
        (Self::Pin, "PIN delivery"),
        (Self::Schedule, "Schedules and clean-up"),
        (Self::Flow, "The flow"),
        (Self::Service, "The service itself"),
        (Self::Azure, "Azure stores"),
    ];
}

const fn setting(
    group: Group,
    name: &'static str,
    default: &'static str,
    expected: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, otherwise: "", required: false, secret: false, expected, example, meaning, group }
}

const fn required(mut setting: Setting) -> Setting {
    setting.required = true;
    setting
}

const fn otherwise(mut setting: Setting, otherwise: &'static str) -> Setting {
    setting.otherwise = otherwise;
    setting
}

const fn secret(mut setting: Setting) -> Setting {
    setting.secret = true;
    setting
}

use Group::{Azure, Callers, Delivery, Entra, Flow, Pin, Schedule, Service};

/// All settings. Names without `KEYFERRY_` are the guide's.
pub(crate) const SETTINGS: &[Setting] = &[
    required(setting(
        Entra,
        "AZURE_TENANT_ID",
        "",
        "the tenant's GUID",
        "11111111-2222-4333-8444-555555555555",
        "The Entra tenant in which keys are registered, and whose tokens callers present.",
    )),
    required(setting(
        Entra,
        "ENTRA_FIDO_API_CLIENT_ID",
        "",
        "the app registration's client id, a GUID",
        "0c0ffee0-0000-4000-8000-000000000001",
        "The connector's own app registration.",
    )),
    required(secret(setting(
        Entra,
        "ENTRA_FIDO_API_CLIENT_SECRET",
        "",
        "the client secret's value (not its id)",
        "",
        "The connector's client secret. Read anew when the token endpoint refuses it, so a rotated file needs no restart.",
    ))),
    setting(
        Entra,
        "ENTRA_FIDO_API_VERSION",
        "beta",
        "`beta` (`v1.0` cannot work: its challenge lives for five minutes)",
        "beta",
        "Graph version for creation options and methods.",
    ),
    setting(
        Entra,
        "ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES",
        "20160",
        "whole minutes, 5 to 43200",
        "20160",
        "How long the challenge may live: from the order until the key is registered. 20160 is 14 days.",
    ),
    setting(
        Entra,
        "MS_Login_Online_Endpoint",
        "https://login.microsoftonline.com",
        "an https URL",
        "https://login.microsoftonline.us",
        "Token endpoint's host; the one to change for national clouds.",
    ),
    setting(
        Entra,
        "MS_Graph_Endpoint",
        "https://graph.microsoft.com",
        "an https URL",
        "https://graph.microsoft.us",
        "Graph's host; the one to change for national clouds.",
    ),
    setting(
        Entra,
        "KEYFERRY_CREATION_OPTIONS_FORM",
        "function",
        "`function` or `query`",
        "query",
        "How the challenge's lifetime is passed: `creationOptions(challengeTimeoutInMinutes=n)` or `creationOptions?challengeTimeoutInMinutes=n`. Both have been seen to work; only the first is documented.",
    ),
    setting(
        Entra,
        "KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS",
        "5",
        "a whole number; 0 for no limit",
        "5",
        "Pace of calls to Graph. 5 is the documented limit that may apply to authentication methods.",
    ),
    setting(
        Delivery,
        "YE_API_BASE_URL",
        "https://api.console.yubico.com/v1",
        "an https URL up to and with the version",
        "https://portal.yubico.com/api/v1",
        "The delivery service.",
    ),
    setting(
        Delivery,
        "YE_JWKS_SIGN_ENDPOINT",
        "https://console.yubico.com/.well-known/yubico-sign.jwks",
        "an https URL",
        "",
        "Published keys that sign responses.",
    ),
    setting(
        Delivery,
        "YE_JWKS_TRANSPORT_ENDPOINT",
        "https://console.yubico.com/.well-known/yubico-transport-keys.jwks",
        "an https URL",
        "",
        "Published keys that requests are sealed to.",
    ),
    required(secret(setting(
        Delivery,
        "YED_API_TOKEN",
        "",
        "the API token",
        "",
        "The delivery service's API token; lives for a year. Read anew when it is refused, so a rotated file needs no restart.",
    ))),
    setting(
        Delivery,
        "KEYFERRY_ENVELOPE_FORMAT",
        "keyferry-1",
        "`keyferry-1`",
        "keyferry-1",
        "Format of the plaintexts inside the envelopes, see the envelope page.",
    ),
    setting(
        Delivery,
        "KEYFERRY_ENVELOPE_ALG",
        "ECDH-ES+A256KW",
        "`ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`",
        "ECDH-ES",
        "JWE `alg` of requests.",
    ),
    setting(
        Delivery,
        "KEYFERRY_ENVELOPE_ENC",
        "A256GCM",
        "`A128GCM`, `A192GCM` or `A256GCM`",
        "A128GCM",
        "JWE `enc` of requests.",
    ),
    setting(
        Delivery,
        "KEYFERRY_CHECK_SHIPMENT_LIMITS",
        "true",
        "`true` or `false`",
        "false",
        "Whether the delivery service's field limits are checked before anybody is asked. Off: its own answer decides.",
    ),
    setting(
        Callers,
        "FIDO_Connector_Allowed_Audiences",
        "",
        "a JSON array of strings",
        "[\"api://fido-connector-api.contoso.onmicrosoft.com\"]",
        "Audiences that a caller's token may be for. Without a list the service does not start.",
    ),
    setting(
        Callers,
        "FIDO_Connector_Allowed_Client_Apps",
        "",
        "a JSON array of client ids",
        "[\"0c0ffee0-0000-4000-8000-000000000002\"]",
        "Applications that may call. Without a list the service does not start.",
    ),
    setting(
        Callers,
        "KEYFERRY_CALLERS_CHECKED_BY",
        "keyferry",
        "`keyferry`, or `platform` when whatever stands in front checks every caller",
        "platform",
        "Who checks callers. `platform` switches the connector's own check off.",
    ),
    setting(
        Callers,
        "KEYFERRY_REQUIRED_ROLE",
        "",
        "an application role",
        "Shipments.Create",
        "A role that a caller's token must carry.",
    ),
    setting(
        Callers,
        "KEYFERRY_TOKEN_METADATA_URL",
        "",
        "an https URL",
        "https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration",
        "OpenID configuration of whoever issues callers' tokens. Made from the login endpoint and the tenant when not set.",
    ),
    setting(
        Callers,
        "KEYFERRY_TOKEN_ISSUERS",
        "",
        "a JSON array of strings",
        "[\"https://sts.chinacloudapi.cn/TENANT/\"]",
        "Issuers accepted beside the tenant's own two.",
    ),
    setting(Pin, "KEYFERRY_PIN_BY", "logic-app", "`logic-app`, `smtp` or `graph`", "smtp", "Which way the PIN goes."),
    secret(setting(
        Pin,
        "SEND_PIN_URL",
        "",
        "the Logic App's workflow URL, https",
        "",
        "Where the PIN goes with `logic-app`. The URL's query holds a signature: treat it as a secret. Read at start only: a change needs a restart. `EMAIL_API_SEND_ENDPOINT` is accepted, too.",
    )),
    setting(Pin, "KEYFERRY_SMTP_HOST", "", "a host name", "smtp.contoso.example", "Mail server for `smtp`."),
    otherwise(setting(Pin, "KEYFERRY_SMTP_PORT", "", "a port", "2525", "Its port."), "`587`, or `465` with `implicit`"),
    setting(
        Pin,
        "KEYFERRY_SMTP_TLS",
        "starttls",
        "`starttls` or `implicit`",
        "implicit",
        "How TLS begins. There is no way without.",
    ),
    setting(
        Pin,
        "KEYFERRY_SMTP_USER",
        "",
        "a user name",
        "keys@contoso.example",
        "User for the mail server; none for a server that asks for none.",
    ),
    secret(setting(Pin, "KEYFERRY_SMTP_PASSWORD", "", "the password", "", "Password for the mail server.")),
    setting(
        Pin,
        "KEYFERRY_MAIL_FROM",
        "",
        "a mail address",
        "keys@contoso.example",
        "Sender of PIN mails, with `smtp`; with `graph` the mailbox that sends.",
    ),
    setting(
        Pin,
        "KEYFERRY_TEMPLATES",
        "",
        "a path to a folder",
        "/etc/keyferry/templates",
        "Folder with your own `pin.subject.txt`, `pin.txt`, `pin.html` (mails) or `send-pin.json` (what the Logic App gets); what is missing there is taken from the program.",
    ),
    setting(
        Pin,
        "KEYFERRY_PIN_ADDRESSEES",
        "contacts,manager",
        "a comma-separated order of `contacts`, `manager`, `recipient`",
        "manager",
        "Who gets the PIN: the first that has an address. `recipient` puts key and PIN into one hand.",
    ),
    setting(
        Pin,
        "KEYFERRY_CONTACT_DOMAINS",
        "",
        "comma-separated mail domains",
        "contoso.example",
        "Domains to which `enrollment_contacts` may belong. Empty: orders with contacts are refused.",
    ),
    setting(
        Schedule,
        "CRON_PROCESS_SHIPMENT_SCHEDULE",
        "0 0 * * * *",
        "six-field cron (UTC), or `-` for never",
        "0 */30 * * * *",
        "When open shipments are processed.",
    ),
    setting(
        Schedule,
        "CRON_DATA_CLEANUP_SCHEDULE",
        "0 30 * * * *",
        "six-field cron (UTC), or `-` for never",
        "0 30 2 * * *",
        "When clean-up runs.",
    ),
    setting(
        Schedule,
        "CRON_DATA_CLEANUP_COMPLETED_DAYS",
        "0",
        "a whole number of days; 0 keeps everything",
        "90",
        "After how many days settled shipments go, with their secrets and history.",
    ),
    setting(
        Flow,
        "KEYFERRY_CREATE_BUDGET_SECONDS",
        "30",
        "whole seconds, 5 to 120",
        "60",
        "How long a caller waits for its order before it gets 504; the order goes on.",
    ),
    setting(
        Flow,
        "KEYFERRY_DEADLINE_ALARM_HOURS",
        "48",
        "whole hours",
        "72",
        "How long before a challenge runs out the alarm is raised.",
    ),
    setting(
        Flow,
        "KEYFERRY_COMPARE_USER_HANDLE",
        "true",
        "`true` or `false`",
        "false",
        "Whether a registration by user name is preceded by a check that the name still means the same person.",
    ),
    setting(
        Flow,
        "KEYFERRY_ONE_OPEN_ORDER_PER_USER",
        "false",
        "`true` or `false`",
        "true",
        "Whether an order for a user who has an open one is refused with 409.",
    ),
    setting(
        Flow,
        "KEYFERRY_DISPLAY_NAME",
        "YubiKey {{ serial }}",
        "a template with `serial`, `firmware`, `product_id`",
        "{{ serial }} (FIDO)",
        "Name of the method as the user finds it; cut to 30 characters.",
    ),
    setting(
        Flow,
        "KEYFERRY_TRUST_ANCHORS",
        "",
        "a path to a PEM file",
        "/etc/keyferry/roots.pem",
        "Roots to which attestations must chain, in place of the vendor's, which come with the program.",
    ),
    setting(
        Flow,
        "KEYFERRY_PRODUCT_AAGUIDS",
        "",
        "a JSON object of product ids to arrays of AAGUIDs",
        "{\"29\": [\"a25342c0-3cdc-4414-8e46-f4807fca511c\"]}",
        "Models that a product may turn out to be. A product that is not named is not checked. Set, it replaces what comes with the program.",
    ),
    setting(Service, "KEYFERRY_BIND", "127.0.0.1", "an IP address", "0.0.0.0", "Address that the service listens on."),
    setting(Service, "KEYFERRY_API_PORT", "8080", "a port; 0 for any free one", "8080", "Port of the API."),
    setting(
        Service,
        "KEYFERRY_PROBE_PORT",
        "8081",
        "a port; 0 for any free one",
        "8081",
        "Port of `/livez` and `/readyz`.",
    ),
    setting(
        Service,
        "KEYFERRY_DATA_DIR",
        "./keyferry-data",
        "a path to a folder on a local disk",
        "/var/lib/keyferry",
        "Where shipments and sealed secrets are kept.",
    ),
    setting(
        Service,
        "KEYFERRY_KEY_FILE",
        "",
        "a path to a file of mode 0600",
        "/etc/keyferry/keyferry.key",
        "The key that seals the secrets; made when missing. In the data directory when not set: set it, so that a backup of the data need not carry its key.",
    ),
    setting(
        Service,
        "KEYFERRY_EXTRA_CA_FILE",
        "",
        "a path to a PEM file",
        "/etc/keyferry/proxy-ca.pem",
        "Certificate authorities to trust beside the system's, for outgoing calls and mail.",
    ),
    setting(
        Service,
        "LOGGING_LEVEL_COM_YUBICO",
        "INFO",
        "`OFF`, `FATAL` (the same as `ERROR`), `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`",
        "DEBUG",
        "How much is logged.",
    ),
    setting(
        Service,
        "KEYFERRY_LOG_FORMAT",
        "json",
        "`json` or `text`",
        "text",
        "Form of log lines, on standard output: [one JSON object a line](logs.md), or text for people.",
    ),
    setting(
        Azure,
        "AZURE_TABLES_ENDPOINT",
        "",
        "not set: this version keeps shipments in the data directory",
        "",
        "Not available yet; setting it is refused rather than ignored.",
    ),
    setting(
        Azure,
        "AZURE_TABLES_SHIPMENTS_TABLE_NAME",
        "fprshipments",
        "`fprshipments`",
        "",
        "Name of the table, which cannot be changed in the embedded store.",
    ),
    setting(
        Azure,
        "AZURE_KEY_VAULT_ENDPOINT",
        "",
        "not set: this version keeps secrets in the data directory",
        "",
        "Not available yet; setting it is refused rather than ignored.",
    ),
];

/// The setting of that name.
pub(crate) fn lookup(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
