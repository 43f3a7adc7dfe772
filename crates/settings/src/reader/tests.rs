use std::collections::BTreeMap;

use super::*;
use crate::{Secret, SettingsGroup, fixed, parse, secret, setting, settings};

settings! {
    /// A part's settings.
    #[derive(Debug, PartialEq)]
    struct Part in "The part" {
        /// Where it is.
        host: String = setting("HOST", parse::text).expected("a host name").example("a.example").required(),
        /// Its port,
        /// on the host.
        port: u16 = setting("PORT", |text| parse::number(text, 1, 9)).default("1").default_by("FAR", &[("yes", "2")])
            .expected("a port").status(),
        /// How it is called.
        name: Option<String> = setting("NAME", parse::text).section("Names").aliases(&["OLD_NAME"])
            .status_as("CALLED", |name| format!("<{name}>")),
        /// Never a setting.
        tries: u32 = fixed(|| 3),
    }
}

settings! {
    /// Another part's.
    #[derive(Debug)]
    struct Other in "The other part" {
        /// To get in.
        token: Option<Secret> = secret("TOKEN").expected("a token"),
        /// Whom not.
        others: Vec<String> = setting("OTHERS", parse::list).when_unset(Vec::new).expected("names"),
        /// Whom to let in.
        callers: Vec<String> = setting("CALLERS", parse::nonempty_list).expected("names"),
    }
}

struct Given(BTreeMap<&'static str, &'static str>);

impl Values for Given {
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).copied()
    }

    fn secret(&self, name: &'static str) -> Result<Option<Secret>, SettingError> {
        let value = self.given(name).map(|value| Secret::value(name, value.to_owned().into()));
        if self.0.contains_key("BROKEN") { Err(SettingError(format!("{name} is broken"))) } else { Ok(value) }
    }

    fn declaration(&self, name: &str) -> Option<Declaration> {
        [Part::declarations(), Other::declarations()].into_iter().flatten().find(|found| found.is_called(name))
    }
}

fn read<T: SettingsGroup>(given: &[(&'static str, &'static str)]) -> Result<T, Vec<String>> {
    let given = Given(given.iter().copied().collect());
    let mut reader = Reader::new(&given);
    let read = T::read(&mut reader);
    let errors = reader.finish();
    assert_eq!(read.is_err(), !errors.is_empty());
    read.map_err(|Noted| errors.into_iter().map(|error| error.0).collect())
}

#[test]
fn a_field_has_its_value_or_its_default() {
    let part: Part = read(&[("HOST", "h")]).unwrap();
    assert_eq!(part, Part { host: "h".into(), port: 1, name: None, tries: 3 });
    let part: Part = read(&[("HOST", "h"), ("FAR", "YES")]).unwrap();
    assert_eq!(part.port, 2);
    let part: Part = read(&[("HOST", "h"), ("FAR", "yes"), ("PORT", "5"), ("NAME", "n")]).unwrap();
    assert_eq!((part.port, part.name.as_deref()), (5, Some("n")));
}

#[test]
fn all_errors_are_reported_with_name_value_and_expectation() {
    let errors = read::<Part>(&[("PORT", "10")]).unwrap_err();
    assert_eq!(
        errors,
        [
            "HOST is not set: expected a host name, such as a.example",
            "PORT is \"10\", but that is out of range: expected a port"
        ]
    );
    assert_eq!(Part::defaults().unwrap_err().len(), 1);
}

#[test]
fn a_reason_is_added_to_what_is_missing() {
    let given = Given(BTreeMap::from([("CALLERS", "[]")]));
    let mut reader = Reader::new(&given);
    assert!(reader.because("with LOCK=yes", Other::read).is_err());
    reader.missing("TOKEN", "beside HOST");
    reader.wrong("CALLERS", "that is too few");
    let errors: Vec<_> = reader.finish().into_iter().map(|error| error.0).collect();
    assert_eq!(
        errors,
        [
            "CALLERS is not set with LOCK=yes: expected names",
            "TOKEN is not set beside HOST: expected a token",
            "CALLERS is \"[]\", but that is too few: expected names",
        ]
    );
}

#[test]
fn a_secret_is_shown_nowhere() {
    let other: Other = read(&[("TOKEN", "s3cret"), ("CALLERS", "a")]).unwrap();
    assert_eq!(*other.token.as_ref().unwrap().read().unwrap(), "s3cret");
    assert!(!format!("{other:?}").contains("s3cret") && other.others.is_empty() && other.callers == ["a"]);
    let given = Given(BTreeMap::from([("TOKEN", "s3cret")]));
    let mut reader = Reader::new(&given);
    reader.wrong("TOKEN", "that is too short");
    assert_eq!(reader.finish()[0].0, "TOKEN is a secret value, but that is too short: expected a token");
    assert_eq!(read::<Other>(&[("BROKEN", ""), ("CALLERS", "a")]).unwrap_err(), ["TOKEN is broken"]);
}

#[test]
fn declarations_carry_the_fields_documentation() {
    let all = Part::declarations();
    let texts: Vec<_> = all.iter().map(|found| (found.name, found.section, found.meaning)).collect();
    assert_eq!(
        texts,
        [
            ("HOST", "The part", "Where it is."),
            ("PORT", "The part", "Its port, on the host."),
            ("NAME", "Names", "How it is called."),
        ]
    );
    assert!(all[2].is_called("old_name") && all[2].is_called("Name") && !all[2].is_called("HOST"));
}

#[test]
fn only_what_is_marked_is_in_the_status() {
    let part: Part = read(&[("HOST", "h"), ("NAME", "n")]).unwrap();
    assert_eq!(part.status(), [("PORT", "1".to_owned()), ("CALLED", "<n>".to_owned())]);
    let part: Part = read(&[("HOST", "h")]).unwrap();
    assert_eq!(part.status()[1], ("CALLED", String::new()));
}
