//! From a source of values to checked settings.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use keyferry_domain::Aaguid;
use keyferry_engine::{AddresseeRule, DisplayName, Schedule};
use keyferry_yubico::EnvelopeFormat;

use super::parse::{Noted, Reader, guid};
use super::{
    AdministrationSettings, AppCredentialSettings, AzureIdentity, Callers, DeliverySettings, EntraSettings,
    FlowSettings, SecretPlace, SettingError, Settings, Source, StoreSettings, TrustAnchorSource, cloud, pin, store,
};
use crate::models;

/// Checks everything, and tells everything that is wrong at once.
pub(crate) fn build(source: &Source) -> Result<Settings, Vec<SettingError>> {
    let mut reader = Reader::new(source);
    let settings = read(&mut reader);
    let errors = reader.finish();
    match settings {
        Ok(settings) if errors.is_empty() => Ok(settings),
        _ => Err(errors),
    }
}

/// Where a connector with these settings answers probes, as somebody on the same machine reaches it.
pub(crate) fn probes(source: &Source) -> Result<SocketAddr, Vec<SettingError>> {
    let mut reader = Reader::new(source);
    let (bind, port) = (bind(&mut reader), reader.number("KEYFERRY_PROBE_PORT", 1, u16::MAX));
    let errors = reader.finish();
    match (bind, port) {
        (Ok(bind), Ok(port)) => Ok(SocketAddr::new(reachable(bind), port)),
        _ => Err(errors),
    }
}

/// What the tools for the tenant need of the settings.
pub(crate) fn administration(source: &Source) -> Result<AdministrationSettings, Vec<SettingError>> {
    let mut reader = Reader::new(source);
    let cloud = cloud::check(&mut reader);
    let graph_endpoint = reader.url("MS_Graph_Endpoint");
    let extra_ca = reader.file("KEYFERRY_EXTRA_CA_FILE");
    let models = reader.read_optional("KEYFERRY_PRODUCT_AAGUIDS", product_aaguids);
    let errors = reader.finish();
    match (cloud, graph_endpoint, extra_ca, models) {
        (Ok(()), Ok(graph_endpoint), Ok(extra_ca), Ok(models)) => {
            let product_aaguids = models.unwrap_or_else(models::known);
            Ok(AdministrationSettings { graph_endpoint, extra_ca, product_aaguids })
        }
        _ => Err(errors),
    }
}

