//! Values of members that have no column or an empty cell.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cells::convert_json;
use crate::dates::DateFormat;
use crate::error::Error;
use crate::member::{Kind, Member};
use crate::names::find;

/// Checked defaults.
pub(crate) struct Defaults(BTreeMap<Member, Value>);

impl Defaults {
    /// Checks the defaults of a mapping, and adds those that all orders have: one key, with a generated PIN.
    pub(crate) fn new(defaults: Map<String, Value>, date_format: Option<DateFormat>) -> Result<Self, Error> {
        let mut flat = Vec::new();
        flatten("", Value::Object(defaults), &mut flat);
        let mut checked = BTreeMap::new();
        for (name, value) in flat {
            let member = find("defaults", &name)?;
            let invalid = |expected| Error::InvalidDefault { member: member.name(), expected };
            let value = convert_json(member, value, date_format).map_err(|(_, message)| invalid(message))?;
            let Some(value) = value else { continue };
            if member == Member::UserId || member == Member::HouseNumber {
                return Err(invalid("must not have a default".to_owned()));
            }
            let (fits, expected) = match member.kind() {
                Kind::Integer => (value.is_i64(), "expected a whole number"),
                Kind::Flag => (value.is_boolean(), "expected true or false"),
                Kind::Addresses => {
                    let is_list = value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
                    (is_list, "expected a list of mail addresses")
                }
                _ => (value.is_string(), "expected a text"),
            };
            if !fits {
                return Err(invalid(expected.to_owned()));
            }
            if checked.insert(member, value).is_some() {
                return Err(invalid("has two defaults".to_owned()));
            }
        }
        checked.entry(Member::ProductQuantity).or_insert(Value::from(1));
        checked.entry(Member::PinType).or_insert(Value::from("generate"));
        Ok(Self(checked))
    }

    /// Returns the default of a member.
    pub(crate) fn get(&self, member: Member) -> Option<&Value> {
        self.0.get(&member)
    }
}

/// Replaces objects and lists of one object by their members, with dotted names.
fn flatten(path: &str, value: Value, flat: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&path, value, flat);
            }
        }
        Value::Array(mut items) if items.len() == 1 && items[0].is_object() => {
            let item = items.remove(0);
            flatten(path, item, flat);
        }
        value => flat.push((path.to_owned(), value)),
    }
}
