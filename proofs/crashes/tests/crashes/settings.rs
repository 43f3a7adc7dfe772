//! The connector's settings, as environment variables.

use std::path::Path;

use crate::case::{PinBy, Work};
use crate::world::World;
use keyferry_proof_support::{AUDIENCE, TEST_CLIENT};

const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke\
                         ?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sandbox-logic-app-signature";
const MAILBOX: &str = "keys@contoso.onmicrosoft.com";

/// Switches clean-up off, which would let SQLite write over old content of a full disk. Gives an order time for all its
/// attempts to write.
pub(crate) fn without_clean_up(environment: &mut [(&'static str, String)]) {
    for (name, value) in environment {
        match *name {
            "CRON_DATA_CLEANUP_SCHEDULE" => "-".clone_into(value),
            "KEYFERRY_CREATE_BUDGET_SECONDS" => "30".clone_into(value),
            _ => {}
        }
    }
}

/// Returns the settings that the work needs besides.
pub(crate) fn of_work(work: Work) -> &'static [(&'static str, &'static str)] {
    const PAGES: [(&str, &str); 3] =
        [("KEYFERRY_BIND", "127.0.0.1"), ("KEYFERRY_CONSOLE", "on"), ("KEYFERRY_PORTAL", "on")];
    const ASKS: [(&str, &str); 6] = [
        PAGES[0],
        PAGES[1],
        PAGES[2],
        ("KEYFERRY_ADDRESS_BY", "person"),
        ("KEYFERRY_ADDRESS_DAYS", "20"),
        ("KEYFERRY_ADDRESS_REMINDER_DAYS", "1"),
    ];
    const LEAVER: [(&str, &str); 7] =
        [ASKS[0], ASKS[1], ASKS[2], ASKS[3], ASKS[4], ASKS[5], ("KEYFERRY_HOLD_PIN_UNTIL_DELIVERED", "true")];
    const ADDRESS: [(&str, &str); 7] =
        [ASKS[0], ASKS[1], ASKS[2], ASKS[3], ASKS[4], ASKS[5], ("KEYFERRY_PERSON_MAILS", "ordered")];
    const PIN_PAGE: [(&str, &str); 4] = [PAGES[0], PAGES[1], PAGES[2], ("KEYFERRY_PIN_RELEASE", "page")];
    match work {
        Work::Leaver => &LEAVER,
        Work::Address => &ADDRESS,
        Work::PinPage => &PIN_PAGE,
        Work::Lost => &[("KEYFERRY_PERSON_MAILS", "lost")],
        Work::Single | Work::Queued | Work::Batch | Work::Returned => &[],
    }
}

pub(crate) fn environment(world: &World, pin_by: PinBy, dir: &Path) -> Vec<(&'static str, String)> {
    let (text, base) = (str::to_owned, &world.base);
    let (root, authority) = (dir.join("root.pem"), dir.join("mail.pem"));
    std::fs::write(&root, world.attestation_root()).unwrap();
    std::fs::write(&authority, world.mail_authority()).unwrap();
    let (app, secret) = match pin_by {
        // The guide's single permission: the connector reads neither users nor managers.
        PinBy::LogicApp => ("0c0ffee0-0000-4000-8000-000000000004", "sandbox-guide-connector-secret"),
        PinBy::Smtp | PinBy::Graph => ("0c0ffee0-0000-4000-8000-000000000001", "sandbox-connector-secret"),
    };
    let mut values = vec![
        ("AZURE_TENANT_ID", text("11111111-2222-4333-8444-555555555555")),
        ("ENTRA_FIDO_API_CLIENT_ID", text(app)),
        ("ENTRA_FIDO_API_CLIENT_SECRET", text(secret)),
        ("MS_LOGIN_ONLINE_ENDPOINT", text(base)),
        ("MS_GRAPH_ENDPOINT", text(base)),
        ("YE_API_BASE_URL", format!("{base}/delivery/v1")),
        ("YE_JWKS_SIGN_ENDPOINT", format!("{base}/.well-known/yubico-sign.jwks")),
        ("YE_JWKS_TRANSPORT_ENDPOINT", format!("{base}/.well-known/yubico-transport-keys.jwks")),
        ("YED_API_TOKEN", text("sandbox-delivery-token")),
        ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", format!("[\"{AUDIENCE}\"]")),
        ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", format!("[\"{}\"]", TEST_CLIENT.0)),
        // All orders of a case are for one user.
        ("KEYFERRY_ONE_OPEN_ORDER_PER_USER", "false".to_owned()),
        ("KEYFERRY_ORDERS_PER_PERSON", "unlimited".to_owned()),
        ("KEYFERRY_RESENDS_PER_PERSON", "unlimited".to_owned()),
        ("KEYFERRY_TRUST_ANCHORS", root.display().to_string()),
        ("KEYFERRY_EXTRA_CA_FILE", authority.display().to_string()),
        ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", text("0")),
        // The check would fail in a container, whose own file system does not survive it.
        ("KEYFERRY_CHECK_DATA_DISK", "false".to_owned()),
        ("KEYFERRY_DATA_DIR", dir.join("data").display().to_string()),
        ("KEYFERRY_CREATE_BUDGET_SECONDS", text("10")),
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", text("-")),
        ("CRON_DATA_CLEANUP_SCHEDULE", text("* * * * * *")),
        // More than a clock is wrong.
        ("CRON_DATA_CLEANUP_COMPLETED_DAYS", text("2")),
        ("LOGGING_LEVEL_COM_YUBICO", text("DEBUG")),
    ];
    match pin_by {
        PinBy::LogicApp => values.push(("SEND_PIN_URL", format!("{base}{LOGIC_APP}"))),
        PinBy::Graph => values.extend([("KEYFERRY_PIN_BY", text("graph")), ("KEYFERRY_MAIL_FROM", text(MAILBOX))]),
        PinBy::Smtp => values.extend([
            ("KEYFERRY_PIN_BY", text("smtp")),
            ("KEYFERRY_SMTP_HOST", text("127.0.0.1")),
            ("KEYFERRY_SMTP_PORT", world.smtp_port().to_string()),
            ("KEYFERRY_SMTP_USER", text(MAILBOX)),
            ("KEYFERRY_SMTP_PASSWORD", text("sandbox-smtp-password")),
            ("KEYFERRY_MAIL_FROM", text(MAILBOX)),
        ]),
    }
    values
}
