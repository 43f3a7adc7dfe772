//! Settings of the program itself: where it listens, what it logs, whom it trusts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use keyferry_settings::{parse, setting, settings};

settings! {
    /// Where the service listens.
    #[derive(Clone, Debug)]
    pub(crate) struct ListenSettings in "The service itself" {
        /// Address that the service listens on.
        pub(crate) bind: IpAddr = setting("KEYFERRY_BIND", |text| text.parse().map_err(|_| "that is none".into()))
            .default("127.0.0.1")
            .expected("an IP address")
            .example("0.0.0.0"),

        /// Port of the API.
        pub(crate) api_port: u16 = setting("KEYFERRY_API_PORT", |text| parse::number(text, 0, u16::MAX))
            .default("8080")
            .expected("a port; 0 for any free one")
            .example("8080"),

        /// Port of `/livez` and `/readyz`.
        pub(crate) probe_port: u16 = setting("KEYFERRY_PROBE_PORT", |text| parse::number(text, 0, u16::MAX))
            .default("8081")
            .expected("a port; 0 for any free one")
            .example("8081"),
    }
}

impl ListenSettings {
    /// Returns where probes are answered, as this machine reaches it: all addresses at once are no address to call.
    pub(crate) fn probes(&self) -> SocketAddr {
        let address = match self.bind {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        SocketAddr::new(address, self.probe_port)
    }
}

settings! {
    /// What outgoing calls and mail trust.
    #[derive(Clone, Debug)]
    pub(crate) struct OutgoingSettings in "The service itself" {
        /// Certificate authorities to trust beside the system's, for outgoing calls and mail.
        pub(crate) extra_ca: Option<Vec<u8>> = setting("KEYFERRY_EXTRA_CA_FILE", parse::file)
            .expected("a path to a PEM file")
            .example("/etc/keyferry/proxy-ca.pem"),
    }
}

settings! {
    /// What is logged, and how.
    #[derive(Clone, Debug)]
    pub(crate) struct LogSettings in "The service itself" {
        /// How much is logged.
        pub(crate) level: &'static str = setting("LOGGING_LEVEL_COM_YUBICO", |text| {
                let levels = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"].map(|level| (level, level));
                parse::choice(text, &levels)
            })
            .default("INFO")
            .expected("`OFF`, `FATAL` (the same as `ERROR`), `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`")
            .example("DEBUG")
            .status(),

        /// Form of log lines, on standard output: [one JSON object a line](logs.md), or text for people.
        pub(crate) json: bool = setting("KEYFERRY_LOG_FORMAT", |text| {
                parse::choice(text, &[("text", false), ("json", true)])
            })
            .default("json")
            .expected("`json` or `text`")
            .example("text"),
    }
}

settings! {
    /// What attestations must chain to.
    #[derive(Clone, Debug)]
    pub(crate) struct TrustAnchorSettings in "The flow" {
        /// Roots to which attestations must chain, in place of the vendor's, which come with the program.
        pub(crate) trust_anchors: Option<Vec<u8>> = setting("KEYFERRY_TRUST_ANCHORS", parse::file)
            .expected("a path to a PEM file")
            .example("/etc/keyferry/roots.pem"),
    }
}
