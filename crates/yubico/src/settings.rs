//! How the delivery service is reached, and how its envelopes are sealed.

use keyferry_jose::{ContentEncryption, KeyManagement};
use url::Url;

use crate::EnvelopeFormat;

/// How the delivery service is reached, and how its envelopes are sealed.
#[derive(Clone, Debug)]
pub struct YubicoSettings {
    /// Base of the delivery API, such as `https://api.console.yubico.com/v1`; `/fpr/shipments` is added to it.
    pub api_base: Url,
    /// Where the keys are published by which responses are verified.
    pub jwks_sign: Url,
    /// Where the keys are published to which requests are sealed.
    pub jwks_transport: Url,
    /// `alg` of requests.
    pub alg: KeyManagement,
    /// `enc` of requests.
    pub enc: ContentEncryption,
    /// `alg` that a response may have.
    pub accepted_algs: Vec<KeyManagement>,
    /// `enc` that a response may have.
    pub accepted_encs: Vec<ContentEncryption>,
    /// Format of the plaintexts.
    pub format: &'static dyn EnvelopeFormat,
}

impl YubicoSettings {
    /// Settings with `ECDH-ES+A256KW` and `A256GCM`, all supported algorithms accepted, and the format `keyferry-1`.
    pub fn new(api_base: Url, jwks_sign: Url, jwks_transport: Url) -> Self {
        Self {
            api_base,
            jwks_sign,
            jwks_transport,
            // inferred: the algorithms are not documented; these stand in test data of another identity provider.
            alg: KeyManagement::EcdhEsA256Kw,
            enc: ContentEncryption::A256Gcm,
            accepted_algs: KeyManagement::ALL.to_vec(),
            accepted_encs: ContentEncryption::ALL.to_vec(),
            format: <dyn EnvelopeFormat>::default_format(),
        }
    }
}
