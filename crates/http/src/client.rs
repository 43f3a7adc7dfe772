//! The client: how calls are made.

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

/// How calls are made.
#[derive(Clone)]
pub struct ClientOptions {
    /// From sending to the last byte of the answer. 75 s by default, since Graph's authentication-methods API may
    /// take 60 s.
    pub timeout: Duration,
    /// For name, route and TLS together. 10 s by default.
    pub connect_timeout: Duration,
    /// Largest answer in bytes. 1 MiB by default.
    pub max_body: usize,
    /// Root certificates beside the system's, each PEM with one or more certificates.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// How fast to ask; `None` for as fast as we like. The wait does not count against the timeout.
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

/// Calls one outside service. Cheap to clone; clones share connections and pace.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Through the system's proxy, if one is set.
    outside: reqwest::Client,
    /// Never through a proxy, which could not reach this machine as we do.
    loopback: reqwest::Client,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) gate: Option<Gate>,
    random: &'static dyn SecureRandom,
}

impl Client {
    /// Sets the client up; no call is made.
    ///
    /// # Errors
    /// When a root certificate cannot be read, the system has none at all, or the pace makes no sense.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let mut roots = Vec::new();
        for pem in &options.extra_roots_pem {
            let certificates = Certificate::from_pem_bundle(pem)
                .map_err(|error| Error::Roots(format!("it is not: {}", chain(error))))?;
            if certificates.is_empty() {
                return Err(Error::Roots("there is none".into()));
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
                // An idle connection that the other side closes just as an order goes out leaves that order in doubt.
                .pool_idle_timeout(Duration::from_secs(15))
                .tls_certs_merge(roots.clone())
                .build()
                .map_err(|error| Error::Tls(chain(error)))
        };
        #[expect(clippy::disallowed_methods, reason = "this is the one place where clients are made")]
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

    /// A fresh UUIDv4 (RFC 9562 section 5.4) that names one call. It is not drawn from the `Entropy` port, as nothing
    /// is decided by it.
    pub(crate) fn fresh_correlation(&self) -> String {
        let mut bytes = [0; 16];
        // Without randomness the id names its call less well; the call is not worth failing for that.
        let _ = self.0.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
    }
}
