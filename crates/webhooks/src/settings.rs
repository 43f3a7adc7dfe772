//! Settings of the sender.

use std::net::IpAddr;

use ipnet::IpNet;
use keyferry_settings::{Invalid, parse, setting, settings};

settings! {
    /// Where messages to webhooks may be sent.
    #[derive(Clone, Debug)]
    pub struct WebhookSettings in "Webhooks" {
        /// Networks that are not public, but to which messages may be sent. All other private, link-local and reserved
        /// addresses are refused, except for this machine.
        pub private_addresses: Vec<IpNet> = setting("KEYFERRY_WEBHOOK_PRIVATE_ADDRESSES", networks)
            .when_unset(Vec::new)
            .expected("a JSON array or a comma-separated list of IP addresses and networks in CIDR notation")
            .example("10.20.0.0/24"),
    }
}

fn networks(text: &str) -> Result<Vec<IpNet>, Invalid> {
    let network = |item: &String| {
        let address = item.parse::<IpAddr>().map(IpNet::from);
        item.parse().or(address).map_err(|_| format!("{item:?} is not an IP address or network").into())
    };
    parse::list(text)?.iter().map(network).collect()
}
