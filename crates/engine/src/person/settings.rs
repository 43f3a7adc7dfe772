//! Values of the settings about the person whom a key is for.

use keyferry_domain::PersonMail;
use keyferry_settings::{Invalid, parse};

/// Who may give the address to which a key is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressRule {
    /// The caller, or the directory.
    #[default]
    Caller,
    /// The person, if the order asks for it. Else as `Caller`.
    Order,
    /// The person, if the order leaves the address out.
    Person,
}

pub(crate) fn mail_names(text: &str) -> Result<Vec<PersonMail>, Invalid> {
    let one = |name: String| match PersonMail::SETTABLE.into_iter().find(|mail| mail.as_str() == name) {
        Some(mail) => Ok(mail),
        None => Err(format!("{name:?} is not one of them").into()),
    };
    if text.trim() == "none" {
        return Ok(Vec::new());
    }
    parse::list(text)?.into_iter().map(one).collect()
}

/// Reads days in ascending order.
pub(crate) fn reminder_days(text: &str) -> Result<Vec<u32>, Invalid> {
    if text.trim() == "none" {
        return Ok(Vec::new());
    }
    let days = parse::list(text)?.iter().map(|day| parse::number(day, 1, 365)).collect::<Result<Vec<u32>, _>>()?;
    match days.is_sorted_by(|earlier, later| earlier < later) {
        true => Ok(days),
        false => Err("the days are not in ascending order".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_names_and_days() {
        assert_eq!(mail_names("shipped, ordered").unwrap(), [PersonMail::Shipped, PersonMail::Ordered]);
        assert_eq!((mail_names("none").unwrap(), reminder_days("none").unwrap()), (vec![], vec![]));
        assert_eq!(reminder_days("3,7").unwrap(), [3, 7]);
        for bad in ["7,3", "3,3", "0", "x"] {
            assert!(reminder_days(bad).is_err(), "{bad}");
        }
        assert_eq!(mail_names("lost").unwrap(), [PersonMail::Lost]);
        assert!(mail_names("pin").is_err() && mail_names("lost_to_manager").is_err());
    }
}
