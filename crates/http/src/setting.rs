//! Parsers of URLs in settings.

use keyferry_settings::Invalid;
use url::Url;

use crate::url_ext::UrlExt as _;

/// Whether a URL may have a query and a fragment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Query {
    Allowed,
    Refused,
}

/// Parses an https URL, or an http URL of this machine, without user name, query and fragment.
///
/// # Errors
/// Returns [`Invalid::Because`] for any other text, or [`Invalid::Hidden`] if it may contain a password or signature.
pub fn https_url(text: &str) -> Result<Url, Invalid> {
    address(text, Query::Refused)
}

/// Does the same as [`https_url`], but allows a query and a fragment.
///
/// # Errors
/// Same as [`https_url`].
pub fn https_url_with_query(text: &str) -> Result<Url, Invalid> {
    address(text, Query::Allowed)
}

fn address(text: &str, query: Query) -> Result<Url, Invalid> {
    parse(text, query).map_err(|why| match text.contains(['@', '?', '#']) {
        // The text may contain a password or a signature.
        true => Invalid::Hidden(why.to_owned()),
        false => Invalid::Because(why.to_owned()),
    })
}

fn parse(text: &str, query: Query) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "not a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it contains a user name or password");
    }
    if query == Query::Refused && (url.query().is_some() || url.fragment().is_some()) {
        return Err("it has a query or a fragment");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.is_loopback() => Ok(url),
        "http" => Err("plain http is allowed only for this machine"),
        _ => Err("the scheme is not https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_text_with_password_or_signature() {
        assert!(https_url("https://api.example/v1").is_ok() && https_url("http://[::1]:1/").is_ok());
        assert!(matches!(https_url("http://api.example/"), Err(Invalid::Because(_))));
        for text in ["https://u:canary@api.example/", "u:canary@api.example", "https://api.example/?sig=canary"] {
            assert!(matches!(https_url(text), Err(Invalid::Hidden(_))), "{text}");
        }
        assert!(https_url_with_query("https://api.example/?a=b").is_ok());
        assert!(https_url_with_query("https://canary@api.example/?a=b").is_err());
    }
}
