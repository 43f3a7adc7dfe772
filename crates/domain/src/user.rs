//! Users of the identity provider.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{EmailAddress, Language, text};

/// Directory object id: a UUID, written in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(Uuid);

impl ObjectId {
    /// Parses the hyphenated form. Returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        // The length rejects the other forms that `Uuid` accepts: without hyphens, in braces, and as URN.
        if text.len() == 36 { Uuid::try_parse(text).ok().map(Self) } else { None }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Reference to a user, as given by a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRef {
    /// Directory object id. It never changes.
    ObjectId(ObjectId),
    /// User principal name. It can be reassigned to another user later.
    Upn(#[serde(deserialize_with = "user_name")] String),
}

/// Reads a user name from a record, with the rules of [`UserRef::parse`].
fn user_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match UserRef::is_user_name(&name) {
        true => Ok(name),
        false => Err(D::Error::custom("the user name is empty, too long or contains invisible characters")),
    }
}

impl UserRef {
    /// Returns whether two user names are the same. User names are case-insensitive.
    pub fn same_name(one: &str, other: &str) -> bool {
        one.to_lowercase() == other.to_lowercase()
    }

    /// Parses an object id if the text has that form, else a user principal name.
    ///
    /// Returns `None` if the text is empty or blank, longer than 1,024 bytes, or contains an invisible character
    /// ([`text::is_invisible`]). The directory forbids these in user names, and two names that differ only in them
    /// cannot be told apart.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(id) = ObjectId::parse(text) {
            return Some(Self::ObjectId(id));
        }
        Self::is_user_name(text).then(|| Self::Upn(text.to_owned()))
    }

    fn is_user_name(text: &str) -> bool {
        !text.trim().is_empty() && text.len() <= 1024 && text::first_invisible(text).is_none()
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

/// User handle from creation options (WebAuthn level 3 section 5.4.3), as sent by the identity provider: base64url
/// without padding. It identifies the same user even if the user name is reassigned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserHandle(String);

impl UserHandle {
    /// Wraps the text unchanged.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Directory entry of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Directory object id. `None` if the directory did not return it.
    pub id: Option<ObjectId>,
    /// Display name, if there is one.
    pub display_name: Option<String>,
    /// Mail address, if there is a valid one.
    pub mail: Option<EmailAddress>,
    /// Other addresses of the same person, and the user name, as far as the directory returned them.
    pub aliases: Vec<String>,
    /// Whether the account is enabled. `None` if the directory did not return it.
    pub enabled: Option<bool>,
    /// Language that the person prefers, if Keyferry has texts in it.
    pub language: Option<Language>,
}

/// User that a search in the directory found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// Directory object id.
    pub id: ObjectId,
    /// User principal name.
    pub user_name: String,
    /// Display name, if there is one.
    pub display_name: Option<String>,
    /// Mail address, if there is a valid one.
    pub mail: Option<EmailAddress>,
}

/// Directory entry of a user, with the user's manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The user.
    pub person: Person,
    /// The user's manager. `None` if the directory has none, or if it was not requested.
    pub manager: Option<Person>,
}

/// Account of a user at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Directory object id.
    pub id: ObjectId,
    /// User principal name, or the provider's equivalent.
    pub user_name: String,
    /// Whether the user can sign in. `None` if the app's permissions do not allow reading it.
    pub enabled: Option<bool>,
    /// Whether the user is a guest. `None` if the app's permissions do not allow reading it.
    pub guest: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_guid_as_object_id_and_other_text_as_upn() {
        assert!(matches!(UserRef::parse("A1000000-0000-4000-8000-000000000001"), Some(UserRef::ObjectId(_))));
        for upn in ["ada@contoso.example", "a_b.com#EXT#@t.example", "$x@y", "jürgen.weiß@contoso.example"] {
            assert_eq!(UserRef::parse(upn), Some(UserRef::Upn(upn.to_owned())));
        }
        assert_eq!(UserRef::parse(""), None);
        assert_eq!(UserRef::parse("  "), None);
        assert_eq!(UserRef::parse("a\nb"), None);
    }

    #[test]
    fn rejects_user_names_with_invisible_characters() {
        for c in ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{200b}', '\u{200d}', '\u{ad}', '\u{e0061}'] {
            assert_eq!(UserRef::parse(&format!("ada{c}@contoso.example")), None, "{c:?}");
        }
    }

    #[test]
    fn rejects_user_names_of_records_that_no_caller_could_give() {
        let read = |upn: &str| serde_json::from_value::<UserRef>(serde_json::json!({ "upn": upn }));
        let given = UserRef::Upn("ada@contoso.example".into());
        assert_eq!(read("ada@contoso.example").unwrap(), given);
        for upn in ["", " ", "ada\u{202e}@contoso.example", "a\nb", &"a".repeat(1025)] {
            assert!(read(upn).is_err(), "{upn:?}");
        }
    }
}
