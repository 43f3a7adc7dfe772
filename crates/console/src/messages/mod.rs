//! Message catalogue. To add a language: copy `en.rs`, translate it, and add its line to [`Language`].

mod catalogue;
mod de;
mod en;
mod language;
mod numbers;
mod sections;

pub(crate) use catalogue::{Messages, Sentence};
pub(crate) use language::Language;
pub(crate) use sections::FieldTexts;

#[cfg(test)]
mod tests {
    use keyferry_domain::{EventKind, ObstacleClass, PhaseName};

    use super::*;
    use crate::field::Field;

    #[test]
    fn every_name_has_a_text_of_its_own() {
        for language in Language::ALL {
            let m = language.messages();
            let distinct = |texts: Vec<&str>| {
                assert!(!texts.contains(&""), "{texts:?}");
                assert_eq!(texts.iter().collect::<std::collections::BTreeSet<_>>().len(), texts.len(), "{texts:?}");
            };
            distinct(EventKind::ALL.into_iter().map(m.event).collect());
            distinct(PhaseName::ALL.into_iter().filter(|it| *it != PhaseName::Cancelling).map(m.phase).collect());
            distinct(ObstacleClass::ALL.into_iter().map(m.class).collect());
            distinct(Field::ALL.into_iter().map(m.field).collect());
        }
    }

    #[test]
    fn numbers_and_dates_follow_the_language() {
        let (en, de) = (Language::English.messages(), Language::German.messages());
        assert_eq!([0, 999, 1000, 1_234_567].map(en.number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((de.number)(20_000), "20.000");
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
        assert_eq!([(en.date)(day), (de.date)(day)], ["4 March 2026", "4. März 2026"]);
    }
}
