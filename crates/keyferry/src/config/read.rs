//! Reads all settings from a source and validates what involves several crates.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use keyferry_access::{CallerSettings, LimitSettings, RoleSettings};
use keyferry_api::BodySettings;
use keyferry_azure_identity::settings::{AppRegistrationSettings, LoginSettings, ManagedIdentitySettings};
use keyferry_console::{ConsoleSettings, EffectiveSetting, SignInBy};
use keyferry_domain::Aaguid;
use keyferry_engine::{AddressRule, EngineSettings, PassRule, PinRelease};
use keyferry_entra::{EntraSettings, GraphEndpointSettings};
use keyferry_journal::JournalSettings;
use keyferry_mail::{PinChannelSettings, PinDeliverySettings};
use keyferry_portal::PortalSettings;
use keyferry_server::ConnectionSettings;
use keyferry_settings::{ErrorRecorded, Reader, SettingError, SettingsGroup as _};
use keyferry_store_azure::AzureStoreSettings;
use keyferry_store_sqlite::DataDirectorySettings;
use keyferry_webhooks::WebhookSettings;
use keyferry_yubico::{ApiTokenSettings, ProductSettings, YubicoSettings};
use url::Url;

use super::app_credential::{self, AppCredentialSettings, SecretPlace};
use super::effective::effective;
use super::service::{ListenSettings, LogSettings, OutgoingSettings, StrictSettings, TrustAnchorSettings};
use super::source::Source;
use super::store::{self, AzureIdentity, StoreSettings};
use super::unknown::UnknownName;

/// All settings, validated. Secrets are read on each use, so that a changed file takes effect.
pub(crate) struct Settings {
    pub(crate) listen: ListenSettings,
    pub(crate) connections: ConnectionSettings,
    pub(crate) log: LogSettings,
    pub(crate) outgoing: OutgoingSettings,
    pub(crate) trust: TrustAnchorSettings,
    pub(crate) store: StoreSettings,
    /// Identity used for Azure resources.
    pub(crate) azure_identity: AzureIdentity,
    pub(crate) journal: JournalSettings,
    pub(crate) login: LoginSettings,
    pub(crate) app: AppRegistrationSettings,
    pub(crate) app_credential: AppCredentialSettings,
    pub(crate) entra: EntraSettings,
    pub(crate) delivery: YubicoSettings,
    pub(crate) api_token: SecretPlace,
    pub(crate) callers: CallerSettings,
    pub(crate) roles: RoleSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) bodies: BodySettings,
    pub(crate) console: ConsoleSettings,
    pub(crate) portal: PortalSettings,
    pub(crate) pin_delivery: PinDeliverySettings,
    pub(crate) webhooks: WebhookSettings,
    /// The wiring adds the trust anchors.
    pub(crate) engine: EngineSettings,
    /// Environment variables that are probably misspelt settings. Empty with `KEYFERRY_STRICT_SETTINGS=true`.
    pub(crate) unknown: Vec<UnknownName>,
    /// All settings, for the console.
    pub(crate) effective: Vec<EffectiveSetting>,
    /// Members of `/v1/status`.
    pub(crate) status: Vec<(&'static str, String)>,
}

/// Settings of the commands that administer the tenant.
pub(crate) struct AdministrationSettings {
    pub(crate) graph_endpoint: Url,
    pub(crate) extra_ca: Option<Vec<u8>>,
    pub(crate) product_aaguids: BTreeMap<i64, Vec<Aaguid>>,
    /// Applications that may call. Empty if the settings are not those of a complete deployment.
    pub(crate) client_apps: Vec<String>,
    /// Whether the pages for people are served.
    pub(crate) has_portal: bool,
}

/// Reads all settings. Returns all errors at once.
pub(crate) fn read(source: &Source) -> Result<Settings, Vec<SettingError>> {
    with_reader(source, |reader| {
        let unknown = unknown(reader, source);
        let settings = everything(reader);
        Ok(Settings { unknown: unknown?, effective: effective(source), ..settings? })
    })
}

