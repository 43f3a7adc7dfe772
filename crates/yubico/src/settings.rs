//! Settings of the delivery service.

use std::collections::BTreeMap;

use keyferry_domain::Aaguid;
use keyferry_http::setting::https_url;
use keyferry_jose::{ContentEncryption, KeyManagement};
use keyferry_settings::{Invalid, Secret, SettingsGroup as _, fixed, parse, secret, setting, settings};
use url::Url;

use crate::EnvelopeFormat;

settings! {
    /// Endpoints of the delivery service and encryption of its envelopes.
    #[derive(Clone, Debug)]
    pub struct YubicoSettings in "Delivery service" {
        /// Base URL of the delivery service's API, including the API version.
        pub api_base: Url = setting("YE_API_BASE_URL", https_url)
            .default("https://api.console.yubico.com/v1")
            .expected("an https URL that ends with the API version")
            .example("https://portal.yubico.com/api/v1")
            .status(),

        /// URL of the published keys that sign responses (JWKS).
        pub jwks_sign: Url = setting("YE_JWKS_SIGN_ENDPOINT", https_url)
            .default("https://console.yubico.com/.well-known/yubico-sign.jwks")
            .expected("an https URL")
            .status(),

        /// URL of the published keys to which requests are encrypted (JWKS).
        pub jwks_transport: Url = setting("YE_JWKS_TRANSPORT_ENDPOINT", https_url)
            .default("https://console.yubico.com/.well-known/yubico-transport-keys.jwks")
            .expected("an https URL")
            .status(),

        /// Format of the plaintexts inside the envelopes. See the reference page "Envelopes".
        pub format: &'static dyn EnvelopeFormat = setting("KEYFERRY_ENVELOPE_FORMAT", envelope_format)
            .default("keyferry-1")
            .expected("`keyferry-1`")
            .example("keyferry-1"),

        // inferred: the algorithms are not documented; these are from test data of another identity provider.
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

        /// Accepted JWE `alg` values of responses.
        pub accepted_algs: Vec<KeyManagement> = fixed(|| KeyManagement::ALL.to_vec()),

        /// Accepted JWE `enc` values of responses.
        pub accepted_encs: Vec<ContentEncryption> = fixed(|| ContentEncryption::ALL.to_vec()),

        /// Whether Keyferry checks the delivery service's field limits before it makes any call. If `false`, only the
        /// delivery service checks them.
        pub check_shipment_limits: bool = setting("KEYFERRY_CHECK_SHIPMENT_LIMITS", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Countries for which the delivery service enabled long street lines: 510 characters together instead of 120.
        pub long_street_countries: Vec<String> = setting("KEYFERRY_LONG_STREET_COUNTRIES", countries)
            .when_unset(Vec::new)
            .expected("comma-separated country codes of two letters")
            .example("DE,FR"),

        // inferred: the console can delete an order; the REST form `DELETE /fpr/shipments/{id}` is not documented. On
        // by default, because a service without it refuses the call, which has the same result as not calling it.
        /// Whether Keyferry deletes the order of a cancelled shipment at the delivery service. If `false`, or if the
        /// delivery service refuses, an operator deletes the order in its console.
        pub delete_cancelled: bool = setting("KEYFERRY_DELETE_CANCELLED_ORDERS", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        // inferred: that the list contains pre-registered orders.
        /// Whether a reconciliation reads the delivery service's list of all orders, to find those without a record.
        /// Its documentation does not state whether the list contains pre-registered orders. Set it to `true` after
        /// you have seen one of them in the response of `GET /shipments_exact`.
        pub list_orders: bool = setting("KEYFERRY_LIST_ORDERS", parse::boolean)
            .default("false")
            .expected("`true` or `false`")
            .example("true"),
    }
}

settings! {
    /// Authentication of the connector to the delivery service. The token may be stored in a vault instead.
    #[derive(Clone, Debug)]
    pub struct ApiTokenSettings in "Delivery service" {
        /// API token of the delivery service; valid for one year. Keyferry reads it again when the delivery service
        /// refuses it, so a rotated token needs no restart.
        pub api_token: Option<Secret> = secret("YED_API_TOKEN")
            .otherwise("read from the vault; required without a vault")
            .expected("the API token"),
    }
}

settings! {
    /// Known properties of products.
    #[derive(Clone, Debug)]
    pub struct ProductSettings in "Orders and processing" {
        /// Authenticator models (AAGUIDs) that each product can be. A product that is not listed is not checked. If
        /// set, replaces the built-in list.
        pub product_aaguids: Option<BTreeMap<i64, Vec<Aaguid>>> = setting("KEYFERRY_PRODUCT_AAGUIDS", product_aaguids)
            .expected("a JSON object of product ids to arrays of AAGUIDs")
            .example(r#"{"29": ["a25342c0-3cdc-4414-8e46-f4807fca511c"]}"#),
    }
}

fn countries(text: &str) -> Result<Vec<String>, Invalid> {
    let country = |text: String| match text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        true => Ok(text.to_ascii_uppercase()),
        false => Err(format!("{text:?} is not a country code of two letters").into()),
    };
    parse::nonempty_list(text)?.into_iter().map(country).collect()
}

fn envelope_format(text: &str) -> Result<&'static dyn EnvelopeFormat, Invalid> {
    <dyn EnvelopeFormat>::by_name(text).map_err(|error| error.to_string().into())
}

fn algorithm<T: std::str::FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| "that is not one of the accepted values".into())
}

fn product_aaguids(text: &str) -> Result<BTreeMap<i64, Vec<Aaguid>>, Invalid> {
    serde_json::from_str(text)
        .map_err(|error| format!("that is not a JSON object of product ids to arrays of AAGUIDs ({error})").into())
}

impl YubicoSettings {
    /// Returns the default settings with these URLs.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser accepts")]
    pub fn new(api_base: Url, jwks_sign: Url, jwks_transport: Url) -> Self {
        Self { api_base, jwks_sign, jwks_transport, ..Self::defaults().expect("defaults") }
    }
}
