//! Connections to other services.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;

use crate::addresses::AddressRule;
use crate::error::chain;
use crate::{Error, UrlExt as _};

/// Connections of a client, which can be replaced while the client is in use.
pub(crate) struct Transport {
    tls: ClientConfig,
    timeout: Duration,
    connect_timeout: Duration,
    addresses: Option<AddressRule>,
    /// `None`: the next call creates new ones.
    pools: RwLock<Option<Pools>>,
}

#[derive(Clone)]
struct Pools {
    /// Uses the system's proxy, if one is set.
    outside: reqwest::Client,
    /// Never uses a proxy: for a proxy, `localhost` is another machine.
    loopback: reqwest::Client,
}

impl Transport {
    pub(crate) fn new(
        tls: ClientConfig,
        timeout: Duration,
        connect_timeout: Duration,
        addresses: Option<AddressRule>,
    ) -> Result<Self, Error> {
        let transport = Self { tls, timeout, connect_timeout, addresses, pools: RwLock::new(None) };
        // Shows now, not in the first call, whether the connections can be created.
        transport.pools()?;
        Ok(transport)
    }

    /// Sends the request. The outer error: the connections could not be created, so nothing was sent.
    pub(crate) async fn execute(
        &self,
        request: reqwest::Request,
    ) -> Result<Result<reqwest::Response, reqwest::Error>, Error> {
        let pools = self.pools()?;
        let pool = if request.url().is_loopback() { pools.loopback } else { pools.outside };
        Ok(pool.execute(request).await)
    }

    /// Drops all idle connections. Connections in use are closed after their response.
    pub(crate) fn drop_connections(&self) {
        *self.pools.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn pools(&self) -> Result<Pools, Error> {
        if let Some(pools) = &*self.pools.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(pools.clone());
        }
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        match &*pools {
            Some(pools) => Ok(pools.clone()),
            None => Ok(pools.insert(self.connect()?).clone()),
        }
    }

    fn connect(&self) -> Result<Pools, Error> {
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .user_agent(concat!("Keyferry/", env!("CARGO_PKG_VERSION")))
                .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
                .redirect(Policy::none())
                .referer(false)
                .timeout(self.timeout)
                .connect_timeout(self.connect_timeout)
                // Kept short: if the other service closes an idle connection while an order is being sent, it is
                // unknown whether the order exists.
                .pool_idle_timeout(Duration::from_secs(15))
                .tls_backend_preconfigured(self.tls.clone())
                .build()
                .map_err(|error| Error::Tls(chain(error)))
        };
        #[expect(clippy::disallowed_methods, reason = "the only place that creates reqwest clients")]
        let (outside, loopback) = match &self.addresses {
            None => (reqwest::Client::builder(), reqwest::Client::builder().no_proxy()),
            Some(rule) => {
                let checked = |rule| reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(rule));
                (checked(rule.clone()), checked(AddressRule::new(|address| address.is_loopback())))
            }
        };
        Ok(Pools { outside: build(outside)?, loopback: build(loopback)? })
    }
}