/// Returns the address at which this machine can reach the probes of a connector with these settings.
pub(crate) fn probes(source: &Source) -> Result<SocketAddr, Vec<SettingError>> {
    with_reader(source, |reader| {
        let listen = ListenSettings::read(reader)?;
        match listen.probe_port {
            0 => Err(reader.wrong("KEYFERRY_PROBE_PORT", "out of range")),
            _ => Ok(listen.probes()),
        }
    })
}

/// Reads the settings that the commands for the tenant need.
pub(crate) fn administration(source: &Source) -> Result<AdministrationSettings, Vec<SettingError>> {
    with_reader(source, |reader| {
        let login = LoginSettings::read(reader);
        let graph = GraphEndpointSettings::read(reader);
        let outgoing = OutgoingSettings::read(reader);
        let products = ProductSettings::read(reader);
        let client_apps = client_apps(reader);
        let portal = PortalSettings::read(reader);
        login?;
        let (graph_endpoint, extra_ca) = (graph?.graph_endpoint, outgoing?.extra_ca);
        let product_aaguids = product_aaguids(products?);
        let (client_apps, has_portal) = (client_apps?, portal?.enabled);
        Ok(AdministrationSettings { graph_endpoint, extra_ca, product_aaguids, client_apps, has_portal })
    })
}

/// Returns the applications that may call, if the settings contain all requirements on callers' tokens.
fn client_apps(reader: &mut Reader<'_>) -> Result<Vec<String>, ErrorRecorded> {
    let given = |name| reader.is_given(name);
    if !(given("FIDO_Connector_Allowed_Audiences") && given("FIDO_Connector_Allowed_Client_Apps")) {
        return Ok(Vec::new());
    }
    CallerSettings::read(reader).map(|callers| match callers {
        CallerSettings::Tokens(tokens) => tokens.client_apps,
        CallerSettings::Platform => Vec::new(),
    })
}

/// Returns the names that are probably misspelt. In strict mode, records an error for each.
fn unknown(reader: &mut Reader<'_>, source: &Source) -> Result<Vec<UnknownName>, ErrorRecorded> {
    if !StrictSettings::read(reader)?.strict {
        return Ok(source.unknown().cloned().collect());
    }
    for unknown in source.unknown() {
        let todo = "Correct or remove it, or set KEYFERRY_STRICT_SETTINGS=false";
        reader.add(SettingError(format!("{unknown}. {todo}")));
    }
    Ok(Vec::new())
}

fn with_reader<T>(
    source: &Source,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, ErrorRecorded>,
) -> Result<T, Vec<SettingError>> {
    let mut reader = Reader::new(source);
    let read = read(&mut reader);
    let errors = reader.finish();
    match read {
        Ok(read) if errors.is_empty() => Ok(read),
        _ => Err(errors),
    }
}

