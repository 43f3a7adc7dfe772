//! Where a user goes after the sign-in: to a page of the same area, and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::area::Area;

/// Longest address, in bytes: that of an action on a page of ticked shipments. It is part of a cookie, and browsers
/// keep at most 4096 bytes of one.
const LONGEST: usize = 2500;

/// An origin that no address of a page names.
const BASE: &str = "https://pages.invalid";

/// Path and query of a page of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Returns the address if it is a page of the area, or else the area's first page.
    ///
    /// The text is parsed as browsers parse a link on a page of this site, and the result is built from its parts: no
    /// text can be understood differently later.
    pub fn of(area: &Area, text: &str) -> Self {
        Self::parse(area, text).unwrap_or_else(|| Self(area.start.to_owned()))
    }

    fn parse(area: &Area, text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.starts_with('/') {
            return None;
        }
        let base = Url::parse(BASE).ok()?;
        let url = base.join(text).ok().filter(|url| url.origin() == base.origin())?;
        let path = url.path();
        let below = if path == area.start { Some("") } else { path.strip_prefix(area.start) };
        let below = below.filter(|below| below.is_empty() || below.starts_with('/'))?;
        let ends_or_begins = ["/callback", "/sign-in", "/sign-out", "/signed-out"];
        (!ends_or_begins.contains(&below)).then(|| match url.query() {
            Some(query) => Self(format!("{path}?{query}")),
            None => Self(path.to_owned()),
        })
    }

    /// Decodes what [`Self::encode`] returned. It may have been changed.
    pub fn decode(area: &Area, text: &str) -> Self {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        Self::of(area, &String::from_utf8(bytes).unwrap_or_default())
    }

    /// Returns the address for a cookie.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Returns path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: Area = Area { start: "/console", needs_role: true };
    const START: &str = CONSOLE.start;

    #[test]
    fn keeps_pages_of_the_console() {
        for page in ["/console", "/console/shipments?phase=accepted&user=a%40b", "/console/shipments/0196f0a0"] {
            assert_eq!(ReturnTo::of(&CONSOLE, page).as_str(), page);
            assert_eq!(ReturnTo::decode(&CONSOLE, &ReturnTo::of(&CONSOLE, page).encode()).as_str(), page);
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
            "/me/pin/x",
            "console/shipments",
            "javascript:alert(1)",
            "data:text/html,x",
            "/console/sign-in",
            "/console/callback?code=x",
            "/console/signed-out",
            " /console/shipments",
            "",
        ] {
            assert_eq!(ReturnTo::of(&CONSOLE, text).as_str(), START, "{text:?}");
            assert_eq!(ReturnTo::decode(&CONSOLE, &URL_SAFE_NO_PAD.encode(text)).as_str(), START, "{text:?}");
        }
        assert_eq!(ReturnTo::of(&CONSOLE, &format!("/console/{}", "x".repeat(3000))).as_str(), START);
        assert_eq!(ReturnTo::decode(&CONSOLE, "no base64!").as_str(), START);
        // Markup cannot leave the attribute in which the address is shown.
        let page = ReturnTo::of(&CONSOLE, "/console/shipments?user=\"><script>'\r\nSet-Cookie: a=b");
        assert!(!page.as_str().contains(['"', '<', '>', '\r', '\n', ' ', '\'']), "{page:?}");
        // Dots are resolved before the check.
        assert_eq!(ReturnTo::of(&CONSOLE, "/x/../console/shipments").as_str(), "/console/shipments");
    }
}
