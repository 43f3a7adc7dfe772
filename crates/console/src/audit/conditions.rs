//! Conditions on the events, from the address of the page.

use std::collections::BTreeMap;

use keyferry_domain::EventKind;
use keyferry_domain::ports::{Cursor, EventFilter, TimeRange};
use keyferry_engine::HistoryFilter;
use url::form_urlencoded;

use super::parameter::Parameter;
use crate::messages::Messages;

/// Longest value of a text, in characters.
const LONGEST: usize = 200;

/// Longest text of a received value in a message, in characters.
const LONGEST_SHOWN: usize = 60;

/// Values of the parameters, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    values: BTreeMap<Parameter, String>,
    unknown: Vec<String>,
}

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// `None` for a parameter that does not exist.
    pub(super) parameter: Option<Parameter>,
    pub(super) message: String,
}

impl Mistake {
    /// Returns the id of the input in question.
    pub(super) fn input(&self) -> &'static str {
        self.parameter.map_or("conditions", Parameter::name)
    }
}

impl Conditions {
    /// Reads a query string. Also returns whether [`Self::address`] is a shorter address of the same list: a form sends
    /// empty fields, and several kinds one by one.
    pub(super) fn read(query: &str) -> (Self, bool) {
        let (mut conditions, mut is_long) = (Self::default(), false);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            let Some(parameter) = Parameter::ALL.into_iter().find(|parameter| parameter.name() == name) else {
                conditions.unknown.push(name.into_owned());
                continue;
            };
            if value.is_empty() {
                is_long = true;
                continue;
            }
            match conditions.values.get_mut(&parameter) {
                Some(values) if parameter == Parameter::Kind => {
                    values.push(',');
                    values.push_str(value);
                    is_long = true;
                }
                Some(_) => conditions.unknown.push(format!("{name} (again)")),
                None => drop(conditions.values.insert(parameter, value.to_owned())),
            }
        }
        (conditions, is_long)
    }

    pub(super) fn get(&self, parameter: Parameter) -> &str {
        self.values.get(&parameter).map_or("", String::as_str)
    }

    pub(super) fn has_kind(&self, kind: EventKind) -> bool {
        self.get(Parameter::Kind).split(',').any(|name| name == kind.as_str())
    }

    /// Returns whether a condition is set, beside the page.
    pub(super) fn is_any(&self) -> bool {
        self.values.keys().any(|parameter| *parameter != Parameter::Before)
    }

    /// Returns the address of a page with these conditions, with another page or other path.
    pub(super) fn address(&self, path: &str, before: Option<&Cursor>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (parameter, value) in self.values.iter().filter(|(parameter, _)| **parameter != Parameter::Before) {
            query.append_pair(parameter.name(), value);
        }
        if let Some(Cursor(before)) = before {
            query.append_pair(Parameter::Before.name(), before);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Returns the conditions for the engine, and the position of the page.
    ///
    /// # Errors
    /// All values that cannot be used.
    pub(super) fn filter(&self, m: &'static Messages) -> Result<(HistoryFilter, Option<Cursor>), Vec<Mistake>> {
        let mut reader = Reader { conditions: self, m, mistakes: Vec::new() };
        for name in &self.unknown {
            let message = (m.unknown_parameter)(&shown(name));
            reader.mistakes.push(Mistake { parameter: None, message });
        }
        let kinds = self.get(Parameter::Kind).split(',').filter(|name| !name.is_empty());
        let mut wanted = Vec::new();
        for name in kinds {
            match EventKind::ALL.into_iter().find(|kind| kind.as_str() == name) {
                Some(kind) => wanted.push(kind),
                None => reader.mistake(Parameter::Kind, name),
            }
        }
        let at = TimeRange {
            from: reader.one(Parameter::From, keyferry_listing::parse_time),
            before: reader.one(Parameter::To, keyferry_listing::parse_time),
        };
        let filter = HistoryFilter {
            events: EventFilter { kinds: wanted, at },
            shipment: reader.one(Parameter::Shipment, text),
            actor: reader.one(Parameter::Actor, text),
        };
        let position = |text: &str| {
            let is_number = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| Cursor(text.to_owned()))
        };
        let before = reader.one(Parameter::Before, position);
        if reader.mistakes.is_empty() { Ok((filter, before)) } else { Err(reader.mistakes) }
    }
}

struct Reader<'a> {
    conditions: &'a Conditions,
    m: &'static Messages,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn one<T>(&mut self, parameter: Parameter, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.conditions.values.get(&parameter)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.mistake(parameter, value);
        }
        parsed
    }

    fn mistake(&mut self, parameter: Parameter, value: &str) {
        let label = (self.m.audit.parameter)(parameter);
        let message = (self.m.invalid)(label, &shown(value), parameter.example());
        self.mistakes.push(Mistake { parameter: Some(parameter), message });
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
    use crate::messages::Language;

    #[test]
    fn address_of_a_form_becomes_short_and_stays_the_same_list() {
        let (conditions, is_long) = Conditions::read("kind=accepted&kind=completed&actor=+Grace+&from=&shipment=");
        assert!(is_long && conditions.is_any());
        let short = conditions.address("/console/audit", None);
        assert_eq!(short, "/console/audit?kind=accepted%2Ccompleted&actor=Grace");
        assert_eq!(Conditions::read(short.split_once('?').unwrap().1), (conditions.clone(), false));
        let (filter, before) = conditions.filter(Language::English.messages()).unwrap();
        assert_eq!(filter.events.kinds, [EventKind::Accepted, EventKind::Completed]);
        assert_eq!((filter.actor.as_deref(), before), (Some("Grace"), None));
        assert_eq!(conditions.address("/x", Some(&Cursor("7".into()))), format!("/x{}&before=7", &short[14..]));
    }

    #[test]
    fn no_condition_is_ignored() {
        let (conditions, _) = Conditions::read("fase=x&actor=a&actor=b&kind=gone&from=yesterday&before=-1&to=%00");
        let mistakes = conditions.filter(Language::German.messages()).unwrap_err();
        let inputs: Vec<_> = mistakes.iter().map(Mistake::input).collect();
        assert_eq!(inputs, ["conditions", "conditions", "kind", "from", "to", "before"]);
    }
}
