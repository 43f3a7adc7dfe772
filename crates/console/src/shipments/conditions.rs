//! Conditions of a list, from the address of the page.
//!
//! The parameters are those of `GET /v1/shipments`, so that an address can be shared, kept, and used with the API.
//! Beside them, an address can contain the columns, and a text to search for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keyferry_access::Principal;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort};
use keyferry_listing::Fault;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::columns::Columns;
use crate::field::Field;
use crate::messages::Messages;

/// Order of the list without one in the address. Unlike the API's, it begins with the newest: humans look for what is
/// new.
const ORDER: ShipmentSort = ShipmentSort::Newest;

/// Longest text of a received value in a message, in characters.
const LONGEST_SHOWN: usize = 60;

/// Parameters of the address beside the conditions.
const COLUMNS: &str = "columns";
const SEARCH: &str = "q";
const NOTICE: &str = "notice";

/// Values of the parameters, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    values: BTreeMap<Field, String>,
    unknown: Vec<String>,
    columns: Columns,
    /// Text of the search box.
    search: String,
    /// What was just done. Not part of the list's address.
    notice: Option<Notice>,
}

/// Message on the list about what the user just did. Addresses contain its name, never a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    Saved,
    Deleted,
    NoAction,
    NoneTicked,
}

impl Notice {
    const ALL: [Self; 4] = [Self::Saved, Self::Deleted, Self::NoAction, Self::NoneTicked];

    fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Deleted => "deleted",
            Self::NoAction => "no-action",
            Self::NoneTicked => "none-ticked",
        }
    }
}

