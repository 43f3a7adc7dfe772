use keyferry_mail::SmtpTls;

use super::*;

const LOGIC_APP: &str = "https://prod-01.example/workflows/w/invoke?sig=canary";

/// Settings that are right, with these in place of the usual ones.
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
    build(&source).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Why this one setting is refused.
fn refusal(name: &'static str, value: &str) -> String {
    let error = built(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} is taken"));
    assert!(error.starts_with(name) && error.lines().count() == 1, "{error}");
    error
}

#[test]
fn addresses_are_protected_and_hold_no_credentials() {
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
fn only_the_metadata_url_may_have_a_query() {
    let name = "KEYFERRY_TOKEN_METADATA_URL";
    let url = "https://login.example/.well-known/openid-configuration?appid=x";
    let Callers::Tokens { metadata_url, .. } = built(&[(name, url)]).ok().unwrap().callers else { panic!() };
    assert_eq!(metadata_url.unwrap().as_str(), url);
    assert!(!refusal(name, "https://user:canary@login.example/?x").contains("canary"));
    for name in ["MS_Graph_Endpoint", "MS_Login_Online_Endpoint", "YE_JWKS_SIGN_ENDPOINT", "YE_JWKS_TRANSPORT_ENDPOINT"]
    {
        refusal(name, "https://x.example/?appid=x");
    }
}

#[test]
fn the_address_of_the_logic_app_is_read_once_and_never_shown() {
    let PinBy::LogicApp { url } = built(&[]).ok().unwrap().pin_by else { panic!() };
    assert_eq!(url, keyferry_mail::SendPinUrl::parse(LOGIC_APP).unwrap());
    for bad in ["http://prod-01.example/?sig=canary", "https://u:canary@prod-01.example/", "canary"] {
        let error = refusal("SEND_PIN_URL", bad);
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn the_mail_servers_port_follows_from_how_tls_begins() {
    let port = |settings: &[(&'static str, &str)]| {
        let mail = [
            ("KEYFERRY_PIN_BY", "smtp"),
            ("KEYFERRY_SMTP_HOST", "smtp.contoso.example"),
            ("KEYFERRY_MAIL_FROM", "keys@contoso.example"),
        ];
        match built(&[&mail, settings].concat()).ok().unwrap().pin_by {
            PinBy::Smtp { port, tls, .. } => (tls, port),
            _ => panic!("another way"),
        }
    };
    assert_eq!(port(&[]), (SmtpTls::StartTls, 587));
    assert_eq!(port(&[("KEYFERRY_SMTP_TLS", "implicit")]), (SmtpTls::Implicit, 465));
    assert_eq!(port(&[("KEYFERRY_SMTP_TLS", "implicit"), ("KEYFERRY_SMTP_PORT", "8465")]), (SmtpTls::Implicit, 8465));
}

#[test]
fn another_name_of_the_table_is_refused_rather_than_ignored() {
    assert!(built(&[("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "fprshipments")]).is_ok());
    refusal("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "shipments");
}

#[test]
fn the_format_of_envelopes_is_found_by_its_name() {
    let format = built(&[("KEYFERRY_ENVELOPE_FORMAT", "keyferry-1")]).ok().unwrap().delivery.envelope_format;
    assert_eq!(format.name(), "keyferry-1");
    assert!(refusal("KEYFERRY_ENVELOPE_FORMAT", "keyferry-2").contains("keyferry-1"));
}

#[test]
fn a_caller_waits_for_two_minutes_at_most() {
    let budget = built(&[("KEYFERRY_CREATE_BUDGET_SECONDS", "120")]).ok().unwrap().flow.create_budget;
    assert_eq!(budget, Duration::from_secs(120));
    refusal("KEYFERRY_CREATE_BUDGET_SECONDS", "121");
}
