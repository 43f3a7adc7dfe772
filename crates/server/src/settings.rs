//! Settings of connections.

use std::net::IpAddr;

use ipnet::IpNet;
use keyferry_settings::{Invalid, parse, setting, settings};

settings! {
    /// Limits of incoming connections.
    #[derive(Clone, Debug)]
    pub struct ConnectionSettings in "Service" {
        /// Largest number of open connections to the API. Further ones wait. Each needs up to 150 KB of memory and one
        /// file descriptor. With a lower limit of open files, Keyferry logs a warning and uses what that limit permits.
        pub max_connections: usize = setting("KEYFERRY_MAX_CONNECTIONS", |text| parse::number(text, 8, 65_536))
            .default("1024")
            .expected("a whole number, 8 to 65536")
            .example("4096"),

        /// Largest number of open connections to the API from one client address. Further ones are closed. The default
        /// leaves three quarters of all connections to others, and is far above what one client or a load balancer
        /// needs. An IPv6 client counts by its /64 network. For clients behind `KEYFERRY_TRUSTED_PROXIES` it limits
        /// simultaneous requests, and further ones get 503.
        pub max_connections_per_address: usize = setting("KEYFERRY_MAX_CONNECTIONS_PER_ADDRESS", |text| {
                parse::number(text, 1, 65_536)
            })
            .default("256")
            .expected("a whole number, 1 to 65536; at least KEYFERRY_MAX_CONNECTIONS for no limit")
            .example("64"),

        /// Networks of the proxies and load balancers in front of the API. Only from these does Keyferry accept a
        /// client address in `X-Forwarded-For`, and their own connections are not limited per address.
        pub trusted_proxies: Vec<IpNet> = setting("KEYFERRY_TRUSTED_PROXIES", networks)
            .when_unset(Vec::new)
            .expected("a JSON array or a comma-separated list of IP addresses and networks in CIDR notation")
            .example("10.0.0.0/24,fd00:1234::/64"),
    }
}

fn networks(text: &str) -> Result<Vec<IpNet>, Invalid> {
    let network = |item: &String| {
        let address = item.parse::<IpAddr>().map(IpNet::from);
        item.parse().or(address).map_err(|_| format!("{item:?} is not an IP address or network").into())
    };
    parse::list(text)?.iter().map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_or_cidr() {
        let networks = |text| networks(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(networks("10.0.0.0/24, 192.0.2.7").unwrap(), ["10.0.0.0/24", "192.0.2.7/32"]);
        assert_eq!(networks(r#"["fd00::/64", "::1"]"#).unwrap(), ["fd00::/64", "::1/128"]);
        assert_eq!(networks("10.0.0.0/33"), Err("\"10.0.0.0/33\" is not an IP address or network".into()));
        assert_eq!(networks("proxy.example"), Err("\"proxy.example\" is not an IP address or network".into()));
    }
}
