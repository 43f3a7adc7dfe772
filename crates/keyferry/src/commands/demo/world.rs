//! Settings of a connector for the sandbox.

use std::io::Write as _;

use keyferry_sandbox::RunningSandbox;
use tempfile::NamedTempFile;

use crate::cli::{Demo, Listen, PinChannel, PinRelease};

pub(super) const TENANT_ID: &str = "11111111-2222-4333-8444-555555555555";
pub(super) const TENANT: &str = "contoso.onmicrosoft.com";
pub(super) const AUDIENCE: &str = "api://fido-connector-api.contoso.onmicrosoft.com";
pub(super) const CLIENT_ID: &str = "0c0ffee0-0000-4000-8000-000000000002";
pub(super) const CLIENT_SECRET: &str = "sandbox-test-client-secret";
pub(super) const CONNECTOR_ID: &str = "0c0ffee0-0000-4000-8000-000000000001";
/// Password of each user of the sandbox.
pub(super) const USER_PASSWORD: &str = "sandbox-password";
/// The connector's app credentials: setting and value.
pub(super) const CONNECTOR_SECRET: (&str, &str) = ("ENTRA_FIDO_API_CLIENT_SECRET", "sandbox-connector-secret");
pub(super) const DELIVERY_TOKEN: (&str, &str) = ("YED_API_TOKEN", "sandbox-delivery-token");
/// Path and query of the sandbox's Logic App.
const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke\
                         ?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sandbox-logic-app-signature";
/// As in the settings.
const DEFAULT_API_PORT: u16 = 8080;
const MAILBOX: &str = "keys@contoso.onmicrosoft.com";

/// Temporary files of the demo.
pub(super) struct Files {
    attestation_root: NamedTempFile,
    authority: NamedTempFile,
    /// Certificate for Azurite.
    pub(super) certificate: NamedTempFile,
    pub(super) key: NamedTempFile,
}

pub(super) fn files(sandbox: &RunningSandbox) -> std::io::Result<Files> {
    let write = |content: String| {
        let mut file = NamedTempFile::with_prefix("keyferry-demo-")?;
        file.write_all(content.as_bytes())?;
        file.flush()?;
        Ok::<_, std::io::Error>(file)
    };
    let [certificate, key] = sandbox.certificate_pem();
    Ok(Files {
        attestation_root: write(sandbox.attestation_root_pem())?,
        authority: write(sandbox.ca_pem())?,
        certificate: write(certificate)?,
        key: write(key)?,
    })
}

/// Returns the settings of a connector that uses this sandbox.
pub(super) fn settings(sandbox: &RunningSandbox, pin_by: PinChannel, files: &Files) -> Vec<(&'static str, String)> {
    let base = sandbox.base_url().as_str().trim_end_matches('/');
    let smtp = sandbox.addresses().smtp;
    let mut values = vec![
        ("AZURE_TENANT_ID", TENANT_ID.to_owned()),
        ("ENTRA_FIDO_API_CLIENT_ID", CONNECTOR_ID.to_owned()),
        (CONNECTOR_SECRET.0, CONNECTOR_SECRET.1.to_owned()),
        ("MS_Login_Online_Endpoint", base.to_owned()),
        ("MS_Graph_Endpoint", base.to_owned()),
        // The sandbox throttles only by setting.
        ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", "0".to_owned()),
        ("YE_API_BASE_URL", format!("{base}/delivery/v1")),
        ("YE_JWKS_SIGN_ENDPOINT", format!("{base}/.well-known/yubico-sign.jwks")),
        ("YE_JWKS_TRANSPORT_ENDPOINT", format!("{base}/.well-known/yubico-transport-keys.jwks")),
        (DELIVERY_TOKEN.0, DELIVERY_TOKEN.1.to_owned()),
        ("FIDO_Connector_Allowed_Audiences", format!("[\"{AUDIENCE}\"]")),
        ("FIDO_Connector_Allowed_Client_Apps", format!("[\"{CLIENT_ID}\"]")),
        // The sandbox's list contains pre-registered orders.
        ("KEYFERRY_LIST_ORDERS", "true".to_owned()),
        ("KEYFERRY_ROLES", "enforced".to_owned()),
        ("KEYFERRY_DELEGATED_RIGHTS", "scopes-and-roles".to_owned()),
        ("KEYFERRY_CONTACT_DOMAINS", TENANT.to_owned()),
        ("KEYFERRY_TRUST_ANCHORS", files.attestation_root.path().display().to_string()),
        ("KEYFERRY_EXTRA_CA_FILE", files.authority.path().display().to_string()),
        ("KEYFERRY_PIN_LETTERS", "on".to_owned()),
        // The data need not survive the demo.
        ("KEYFERRY_CHECK_DATA_DISK", "false".to_owned()),
        ("KEYFERRY_MAIL_FROM", MAILBOX.to_owned()),
    ];
    match pin_by {
        PinChannel::LogicApp => {
            values.extend([("KEYFERRY_PIN_BY", "logic-app".to_owned()), ("SEND_PIN_URL", format!("{base}{LOGIC_APP}"))])
        }
        PinChannel::Smtp => values.extend([
            ("KEYFERRY_PIN_BY", "smtp".to_owned()),
            ("KEYFERRY_SMTP_HOST", host(sandbox)),
            ("KEYFERRY_SMTP_PORT", smtp.port().to_string()),
            ("KEYFERRY_SMTP_USER", MAILBOX.to_owned()),
            ("KEYFERRY_SMTP_PASSWORD", "sandbox-smtp-password".to_owned()),
        ]),
        PinChannel::Graph => values.push(("KEYFERRY_PIN_BY", "graph".to_owned())),
    }
    values
}

/// Returns the settings of what recipients and addressees of PINs see.
pub(super) fn recipients(options: &Demo) -> Vec<(&'static str, String)> {
    let (mails, address_by) = match options.person {
        true => ("ordered,shipped,registered,lost", "person"),
        false => (options.person_mails.as_str(), options.address_by.as_str()),
    };
    let mut values = vec![
        ("KEYFERRY_PERSON_MAILS", mails.to_owned()),
        ("KEYFERRY_ADDRESS_BY", address_by.to_owned()),
        ("KEYFERRY_ACCESS_PASS", options.access_pass.clone()),
    ];
    if options.person || options.pin_release == PinRelease::Page {
        values.push(("KEYFERRY_PIN_RELEASE", "page".to_owned()));
    }
    values
}

/// Returns the settings of the console and of the pages for people. Browsers reach them on this machine only, as the
/// sandbox has redirect URIs for no other. In a container, the service listens on all addresses, and the port is
/// published under the same number.
pub(super) fn console(listen: &Listen) -> Vec<(&'static str, String)> {
    let on = ["KEYFERRY_CONSOLE", "KEYFERRY_PORTAL"].map(|name| (name, "on".to_owned()));
    match (listen.bind.is_none_or(|bind| bind.is_loopback()), listen.api_port) {
        (true, _) => on.to_vec(),
        (false, Some(0)) => Vec::new(),
        (false, port) => {
            let address = format!("http://127.0.0.1:{}", port.unwrap_or(DEFAULT_API_PORT));
            [on.to_vec(), vec![("KEYFERRY_PUBLIC_URL", address)]].concat()
        }
    }
}

/// Returns the sandbox's host, for which its certificate is issued.
fn host(sandbox: &RunningSandbox) -> String {
    sandbox.base_url().host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned()
}