/// Conditions for the engine.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) filter: ShipmentFilter,
    pub(super) sort: ShipmentSort,
    pub(super) after: Option<Cursor>,
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
        let (mut conditions, mut columns) = (Self::default(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match name.as_ref() {
                COLUMNS => columns.extend(value.split(',').map(str::to_owned)),
                SEARCH => value.clone_into(&mut conditions.search),
                NOTICE => conditions.notice = Notice::ALL.into_iter().find(|notice| notice.name() == value),
                name => conditions.add(name, value),
            }
        }
        conditions.columns = Columns::read(&columns);
        let is_long = conditions.notice.is_none()
            && conditions.search.is_empty()
            && form_urlencoded::parse(query.as_bytes()).count() != conditions.pairs(Part::All).count();
        (conditions, is_long)
    }

    fn add(&mut self, name: &str, value: &str) {
        let Some(field) = Field::find(name) else {
            self.unknown.push(name.to_owned());
            return;
        };
        if value.is_empty() {
            return;
        }
        match self.values.get_mut(&field) {
            Some(values) if field.is_list() => {
                values.push(',');
                values.push_str(value);
            }
            // As with the API, a condition must not be ignored.
            Some(_) => self.unknown.push(format!("{name} (again)")),
            None => drop(self.values.insert(field, value.to_owned())),
        }
    }

    pub(crate) fn get(&self, field: Field) -> &str {
        self.values.get(&field).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, field: Field, value: &str) -> bool {
        self.get(field).split(',').any(|found| found == value)
    }

    /// Returns the conditions that are set: the fields beside the order and the page.
    pub(crate) fn set(&self) -> impl Iterator<Item = Field> {
        self.values.keys().copied().filter(|field| !matches!(field, Field::Sort | Field::Cursor))
    }

    /// Returns a condition that is set and is not one of `fields`.
    pub(crate) fn other_than(&self, fields: &[Field]) -> Option<Field> {
        self.values.keys().copied().find(|field| !fields.contains(field))
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(super) fn search(&self) -> &str {
        &self.search
    }

    pub(super) fn notice(&self) -> Option<Notice> {
        self.notice
    }

    /// Returns the same list with one more condition, and without a search.
    pub(super) fn with(&self, field: Field, value: &str) -> Self {
        let mut other = Self { search: String::new(), ..self.clone() };
        other.values.insert(field, value.to_owned());
        other
    }

    /// Returns the same list without a condition.
    pub(super) fn without(&self, field: Field) -> Self {
        let mut other = self.clone();
        other.values.remove(&field);
        other
    }

    /// Returns the query string of the first page.
    pub(crate) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs(Part::Any)).finish()
    }

    /// Returns the address of the first page of the list, with another path.
    pub(crate) fn address(&self, path: &str) -> String {
        address(path, &self.query())
    }

    /// Returns the address of a page of the list.
    pub(super) fn page(&self, path: &str, cursor: &str) -> String {
        let pairs = self.pairs(Part::Any).chain([(Field::Cursor.name(), Cow::Borrowed(cursor))]);
        address(path, &form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Returns the address of the list with a message.
    pub(super) fn noticed(&self, path: &str, notice: Notice) -> String {
        let pairs = self.pairs(Part::Any).chain([(NOTICE, Cow::Borrowed(notice.name()))]);
        address(path, &form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Returns the parameters for a form that keeps the list.
    pub(super) fn hidden(&self) -> Vec<(String, String)> {
        self.pairs(Part::Any).map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
    }

    /// Returns the parameters. Those that do not exist are kept, so that the list explains them.
    fn pairs(&self, part: Part) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let fields = self.values.iter().filter(move |(field, _)| part == Part::All || **field != Field::Cursor);
        let fields = fields.map(|(field, value)| (field.name(), Cow::Borrowed(value.as_str())));
        let unknown = self.unknown.iter().map(|name| (name.as_str(), Cow::Borrowed("")));
        fields.chain(unknown).chain(self.columns.written().map(|columns| (COLUMNS, Cow::Owned(columns))))
    }

    /// Returns the conditions as the filter of `POST /v1/shipments/actions`.
    pub(super) fn members(&self) -> Map<String, Value> {
        let member = |field: Field| {
            let text = self.get(field);
            let value = match field {
                Field::Product => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| text.into()),
                Field::NeedsHuman | Field::AwaitsAddress => (text == "true").into(),
                _ => text.into(),
            };
            (field.name().to_owned(), value)
        };
        self.set().map(member).collect()
    }

    /// Returns the conditions for the engine: without the shipments that the user may not see.
    ///
    /// # Errors
    /// All values that cannot be used, in the order of the form.
    pub(crate) fn listing(&self, principal: &Principal, m: &'static Messages) -> Result<Listing, Vec<Mistake>> {
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

/// Which parameters are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All, with the page.
    All,
    /// Those of any page of the list.
    Any,
}

fn address(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
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
        let short = conditions.address("/console/shipments");
        assert_eq!(short, "/console/shipments?phase=accepted%2Cregistered&reference=REQ+1&sort=updated");
        assert_eq!(Conditions::read(short.split_once('?').unwrap().1), (conditions.clone(), false));
        assert!(conditions.has(Field::Phase, "registered") && !conditions.has(Field::Phase, "complete"));
        assert_eq!(conditions.set().collect::<Vec<_>>(), [Field::Phase, Field::Reference]);
        assert_eq!(Conditions::read("sort=id&cursor=x").0.set().count(), 0);
    }

    #[test]
    fn columns_are_part_of_the_address_unless_they_are_the_usual_ones() {
        let (conditions, is_long) = Conditions::read("columns=batch&columns=lost&columns=state&user=a%40b.example");
        assert!(is_long);
        assert_eq!(conditions.query(), "user=a%40b.example&columns=state%2Cbatch");
        assert!(!Conditions::read(&conditions.query()).1);
        let usual = "columns=state&columns=serial&columns=tracking&columns=reference&columns=created&columns=deadline";
        assert_eq!(Conditions::read(usual).0.query(), "");
        assert_eq!(Conditions::read("columns=").0.query(), "");
    }

    #[test]
    fn unknown_and_repeated_parameters_are_not_ignored() {
        let (conditions, _) = Conditions::read("fase=accepted&user=a&user=b");
        assert_eq!(conditions.unknown, ["fase", "user (again)"]);
        assert_eq!(Conditions::read(&conditions.query()).0.unknown, conditions.unknown);
    }

    #[test]
    fn notices_and_searches_are_not_kept() {
        let (conditions, is_long) = Conditions::read("user=a&notice=saved&q=ada&cursor=x");
        assert_eq!((conditions.notice(), conditions.search(), is_long), (Some(Notice::Saved), "ada", false));
        assert_eq!(conditions.query(), "user=a");
        assert_eq!(Conditions::read("notice=%3Cscript%3E").0.notice(), None);
    }

    #[test]
    fn members_have_the_types_of_the_api() {
        let (conditions, _) =
            Conditions::read("phase=accepted,queued&product=7&needs_human=true&sort=id&columns=batch");
        let expected = serde_json::json!({ "phase": "accepted,queued", "product": 7, "needs_human": true });
        assert_eq!(Value::Object(conditions.members()), expected);
    }
}
