//! Settings of the delivery service: how it is reached, and how its envelopes are sealed.

use std::collections::BTreeMap;

use keyferry_domain::Aaguid;
use keyferry_http::setting::https_url;
use keyferry_jose::{ContentEncryption, KeyManagement};
use keyferry_settings::{Invalid, Secret, SettingsGroup as _, fixed, parse, secret, setting, settings};
use url::Url;

use crate::EnvelopeFormat;

settings! {
    /// How the delivery service is reached, and how its envelopes are sealed.
    #[derive(Clone, Debug)]
    pub struct YubicoSettings in "Delivery service" {
        /// The delivery service.
        pub api_base: Url = setting("YE_API_BASE_URL", https_url)
            .default("https://api.console.yubico.com/v1")
            .expected("an https URL up to and with the version")
            .example("https://portal.yubico.com/api/v1")
            .status(),

        /// Published keys that sign responses.
        pub jwks_sign: Url = setting("YE_JWKS_SIGN_ENDPOINT", https_url)
            .default("https://console.yubico.com/.well-known/yubico-sign.jwks")
            .expected("an https URL")
            .status(),

        /// Published keys that requests are sealed to.
        pub jwks_transport: Url = setting("YE_JWKS_TRANSPORT_ENDPOINT", https_url)
            .default("https://console.yubico.com/.well-known/yubico-transport-keys.jwks")
            .expected("an https URL")
            .status(),

        /// Format of the plaintexts inside the envelopes, see the envelope page.
        pub format: &'static dyn EnvelopeFormat = setting("KEYFERRY_ENVELOPE_FORMAT", envelope_format)
            .default("keyferry-1")
            .expected("`keyferry-1`")
            .example("keyferry-1"),

        // inferred: the algorithms are not documented; these stand in test data of another identity provider.
        /// JWE `alg` of requests.
        pub alg: KeyManagement = setting("KEYFERRY_ENVELOPE_ALG", algorithm::<KeyManagement>)
            .default("ECDH-ES+A256KW")
            .expected("`ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`")
            .example("ECDH-ES"),

        /// JWE `enc` of requests.
        pub enc: ContentEncryption = setting("KEYFERRY_ENVELOPE_ENC", algorithm::<ContentEncryption>)
            .default("A256GCM")
            .expected("`A128GCM`, `A192GCM` or `A256GCM`")
            .example("A128GCM"),

        /// `alg` that a response may have.
        pub accepted_algs: Vec<KeyManagement> = fixed(|| KeyManagement::ALL.to_vec()),

        /// `enc` that a response may have.
        pub accepted_encs: Vec<ContentEncryption> = fixed(|| ContentEncryption::ALL.to_vec()),

        /// Whether the delivery service's field limits are checked before anybody is asked. Off: its own answer decides.
        pub check_shipment_limits: bool = setting("KEYFERRY_CHECK_SHIPMENT_LIMITS", parse::truth)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),
    }
}

settings! {
    /// How the connector authenticates at the delivery service. A vault may have the token instead.
    #[derive(Clone, Debug)]
    pub struct ApiTokenSettings in "Delivery service" {
        /// The delivery service's API token; lives for a year. Read anew when it is refused, so a rotated one needs no restart.
        pub api_token: Option<Secret> = secret("YED_API_TOKEN")
            .otherwise("in the vault; required without one")
            .expected("the API token"),
    }
}

settings! {
    /// What is known of the products.
    #[derive(Clone, Debug)]
    pub struct ProductSettings in "The flow" {
        /// Models that a product may turn out to be. A product that is not named is not checked. Set, it replaces what comes with the
        /// program.
        pub product_aaguids: Option<BTreeMap<i64, Vec<Aaguid>>> = setting("KEYFERRY_PRODUCT_AAGUIDS", product_aaguids)
            .expected("a JSON object of product ids to arrays of AAGUIDs")
            .example(r#"{"29": ["a25342c0-3cdc-4414-8e46-f4807fca511c"]}"#),
    }
}

fn envelope_format(text: &str) -> Result<&'static dyn EnvelopeFormat, Invalid> {
    <dyn EnvelopeFormat>::by_name(text).map_err(|error| error.to_string().into())
}

fn algorithm<T: std::str::FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| "that is none of them".into())
}

fn product_aaguids(text: &str) -> Result<BTreeMap<i64, Vec<Aaguid>>, Invalid> {
    serde_json::from_str(text).map_err(|error| format!("that is no such object ({error})").into())
}

impl YubicoSettings {
    /// The defaults at these addresses.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser takes")]
    pub fn new(api_base: Url, jwks_sign: Url, jwks_transport: Url) -> Self {
        Self { api_base, jwks_sign, jwks_transport, ..Self::defaults().expect("defaults") }
    }
}
