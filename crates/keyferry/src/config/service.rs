//! Settings of the program itself: addresses, logs and trusted certificates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use keyferry_settings::{ErrorRecorded, Reader, SettingError, parse, setting, settings};

settings! {
    /// Addresses and ports of the service.
    #[derive(Clone, Debug)]
    pub(crate) struct ListenSettings in "Service" {
        /// IP address that the service listens on.
        pub(crate) bind: IpAddr = setting("KEYFERRY_BIND", |text| text.parse().map_err(|_| "not an IP address".into()))
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
    /// Records an error if both servers would listen on the same port.
    pub(super) fn check(&self, reader: &mut Reader<'_>) -> Result<(), ErrorRecorded> {
        if self.api_port != self.probe_port || self.api_port == 0 {
            return Ok(());
        }
        let error = format!(
            "KEYFERRY_API_PORT and KEYFERRY_PROBE_PORT are both {}. Set different ports with these settings, or with \
             --api-port and --probe-port",
            self.api_port
        );
        Err(reader.add(SettingError(error)))
    }

    /// Returns the address at which this machine can reach the probes. An unspecified address such as 0.0.0.0 cannot be
    /// called, so the loopback address replaces it.
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
    /// Treatment of misspelt settings.
    #[derive(Clone, Debug)]
    pub(crate) struct StrictSettings in "Service" {
        /// Whether an environment variable that is probably a misspelt setting stops the start. With `false`, `serve`
        /// logs a warning and `doctor` reports it.
        pub(crate) strict: bool = setting("KEYFERRY_STRICT_SETTINGS", parse::boolean)
            .default("false")
            .expected("`true` or `false`")
            .example("true"),
    }
}

settings! {
    /// Certificate authorities for outgoing calls and mail.
    #[derive(Clone, Debug)]
    pub(crate) struct OutgoingSettings in "Service" {
        /// Certificate authorities to trust in addition to the system's, for outgoing calls and mail.
        pub(crate) extra_ca: Option<Vec<u8>> = setting("KEYFERRY_EXTRA_CA_FILE", parse::file)
            .expected("a path to a PEM file")
            .example("/etc/keyferry/proxy-ca.pem"),
    }
}

settings! {
    /// Level and format of logs.
    #[derive(Clone, Debug)]
    pub(crate) struct LogSettings in "Service" {
        /// Log level.
        pub(crate) level: &'static str = setting("LOGGING_LEVEL_COM_YUBICO", |text| {
                let levels = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"].map(|level| (level, level));
                parse::choice(text, &levels)
            })
            .default("INFO")
            .expected("`OFF`, `FATAL` (the same as `ERROR`), `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`")
            .example("DEBUG")
            .status(),

        /// Format of log lines on standard output: [one JSON object per line](logs.md), or plain text.
        pub(crate) json: bool = setting("KEYFERRY_LOG_FORMAT", |text| {
                parse::choice(text, &[("text", false), ("json", true)])
            })
            .default("json")
            .expected("`json` or `text`")
            .example("text"),
    }
}

settings! {
    /// Trust anchors of attestations, and the status of models.
    #[derive(Clone, Debug)]
    pub(crate) struct TrustAnchorSettings in "Orders and processing" {
        /// Root certificates to which attestations must chain. They replace the vendor's roots, which are built in.
        pub(crate) trust_anchors: Option<Vec<u8>> = setting("KEYFERRY_TRUST_ANCHORS", parse::file)
            .expected("a path to a PEM file")
            .example("/etc/keyferry/trust-anchors.pem"),

        /// FIDO metadata (MDS3 BLOB) with the status of models. Download it from <https://mds3.fidoalliance.org/>.
        /// Keyferry reads it at the start, and reports when a newer one is due.
        pub(crate) fido_metadata: Option<Vec<u8>> = setting("KEYFERRY_FIDO_METADATA_FILE", parse::file)
            .expected("a path to the downloaded file")
            .example("/etc/keyferry/mds3.jwt"),

        /// Root certificates to which the signature of the FIDO metadata must chain. They replace the built-in one.
        pub(crate) fido_metadata_roots: Option<Vec<u8>> = setting("KEYFERRY_FIDO_METADATA_ROOTS", parse::file)
            .expected("a path to a PEM file")
            .example("/etc/keyferry/mds3-roots.pem"),
    }
}
