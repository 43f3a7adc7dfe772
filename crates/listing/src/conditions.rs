//! Filter and order of a list, from parameters.

use std::borrow::Cow;

use chrono::NaiveDate;
use keyferry_access::Principal;
use keyferry_domain::ports::{DayRange, ShipmentFilter, ShipmentSort, TimeRange};
use keyferry_domain::{BatchId, ObstacleClass, PhaseName, SerialNumber, UserKey, UserRef};

use crate::fault::Fault;
use crate::time::{TIME, parse_time};

/// Names of the parameters with the conditions of a list. All must match. Several values of `phase`, `obstacle` and
/// `code` are separated by commas: one must match.
pub const CONDITIONS: [&str; 20] = [
    "phase",
    "obstacle",
    "code",
    "user",
    "serial",
    "tracking",
    "reference",
    "batch",
    "product",
    "country",
    "created_from",
    "created_to",
    "updated_from",
    "updated_to",
    "deadline_from",
    "deadline_to",
    "needed_from",
    "needed_to",
    "needs_human",
    "awaits_address",
];

const DAY: &str = "a day, for example 2026-12-01";

/// Longest value of a text, in characters.
const LONGEST: usize = 200;

/// Returns the filter for a caller: with the conditions of the parameters, and without the shipments that the caller
/// may not see. `look_up` returns the value of a parameter.
///
/// # Errors
/// All values that cannot be used.
pub fn filter<'a>(
    look_up: impl Fn(&str) -> Option<&'a str>,
    principal: &Principal,
) -> Result<ShipmentFilter, Vec<Fault>> {
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    Ok(ShipmentFilter { requested_by, ..conditions(look_up)? })
}

fn conditions<'a>(look_up: impl Fn(&str) -> Option<&'a str>) -> Result<ShipmentFilter, Vec<Fault>> {
    let mut reader = Reader { look_up, faults: Vec::new() };
    let filter = reader.filter();
    if reader.faults.is_empty() { Ok(filter) } else { Err(reader.faults) }
}

/// Returns the order of a list, from the parameter `sort`. `None` if there is none.
///
/// # Errors
/// An unknown order.
pub fn sort<'a>(look_up: impl Fn(&str) -> Option<&'a str>) -> Result<Option<ShipmentSort>, Fault> {
    let mut reader = Reader { look_up, faults: Vec::new() };
    let sort = reader.one("sort", "one of: id, newest, updated, deadline, next_attempt", |name| match name {
        "id" => Some(ShipmentSort::Id),
        "newest" => Some(ShipmentSort::Newest),
        "updated" => Some(ShipmentSort::Updated),
        "deadline" => Some(ShipmentSort::Deadline),
        "next_attempt" => Some(ShipmentSort::NextAttempt),
        _ => None,
    });
    reader.faults.pop().map_or(Ok(sort), Err)
}

/// Returns the phases with a name that callers see. A shipment is shown as cancelled from the request on.
pub fn shown_phases() -> impl Iterator<Item = PhaseName> {
    PhaseName::ALL.into_iter().filter(|phase| phase.as_str() == phase.shown())
}

struct Reader<F> {
    look_up: F,
    faults: Vec<Fault>,
}

impl<'a, F: Fn(&str) -> Option<&'a str>> Reader<F> {
    fn filter(&mut self) -> ShipmentFilter {
        let phases: Vec<_> = shown_phases().map(PhaseName::as_str).collect();
        let phases = self.all("phase", format!("one of: {}", phases.join(", ")), |name| {
            let meant: Vec<_> = PhaseName::ALL.into_iter().filter(|phase| phase.shown() == name).collect();
            (!meant.is_empty()).then_some(meant)
        });
        let needs_human = self.only_true("needs_human");
        let awaits_address = self.only_true("awaits_address");
        let obstacle = |name: &str| if name == "none" { Some(None) } else { ObstacleClass::parse(name).map(Some) };
        ShipmentFilter {
            phases: phases.into_iter().flatten().collect(),
            obstacles: self.all("obstacle", "one of: retry, attention, final, none", obstacle),
            codes: self.all("code", "the code of an obstacle", text),
            person: self.one("user", "an object id or a user principal name", |user| {
                UserRef::parse(user).as_ref().map(UserKey::from)
            }),
            serial: self.one("serial", "a serial number", |number| text(number).map(SerialNumber::new)),
            tracking: self.one("tracking", "a tracking number", text),
            reference: self.one("reference", "the caller's number of an order", text),
            batch: self.one("batch", "the id of a batch (a UUID)", BatchId::parse),
            product: self.one("product", "a product id (a whole number)", |id| id.parse().ok()),
            created: self.range("created_from", "created_to"),
            updated: self.range("updated_from", "updated_to"),
            deadline: self.range("deadline_from", "deadline_to"),
            country: self.one("country", "a country: two letters, for example US", country),
            needed_by: DayRange { from: self.one("needed_from", DAY, day), before: self.one("needed_to", DAY, day) },
            needs_human,
            awaits_address,
            ..ShipmentFilter::default()
        }
    }

