//! URL of the Logic App's trigger, which is a secret.

use std::fmt;

use keyferry_http::UrlExt as _;
use url::Url;

use crate::Error;

/// `SEND_PIN_URL`: URL of the Logic App's trigger.
///
/// The query may contain a signature, and whoever has the signature can call the Logic App. Neither `Debug` nor any
/// public method returns the query.
#[derive(Clone, PartialEq, Eq)]
pub struct SendPinUrl(Url);

impl SendPinUrl {
    /// Parses the URL.
    ///
    /// # Errors
    /// [`Error::Setting`] if `text` is not an `https` URL. `http` is allowed for loopback addresses only. The error
    /// does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |problem: &str| Error::Setting {
            what: "SEND_PIN_URL",
            problem: format!(
                "{problem}; expected the complete workflow URL of the Logic App, for example \
                 https://prod-01.westeurope.logic.azure.com/workflows/…/invoke?…&sig=… (the value is not shown)"
            ),
        };
        let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("it is not a URL ({error})")))?;
        let allowed = url.scheme() == "https" || (url.scheme() == "http" && url.is_loopback());
        if !allowed {
            return Err(wrong("it does not begin with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it contains a user name or password"));
        }
        let url = Self(url);
        // If the `?` was lost while copying the URL, the signature is part of the path, which is shown.
        let shown = url.without_query().to_ascii_lowercase();
        if shown.contains("sig=") || shown.contains("sig%3d") {
            return Err(wrong("its signature is not in the query (after a `?`)"));
        }
        Ok(url)
    }

    /// Returns the URL without query and fragment, for `/v1/status` and logs.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    pub(crate) fn expose(&self) -> &Url {
        &self.0
    }

    /// Returns the URL without the signature and its parameters, for calls with an access token. The Logic App rejects
    /// calls with both.
    pub(crate) fn unsigned(&self) -> Url {
        let is_kept = |name: &str| !["sig", "sp", "sv"].iter().any(|signed| name.eq_ignore_ascii_case(signed));
        let kept: Vec<_> = self.0.query_pairs().filter(|(name, _)| is_kept(name)).collect();
        let mut url = self.0.clone();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        url
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
    fn never_shows_the_signature() {
        let text =
            "https://prod-01.example/workflows/w/triggers/manual/paths/invoke?api-version=2016-10-01&sig=canary#x";
        let url = SendPinUrl::parse(text).unwrap();
        assert_eq!(url.without_query(), "https://prod-01.example/workflows/w/triggers/manual/paths/invoke");
        assert!(!format!("{url:?}").contains("canary"));
        assert_eq!(url.expose().as_str(), text);
    }

    #[test]
    fn rejects_unprotected_urls() {
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
