//! Building of URL paths from untrusted text.

use std::fmt::Write as _;

use url::{Host, Url};

use crate::Error;

/// Percent-encodes `text` as UTF-8, except for the unreserved characters of RFC 3986 section 2.3.
pub fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Safe ways to extend a URL.
pub trait UrlExt: Sized {
    /// Returns the URL with `segments` appended to its path, without query and fragment.
    ///
    /// Each segment is percent-encoded with [`encode_segment`], so that `/`, `?` or `..` in untrusted text cannot lead
    /// to another path.
    ///
    /// # Errors
    /// [`Error::Segment`] for an empty segment, `.` or `..`; [`Error::NotABase`] for a URL without a path.
    fn join_segments<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Self, Error>;

    /// Does the same as [`UrlExt::join_segments`] with segments that are already percent-encoded. Needed for OData,
    /// whose parentheses and quotes must not be encoded.
    ///
    /// # Errors
    /// Same as [`UrlExt::join_segments`], and [`Error::Segment`] for a segment that contains `/`, `\`, `?` or `#`.
    fn join_encoded<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Self, Error>;

    /// Returns whether the host is this machine: `localhost`, 127.0.0.0/8 or `::1`.
    fn is_loopback(&self) -> bool;
}

impl UrlExt for Url {
    fn join_segments<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        self.join_encoded(segments.into_iter().map(|segment| encode_segment(segment.as_ref())))
    }

    fn join_encoded<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        if self.cannot_be_a_base() {
            return Err(Error::NotABase(self.scheme().to_owned()));
        }
        let mut path = self.path().trim_end_matches('/').to_owned();
        for segment in segments {
            let segment = segment.as_ref();
            let dots = segment.to_ascii_lowercase().replace("%2e", ".");
            if matches!(dots.as_str(), "" | "." | "..") || segment.contains(['/', '\\', '?', '#']) {
                return Err(Error::Segment(crate::clean(segment)));
            }
            path.push('/');
            path.push_str(segment);
        }
        let mut url = self.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&path);
        Ok(url)
    }

    fn is_loopback(&self) -> bool {
        match self.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(base: &str, segment: &str) -> String {
        Url::parse(base).unwrap().join_segments(["users", segment]).unwrap().to_string()
    }

    #[test]
    fn encodes_all_but_unreserved_characters() {
        let base = "https://graph.example/beta/?x=1#y";
        assert_eq!(
            join(base, "a_b.com#EXT#@t.example"),
            "https://graph.example/beta/users/a_b.com%23EXT%23%40t.example"
        );
        assert_eq!(join(base, "jürgen/../x?y=z"), "https://graph.example/beta/users/j%C3%BCrgen%2F..%2Fx%3Fy%3Dz");
        assert_eq!(join(base, "50%2f"), "https://graph.example/beta/users/50%252f");
        assert_eq!(join("https://graph.example", "-._~A9"), "https://graph.example/users/-._~A9");
    }

    #[test]
    fn rejects_segments_that_change_the_path() {
        let base = Url::parse("https://graph.example/beta").unwrap();
        for segment in ["", ".", ".."] {
            assert!(matches!(base.join_segments([segment]), Err(Error::Segment(_))), "{segment:?}");
        }
        for segment in ["%2E%2e", "a/b", "a?b", "a#b"] {
            assert!(matches!(base.join_encoded([segment]), Err(Error::Segment(_))), "{segment:?}");
        }
        assert!(matches!(Url::parse("mailto:a@b").unwrap().join_segments(["x"]), Err(Error::NotABase(_))));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, loopback) in [
            ("http://localhost:8090/", true),
            ("http://127.0.0.9/", true),
            ("http://[::1]:1/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(Url::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
    }
}
