//! Addresses of clients, directly and behind proxies.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies whose `X-Forwarded-For` is accepted.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Accepts the header from these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    pub(crate) fn contain(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&peer.to_canonical()))
    }

    /// Returns the client of a request that a trusted proxy forwarded: the last address in `X-Forwarded-For` that is
    /// not a trusted proxy. Each proxy appends the address of its own peer, so addresses further left may be forged.
    /// `None` if there is no such address.
    pub(crate) fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        for item in values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')) {
            // Anything else ends the search, because only a trusted proxy's entry says who is left of it.
            let client = parse(item.trim())?;
            if !self.contain(client) {
                return Some(client);
            }
        }
        None
    }
}

/// Parses an address with or without a port, as proxies write it: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
fn parse(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// Returns what a client is counted by: its IPv4 address, or its IPv6 network, since a client usually has a whole /64.
pub(crate) fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(values: &[&str]) -> Option<String> {
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        proxies.client(&headers).map(|address| address.to_string())
    }

    #[test]
    fn client_is_last_untrusted_address() {
        for (values, expected) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["198.51.100.9, 192.0.2.1, 10.0.0.3"], Some("192.0.2.1")),
            (&["198.51.100.9", "192.0.2.1,fd00::2"], Some("192.0.2.1")),
            (&["192.0.2.1:4711"], Some("192.0.2.1")),
            (&["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["192.0.2.1, unknown, 10.0.0.3"], None),
            (&["10.0.0.3"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(client(values).as_deref(), expected, "{values:?}");
        }
    }

    #[test]
    fn proxies_contain_mapped_addresses() {
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert!(proxies.contain("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!proxies.contain("::ffff:11.1.2.3".parse().unwrap()));
        assert!(!Proxies::default().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn ipv6_clients_are_grouped_by_network() {
        let group = |text: &str| group(text.parse().unwrap()).to_string();
        assert_eq!(group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!((group("192.0.2.1"), group("::ffff:192.0.2.1")), ("192.0.2.1".into(), "192.0.2.1".into()));
    }
}
