//! Rules for the addresses that a client may connect to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::UrlExt as _;

/// Rule for the addresses that a client may connect to. This machine is always permitted by the names and addresses of
/// [`UrlExt::is_loopback`](crate::UrlExt::is_loopback).
///
/// The rule applies to the addresses that are connected to, so that a name cannot resolve to one address when it is
/// checked, and to another one when it is used. For the same reason, such a client uses no proxy.
#[derive(Clone)]
pub struct AddressRule(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl AddressRule {
    /// Creates the rule from a function that returns whether an address is permitted.
    pub fn new(permits: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(permits))
    }

    /// Returns the reason why a URL must not be called because its host is an address, if any. Names are checked when
    /// they are resolved.
    pub(crate) fn refusal(&self, url: &Url) -> Option<String> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            _ => return None,
        };
        (!url.is_loopback() && !(self.0)(address)).then(|| format!("calls to the address {address} are not permitted"))
    }
}

impl Resolve for AddressRule {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let total = found.len();
            let permitted: Vec<_> = found.into_iter().filter(|address| (rule.0)(address.ip())).collect();
            if permitted.is_empty() {
                let reason = format!("calls to the addresses of this host are not permitted (found {total})");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason).into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use keyferry_testkit::scripted::{Double, Then};

    use super::*;
    use crate::{CallError, Client, ClientOptions};

    fn client(permits: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Client {
        let addresses = Some(AddressRule::new(permits));
        Client::new(ClientOptions { addresses, ..ClientOptions::default() }).unwrap()
    }

    #[tokio::test]
    async fn refuses_literal_addresses_before_anything_is_sent() {
        for url in ["https://10.0.0.1/", "https://[fd00::1]/", "https://169.254.169.254/", "https://0x0a000001/"] {
            let error = client(|_| false).get(&Url::parse(url).unwrap()).send().await.unwrap_err();
            assert!(
                matches!(error, CallError::NotSent { .. }) && error.to_string().contains("not permitted"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn checks_the_addresses_that_a_name_resolves_to() {
        let resolve = |rule: AddressRule| async move { rule.resolve("localhost".parse().unwrap()).await };
        let error = resolve(AddressRule::new(|address| !address.is_loopback())).await.err().unwrap().to_string();
        assert!(error.contains("are not permitted"), "{error}");
        let found: Vec<_> = resolve(AddressRule::new(|address| address.is_ipv4())).await.unwrap().collect();
        assert!(!found.is_empty() && found.iter().all(SocketAddr::is_ipv4), "{found:?}");
    }

    #[tokio::test]
    async fn this_machine_is_permitted_by_name_and_address() {
        for host in ["localhost", "127.0.0.1"] {
            let double = Double::start([Then::json(200, "{}")]).await;
            let mut url = double.url.clone();
            url.set_host(Some(host)).unwrap();
            assert_eq!(client(|_| false).get(&url).send().await.unwrap().status, 200, "{host}");
        }
    }
}