/// Reads every group before returning the first error, so that one start reports all errors.
fn everything(reader: &mut Reader<'_>) -> Result<Settings, ErrorRecorded> {
    let login = LoginSettings::read(reader);
    let directory = DataDirectorySettings::read(reader);
    let azure = AzureStoreSettings::read(reader);
    let identity = ManagedIdentitySettings::read(reader);
    let journal = JournalSettings::read(reader);
    let azure_identity = store::azure_identity(&azure, &identity);
    let store = store::choose(reader, directory, &azure, &azure_identity);
    let callers = CallerSettings::read(reader);
    let roles = RoleSettings::read(reader);
    let limits = LimitSettings::read(reader);
    let bodies = BodySettings::read(reader);
    let app = AppRegistrationSettings::read(reader);
    let app_credential = app_credential::read(reader, &azure, &identity);
    let entra = EntraSettings::read(reader);
    let delivery = YubicoSettings::read(reader);
    let api_token = api_token(reader, &azure);
    let pin_delivery = PinDeliverySettings::read(reader);
    let engine = EngineSettings::read(reader).and_then(|engine| webhook(reader, &engine).map(|()| engine));
    let webhooks = WebhookSettings::read(reader);
    let products = ProductSettings::read(reader);
    let listen = ListenSettings::read(reader).and_then(|listen| listen.check(reader).map(|()| listen));
    let portal = PortalSettings::read(reader);
    let console = ConsoleSettings::read(reader)
        .and_then(|it| console(reader, &it, portal.as_ref().ok(), listen.as_ref().ok()).map(|()| it));
    let connections = ConnectionSettings::read(reader);
    let log = LogSettings::read(reader);
    let outgoing = OutgoingSettings::read(reader);
    let trust = TrustAnchorSettings::read(reader);
    if let (Ok(store), Ok(app_credential)) = (&store, &app_credential) {
        vault_before_app_credential(reader, store, app_credential)?;
    }

    if let (Ok(engine), Ok(pin_delivery), Ok(portal)) = (&engine, &pin_delivery, &portal) {
        pin_page(reader, engine, pin_delivery, portal)?;
        person_mails(reader, engine, pin_delivery, portal)?;
    }

    let (app, entra, delivery, pin_delivery, log) = (app?, entra?, delivery?, pin_delivery?, log?);
    let mut engine = engine?;
    engine.challenge_lifetime = entra.challenge_timeout;
    engine.product_aaguids = product_aaguids(products?);
    engine.firmware_extension = Some(keyferry_yubico::FIRMWARE_EXTENSION);
    let status = [
        azure?.status(),
        app.status(),
        entra.status(),
        delivery.status(),
        pin_delivery.status(),
        engine.status(),
        log.status(),
    ];
    Ok(Settings {
        listen: listen?,
        connections: connections?,
        log,
        outgoing: outgoing?,
        trust: trust?,
        store: store?,
        azure_identity: azure_identity?,
        journal: journal?,
        login: login?,
        app,
        app_credential: app_credential?,
        entra,
        delivery,
        api_token: api_token?,
        callers: callers?,
        roles: roles?,
        limits: limits?,
        bodies: bodies?,
        console: console?,
        portal: portal?,
        pin_delivery,
        webhooks: webhooks?,
        engine,
        unknown: Vec::new(),
        effective: Vec::new(),
        status: status.concat(),
    })
}

fn api_token(
    reader: &mut Reader<'_>,
    azure: &Result<AzureStoreSettings, ErrorRecorded>,
) -> Result<SecretPlace, ErrorRecorded> {
    let given = ApiTokenSettings::read(reader)?.api_token;
    let name = azure.as_ref().map(|azure| &azure.api_token_name);
    app_credential::place(reader, given, "YED_API_TOKEN", name)
}

/// Rejects a webhook without a secret: its receiver could not know who sent a message.
fn webhook(reader: &mut Reader<'_>, engine: &EngineSettings) -> Result<(), ErrorRecorded> {
    match (&engine.webhook_url, &engine.webhook_secret) {
        (Some(_), None) => Err(reader.missing("KEYFERRY_WEBHOOK_SECRET", "with KEYFERRY_WEBHOOK_URL")),
        _ => Ok(()),
    }
}

/// Rejects PINs on a page that is not served, or whose link nothing can send.
fn pin_page(
    reader: &mut Reader<'_>,
    engine: &EngineSettings,
    pin_delivery: &PinDeliverySettings,
    portal: &PortalSettings,
) -> Result<(), ErrorRecorded> {
    if engine.pin_release == PinRelease::Mail {
        return Ok(());
    }
    if matches!(pin_delivery.way, PinChannelSettings::LogicApp(_)) {
        let error = "KEYFERRY_PIN_BY: the Logic App sends PINs, and no links to them. With KEYFERRY_PIN_RELEASE=page, \
                     set it to smtp or graph";
        return Err(reader.add(SettingError(error.to_owned())));
    }
    if !portal.enabled {
        let error = "KEYFERRY_PORTAL: with KEYFERRY_PIN_RELEASE=page, set it to on, because that serves the page";
        return Err(reader.add(SettingError(error.to_owned())));
    }
    Ok(())
}

