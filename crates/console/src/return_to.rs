//! Where a user goes after the sign-in: to a page of the console, and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

/// Page to start at.
pub(crate) const START: &str = "/console";

/// Longest address, in bytes: that of an action on a page of ticked shipments. It is part of a cookie, and browsers
/// keep at most 4096 bytes of one.
const LONGEST: usize = 2500;

/// An origin that no address of the console names.
const BASE: &str = "https://console.invalid";

/// Path and query of a page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnTo(String);

impl ReturnTo {
    /// Returns the address if it is a page of the console, or else the first page.
    ///
    /// The text is parsed as browsers parse a link on a page of this site, and the result is built from its parts: no
    /// text can be understood differently later.
    pub(crate) fn of(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self(START.to_owned()))
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.starts_with('/') {
            return None;
        }
        let base = Url::parse(BASE).ok()?;
        let url = base.join(text).ok().filter(|url| url.origin() == base.origin())?;
        let path = url.path();
        let is_page = path == START || path.strip_prefix(START).is_some_and(|rest| rest.starts_with('/'));
        let ends_or_begins = ["/console/callback", "/console/sign-in", "/console/sign-out", "/console/signed-out"];
        (is_page && !ends_or_begins.contains(&path)).then(|| match url.query() {
            Some(query) => Self(format!("{path}?{query}")),
            None => Self(path.to_owned()),
        })
    }

    /// Decodes what [`Self::encode`] returned. It may have been changed.
    pub(crate) fn decode(text: &str) -> Self {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        Self::of(&String::from_utf8(bytes).unwrap_or_default())
    }

    /// Returns the address for a cookie.
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Returns path and query.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_pages_of_the_console() {
        for page in ["/console", "/console/shipments?phase=accepted&user=a%40b", "/console/shipments/0196f0a0"] {
            assert_eq!(ReturnTo::of(page).as_str(), page);
            assert_eq!(ReturnTo::decode(&ReturnTo::of(page).encode()).as_str(), page);
        }
    }

    #[test]
    fn never_leaves_the_console() {
        for text in [
            "https://evil.example/console",
            "//evil.example/console",
            "/\\evil.example/console",
            "\\\\evil.example",
            "/\t/evil.example/console",
            "/console/../../evil",
            "/console/..//evil.example",
            "/console/%2e%2e/v1/status",
            "/consoles",
            "/console.evil.example",
            "/v1/shipments",
            "console/shipments",
            "javascript:alert(1)",
            "data:text/html,x",
            "/console/sign-in",
            "/console/callback?code=x",
            "/console/signed-out",
            " /console/shipments",
            "",
        ] {
            assert_eq!(ReturnTo::of(text).as_str(), START, "{text:?}");
            assert_eq!(ReturnTo::decode(&URL_SAFE_NO_PAD.encode(text)).as_str(), START, "{text:?}");
        }
        assert_eq!(ReturnTo::of(&format!("/console/{}", "x".repeat(3000))).as_str(), START);
        assert_eq!(ReturnTo::decode("no base64!").as_str(), START);
        // Markup cannot leave the attribute in which the address is shown.
        let page = ReturnTo::of("/console/shipments?user=\"><script>'\r\nSet-Cookie: a=b");
        assert!(!page.as_str().contains(['"', '<', '>', '\r', '\n', ' ', '\'']), "{page:?}");
        // Dots are resolved before the check.
        assert_eq!(ReturnTo::of("/x/../console/shipments").as_str(), "/console/shipments");
    }
}
