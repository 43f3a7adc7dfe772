//! The person a key is for, as the identity provider knows them.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EmailAddress;

/// A directory object id: a UUID, written in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(Uuid);

impl ObjectId {
    /// Reads the hyphenated form.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 36 { Uuid::try_parse(text).ok().map(Self) } else { None }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// What a caller may name a user by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRef {
    /// The immutable directory object id.
    ObjectId(ObjectId),
    /// The user principal name, which can be given to somebody else later.
    Upn(String),
}

impl UserRef {
    /// An object id when the text has that form, else a user principal name.
    /// `None` when it is neither: empty, over 1,024 bytes, or with control characters.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(id) = ObjectId::parse(text) {
            return Some(Self::ObjectId(id));
        }
        let upn = !text.trim().is_empty() && text.len() <= 1024 && !text.chars().any(char::is_control);
        upn.then(|| Self::Upn(text.to_owned()))
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectId(id) => id.fmt(f),
            Self::Upn(upn) => upn.fmt(f),
        }
    }
}

/// The user handle inside creation options (WebAuthn level 3 section 5.4.3), as the identity provider wrote it:
/// base64url without padding. It identifies the person even when a name is given to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserHandle(String);

impl UserHandle {
    /// Wraps the text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person as the directory describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Directory object id, where the directory told one.
    pub id: Option<ObjectId>,
    /// Display name, where there is one.
    pub display_name: Option<String>,
    /// Mail address, where there is a valid one.
    pub mail: Option<EmailAddress>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_an_object_id_and_anything_else_a_name() {
        assert!(matches!(UserRef::parse("A1000000-0000-4000-8000-000000000001"), Some(UserRef::ObjectId(_))));
        for upn in ["ada@contoso.example", "a_b.com#EXT#@t.example", "$x@y", "jürgen.weiß@contoso.example"] {
            assert_eq!(UserRef::parse(upn), Some(UserRef::Upn(upn.to_owned())));
        }
        assert_eq!(UserRef::parse(""), None);
        assert_eq!(UserRef::parse("  "), None);
        assert_eq!(UserRef::parse("a\nb"), None);
    }
}
