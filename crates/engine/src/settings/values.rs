//! Parsers of values.

use keyferry_domain::ObjectId;
use keyferry_settings::{Invalid, parse};

use crate::ceremony::MinimumFirmware;
use crate::events::EventType;
use crate::pins::AddresseeRule;
use crate::schedules::Schedule;

pub(super) fn minimum_firmware(text: &str) -> Result<MinimumFirmware, Invalid> {
    text.parse().map_err(Invalid::from)
}

/// Rejects a list without groups: such a setting would be no rule.
pub(super) fn groups(text: &str) -> Result<Vec<ObjectId>, Invalid> {
    let id = |text: String| ObjectId::parse(&text).ok_or_else(|| format!("{text:?} is not an object id").into());
    parse::nonempty_list(text)?.into_iter().map(id).collect()
}

pub(super) fn event_types(text: &str) -> Result<Vec<String>, Invalid> {
    let known = |name: String| match EventType::parse(&name) {
        Some(_) => Ok(name),
        None => Err(format!("{name:?} is not a type of events").into()),
    };
    parse::list(text)?.into_iter().map(known).collect()
}

pub(super) fn addressees(text: &str) -> Result<Vec<AddresseeRule>, Invalid> {
    text.split(',')
        .map(|word| match word.trim() {
            "contacts" => Ok(AddresseeRule::Contacts),
            "manager" => Ok(AddresseeRule::Manager),
            "recipient" => Ok(AddresseeRule::Recipient),
            other => Err(format!("{other:?} is not one of them").into()),
        })
        .collect()
}

/// Converts domains to lower case, because [`keyferry_domain::EmailAddress::domain`] returns lower case.
pub(super) fn contact_domains(text: &str) -> Result<Vec<String>, Invalid> {
    Ok(parse::list(text)?.iter().map(|domain| domain.to_lowercase()).collect())
}

/// Returns the sender of letters. Whether the letter's font has its characters, the letter checks.
pub(super) fn letter_sender(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    match text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        true => Err("expected one line of 1 to 100 characters".into()),
        false => Ok(text.to_owned()),
    }
}

pub(super) fn schedule(text: &str) -> Result<Schedule, Invalid> {
    Schedule::parse(text).map_err(|error| error.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_object_ids_and_at_least_one() {
        let two = "9c0ffee0-0000-4000-8000-000000000001, 9C0FFEE0-0000-4000-8000-000000000002";
        let found: Vec<_> = groups(two).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["9c0ffee0-0000-4000-8000-000000000001", "9c0ffee0-0000-4000-8000-000000000002"]);
        for bad in [",", "[]", "Employees", "9c0ffee0000040008000000000000001"] {
            assert!(groups(bad).is_err(), "{bad}");
        }
    }
}
