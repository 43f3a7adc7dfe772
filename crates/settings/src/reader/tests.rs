use std::collections::BTreeMap;

use super::*;
use crate::{Secret, SettingsGroup, fixed, parse, secret, setting, settings};

settings! {
    /// Settings of one part.
    #[derive(Debug, PartialEq)]
    struct Part in "The part" {
        /// Host of the service.
        host: String = setting("HOST", parse::text).expected("a host name").example("a.example").required(),
        /// Port,
        /// on the host.
        port: u16 = setting("PORT", |text| parse::number(text, 1, 9)).default("1").default_by("FAR", &[("yes", "2")])
            .expected("a port").status(),
        /// Name of the service.
        name: Option<String> = setting("NAME", parse::text).section("Names").aliases(&["OLD_NAME"])
            .status_as("CALLED", |name| format!("<{name}>")),
        /// Not a setting.
        tries: u32 = fixed(|| 3),
    }
}

settings! {
    /// Settings of another part.
    #[derive(Debug)]
    struct Other in "The other part" {
        /// Token of the caller.
        token: Option<Secret> = secret("TOKEN").expected("a token"),
        /// Names of others.
        others: Vec<String> = setting("OTHERS", parse::list).when_unset(Vec::new).expected("names"),
        /// Allowed callers.
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
        [Part::declarations(), Other::declarations()].into_iter().flatten().find(|found| found.matches_name(name))
    }
}

fn read<T: SettingsGroup>(given: &[(&'static str, &'static str)]) -> Result<T, Vec<String>> {
    let given = Given(given.iter().copied().collect());
    let mut reader = Reader::new(&given);
    let read = T::read(&mut reader);
    let errors = reader.finish();
    assert_eq!(read.is_err(), !errors.is_empty());
    read.map_err(|ErrorRecorded| errors.into_iter().map(|error| error.0).collect())
}

#[test]
fn field_has_given_value_or_default() {
    let part: Part = read(&[("HOST", "h")]).unwrap();
    assert_eq!(part, Part { host: "h".into(), port: 1, name: None, tries: 3 });
    let part: Part = read(&[("HOST", "h"), ("FAR", "YES")]).unwrap();
    assert_eq!(part.port, 2);
    let part: Part = read(&[("HOST", "h"), ("FAR", "yes"), ("PORT", "5"), ("NAME", "n")]).unwrap();
    assert_eq!((part.port, part.name.as_deref()), (5, Some("n")));
}

#[test]
fn reports_all_errors_with_name_value_and_expectation() {
    let errors = read::<Part>(&[("PORT", "10")]).unwrap_err();
    assert_eq!(
        errors,
        [
            "HOST is not set (expected a host name, for example a.example)",
            "PORT: \"10\" is invalid: out of range (expected a port)"
        ]
    );
    assert_eq!(Part::defaults().unwrap_err().len(), 1);
}

#[test]
fn missing_setting_is_reported_with_condition() {
    let given = Given(BTreeMap::from([("CALLERS", "[]")]));
    let mut reader = Reader::new(&given);
    assert!(reader.required_if("with LOCK=yes", Other::read).is_err());
    reader.missing("TOKEN", "with HOST");
    reader.wrong("CALLERS", "too few");
    let errors: Vec<_> = reader.finish().into_iter().map(|error| error.0).collect();
    assert_eq!(
        errors,
        [
            "CALLERS is not set, but is required with LOCK=yes (expected names)",
            "TOKEN is not set, but is required with HOST (expected a token)",
            "CALLERS: \"[]\" is invalid: too few (expected names)",
        ]
    );
}

#[test]
fn errors_and_debug_show_no_secret() {
    let other: Other = read(&[("TOKEN", "s3cret"), ("CALLERS", "a")]).unwrap();
    assert_eq!(*other.token.as_ref().unwrap().read().unwrap(), "s3cret");
    assert!(!format!("{other:?}").contains("s3cret") && other.others.is_empty() && other.callers == ["a"]);
    let given = Given(BTreeMap::from([("TOKEN", "s3cret")]));
    let mut reader = Reader::new(&given);
    reader.wrong("TOKEN", "too short");
    assert_eq!(reader.finish()[0].0, "TOKEN: the secret value is invalid: too short (expected a token)");
    assert_eq!(read::<Other>(&[("BROKEN", ""), ("CALLERS", "a")]).unwrap_err(), ["TOKEN is broken"]);
}

#[test]
fn doc_comment_becomes_meaning() {
    let all = Part::declarations();
    let texts: Vec<_> = all.iter().map(|found| (found.name, found.section, found.meaning)).collect();
    assert_eq!(
        texts,
        [
            ("HOST", "The part", "Host of the service."),
            ("PORT", "The part", "Port, on the host."),
            ("NAME", "Names", "Name of the service."),
        ]
    );
    assert!(all[2].matches_name("old_name") && all[2].matches_name("Name") && !all[2].matches_name("HOST"));
}

#[test]
fn status_contains_only_marked_settings() {
    let part: Part = read(&[("HOST", "h"), ("NAME", "n")]).unwrap();
    assert_eq!(part.status(), [("PORT", "1".to_owned()), ("CALLED", "<n>".to_owned())]);
    let part: Part = read(&[("HOST", "h")]).unwrap();
    assert_eq!(part.status()[1], ("CALLED", String::new()));
}
