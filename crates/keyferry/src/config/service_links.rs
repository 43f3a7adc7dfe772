//! Variables that Kubernetes sets in every container of a namespace for each of its services (service links). For a
//! service named `keyferry` they begin like settings of Keyferry.
//!
//! Names and values: <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables> and
//! <https://docs.docker.com/engine/network/links/#environment-variables>.

use std::net::{IpAddr, SocketAddr};

/// Returns whether name and value have the form of a service link.
pub(super) fn is_one(name: &str, value: &str) -> bool {
    if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        return false;
    }
    let links = [("_SERVICE_HOST", is_host as fn(&str, &str) -> bool), ("_SERVICE_PORT", is_port), ("_PORT", is_url)];
    // The service's own name may contain the same words, so each place counts.
    links.iter().any(|(part, has_form)| {
        name.match_indices(part).any(|(at, part)| at > 0 && has_form(&name[at + part.len()..], value))
    })
}

/// `…_SERVICE_HOST`
fn is_host(rest: &str, value: &str) -> bool {
    rest.is_empty() && value.parse::<IpAddr>().is_ok()
}

/// `…_SERVICE_PORT`, and `…_SERVICE_PORT_HTTP` for a port named `http`.
fn is_port(rest: &str, value: &str) -> bool {
    (rest.is_empty() || rest.strip_prefix('_').is_some_and(|name| !name.is_empty())) && is_number(value)
}

/// `…_PORT`, and for each port `…_PORT_8080_TCP` and its parts.
fn is_url(rest: &str, value: &str) -> bool {
    if rest.is_empty() {
        return is_socket(value, None);
    }
    let mut parts = rest.split('_').skip(1);
    let (Some(port), Some(protocol @ ("TCP" | "UDP" | "SCTP"))) = (parts.next(), parts.next()) else { return false };
    let what = parts.next();
    if !is_number(port) || parts.next().is_some() {
        return false;
    }
    match what {
        None => is_socket(value, Some((protocol, port))),
        Some("PROTO") => value.eq_ignore_ascii_case(protocol),
        Some("PORT") => value == port,
        Some("ADDR") => value.parse::<IpAddr>().is_ok(),
        Some(_) => false,
    }
}

/// Returns whether the value is an address such as `tcp://10.0.0.1:8080`.
fn is_socket(value: &str, expected: Option<(&str, &str)>) -> bool {
    let Some((protocol, address)) = value.split_once("://") else { return false };
    let Ok(address) = address.parse::<SocketAddr>() else { return false };
    match expected {
        None => matches!(protocol, "tcp" | "udp" | "sctp"),
        Some((name, port)) => protocol.eq_ignore_ascii_case(name) && address.port().to_string() == port,
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_links_are_recognised_by_name_and_value() {
        for (name, value) in [
            ("KEYFERRY_SERVICE_HOST", "10.43.0.7"),
            ("KEYFERRY_SERVICE_HOST", "fd00::7"),
            ("KEYFERRY_SERVICE_PORT", "8080"),
            ("KEYFERRY_SERVICE_PORT_HTTP_PROBES", "8081"),
            ("KEYFERRY_PORT", "tcp://10.43.0.7:8080"),
            ("KEYFERRY_PORT_8080_TCP", "tcp://10.43.0.7:8080"),
            ("KEYFERRY_PORT_8080_TCP", "tcp://[fd00::7]:8080"),
            ("KEYFERRY_PORT_8080_TCP_PROTO", "tcp"),
            ("KEYFERRY_PORT_8080_TCP_PORT", "8080"),
            ("KEYFERRY_PORT_8080_TCP_ADDR", "10.43.0.7"),
            ("KEYFERRY_PORT_53_UDP", "udp://10.43.0.7:53"),
            ("KEYFERRY_PROBES_PORT_8081_TCP_ADDR", "10.43.0.8"),
            ("KEYFERRY_PORT_SERVICE_PORT", "8081"),
        ] {
            assert!(is_one(name, value), "{name}={value}");
        }
    }

    #[test]
    fn misspelt_settings_are_not_service_links() {
        for (name, value) in [
            ("KEYFERRY_PORT", "8080"),
            ("KEYFERRY_SERVICE_HOST", "keyferry.contoso.example"),
            ("KEYFERRY_SERVICE_PORT", "http"),
            ("KEYFERRY_SERVICE_PORT_", "8080"),
            ("KEYFERRY_SERVICE_PORTS", "8080"),
            ("KEYFERRY_PORT_8080_TCP", "tcp://10.43.0.7:8081"),
            ("KEYFERRY_PORT_8080_TCP_HOST", "10.43.0.7"),
            ("KEYFERRY_PORT_8080_TCP_ADDR_X", "10.43.0.7"),
            ("KEYFERRY_PORT_HTTP_TCP_PORT", "8080"),
            ("KEYFERRY_PROBES_PORT", "8081"),
            ("KEYFERRY_SMTP_PROT", "25"),
            ("keyferry_port", "tcp://10.43.0.7:8080"),
            ("_PORT", "tcp://10.43.0.7:8080"),
        ] {
            assert!(!is_one(name, value), "{name}={value}");
        }
    }
}
