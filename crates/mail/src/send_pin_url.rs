//! The address of the Logic App, which is a secret.

use std::fmt;

use keyferry_http::UrlExt as _;
use url::Url;

use crate::Error;

/// `SEND_PIN_URL`: the address of the Logic App's trigger. Its query holds a signature with which anybody can call it,
/// so no form of it shows the query.
#[derive(Clone, PartialEq, Eq)]
pub struct SendPinUrl(Url);

impl SendPinUrl {
    /// Reads the address.
    ///
    /// # Errors
    /// [`Error::Setting`], which does not repeat the text, when it is not an `https` URL (`http` only to this machine).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |problem: &str| Error::Setting {
            what: "SEND_PIN_URL",
            problem: format!(
                "{problem}; expected the whole workflow URL of the Logic App, such as \
                 https://prod-01.westeurope.logic.azure.com/workflows/…/invoke?…&sig=… (it is not shown, as it is a secret)"
            ),
        };
        let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("it is not a URL ({error})")))?;
        let allowed = url.scheme() == "https" || (url.scheme() == "http" && url.is_loopback());
        if !allowed {
            return Err(wrong("it does not begin with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user name or password"));
        }
        let url = Self(url);
        // With the `?` lost on the way, the signature would stand in what is shown.
        let shown = url.without_query().to_ascii_lowercase();
        if shown.contains("sig=") || shown.contains("sig%3d") {
            return Err(wrong("its signature does not stand behind a `?`"));
        }
        Ok(url)
    }

    /// The address without its query: what `/v1/status` and logs may show.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    pub(crate) fn expose(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for SendPinUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendPinUrl({}?..)", self.without_query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_never_shown() {
        let text =
            "https://prod-01.example/workflows/w/triggers/manual/paths/invoke?api-version=2016-10-01&sig=canary#x";
        let url = SendPinUrl::parse(text).unwrap();
        assert_eq!(url.without_query(), "https://prod-01.example/workflows/w/triggers/manual/paths/invoke");
        assert!(!format!("{url:?}").contains("canary"));
        assert_eq!(url.expose().as_str(), text);
    }

    #[test]
    fn only_protected_addresses_are_taken() {
        assert!(SendPinUrl::parse("http://127.0.0.1:8090/invoke?sig=canary").is_ok());
        for text in [
            "",
            "canary",
            "http://prod-01.example/?sig=canary",
            "https://u:canary@h/",
            "ftp://canary/",
            "https://h&sig=canary",
            "https://h/invoke&sig=canary",
            "https://h/invoke%3FSIG%3Dcanary",
        ] {
            let error = SendPinUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
