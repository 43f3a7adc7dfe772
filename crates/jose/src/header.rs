//! Parsing that JWE and JWS headers share.

use serde_json::{Map, Value};

use crate::{Error, Result, base64url, strict_json};

/// Maximum nesting of a header. An `epk` needs two levels; the others are for members that are ignored.
const MAX_DEPTH: usize = 8;

/// A decoded protected header.
pub(crate) struct Header {
    what: &'static str,
    members: Map<String, Value>,
}

impl Header {
    /// Decodes a header. Rejects it if it contains one of `forbidden`, regardless of the value.
    pub(crate) fn parse(what: &'static str, encoded: &[u8], forbidden: &[&'static str]) -> Result<Self> {
        let json = base64url::decode(what, encoded)?;
        let members = strict_json::parse_object(&json, MAX_DEPTH).map_err(|error| error.within(what))?;
        match forbidden.iter().find(|name| members.contains_key(**name)) {
            Some(member) => Err(Error::ForbiddenMember { what, member }),
            None => Ok(Self { what, members }),
        }
    }

    pub(crate) fn value(&self, member: &'static str) -> Result<&Value> {
        self.members.get(member).ok_or(Error::MissingMember { what: self.what, member })
    }

    pub(crate) fn text(&self, member: &'static str) -> Result<&str> {
        self.value(member)?.as_str().ok_or(Error::MemberType { what: self.what, member, expected: "a string" })
    }

    pub(crate) fn optional_text(&self, member: &'static str) -> Result<Option<&str>> {
        match self.members.contains_key(member) {
            true => self.text(member).map(Some),
            false => Ok(None),
        }
    }
}

/// Splits a compact serialisation into its `N` parts, after checking its size.
pub(crate) fn split<'a, const N: usize>(what: &'static str, compact: &'a [u8], limit: usize) -> Result<[&'a [u8]; N]> {
    let actual = compact.len();
    if actual > limit {
        return Err(Error::TooLarge { what, limit, actual });
    }
    let mut parts = compact.split(|byte| *byte == b'.');
    let found = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let actual = 1 + compact.iter().filter(|byte| **byte == b'.').count();
    if actual == N { Ok(found) } else { Err(Error::Parts { what, expected: N, actual }) }
}
