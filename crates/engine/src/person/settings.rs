//! Values of the settings about the person whom a key is for.

use keyferry_domain::{Language, PersonMail};
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

/// Language of the mails to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageRule {
    by_directory: bool,
    otherwise: Language,
}

impl LanguageRule {
    /// Reads the rule as the setting has it, for example `directory,en`.
    ///
    /// # Errors
    /// [`Invalid`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let rule = |by_directory, otherwise| Self { by_directory, otherwise };
        let rules = [
            ("directory,en", rule(true, Language::English)),
            ("directory,de", rule(true, Language::German)),
            ("en", rule(false, Language::English)),
            ("de", rule(false, Language::German)),
        ];
        parse::choice(text, &rules)
    }

    /// Returns the language for a person who prefers this one in the directory.
    pub(crate) fn of(self, preferred: Option<Language>) -> Language {
        preferred.filter(|_| self.by_directory).unwrap_or(self.otherwise)
    }
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
    fn language_is_that_of_the_directory_or_the_same_for_all() {
        let of = |text: &str, preferred| LanguageRule::parse(text).unwrap().of(preferred);
        let (english, german) = (Language::English, Language::German);
        assert_eq!((of("directory,en", Some(german)), of("directory,en", None)), (german, english));
        assert_eq!((of("directory,de", Some(english)), of("directory,de", None)), (english, german));
        assert_eq!((of("en", Some(german)), of("de", Some(english))), (english, german));
        assert!(LanguageRule::parse("fr").is_err() && LanguageRule::parse("directory").is_err());
    }

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
