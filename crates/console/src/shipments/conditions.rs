//! Conditions of a list, from the address of the page.
//!
//! The parameters are those of `GET /v1/shipments`, so that an address can be shared, kept, and used with the API.

use std::collections::BTreeMap;

use keyferry_access::Principal;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort};
use keyferry_listing::Fault;
use url::form_urlencoded;

use crate::field::Field;
use crate::messages::Messages;

/// Order of the list without one in the address. Unlike the API's, it begins with the newest: humans look for what is
/// new.
const ORDER: ShipmentSort = ShipmentSort::Newest;

/// Longest text of a received value in a message, in characters.
const LONGEST_SHOWN: usize = 60;

/// Values of the parameters, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    values: BTreeMap<Field, String>,
    unknown: Vec<String>,
}

/// Conditions for the engine.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) filter: ShipmentFilter,
    pub(super) sort: ShipmentSort,
    pub(super) after: Option<Cursor>,
}

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// `None` for a parameter that does not exist.
    pub(super) field: Option<Field>,
    pub(super) message: String,
}

impl Conditions {
    /// Reads a query string. Also returns whether [`Self::address`] is a shorter address of the same list: a form sends
    /// empty fields, and several values one by one.
    pub(super) fn read(query: &str) -> (Self, bool) {
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

    pub(super) fn get(&self, field: Field) -> &str {
        self.values.get(&field).map_or("", String::as_str)
    }

    pub(super) fn has(&self, field: Field, value: &str) -> bool {
        self.get(field).split(',').any(|found| found == value)
    }

    /// Returns whether a condition is set, beside the order and the page.
    pub(super) fn is_any(&self) -> bool {
        self.values.keys().any(|field| !matches!(field, Field::Sort | Field::Cursor))
    }

    /// Returns the address of a page with these conditions, with another page or other path.
    pub(super) fn address(&self, path: &str, cursor: Option<&str>) -> String {
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
    /// All values that cannot be used, in the order of the form.
    pub(super) fn listing(&self, principal: &Principal, m: &'static Messages) -> Result<Listing, Vec<Mistake>> {
        let look_up = |name: &str| self.values.get(&Field::find(name)?).map(String::as_str);
        let (filter, sort) = (keyferry_listing::filter(look_up, principal), keyferry_listing::sort(look_up));
        let (filter, sort) = match (filter, sort) {
            (Ok(filter), Ok(sort)) if self.unknown.is_empty() => (filter, sort.unwrap_or(ORDER)),
            (filter, sort) => {
                let unknown = self.unknown.iter().map(|name| Mistake::unknown(name, m));
                let faults = filter.err().into_iter().flatten().chain(sort.err());
                let mut mistakes: Vec<_> = unknown.chain(faults.map(|fault| Mistake::of(&fault, m))).collect();
                mistakes.sort_by_key(|mistake| mistake.field);
                return Err(mistakes);
            }
        };
        let after = self.values.get(&Field::Cursor).map(|text| {
            keyferry_listing::decode(text, &filter, sort).ok_or_else(|| vec![Mistake::value(Field::Cursor, text, m)])
        });
        Ok(Listing { after: after.transpose()?, filter, sort })
    }
}

impl Mistake {
    fn of(fault: &Fault, m: &'static Messages) -> Self {
        match Field::find(fault.parameter) {
            Some(field) => Self::value(field, &fault.value, m),
            None => Self::unknown(fault.parameter, m),
        }
    }

    fn value(field: Field, value: &str, m: &'static Messages) -> Self {
        let message = (m.invalid)((m.field)(field), &shown(value), field.example());
        Self { field: Some(field), message }
    }

    fn unknown(name: &str, m: &'static Messages) -> Self {
        Self { field: None, message: (m.unknown_parameter)(&shown(name)) }
    }
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