/// Rejects mails to persons that nothing can send, or whose links lead to pages that are not served.
fn person_mails(
    reader: &mut Reader<'_>,
    engine: &EngineSettings,
    pin_delivery: &PinDeliverySettings,
    portal: &PortalSettings,
) -> Result<(), ErrorRecorded> {
    let has_passes = engine.access_pass != PassRule::Off;
    let setting = match (engine.person_mails.is_empty(), engine.address_by) {
        _ if has_passes => "KEYFERRY_ACCESS_PASS",
        (false, _) => "KEYFERRY_PERSON_MAILS",
        (true, AddressRule::Person) => "KEYFERRY_ADDRESS_BY=person",
        (true, AddressRule::Order) => "KEYFERRY_ADDRESS_BY=order",
        (true, AddressRule::Caller) => return Ok(()),
    };
    if matches!(pin_delivery.way, PinChannelSettings::LogicApp(_)) {
        let error = format!(
            "KEYFERRY_PIN_BY: the Logic App sends PINs, and no mails to persons. With {setting}, set smtp or graph"
        );
        return Err(reader.add(SettingError(error)));
    }
    let has_links = has_passes
        || engine.address_by != AddressRule::Caller
        || engine.person_mails.iter().any(|mail| !mail.is_about_loss());
    if has_links && !portal.enabled {
        let error =
            format!("KEYFERRY_PORTAL: with {setting}, set it to on, because that serves the pages of the links");
        return Err(reader.add(SettingError(error)));
    }
    Ok(())
}

/// Rejects a console or pages for people whose address for browsers is unknown, or whose own app registration has no
/// secret.
fn console(
    reader: &mut Reader<'_>,
    console: &ConsoleSettings,
    portal: Option<&PortalSettings>,
    listen: Option<&ListenSettings>,
) -> Result<(), ErrorRecorded> {
    let has_portal = portal.is_some_and(|portal| portal.enabled);
    if !console.enabled && !has_portal {
        return Ok(());
    }
    let is_local = listen.is_none_or(|listen| listen.bind.is_loopback());
    if console.public_url.is_none() && !is_local {
        let why = if console.enabled { "with KEYFERRY_CONSOLE=on" } else { "with KEYFERRY_PORTAL=on" };
        return Err(reader.missing("KEYFERRY_PUBLIC_URL", why));
    }
    match (&console.client_id, &console.client_secret) {
        (Some(_), None) if console.sign_in == SignInBy::Platform => Ok(()),
        (Some(_), None) => Err(reader.missing("KEYFERRY_CONSOLE_CLIENT_SECRET", "with KEYFERRY_CONSOLE_CLIENT_ID")),
        (None, Some(_)) => Err(reader.missing("KEYFERRY_CONSOLE_CLIENT_ID", "with KEYFERRY_CONSOLE_CLIENT_SECRET")),
        _ => Ok(()),
    }
}

/// Rejects an app credential in the vault if the app credential itself is needed to sign in to the vault.
fn vault_before_app_credential(
    reader: &mut Reader<'_>,
    store: &StoreSettings,
    app_credential: &AppCredentialSettings,
) -> Result<(), ErrorRecorded> {
    let name = match app_credential {
        AppCredentialSettings::Secret(SecretPlace::Vault(_)) => "ENTRA_FIDO_API_CLIENT_SECRET",
        AppCredentialSettings::Certificate(SecretPlace::Vault(_)) => "KEYFERRY_CLIENT_CERTIFICATE",
        _ => return Ok(()),
    };
    match store {
        StoreSettings::Azure(azure) if matches!(azure.identity, AzureIdentity::App) => {
            let why = "with KEYFERRY_AZURE_IDENTITY=app, because Keyferry needs it to sign in to the vault";
            Err(reader.missing(name, why))
        }
        _ => Ok(()),
    }
}

/// Returns the models from the settings, or the built-in ones.
fn product_aaguids(products: ProductSettings) -> BTreeMap<i64, Vec<Aaguid>> {
    products.product_aaguids.unwrap_or_else(keyferry_yubico::known_models)
}
