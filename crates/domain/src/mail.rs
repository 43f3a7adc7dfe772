//! Mail addresses. The checks prevent header injection and common typing errors; they do not implement RFC 5322.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text;

/// Mail address of the form `local@domain`, without display name, comment or route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses and validates an address.
    ///
    /// # Errors
    /// [`InvalidEmailAddress`] if the text does not have exactly one `@` between two non-empty parts, if the domain
    /// starts or ends with a dot or has two in a row, if the text is longer than 254 bytes (RFC 5321 section
    /// 4.5.3.1.3), or if it contains white space, an invisible character ([`text::is_invisible`]) or one of
    /// `<>()[],;:\"`.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let forbidden = |c: char| c.is_whitespace() || text::is_invisible(c) || "<>()[],;:\\\"".contains(c);
        let parts = text.split_once('@');
        let whole = parts.is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains("..")
        });
        if !whole || text.len() > 254 || text.chars().any(forbidden) {
            return Err(InvalidEmailAddress);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part after the `@`, in lower case.
    pub fn domain(&self) -> String {
        self.0.rsplit('@').next().unwrap_or_default().to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// Error: the text is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: expected the form name@example.com, at most 254 bytes, without spaces or brackets")]
pub struct InvalidEmailAddress;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_addresses_and_rejects_other_text() {
        for good in ["a@b", "o'brien@contoso.example", "jürgen@weiß.example", "a+b@c.d.example"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: x@y",
            "A <a@b>",
            "a,b@c",
            "a@.b",
            "a@b..c",
            "a\u{202e}@b",
            "a@b\u{200b}",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
        assert!(EmailAddress::parse(&format!("{}@b", "a".repeat(260))).is_err());
    }
}
