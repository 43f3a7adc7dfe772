use std::time::Duration;

use keyferry_access::{CallerSettings, CallerTokenSettings};
use keyferry_mail::{LogicAppSettings, PinChannelSettings, SmtpTls};

use super::*;

const LOGIC_APP: &str = "https://prod-01.example/workflows/w/invoke?sig=canary";

/// Reads valid settings with the given changes.
fn built(settings: &[(&'static str, &str)]) -> Result<Settings, String> {
    let mut source = Source::of(
        [
            ("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555"),
            ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001"),
            ("ENTRA_FIDO_API_CLIENT_SECRET", "secret"),
            ("YED_API_TOKEN", "token"),
            ("FIDO_Connector_Allowed_Audiences", "api://a"),
            ("FIDO_Connector_Allowed_Client_Apps", "0c0ffee0-0000-4000-8000-000000000002"),
            ("SEND_PIN_URL", LOGIC_APP),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    );
    for (name, value) in settings {
        source.set(name, (*value).to_owned());
    }
    read(&source).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Returns the error for one setting with an invalid value.
fn refusal(name: &'static str, value: &str) -> String {
    let error = built(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} is accepted"));
    assert!(error.starts_with(name) && error.lines().count() == 1, "{error}");
    error
}

#[test]
fn urls_must_be_https_without_credentials() {
    let name = "YE_API_BASE_URL";
    for good in ["https://api.example/v1", "http://localhost:8090/v1", "http://127.0.0.2/", "http://[::1]:1/"] {
        assert!(built(&[(name, good)]).is_ok(), "{good}");
    }
    assert!(refusal(name, "http://api.example/v1").contains("http://api.example/v1"));
    for bad in ["ftp://api.example", "api.example", "https://", "http://localhost.example/"] {
        refusal(name, bad);
    }
    for bad in [
        "https://user:canary@api.example/",
        "https://canary@api.example/",
        "http://user:canary@localhost/",
        "user:canary@api.example",
        "https://user:canary@api.example:port/",
        "https://api.example/?sig=canary",
        "https://api.example/#canary",
    ] {
        let error = refusal(name, bad);
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn only_metadata_url_may_have_query() {
    let name = "KEYFERRY_TOKEN_METADATA_URL";
    let url = "https://login.example/.well-known/openid-configuration?appid=x";
    let CallerSettings::Tokens(CallerTokenSettings { metadata_url, .. }) = built(&[(name, url)]).ok().unwrap().callers
    else {
        panic!()
    };
    assert_eq!(metadata_url.unwrap().as_str(), url);
    assert!(!refusal(name, "https://user:canary@login.example/?x").contains("canary"));
    for name in ["MS_Graph_Endpoint", "MS_Login_Online_Endpoint", "YE_JWKS_SIGN_ENDPOINT", "YE_JWKS_TRANSPORT_ENDPOINT"]
    {
        refusal(name, "https://x.example/?appid=x");
    }
}

#[test]
fn logic_app_url_is_never_shown() {
    let PinChannelSettings::LogicApp(LogicAppSettings { url, .. }) = built(&[]).ok().unwrap().pin_delivery.way else {
        panic!()
    };
    assert_eq!(url, keyferry_mail::SendPinUrl::parse(LOGIC_APP).unwrap());
    for bad in ["http://prod-01.example/?sig=canary", "https://u:canary@prod-01.example/", "canary"] {
        let error = refusal("SEND_PIN_URL", bad);
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn smtp_port_default_depends_on_tls() {
    let port = |settings: &[(&'static str, &str)]| {
        let mail = [
            ("KEYFERRY_PIN_BY", "smtp"),
            ("KEYFERRY_SMTP_HOST", "smtp.contoso.example"),
            ("KEYFERRY_MAIL_FROM", "keys@contoso.example"),
        ];
        match built(&[&mail, settings].concat()).ok().unwrap().pin_delivery.way {
            PinChannelSettings::Smtp(smtp, _) => (smtp.tls, smtp.port),
            _ => panic!("not SMTP"),
        }
    };
    assert_eq!(port(&[]), (SmtpTls::StartTls, 587));
    assert_eq!(port(&[("KEYFERRY_SMTP_TLS", "implicit")]), (SmtpTls::Implicit, 465));
    assert_eq!(port(&[("KEYFERRY_SMTP_TLS", "implicit"), ("KEYFERRY_SMTP_PORT", "8465")]), (SmtpTls::Implicit, 8465));
}

const TABLES: (&str, &str) = ("AZURE_TABLES_ENDPOINT", "https://a.table.core.windows.net");
const VAULT: (&str, &str) = ("AZURE_KEY_VAULT_ENDPOINT", "https://a.vault.azure.net");

#[test]
fn azure_stores_require_tables_and_vault() {
    let azure = |more: &[(&'static str, &str)]| match built(&[&[TABLES, VAULT], more].concat())
        .map(|settings| settings.store)
    {
        Ok(StoreSettings::Azure(azure)) => *azure,
        Ok(StoreSettings::Embedded(_)) => panic!("the embedded store was chosen"),
        Err(error) => panic!("{error}"),
    };
    let usual = azure(&[]);
    assert_eq!((usual.table.as_str(), usual.verify_vault), ("fprshipments", true));
    assert!(matches!(usual.identity, AzureIdentity::Managed { client_id: None }));
    let id = "0c0ffee0-0000-4000-8000-000000000003";
    let other = azure(&[("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "Keys2"), ("AZURE_CLIENT_ID", id)]);
    assert!(matches!(other.identity, AzureIdentity::Managed { client_id: Some(found) } if found == id));
    assert_eq!(other.table, "Keys2");
    assert!(matches!(azure(&[("KEYFERRY_AZURE_IDENTITY", "app")]).identity, AzureIdentity::App));
    for (given, missing) in [(TABLES, VAULT.0), (VAULT, TABLES.0)] {
        let error = built(&[given]).err().unwrap();
        assert!(error.starts_with(&format!("{missing} is not set, but is required with {}", given.0)), "{error}");
    }
    for bad in ["fpr-shipments", "1fpr", "ab", ""] {
        assert_eq!(
            built(&[TABLES, VAULT, ("AZURE_TABLES_SHIPMENTS_TABLE_NAME", bad)]).is_ok(),
            bad.is_empty(),
            "{bad}"
        );
    }
}

#[test]
fn cloud_changes_default_endpoints() {
    let endpoints = |settings: &[(&'static str, &str)]| {
        let built = built(settings).unwrap_or_else(|error| panic!("{error}"));
        [built.login.login_endpoint, built.entra.graph_endpoint].map(|url| url.host_str().unwrap().to_owned())
    };
    assert_eq!(endpoints(&[]), ["login.microsoftonline.com", "graph.microsoft.com"]);
    assert_eq!(endpoints(&[("KEYFERRY_CLOUD", "us-gov")]), ["login.microsoftonline.us", "graph.microsoft.us"]);
    assert_eq!(endpoints(&[("KEYFERRY_CLOUD", "US-Gov-DoD")]), ["login.microsoftonline.us", "dod-graph.microsoft.us"]);
    assert_eq!(
        endpoints(&[("KEYFERRY_CLOUD", "china")]),
        ["login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"]
    );
    let own = [("KEYFERRY_CLOUD", "china"), ("MS_Graph_Endpoint", "https://graph.example")];
    assert_eq!(endpoints(&own), ["login.chinacloudapi.cn", "graph.example"]);
    refusal("KEYFERRY_CLOUD", "germany");
}

#[test]
fn secrets_may_be_in_vault() {
    let places = |more: &[(&'static str, &str)]| {
        built(&[&[TABLES, VAULT], more].concat()).map(|settings| match settings.app_credential {
            AppCredentialSettings::Secret(secret) => (secret, settings.api_token),
            _ => panic!("not by secret"),
        })
    };
    let none = [("ENTRA_FIDO_API_CLIENT_SECRET", ""), ("YED_API_TOKEN", "")];
    let Ok((SecretPlace::Vault(secret), SecretPlace::Vault(token))) = places(&none) else { panic!("not in the vault") };
    assert_eq!((secret.as_str(), token.as_str()), ("ENTRA-FIDO-API-CLIENT-SECRET", "YED-API-TOKEN"));
    assert!(matches!(places(&[]), Ok((SecretPlace::Given(_), SecretPlace::Given(_)))));
    let named = [none[0], none[1], ("KEYFERRY_VAULT_API_TOKEN", "delivery-1")];
    assert!(matches!(places(&named), Ok((_, SecretPlace::Vault(name))) if name == "delivery-1"));
    assert!(places(&[("KEYFERRY_VAULT_API_TOKEN", "a_b")]).err().unwrap().starts_with("KEYFERRY_VAULT_API_TOKEN"));
    let error = places(&[none[0], ("KEYFERRY_AZURE_IDENTITY", "app")]).err().unwrap();
    assert!(
        error.starts_with("ENTRA_FIDO_API_CLIENT_SECRET is not set, but is required with KEYFERRY_AZURE_IDENTITY=app"),
        "{error}"
    );
    assert!(built(&none).err().unwrap().contains("YED_API_TOKEN is not set"));
}

#[test]
fn managed_identity_needs_no_client_secret() {
    let id = "0c0ffee0-0000-4000-8000-000000000003";
    let credential = ("KEYFERRY_ENTRA_CREDENTIAL", "managed-identity");
    let none = ("ENTRA_FIDO_API_CLIENT_SECRET", "");
    let built_with = |more: &[(&'static str, &str)]| built(&[&[credential, none], more].concat());
    for (cloud, expected) in [
        ("global", "api://AzureADTokenExchange"),
        ("us-gov", "api://AzureADTokenExchangeUSGov"),
        ("us-gov-dod", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ] {
        let built = built_with(&[("AZURE_CLIENT_ID", id), ("KEYFERRY_CLOUD", cloud)]).ok().unwrap();
        let AppCredentialSettings::ManagedIdentity { client_id, audience } = built.app_credential else {
            panic!("by secret")
        };
        assert_eq!((client_id.as_str(), audience.as_str()), (id, expected));
    }
    let error = built_with(&[]).err().unwrap();
    assert!(error.starts_with("AZURE_CLIENT_ID is not set, but is required with KEYFERRY_ENTRA_CREDENTIAL"), "{error}");
}

#[test]
fn certificate_or_workload_identity_replaces_client_secret() {
    let none = ("ENTRA_FIDO_API_CLIENT_SECRET", "");
    let credential = |kind: &str, more: &[(&'static str, &str)]| {
        let kind = ("KEYFERRY_ENTRA_CREDENTIAL", kind);
        built(&[&[kind, none], more].concat()).map(|settings| settings.app_credential)
    };
    let file = ("AZURE_FEDERATED_TOKEN_FILE", "/run/token");
    let given = credential("workload-identity", &[file]);
    assert!(matches!(given, Ok(AppCredentialSettings::WorkloadIdentity(path)) if path.ends_with("token")));
    let error = credential("workload-identity", &[]).err().unwrap();
    assert!(error.starts_with("AZURE_FEDERATED_TOKEN_FILE is not set, but is required with"), "{error}");

    let given = credential("certificate", &[("KEYFERRY_CLIENT_CERTIFICATE", "PEM")]);
    assert!(matches!(given, Ok(AppCredentialSettings::Certificate(SecretPlace::Given(_)))));
    assert!(credential("certificate", &[]).err().unwrap().starts_with("KEYFERRY_CLIENT_CERTIFICATE is not set"));
    let Ok(AppCredentialSettings::Certificate(SecretPlace::Vault(name))) = credential("certificate", &[TABLES, VAULT])
    else {
        panic!("not in the vault")
    };
    assert_eq!(name, "ENTRA-FIDO-API-CLIENT-CERTIFICATE");
    let error = credential("certificate", &[TABLES, VAULT, ("KEYFERRY_AZURE_IDENTITY", "app")]).err().unwrap();
    assert!(
        error.starts_with("KEYFERRY_CLIENT_CERTIFICATE is not set, but is required with KEYFERRY_AZURE_IDENTITY=app"),
        "{error}"
    );
}

#[test]
fn container_apps_require_azure_stores_unless_disk_is_persistent() {
    let platform = ("CONTAINER_APP_NAME", "keys");
    assert!(
        built(&[platform])
            .err()
            .unwrap()
            .starts_with("AZURE_TABLES_ENDPOINT is not set, but is required in Azure Container Apps")
    );
    assert!(built(&[platform, ("KEYFERRY_CHECK_DATA_DISK", "false")]).is_ok());
    assert!(built(&[platform, TABLES, VAULT]).is_ok());
}

#[test]
fn envelope_format_is_chosen_by_name() {
    let format = built(&[("KEYFERRY_ENVELOPE_FORMAT", "keyferry-1")]).ok().unwrap().delivery.format;
    assert_eq!(format.name(), "keyferry-1");
    assert!(refusal("KEYFERRY_ENVELOPE_FORMAT", "keyferry-2").contains("keyferry-1"));
}

#[test]
fn create_budget_is_at_most_two_minutes() {
    let budget = built(&[("KEYFERRY_CREATE_BUDGET_SECONDS", "120")]).ok().unwrap().engine.create_budget;
    assert_eq!(budget, Duration::from_secs(120));
    refusal("KEYFERRY_CREATE_BUDGET_SECONDS", "121");
}

#[test]
fn probes_have_callable_address() {
    for (bind, expected) in
        [("0.0.0.0", "127.0.0.1:8081"), ("::", "[::1]:8081"), ("10.0.0.7", "10.0.0.7:8081"), ("::2", "[::2]:8081")]
    {
        let source = Source::of([("KEYFERRY_BIND", bind.to_owned())]);
        assert_eq!(probes(&source).ok().unwrap().to_string(), expected);
    }
    let source = Source::of([("KEYFERRY_PROBE_PORT", "0".to_owned())]);
    let errors = probes(&source).err().unwrap();
    assert!(errors[0].to_string().starts_with("KEYFERRY_PROBE_PORT"), "{}", errors[0]);
}

#[test]
fn one_start_reports_every_error() {
    let settings = [
        ("AZURE_TENANT_ID", ""),
        ("ENTRA_FIDO_API_CLIENT_SECRET", ""),
        ("YE_API_BASE_URL", "nowhere"),
        ("YED_API_TOKEN", ""),
        ("FIDO_Connector_Allowed_Audiences", "[]"),
        ("KEYFERRY_PIN_BY", "smtp"),
        ("KEYFERRY_SMTP_USER", "keys"),
        ("KEYFERRY_API_PORT", "70000"),
        ("CRON_DATA_CLEANUP_SCHEDULE", "daily"),
    ];
    let errors = built(&settings).err().unwrap();
    for name in [
        "AZURE_TENANT_ID is not set (expected ",
        "ENTRA_FIDO_API_CLIENT_SECRET is not set (expected ",
        "YE_API_BASE_URL: \"nowhere\" is invalid: ",
        "YED_API_TOKEN is not set (expected ",
        "FIDO_Connector_Allowed_Audiences is not set, but is required ",
        "KEYFERRY_SMTP_HOST is not set, but is required with KEYFERRY_PIN_BY=smtp (expected a host name, for example \
         smtp.contoso.example)",
        "KEYFERRY_MAIL_FROM is not set, but is required with KEYFERRY_PIN_BY=smtp (expected ",
        "KEYFERRY_SMTP_PASSWORD is not set, but is required with KEYFERRY_SMTP_USER (expected ",
        "KEYFERRY_API_PORT: \"70000\" is invalid: not a valid number (expected ",
        "CRON_DATA_CLEANUP_SCHEDULE: \"daily\" is invalid: ",
    ] {
        assert_eq!(errors.lines().filter(|line| line.starts_with(name)).count(), 1, "{name} in: {errors}");
    }
    assert_eq!(errors.lines().count(), 10, "{errors}");
}

#[test]
fn status_shows_every_status_setting_and_no_secret() {
    let url = ("SEND_PIN_URL", "https://prod-01.example/invoke?sig=canary");
    for settings in
        [&[url][..], &[url, TABLES, VAULT], &[("KEYFERRY_PIN_BY", "graph"), ("KEYFERRY_MAIL_FROM", "a@b.example")]]
    {
        let status = built(settings).ok().unwrap().status;
        let report = serde_json::to_value(crate::wiring::status_report(&status).unwrap()).unwrap();
        for (member, text) in &status {
            assert_eq!(report[member], **text, "{member}");
        }
        // The report also contains the program's version.
        assert_eq!(report.as_object().unwrap().len(), status.len() + 1, "{report}");
        assert!(!report.to_string().contains("canary"), "{report}");
    }
}

#[test]
fn pins_on_a_page_need_the_page_and_a_mail() {
    let page = ("KEYFERRY_PIN_RELEASE", "page");
    let (portal, mail) =
        (("KEYFERRY_PORTAL", "on"), [("KEYFERRY_PIN_BY", "graph"), ("KEYFERRY_MAIL_FROM", "a@b.example")]);
    let local = ("KEYFERRY_BIND", "127.0.0.1");
    assert!(built(&[&[page, portal, local][..], &mail].concat()).is_ok());
    let error = built(&[page, portal, local]).err().unwrap();
    assert!(error.contains("KEYFERRY_PIN_BY: the Logic App sends PINs"), "{error}");
    let error = built(&[&[page][..], &mail].concat()).err().unwrap();
    assert!(error.contains("KEYFERRY_PORTAL: with KEYFERRY_PIN_RELEASE=page"), "{error}");
    let error = built(&[portal, ("KEYFERRY_BIND", "0.0.0.0")]).err().unwrap();
    assert!(error.contains("KEYFERRY_PUBLIC_URL"), "{error}");
}

#[test]
fn mails_to_persons_need_the_pages_and_a_mail() {
    let (mails, local) = (("KEYFERRY_PERSON_MAILS", "ordered"), ("KEYFERRY_BIND", "127.0.0.1"));
    let (portal, mail) =
        (("KEYFERRY_PORTAL", "on"), [("KEYFERRY_PIN_BY", "graph"), ("KEYFERRY_MAIL_FROM", "a@b.example")]);
    assert!(built(&[&[mails, portal, local][..], &mail].concat()).is_ok());
    let error = built(&[mails, portal, local]).err().unwrap();
    assert!(error.contains("no mails to persons. With KEYFERRY_PERSON_MAILS"), "{error}");
    let error = built(&[&[mails][..], &mail].concat()).err().unwrap();
    assert!(error.contains("KEYFERRY_PORTAL: with KEYFERRY_PERSON_MAILS"), "{error}");
    for rule in ["person", "order"] {
        let error = built(&[("KEYFERRY_ADDRESS_BY", rule), portal, local]).err().unwrap();
        assert!(error.contains(&format!("With KEYFERRY_ADDRESS_BY={rule}")), "{error}");
    }
    for rule in ["manager", "person"] {
        let pass = ("KEYFERRY_ACCESS_PASS", rule);
        assert!(built(&[&[pass, portal, local][..], &mail].concat()).is_ok());
        let error = built(&[pass, portal, local]).err().unwrap();
        assert!(error.contains("no mails to persons. With KEYFERRY_ACCESS_PASS"), "{error}");
        let error = built(&[&[pass][..], &mail].concat()).err().unwrap();
        assert!(error.contains("KEYFERRY_PORTAL: with KEYFERRY_ACCESS_PASS"), "{error}");
    }
    assert!(built(&[("KEYFERRY_ACCESS_PASS_MINUTES", "9")]).err().unwrap().contains("10 to 43200"));
    assert!(built(&[("KEYFERRY_PERSON_MAILS", "pin")]).err().unwrap().contains("\"pin\" is not one of them"));
}

#[test]
fn each_example_of_the_reference_page_is_accepted() {
    let mut examples = 0;
    for setting in super::declarations::all().iter().filter(|setting| !setting.example.is_empty()) {
        let error = built(&[(setting.name, setting.example)]).err().unwrap_or_default();
        // Files of examples do not exist here. Some values need another setting, which the error then names.
        let own = error.lines().filter(|line| line.starts_with(&format!("{}: ", setting.name)));
        let own: Vec<_> = own.filter(|line| !line.contains("could not read")).collect();
        assert_eq!(own, [""; 0], "{}={}", setting.name, setting.example);
        examples += 1;
    }
    assert!(examples > 40, "{examples}");
}

/// Returns a source with valid settings and further environment variables.
fn environment(more: &[(&str, &str)]) -> Source {
    let usual = [
        ("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555"),
        ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001"),
        ("ENTRA_FIDO_API_CLIENT_SECRET", "secret"),
        ("YED_API_TOKEN", "token"),
        ("KEYFERRY_CALLERS_CHECKED_BY", "platform"),
        ("SEND_PIN_URL", LOGIC_APP),
    ];
    let variables = usual.iter().chain(more).map(|(name, value)| (name.into(), value.into()));
    Source::read(variables, None).ok().unwrap()
}

#[test]
fn misspelt_variables_are_returned_without_their_values() {
    let unknown = |more: &[(&str, &str)]| {
        let settings = read(&environment(more)).ok().unwrap();
        settings.unknown.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let misspelt = ("CRON_PROCESS_SHIPMENTS_SCHEDULE", "HUSH-canary");
    assert_eq!(
        unknown(&[misspelt, ("AZURE_CLIENT_SECRET", "x"), ("YED_TOKEN", "HUSH-canary"), ("HOME", "/var/lib/keyferry")]),
        [
            "environment variable CRON_PROCESS_SHIPMENTS_SCHEDULE is not a setting (did you mean \
             CRON_PROCESS_SHIPMENT_SCHEDULE?)",
            "environment variable YED_TOKEN is not a setting",
        ]
    );
    assert_eq!(unknown(&[("cron_process_shipment_schedule", "-")]), [""; 0]);
}

#[test]
fn strict_mode_rejects_misspelt_variables() {
    let strict = ("KEYFERRY_STRICT_SETTINGS", "true");
    let errors = read(&environment(&[strict, ("CRON_PROCESS_SHIPMENTS_SCHEDULE", "HUSH-canary")])).err().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].to_string(),
        "environment variable CRON_PROCESS_SHIPMENTS_SCHEDULE is not a setting (did you mean \
         CRON_PROCESS_SHIPMENT_SCHEDULE?). Correct or remove it, or set KEYFERRY_STRICT_SETTINGS=false"
    );
    assert!(read(&environment(&[strict])).is_ok());
}

#[test]
fn api_and_probes_have_different_ports() {
    assert_eq!(
        built(&[("KEYFERRY_API_PORT", "8081")]).err().unwrap(),
        "KEYFERRY_API_PORT and KEYFERRY_PROBE_PORT are both 8081. Set different ports with these settings, or with \
         --api-port and --probe-port"
    );
    assert!(built(&[("KEYFERRY_API_PORT", "0"), ("KEYFERRY_PROBE_PORT", "0")]).is_ok());
}

#[test]
fn console_needs_its_address_and_the_secret_of_its_registration() {
    const ID: (&str, &str) = ("KEYFERRY_CONSOLE_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000001");
    const SECRET: (&str, &str) = ("KEYFERRY_CONSOLE_CLIENT_SECRET", "canary");
    const URL: (&str, &str) = ("KEYFERRY_PUBLIC_URL", "https://keyferry.example");
    let (on, everywhere) = (("KEYFERRY_CONSOLE", "on"), ("KEYFERRY_BIND", "0.0.0.0"));
    assert!(!built(&[everywhere, ID]).ok().unwrap().console.enabled, "off by default, whatever else is set");
    for good in [&[on][..], &[on, everywhere, URL], &[on, ID, SECRET], &[on, ("KEYFERRY_BIND", "::1")]] {
        assert!(built(good).is_ok_and(|settings| settings.console.enabled), "{good:?}");
    }
    for (bad, missing) in [
        (&[on, everywhere][..], "KEYFERRY_PUBLIC_URL is not set, but is required with KEYFERRY_CONSOLE=on"),
        (&[on, ID], "KEYFERRY_CONSOLE_CLIENT_SECRET is not set, but is required with KEYFERRY_CONSOLE_CLIENT_ID"),
        (&[on, SECRET], "KEYFERRY_CONSOLE_CLIENT_ID is not set, but is required with KEYFERRY_CONSOLE_CLIENT_SECRET"),
    ] {
        let error = built(bad).err().unwrap();
        assert!(error.starts_with(missing) && !error.contains("canary"), "{error}");
    }
    refusal("KEYFERRY_PUBLIC_URL", "http://keyferry.example");
    refusal("KEYFERRY_PUBLIC_URL", "https://keyferry.example/console");
    refusal("KEYFERRY_CONSOLE", "true");
}