/// All addresses of this machine at once are no address to call.
fn reachable(bind: IpAddr) -> IpAddr {
    match bind {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

fn bind(reader: &mut Reader<'_>) -> Result<IpAddr, Noted> {
    reader.read("KEYFERRY_BIND", |text| text.parse().map_err(|_| "that is none".to_owned()))
}

/// Everything is read before the first error ends it, so that one start tells it all.
fn read(reader: &mut Reader<'_>) -> Result<Settings, Noted> {
    let cloud = cloud::check(reader);
    let store = store::read(reader);
    let callers = callers(reader);
    let entra = entra(reader);
    let delivery = delivery(reader);
    let pin_by = pin::read(reader);
    let flow = flow(reader);
    let process_schedule = schedule(reader, "CRON_PROCESS_SHIPMENT_SCHEDULE");
    let cleanup_schedule = schedule(reader, "CRON_DATA_CLEANUP_SCHEDULE");
    let cleanup_completed_days = reader.number("CRON_DATA_CLEANUP_COMPLETED_DAYS", 0, 36_500);
    let bind = bind(reader);
    let api_port = reader.number("KEYFERRY_API_PORT", 0, u16::MAX);
    let probe_port = reader.number("KEYFERRY_PROBE_PORT", 0, u16::MAX);
    let levels = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"].map(|level| (level, level));
    let log_level = reader.choice("LOGGING_LEVEL_COM_YUBICO", &levels);
    let log_json = reader.choice("KEYFERRY_LOG_FORMAT", &[("text", false), ("json", true)]);
    let extra_ca = reader.file("KEYFERRY_EXTRA_CA_FILE");
    let trust_anchors = reader.file("KEYFERRY_TRUST_ANCHORS");
    let check_limits = reader.truth("KEYFERRY_CHECK_SHIPMENT_LIMITS");
    if let (Ok(StoreSettings::Azure(azure)), Ok(entra)) = (&store, &entra)
        && matches!(
            (&azure.identity, &entra.credential),
            (
                AzureIdentity::App,
                AppCredentialSettings::Secret(SecretPlace::Vault(_))
                    | AppCredentialSettings::Certificate(SecretPlace::Vault(_))
            )
        )
    {
        let why = "beside KEYFERRY_AZURE_IDENTITY=app: the vault gives nothing to whoever has no secret yet";
        let by_certificate = matches!(entra.credential, AppCredentialSettings::Certificate(_));
        let name = if by_certificate { "KEYFERRY_CLIENT_CERTIFICATE" } else { "ENTRA_FIDO_API_CLIENT_SECRET" };
        return Err(reader.missing(name, why));
    }
    cloud?;
    Ok(Settings {
        bind: bind?,
        api_port: api_port?,
        probe_port: probe_port?,
        store: store?,
        log_level: log_level?,
        log_json: log_json?,
        extra_ca: extra_ca?,
        callers: callers?,
        entra: entra?,
        delivery: delivery?,
        pin_by: pin_by?,
        templates: reader.optional("KEYFERRY_TEMPLATES").map(PathBuf::from),
        process_schedule: process_schedule?,
        cleanup_schedule: cleanup_schedule?,
        cleanup_completed_days: cleanup_completed_days?,
        flow: flow?,
        trust_anchors: trust_anchors?.map_or(TrustAnchorSource::Vendor, TrustAnchorSource::Pem),
        check_limits: check_limits?,
    })
}

fn callers(reader: &mut Reader<'_>) -> Result<Callers, Noted> {
    if reader.choice("KEYFERRY_CALLERS_CHECKED_BY", &[("keyferry", false), ("platform", true)])? {
        return Ok(Callers::Platform);
    }
    let mut nonempty = |name| match reader.list(name) {
        Ok(list) if list.is_empty() => Err(reader.missing(name, "(or KEYFERRY_CALLERS_CHECKED_BY=platform)")),
        other => other,
    };
    let audiences = nonempty("FIDO_Connector_Allowed_Audiences");
    let client_apps = nonempty("FIDO_Connector_Allowed_Client_Apps");
    let metadata_url = reader.optional_url_with_query("KEYFERRY_TOKEN_METADATA_URL");
    let extra_issuers = reader.list("KEYFERRY_TOKEN_ISSUERS");
    Ok(Callers::Tokens {
        audiences: audiences?,
        client_apps: client_apps?,
        required_role: reader.optional("KEYFERRY_REQUIRED_ROLE"),
        metadata_url: metadata_url?,
        extra_issuers: extra_issuers?,
    })
}

fn entra(reader: &mut Reader<'_>) -> Result<EntraSettings, Noted> {
    let tenant_id = reader.read("AZURE_TENANT_ID", guid);
    let client_id = reader.read("ENTRA_FIDO_API_CLIENT_ID", guid);
    let credential = app_credential(reader);
    let api_version = reader.read("ENTRA_FIDO_API_VERSION", |text| match text {
        "beta" => Ok(text.to_owned()),
        "v1.0" => Err("its challenge lives for five minutes, and no parcel is that fast".to_owned()),
        _ => Err("there is no such version".to_owned()),
    });
    let login_endpoint = reader.url("MS_Login_Online_Endpoint");
    let graph_endpoint = reader.url("MS_Graph_Endpoint");
    let by_query = reader.choice("KEYFERRY_CREATION_OPTIONS_FORM", &[("function", false), ("query", true)]);
    let pace = reader.number("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", 0, 100_000);
    Ok(EntraSettings {
        tenant_id: tenant_id?,
        client_id: client_id?,
        credential: credential?,
        api_version: api_version?,
        login_endpoint: login_endpoint?,
        graph_endpoint: graph_endpoint?,
        creation_options_by_query: by_query?,
        requests_per_10_seconds: pace?,
    })
}

fn app_credential(reader: &mut Reader<'_>) -> Result<AppCredentialSettings, Noted> {
    let kinds = ["secret", "certificate", "managed-identity", "workload-identity"].map(|kind| (kind, kind));
    match reader.choice("KEYFERRY_ENTRA_CREDENTIAL", &kinds)? {
        "secret" => {
            let secret = own_secret(reader, "ENTRA_FIDO_API_CLIENT_SECRET", "KEYFERRY_VAULT_CLIENT_SECRET");
            secret.map(AppCredentialSettings::Secret)
        }
        "certificate" => {
            let pem = own_secret(reader, "KEYFERRY_CLIENT_CERTIFICATE", "KEYFERRY_VAULT_CLIENT_CERTIFICATE");
            pem.map(AppCredentialSettings::Certificate)
        }
        "workload-identity" => match reader.optional("AZURE_FEDERATED_TOKEN_FILE") {
            Some(file) => Ok(AppCredentialSettings::WorkloadIdentity(file.into())),
            None => {
                Err(reader.missing("AZURE_FEDERATED_TOKEN_FILE", "beside KEYFERRY_ENTRA_CREDENTIAL=workload-identity"))
            }
        },
        _ => managed_identity(reader),
    }
}

fn managed_identity(reader: &mut Reader<'_>) -> Result<AppCredentialSettings, Noted> {
    let audience = reader.text("KEYFERRY_TOKEN_EXCHANGE_AUDIENCE");
    // A system-assigned identity cannot be trusted by a registration.
    let client_id = match reader.read_optional("AZURE_CLIENT_ID", guid)? {
        Some(client_id) => client_id,
        None => return Err(reader.missing("AZURE_CLIENT_ID", "beside KEYFERRY_ENTRA_CREDENTIAL=managed-identity")),
    };
    Ok(AppCredentialSettings::ManagedIdentity { client_id, audience: audience? })
}

/// The secret as it is given, else where the vault has it.
fn own_secret(reader: &mut Reader<'_>, name: &'static str, in_vault: &'static str) -> Result<SecretPlace, Noted> {
    let vault_name = reader.read(in_vault, |text| {
        let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && text.len() <= 127;
        if allowed { Ok(text.to_owned()) } else { Err("the vault takes letters, digits and dashes only".to_owned()) }
    });
    match reader.secret(name)? {
        Some(secret) => Ok(SecretPlace::Given(secret)),
        None if reader.optional("AZURE_KEY_VAULT_ENDPOINT").is_some() => vault_name.map(SecretPlace::Vault),
        None => Err(reader.missing(name, "")),
    }
}

fn delivery(reader: &mut Reader<'_>) -> Result<DeliverySettings, Noted> {
    let base_url = reader.url("YE_API_BASE_URL");
    let jwks_sign = reader.url("YE_JWKS_SIGN_ENDPOINT");
    let jwks_transport = reader.url("YE_JWKS_TRANSPORT_ENDPOINT");
    let api_token = own_secret(reader, "YED_API_TOKEN", "KEYFERRY_VAULT_API_TOKEN");
    let envelope_format = reader.read("KEYFERRY_ENVELOPE_FORMAT", |text| {
        <dyn EnvelopeFormat>::by_name(text).map_err(|error| error.to_string())
    });
    let envelope_alg =
        reader.read("KEYFERRY_ENVELOPE_ALG", |text| text.parse().map_err(|_| "that is none of them".to_owned()));
    let envelope_enc =
        reader.read("KEYFERRY_ENVELOPE_ENC", |text| text.parse().map_err(|_| "that is none of them".to_owned()));
    Ok(DeliverySettings {
        base_url: base_url?,
        jwks_sign: jwks_sign?,
        jwks_transport: jwks_transport?,
        api_token: api_token?,
        envelope_format: envelope_format?,
        envelope_alg: envelope_alg?,
        envelope_enc: envelope_enc?,
    })
}

fn flow(reader: &mut Reader<'_>) -> Result<FlowSettings, Noted> {
    let minutes = reader.number("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", 5, 43_200_u64);
    let budget = reader.number("KEYFERRY_CREATE_BUDGET_SECONDS", 5, 120_u64);
    let alarm = reader.number("KEYFERRY_DEADLINE_ALARM_HOURS", 0, 720_u64);
    let compare_user_handle = reader.truth("KEYFERRY_COMPARE_USER_HANDLE");
    let one_open_order_per_user = reader.truth("KEYFERRY_ONE_OPEN_ORDER_PER_USER");
    let display_name = reader.read("KEYFERRY_DISPLAY_NAME", DisplayName::new);
    let addressees = reader.read("KEYFERRY_PIN_ADDRESSEES", addressees);
    let contact_domains = reader.list("KEYFERRY_CONTACT_DOMAINS");
    let product_aaguids = reader.read_optional("KEYFERRY_PRODUCT_AAGUIDS", product_aaguids);
    Ok(FlowSettings {
        challenge_lifetime: Duration::from_secs(minutes? * 60),
        create_budget: Duration::from_secs(budget?),
        deadline_alarm: Duration::from_secs(alarm? * 3600),
        compare_user_handle: compare_user_handle?,
        one_open_order_per_user: one_open_order_per_user?,
        display_name: display_name?,
        addressees: addressees?,
        contact_domains: contact_domains?.iter().map(|domain| domain.to_lowercase()).collect(),
        product_aaguids: product_aaguids?.unwrap_or_else(models::known),
    })
}

fn addressees(text: &str) -> Result<Vec<AddresseeRule>, String> {
    text.split(',')
        .map(|word| match word.trim() {
            "contacts" => Ok(AddresseeRule::Contacts),
            "manager" => Ok(AddresseeRule::Manager),
            "recipient" => Ok(AddresseeRule::Recipient),
            other => Err(format!("{other:?} is none of them")),
        })
        .collect()
}

fn product_aaguids(text: &str) -> Result<BTreeMap<i64, Vec<Aaguid>>, String> {
    serde_json::from_str(text).map_err(|error| format!("that is no such object ({error})"))
}

fn schedule(reader: &mut Reader<'_>, name: &'static str) -> Result<Schedule, Noted> {
    reader.read(name, |text| Schedule::parse(text).map_err(|error| error.to_string()))
}