    fn range(&mut self, from: &'static str, before: &'static str) -> TimeRange {
        TimeRange { from: self.one(from, TIME, parse_time), before: self.one(before, TIME, parse_time) }
    }

    fn only_true(&mut self, parameter: &'static str) -> bool {
        self.one(parameter, "true", |value| (value == "true").then_some(true)).unwrap_or_default()
    }

    fn one<T>(
        &mut self,
        parameter: &'static str,
        expected: impl Into<Cow<'static, str>>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = (self.look_up)(parameter)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.faults.push(Fault { parameter, expected: expected.into(), value: value.to_owned() });
        }
        parsed
    }

    fn all<T>(
        &mut self,
        parameter: &'static str,
        expected: impl Into<Cow<'static, str>>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let expected = expected.into();
        let mut all = Vec::new();
        for value in (self.look_up)(parameter).into_iter().flat_map(|value| value.split(',')) {
            match parse(value) {
                Some(one) => all.push(one),
                None => self.faults.push(Fault { parameter, expected: expected.clone(), value: value.to_owned() }),
            }
        }
        all
    }
}

fn country(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)
}

fn text(text: &str) -> Option<String> {
    let is_text = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_text.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &'static str)]) -> Result<ShipmentFilter, Vec<Fault>> {
        conditions(|name| values.iter().find(|(found, _)| *found == name).map(|(_, value)| *value))
    }

    #[test]
    fn each_condition_restricts() {
        let everything = ShipmentFilter::default();
        assert_eq!(read(&[]), Ok(everything.clone()));
        for name in CONDITIONS {
            let value = match name {
                "phase" => "cancelled",
                "obstacle" => "none,final",
                "user" => "adele@contoso.example",
                "batch" => "019a0000-0000-7000-8000-0000000000b1",
                "needs_human" | "awaits_address" => "true",
                "country" => "us",
                name if name.ends_with("_from") || name.ends_with("_to") => "2026-11-28",
                _ => "1",
            };
            assert_ne!(read(&[(name, value)]).unwrap(), everything, "{name}");
        }
        let mut phases = read(&[("phase", "cancelled,accepted")]).unwrap().phases;
        phases.sort();
        assert_eq!(phases, [PhaseName::Accepted, PhaseName::Cancelling, PhaseName::Cancelled]);
    }

    #[test]
    fn all_faults_are_returned_with_their_values() {
        let values =
            [("phase", "accepted,lost,"), ("product", "one"), ("needs_human", "false"), ("created_to", "tomorrow")];
        let faults = read(&values).unwrap_err();
        let shown: Vec<_> = faults.iter().map(|fault| (fault.parameter, fault.value.as_str())).collect();
        let expected = [
            ("phase", "lost"),
            ("phase", ""),
            ("needs_human", "false"),
            ("product", "one"),
            ("created_to", "tomorrow"),
        ];
        assert_eq!(shown, expected);
        assert!(faults.iter().all(|fault| !fault.expected.is_empty()));
    }

    #[test]
    fn order_is_optional_but_not_ignored() {
        assert_eq!(sort(|_| None), Ok(None));
        assert_eq!(sort(|_| Some("newest")), Ok(Some(ShipmentSort::Newest)));
        assert_eq!(sort(|_| Some("oldest")).unwrap_err().value, "oldest");
    }
}
