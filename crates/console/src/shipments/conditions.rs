//! Conditions of a list, from the address of the page.
//!
//! The parameters are those of `GET /v1/shipments`, so that an address can be shared, kept, and used with the API.

use std::collections::BTreeMap;

use keyferry_access::Principal;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort, TimeRange};
use keyferry_domain::{BatchId, ObstacleClass, PhaseName, SerialNumber, UserKey, UserRef};
use url::form_urlencoded;

use super::cursor;
use crate::field::Field;
use crate::messages::Messages;
use crate::time;

/// Longest value of a text, in characters.
const LONGEST: usize = 200;

/// Longest text of a received value in a message, in characters.
const LONGEST_SHOWN: usize = 60;

/// Values of the parameters, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    values: BTreeMap<Field, String>,
    unknown: Vec<String>,
}

/// Conditions for the engine.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) filter: ShipmentFilter,
    pub(crate) sort: ShipmentSort,
    pub(crate) after: Option<Cursor>,
}

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// `None` for a parameter that does not exist.
    pub(crate) field: Option<Field>,
    pub(crate) message: String,
}

impl Conditions {
    /// Reads a query string. Also returns whether [`Self::address`] is a shorter address of the same list: a form sends
    /// empty fields, and several values one by one.
    pub(crate) fn read(query: &str) -> (Self, bool) {
        let mut conditions = Self::default();
        let mut is_long = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            let Some(field) = Field::find(&name) else {
                conditions.unknown.push(name.into_owned());
                continue;
            };
            if value.is_empty() {
                is_long = true;
                continue;
            }
            match conditions.values.get_mut(&field) {
                Some(values) if field.is_list() => {
                    values.push(',');
                    values.push_str(value);
                    is_long = true;
                }
                // As with the API, a condition must not be ignored.
                Some(_) => conditions.unknown.push(format!("{name} (again)")),
                None => drop(conditions.values.insert(field, value.to_owned())),
            }
        }
        (conditions, is_long)
    }

    pub(crate) fn get(&self, field: Field) -> &str {
        self.values.get(&field).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, field: Field, value: &str) -> bool {
        self.get(field).split(',').any(|found| found == value)
    }

    /// Returns whether a condition is set, beside the order and the page.
    pub(crate) fn is_any(&self) -> bool {
        self.values.keys().any(|field| !matches!(field, Field::Sort | Field::Cursor))
    }

    /// Returns a condition that is set and is not one of `fields`.
    pub(crate) fn other_than(&self, fields: &[Field]) -> Option<Field> {
        self.values.keys().copied().find(|field| !fields.contains(field))
    }

    /// Returns the address of a page with these conditions, with another page or other path.
    pub(crate) fn address(&self, path: &str, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (field, value) in self.values.iter().filter(|(field, _)| **field != Field::Cursor) {
            query.append_pair(field.name(), value);
        }
        if let Some(cursor) = cursor {
            query.append_pair(Field::Cursor.name(), cursor);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Returns the conditions for the engine: without the shipments that the user may not see.
    ///
    /// # Errors
    /// All values that cannot be used.
    pub(crate) fn listing(&self, principal: &Principal, m: &'static Messages) -> Result<Listing, Vec<Mistake>> {
        let mut reader = Reader { conditions: self, m, mistakes: Vec::new() };
        for name in &self.unknown {
            let message = (m.unknown_parameter)(&shown(name));
            reader.mistakes.push(Mistake { field: None, message });
        }
        let (filter, sort) = (reader.filter(principal), reader.sort());
        let after = reader.one(Field::Cursor, |text| cursor::decode(text, &filter, sort));
        if reader.mistakes.is_empty() { Ok(Listing { filter, sort, after }) } else { Err(reader.mistakes) }
    }
}

struct Reader<'a> {
    conditions: &'a Conditions,
    m: &'static Messages,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn filter(&mut self, principal: &Principal) -> ShipmentFilter {
        let phases = self.all(Field::Phase, |name| {
            let meant: Vec<_> = PhaseName::ALL.into_iter().filter(|phase| phase.shown() == name).collect();
            (!meant.is_empty()).then_some(meant)
        });
        let obstacle = |name: &str| if name == "none" { Some(None) } else { ObstacleClass::parse(name).map(Some) };
        ShipmentFilter {
            phases: phases.into_iter().flatten().collect(),
            obstacles: self.all(Field::Obstacle, obstacle),
            codes: self.all(Field::Code, text),
            person: self.one(Field::User, |user| UserRef::parse(user).as_ref().map(UserKey::from)),
            serial: self.one(Field::Serial, |number| text(number).map(SerialNumber::new)),
            tracking: self.one(Field::Tracking, text),
            reference: self.one(Field::Reference, text),
            batch: self.one(Field::Batch, BatchId::parse),
            product: self.one(Field::Product, |id| id.parse().ok()),
            created: self.range(Field::CreatedFrom, Field::CreatedTo),
            updated: self.range(Field::UpdatedFrom, Field::UpdatedTo),
            deadline: self.range(Field::DeadlineFrom, Field::DeadlineTo),
            needs_human: self.one(Field::NeedsHuman, |value| (value == "true").then_some(true)).unwrap_or_default(),
            requested_by: (!principal.sees_all()).then(|| principal.caller().clone()),
            ..ShipmentFilter::default()
        }
    }

    /// Returns the order of the list. Unlike the API's, it begins with the newest: humans look for what is new.
    fn sort(&mut self) -> ShipmentSort {
        let sort = self.one(Field::Sort, |name| match name {
            "id" => Some(ShipmentSort::Id),
            "newest" => Some(ShipmentSort::Newest),
            "updated" => Some(ShipmentSort::Updated),
            "deadline" => Some(ShipmentSort::Deadline),
            "next_attempt" => Some(ShipmentSort::NextAttempt),
            _ => None,
        });
        sort.unwrap_or(ShipmentSort::Newest)
    }

    fn range(&mut self, from: Field, before: Field) -> TimeRange {
        TimeRange { from: self.one(from, time::parse), before: self.one(before, time::parse) }
    }

    fn one<T>(&mut self, field: Field, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.conditions.values.get(&field)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.mistake(field, value);
        }
        parsed
    }

    fn all<T>(&mut self, field: Field, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let values = self.conditions.values.get(&field).into_iter().flat_map(|value| value.split(','));
        let mut all = Vec::new();
        for value in values {
            match parse(value) {
                Some(one) => all.push(one),
                None => self.mistake(field, value),
            }
        }
        all
    }

    fn mistake(&mut self, field: Field, value: &str) {
        let message = (self.m.invalid)((self.m.field)(field), &shown(value), field.example());
        self.mistakes.push(Mistake { field: Some(field), message });
    }
}

fn text(text: &str) -> Option<String> {
    let is_text = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_text.then(|| text.to_owned())
}

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_SHOWN).collect();
    let cut = keyferry_http::clean(&cut);
    if text.chars().nth(LONGEST_SHOWN).is_some() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_a_form_becomes_short_and_stays_the_same_list() {
        let (conditions, is_long) =
            Conditions::read("user=&phase=accepted&phase=registered&serial=+&reference=REQ%201&sort=updated");
        assert!(is_long);
        let short = conditions.address("/console/shipments", None);
        assert_eq!(short, "/console/shipments?phase=accepted%2Cregistered&reference=REQ+1&sort=updated");
        assert_eq!(Conditions::read(short.split_once('?').unwrap().1), (conditions.clone(), false));
        assert!(conditions.has(Field::Phase, "registered") && !conditions.has(Field::Phase, "complete"));
        assert!(conditions.is_any() && !Conditions::read("sort=id&cursor=x").0.is_any());
    }

    #[test]
    fn unknown_and_repeated_parameters_are_not_ignored() {
        let (conditions, _) = Conditions::read("fase=accepted&user=a&user=b");
        assert_eq!(conditions.unknown, ["fase", "user (again)"]);
    }
}
