//! Cookies of the pages.
//!
//! Over https their names begin with `__Host-`: browsers accept such a cookie only from this host itself, over https
//! and without a domain, so no other host of the domain can plant one (RFC 6265bis section 4.1.3.2).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::public_url::PublicUrl;

/// Time for a sign-in, in seconds. Longer than a user needs for a password and a second factor.
const SIGN_IN_SECONDS: u32 = 600;

/// One of the cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Id of the session. Sent only with requests that pages of this site cause.
    Session,
    /// Secret of a sign-in. Sent with the browser's return from the identity provider, too.
    SignIn,
}

impl Cookie {
    fn name(self, url: &PublicUrl) -> &'static str {
        match (self, url.is_https()) {
            (Self::Session, true) => "__Host-keyferry",
            (Self::Session, false) => "keyferry-console",
            (Self::SignIn, true) => "__Host-keyferry-sign-in",
            (Self::SignIn, false) => "keyferry-console-sign-in",
        }
    }

    /// Returns the cookie's value. `None` if there is none, or several: one of them would be planted.
    pub fn of<'a>(self, headers: &'a HeaderMap, url: &PublicUrl) -> Option<&'a str> {
        let name = self.name(url);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    /// Returns the header that sets the cookie. `value` must be base64url, with points.
    pub fn set(self, value: &str, url: &PublicUrl) -> HeaderValue {
        let life = match self {
            // Until the browser ends, at most; the server ends it earlier.
            Self::Session => String::new(),
            Self::SignIn => format!("; Max-Age={SIGN_IN_SECONDS}"),
        };
        self.header(value, &life, url)
    }

    /// Returns the header that removes the cookie.
    pub fn remove(self, url: &PublicUrl) -> HeaderValue {
        self.header("", "; Max-Age=0", url)
    }

    fn header(self, value: &str, life: &str, url: &PublicUrl) -> HeaderValue {
        let name = self.name(url);
        let same_site = match self {
            Self::Session => "Strict",
            Self::SignIn => "Lax",
        };
        let secure = if url.is_https() { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{life}");
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        let url = PublicUrl::default();
        url.set(text.parse().unwrap());
        url
    }

    #[test]
    fn attributes_protect_the_cookies() {
        let https = url("https://keyferry.example");
        assert_eq!(Cookie::Session.set("x", &https), "__Host-keyferry=x; Path=/; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(
            Cookie::SignIn.set("x.y", &https),
            "__Host-keyferry-sign-in=x.y; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"
        );
        assert_eq!(
            Cookie::Session.remove(&url("http://127.0.0.1:8080")),
            "keyferry-console=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
        assert!(PublicUrl::default().is_https(), "an unknown address must not weaken cookies");
    }

    #[test]
    fn finds_one_cookie_and_no_other() {
        let https = url("https://keyferry.example");
        let of = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            Cookie::Session.of(&headers, &https).map(str::to_owned)
        };
        assert_eq!(of(&["a=b; __Host-keyferry=x", "c=d"]).as_deref(), Some("x"));
        assert_eq!(of(&["keyferry-console=x; __Host-keyferry-sign-in=y; __host-keyferry=z"]), None);
        assert_eq!(of(&["__Host-keyferry=x; __Host-keyferry=y"]), None);
        assert_eq!(of(&["__Host-keyferry=x", "__Host-keyferry=x"]), None);
        assert_eq!(of(&[]), None);
    }
}
