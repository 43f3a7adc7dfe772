//! Addresses to call, as settings give them.

use keyferry_settings::Invalid;
use url::Url;

use crate::url_ext::UrlExt as _;

/// Whether an address may have a query and a fragment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Query {
    Allowed,
    Refused,
}

/// Parses an https URL, or an http URL of this machine, without user name, query and fragment.
///
/// # Errors
/// When it is none. A text that may contain a password or a signature is not shown.
pub fn https_url(text: &str) -> Result<Url, Invalid> {
    address(text, Query::Refused)
}

/// Parses the same, with a query and a fragment if there are any.
///
/// # Errors
/// As [`https_url`].
pub fn https_url_with_query(text: &str) -> Result<Url, Invalid> {
    address(text, Query::Allowed)
}

fn address(text: &str, query: Query) -> Result<Url, Invalid> {
    parse(text, query).map_err(|why| match text.contains(['@', '?', '#']) {
        // A password or a signature may stand behind these.
        true => Invalid::Hidden(why.to_owned()),
        false => Invalid::Because(why.to_owned()),
    })
}

fn parse(text: &str, query: Query) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "that is no URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("that holds a user name or password");
    }
    if query == Query::Refused && (url.query().is_some() || url.fragment().is_some()) {
        return Err("that has a query or a fragment");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.is_loopback() => Ok(url),
        "http" => Err("plain http is taken for this machine only"),
        _ => Err("its scheme is not https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_password_or_a_signature_is_not_shown() {
        assert!(https_url("https://api.example/v1").is_ok() && https_url("http://[::1]:1/").is_ok());
        assert!(matches!(https_url("http://api.example/"), Err(Invalid::Because(_))));
        for text in ["https://u:canary@api.example/", "u:canary@api.example", "https://api.example/?sig=canary"] {
            assert!(matches!(https_url(text), Err(Invalid::Hidden(_))), "{text}");
        }
        assert!(https_url_with_query("https://api.example/?a=b").is_ok());
        assert!(https_url_with_query("https://canary@api.example/?a=b").is_err());
    }
}
