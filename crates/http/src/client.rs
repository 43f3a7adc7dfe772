//! HTTP client and its options.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::crypto::SecureRandom;
use url::Url;

use crate::error::chain;
use crate::pacing::{Gate, Pacing};
use crate::{Error, UrlExt as _};

/// Options of a [`Client`].
#[derive(Clone)]
pub struct ClientOptions {
    /// Time from sending the request to the last byte of the response. Default: 75 s, because Graph's
    /// authentication methods API may take 60 s.
    pub timeout: Duration,
    /// Time for DNS, TCP and TLS together. Default: 10 s.
    pub connect_timeout: Duration,
    /// Largest response body in bytes. Default: 1 MiB.
    pub max_body: usize,
    /// Root certificates in addition to the system's. Each item is PEM with one or more certificates.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Rate limit. `None`: no limit. Time spent waiting for it does not count towards the timeout.
    pub pacing: Option<Pacing>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(75),
            connect_timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            extra_roots_pem: Vec::new(),
            pacing: None,
        }
    }
}

/// HTTP client for one external service. Cheap to clone. Clones share connections and rate limit.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Uses the system's proxy, if one is set.
    outside: reqwest::Client,
    /// Never uses a proxy: for a proxy, `localhost` is another machine.
    loopback: reqwest::Client,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) gate: Option<Gate>,
    random: &'static dyn SecureRandom,
}

impl Client {
    /// Creates the client. Makes no call.
    ///
    /// # Errors
    /// Fails when a root certificate is invalid, the system has no root certificates, or the rate limit is zero.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let mut roots = Vec::new();
        for pem in &options.extra_roots_pem {
            let certificates = Certificate::from_pem_bundle(pem)
                .map_err(|error| Error::Roots(format!("the PEM is invalid: {}", chain(error))))?;
            if certificates.is_empty() {
                return Err(Error::Roots("found none".into()));
            }
            roots.extend(certificates);
        }
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .user_agent(concat!("Keyferry/", env!("CARGO_PKG_VERSION")))
                .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
                .redirect(Policy::none())
                .referer(false)
                .timeout(options.timeout)
                .connect_timeout(options.connect_timeout)
                // Kept short: if the other service closes an idle connection while an order is being sent, it is
                // unknown whether the order exists.
                .pool_idle_timeout(Duration::from_secs(15))
                .tls_certs_merge(roots.clone())
                .build()
                .map_err(|error| Error::Tls(chain(error)))
        };
        #[expect(clippy::disallowed_methods, reason = "the only place that creates reqwest clients")]
        let (outside, loopback) = (build(reqwest::Client::builder())?, build(reqwest::Client::builder().no_proxy())?);
        Ok(Self(Arc::new(Inner {
            outside,
            loopback,
            timeout: options.timeout,
            max_body: options.max_body,
            gate: options.pacing.map(Gate::new).transpose()?,
            random: rustls::crypto::aws_lc_rs::default_provider().secure_random,
        })))
    }

    pub(crate) fn transport(&self, url: &Url) -> &reqwest::Client {
        if url.is_loopback() { &self.0.loopback } else { &self.0.outside }
    }

    /// Returns a new UUIDv4 (RFC 9562 section 5.4) that identifies one call. It does not use the `Entropy` port,
    /// because no decision depends on it.
    pub(crate) fn fresh_correlation(&self) -> String {
        let mut bytes = [0; 16];
        // If this fails, the id is not unique. The call can still be made, so the error is ignored.
        let _ = self.0.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
    }
}
