//! User object of the directory (<https://learn.microsoft.com/graph/api/user-get>).

use keyferry_domain::text::is_blank;
use keyferry_domain::{EmailAddress, Failure, Language, ObjectId, Operation, Person, UserRef};
use keyferry_http::{Answer, clean};
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::{Entra, graph};

/// Members of a user, or of a user's manager, which can also be a contact. Contains only the selected ones.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserObject {
    id: Option<String>,
    pub(crate) user_principal_name: Option<String>,
    display_name: Option<String>,
    pub(crate) mail: Option<String>,
    other_mails: Option<Vec<String>>,
    proxy_addresses: Option<Vec<String>>,
    pub(crate) account_enabled: Option<bool>,
    /// A language, with a country or without: `de-DE` (<https://learn.microsoft.com/graph/api/resources/user>).
    preferred_language: Option<String>,
    /// `Member` or `Guest` (<https://learn.microsoft.com/graph/api/resources/user>).
    pub(crate) user_type: Option<String>,
    /// inferred: the member is missing if the user has no manager. A null means the same.
    pub(crate) manager: Option<Box<Self>>,
    #[serde(flatten)]
    pub(crate) parcel: ParcelObject,
}

/// Members of a user that a parcel needs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParcelObject {
    pub(crate) given_name: Option<String>,
    pub(crate) surname: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) mobile_phone: Option<String>,
    pub(crate) street_address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: Option<String>,
}

impl UserObject {
    /// Reads the user from a response, and checks that it is the requested one. `id` and `userPrincipalName` must have
    /// been selected.
    pub(crate) fn read(entra: &Entra, answer: &Answer, operation: Operation, user: &UserRef) -> Result<Self, Failure> {
        let found: Self = answer.json().map_err(|error| error.into_failure(&FAILURES, operation))?;
        let is_requested = match user {
            UserRef::ObjectId(id) => found.object_id() == Some(*id),
            UserRef::Upn(upn) => found.user_principal_name.as_ref().is_some_and(|name| UserRef::same_name(name, upn)),
        };
        if is_requested {
            return Ok(found);
        }
        let name = found.user_principal_name.as_deref().or(found.id.as_deref()).unwrap_or("a user without a name");
        let name = clean(name);
        Err(entra.foreign_answer(answer, operation, format!("requested the user {user}, but received {name}")))
    }

    pub(crate) fn object_id(&self) -> Option<ObjectId> {
        self.id.as_deref().and_then(ObjectId::parse)
    }

    /// Returns the entry. An invalid mail address counts as missing, and so does a display name that shows nothing. In
    /// display names, characters that hide or reorder text are escaped.
    pub(crate) fn into_person(self) -> Person {
        // Proxy addresses have their type in front, such as `SMTP:` and `smtp:`
        // (<https://learn.microsoft.com/graph/api/resources/user>).
        let proxies = self.proxy_addresses.iter().flatten().filter_map(|proxy| match proxy.split_once(':') {
            Some((kind, address)) if kind.eq_ignore_ascii_case("smtp") => Some(address),
            _ => None,
        });
        let others = self.other_mails.iter().flatten().chain(&self.user_principal_name).map(String::as_str);
        Person {
            aliases: others.chain(proxies).map(str::to_owned).collect(),
            id: self.object_id(),
            enabled: self.account_enabled,
            language: self.preferred_language.as_deref().and_then(Language::of_tag),
            display_name: self.display_name.filter(|name| !is_blank(name)).map(|name| clean(&name)),
            mail: self.mail.and_then(|mail| EmailAddress::parse(mail.trim()).ok()),
        }
    }
}

/// Returns the failure for the 404 of an unknown user, or for any other error response.
pub(crate) fn failure(answer: &Answer, operation: Operation, user: &UserRef) -> Failure {
    match answer.status {
        404 => graph::no_such_user(answer, operation, user),
        _ => graph::failure(answer, operation),
    }
}
