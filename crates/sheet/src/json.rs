//! Rows that are objects of JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::build::Builder;
use crate::columns::{Column, Columns};
use crate::error::Error;
use crate::finding::{Code, RowFinding};
use crate::guess::guess;
use crate::mapping::Mapping;
use crate::member::Member;
use crate::options::Options;
use crate::plan::Plan;
use crate::row::Row;
use crate::strict;

/// Member of a row with the row key, unless the mapping names another one.
const ROW_KEY: &str = "row_key";

/// Members of an order that contain other members.
const OBJECTS: [&str; 3] = ["pin_request", "enrollment_contacts", "yubico_shipment_request"];

/// Most names that are remembered for [`Columns`].
const MOST_NAMES: usize = 200;

/// Converter of rows that are objects of JSON: orders as in `POST /v1/orders`, or flat objects whose members are
/// mapped and guessed like columns.
pub struct JsonRows {
    plan: Plan,
    seen: BTreeMap<String, Use>,
}

/// What a member of a row is for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    members: Vec<Member>,
    is_guessed: bool,
    is_whole: bool,
    is_key: bool,
}

impl JsonRows {
    /// Creates a converter.
    ///
    /// # Errors
    /// The mapping contains unknown names or unusable values.
    pub fn new(mapping: Mapping, options: Options) -> Result<Self, Error> {
        Ok(Self::from(Plan::new(mapping, options)?))
    }

    /// Converts a row.
    pub fn row(&mut self, number: u32, value: Value) -> Row {
        let Value::Object(members) = value else {
            return broken(number, "expected a JSON object".to_owned());
        };
        let uses: Vec<_> = members.into_iter().map(|(name, value)| (self.remember(&name), name, value)).collect();
        let mut builder = Builder::new(&self.plan);
        let has_key = uses.iter().any(|(usage, _, value)| usage.is_key && !value.is_null());
        if let Some(name) = self.plan.row_key.as_deref().filter(|_| !has_key) {
            builder.key("", name);
        }
        for (usage, name, value) in uses {
            if usage.is_key {
                match &value {
                    Value::Null => {}
                    Value::String(key) => builder.key(key.trim(), &name),
                    Value::Number(key) => builder.key(&key.to_string(), &name),
                    _ => builder.key("", &name),
                }
            }
            if usage.is_whole {
                builder.whole(&name, value);
                continue;
            }
            if usage.members.is_empty() && !usage.is_key && usage.is_guessed {
                builder.report(RowFinding {
                    code: Code::UnknownMember,
                    member: None,
                    column: Some(name.clone()),
                    message: format!("{name:?} is neither a member of an order nor named in the mapping"),
                });
            }
            for member in usage.members {
                builder.value(member, value.clone(), &name);
            }
        }
        builder.finish(number)
    }

    /// Converts a line of text. Returns `None` for an empty one.
    pub(crate) fn line(&mut self, number: u32, line: &str) -> Option<Row> {
        if line.trim().is_empty() {
            return None;
        }
        Some(match strict::parse(line) {
            Ok(value) => self.row(number, value),
            Err(error) => broken(number, format!("column {}: {}", error.column(), without_position(&error))),
        })
    }

    /// Returns the members of all rows so far, as columns.
    pub fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for (name, usage) in &self.seen {
            let header = name.clone();
            if usage.is_key {
                columns.row_key = Some(header);
            } else if !usage.members.is_empty() {
                let (members, is_guessed, index) = (usage.members.clone(), usage.is_guessed, columns.used.len());
                columns.used.push(Column { header, members, is_guessed, index });
            } else if !usage.is_whole {
                columns.unused.push(header);
            }
        }
        columns.count = self.seen.len();
        columns
    }

    fn remember(&mut self, name: &str) -> Use {
        if let Some(known) = self.seen.get(name) {
            return known.clone();
        }
        let usage = self.find(name);
        if self.seen.len() < MOST_NAMES {
            self.seen.insert(name.to_owned(), usage.clone());
        }
        usage
    }

    fn find(&self, name: &str) -> Use {
        let is_key = self.plan.is_row_key(name) || self.plan.row_key.is_none() && name == ROW_KEY;
        let named = self.plan.members(name);
        let is_whole = named.is_none() && OBJECTS.contains(&name);
        let members = match named {
            Some(members) => members.to_vec(),
            None if is_whole || is_key => Vec::new(),
            None => Member::find(name).or_else(|| guess(name)).into_iter().collect(),
        };
        Use { members, is_guessed: named.is_none(), is_whole, is_key }
    }
}

impl From<Plan> for JsonRows {
    fn from(plan: Plan) -> Self {
        Self { plan, seen: BTreeMap::new() }
    }
}

fn broken(number: u32, message: String) -> Row {
    let findings = vec![RowFinding::row(Code::InvalidJson, message)];
    Row { number, key: None, order: serde_json::Map::new(), findings }
}

/// Returns the message of an error without the line and column at its end. The line is always 1.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(message, _)| message.to_owned())
}
