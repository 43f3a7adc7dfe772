//! HTTP client and its options.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::SecureRandom;

use crate::addresses::AddressRule;
use crate::certificate;
use crate::error::Error;
use crate::hidden::Recent;
use crate::pacing::{Pacer, Pacing};
use crate::transport::Transport;

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
    /// Rule for the addresses that may be connected to. With a rule, the client uses no proxy. `None`: all.
    pub addresses: Option<AddressRule>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(75),
            connect_timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            extra_roots_pem: Vec::new(),
            pacing: None,
            addresses: None,
        }
    }
}

/// HTTP client for one external service. Cheap to clone. Clones share connections and rate limit.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) transport: Transport,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) gate: Option<Pacer>,
    pub(crate) addresses: Option<AddressRule>,
    /// Of calls of this client. Never a PIN.
    pub(crate) recent: Recent,
    random: &'static dyn SecureRandom,
}

impl Client {
    /// Creates the client. Makes no call.
    ///
    /// # Errors
    /// Fails when a root certificate is invalid, the system has no root certificates, or the rate limit is zero.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let tls = certificate::client_config(&options.extra_roots_pem)?;
        Ok(Self(Arc::new(Inner {
            transport: Transport::new(tls, options.timeout, options.connect_timeout, options.addresses.clone())?,
            timeout: options.timeout,
            max_body: options.max_body,
            gate: options.pacing.map(Pacer::new).transpose()?,
            addresses: options.addresses,
            recent: Recent::default(),
            random: rustls::crypto::aws_lc_rs::default_provider().secure_random,
        })))
    }

    /// Drops all idle connections of this client and its clones, so that later calls use new ones. Calls in progress
    /// continue.
    ///
    /// Call it when a response belongs to another call: the connection then has one response too many, and each later
    /// call on it would receive the response to the call before. [`crate::Request::send`] does so for an id of another
    /// call in the headers; callers do so for a body about another subject, and log an error with both ids.
    pub fn drop_connections(&self) {
        self.0.transport.drop_connections();
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
