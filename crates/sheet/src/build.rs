//! Values to an order.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cells::{clean, convert, convert_json};
use crate::columns::Columns;
use crate::countries;
use crate::finding::{Code, RowFinding, Severity};
use crate::member::{Member, Need};
use crate::plan::Plan;
use crate::postal;
use crate::records::Record;
use crate::row::Row;

/// Longest row key, in characters.
const LONGEST_KEY: usize = 100;

/// Returns the order in a record.
pub(crate) fn build(plan: &Plan, columns: &Columns, record: &Record) -> Row {
    let mut builder = Builder::new(plan);
    if let Some(finding) = form(columns, record) {
        // Values in wrong columns would only lead to more findings, which would show them.
        if finding.severity() == Severity::Error {
            return Row { number: record.number, key: None, order: Map::new(), findings: vec![finding] };
        }
        builder.report(finding);
    }
    for column in &columns.used {
        let Some(cell) = record.cells.get(column.index) else { continue };
        for member in &column.members {
            builder.cell(*member, cell, &column.header);
        }
    }
    if let (Some(index), Some(header)) = (columns.key, &columns.row_key) {
        let cell = record.cells.get(index).map(|cell| clean(cell)).unwrap_or_default();
        builder.key(&cell, header);
    }
    builder.finish(record.number)
}

/// Returns the finding about number of cells and quotation marks.
fn form(columns: &Columns, record: &Record) -> Option<RowFinding> {
    let Record { line, last_line, .. } = record;
    let (count, expected) = (record.cells.len(), columns.count);
    let has_more = || record.cells.iter().skip(expected).any(|cell| !cell.trim().is_empty());
    let counted = || format!("expected {expected} cells, but got {count}");
    let (code, message) = if record.has_stray_quote {
        (Code::StrayQuote, format!("line {line} has a quotation mark inside a quoted cell"))
    } else if record.has_swallowed_rows(expected) {
        (Code::SwallowedRows, format!("a quoted cell extends over lines {line} to {last_line}, which look like rows"))
    } else if count < expected {
        (Code::TooFewCells, counted())
    } else if has_more() {
        (Code::TooManyCells, counted())
    } else {
        return None;
    };
    Some(RowFinding::row(code, message))
}

/// Order in the making.
pub(crate) struct Builder<'a> {
    plan: &'a Plan,
    key: Option<String>,
    order: Map<String, Value>,
    values: BTreeMap<Member, (Value, String)>,
    findings: Vec<RowFinding>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let (order, values, findings) = Default::default();
        Self { plan, key: None, order, values, findings }
    }

    /// Adds a finding.
    pub(crate) fn report(&mut self, finding: RowFinding) {
        self.findings.push(finding);
    }

    /// Sets a whole member of the order, which the file contains in the form of an order.
    pub(crate) fn whole(&mut self, name: &str, value: Value) {
        self.order.insert(name.to_owned(), value);
    }

    /// Sets a member from a cell.
    pub(crate) fn cell(&mut self, member: Member, cell: &str, column: &str) {
        let converted = convert(member, cell, self.plan.date_format);
        self.put(member, converted, column, || {
            // The member stays visible in the order, with its original text.
            Value::from(cell.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" "))
        });
    }

    /// Sets a member from a value of JSON.
    pub(crate) fn value(&mut self, member: Member, value: Value, column: &str) {
        if self.values.contains_key(&member) {
            let message = format!("{column:?} is the second value for `{}`", member.name());
            self.findings.push(RowFinding::member(Code::MemberTwice, member, Some(column), message));
            return;
        }
        let original = value.clone();
        let converted = convert_json(member, value, self.plan.date_format);
        self.put(member, converted, column, || original);
    }

    fn put(
        &mut self,
        member: Member,
        converted: Result<Option<Value>, (Code, String)>,
        column: &str,
        original: impl FnOnce() -> Value,
    ) {
        match converted {
            Ok(None) => {}
            Ok(Some(value)) => {
                self.values.insert(member, (value, column.to_owned()));
            }
            Err((code, message)) => {
                let message = format!("`{}`: {message}", member.name());
                self.findings.push(RowFinding::member(code, member, Some(column), message));
                self.values.insert(member, (original(), column.to_owned()));
            }
        }
    }

    /// Sets the row key.
    pub(crate) fn key(&mut self, key: &str, column: &str) {
        let length = key.chars().count();
        if (1..=LONGEST_KEY).contains(&length) && !key.chars().any(char::is_control) {
            self.key = Some(key.to_owned());
            return;
        }
        let message = match length {
            0 => "the row key is empty".to_owned(),
            _ => format!("expected a row key of at most {LONGEST_KEY} printable characters, but got {length}"),
        };
        let column = Some(column.to_owned());
        self.findings.push(RowFinding { code: Code::InvalidKey, member: None, column, message });
    }

    /// Completes the order.
    pub(crate) fn finish(mut self, number: u32) -> Row {
        self.join_street();
        self.check_postal_code();
        let Self { plan, key, mut order, values, mut findings } = self;
        let columns: BTreeMap<Member, String> =
            values.iter().map(|(member, (_, column))| (*member, column.clone())).collect();
        for (member, (value, column)) in values {
            if !set(&mut order, member.path(), value) {
                let message = format!("{column:?} is the second value for `{}`", member.name());
                findings.push(RowFinding::member(Code::MemberTwice, member, Some(&column), message));
            }
        }
        let asking = Asking::of(plan, &order);
        for member in Member::ALL {
            if member == Member::HouseNumber || get(&order, member.path()).is_some() {
                continue;
            }
            if let Some(default) = plan.defaults.get(member).filter(|_| !asking.excludes(member)) {
                set(&mut order, member.path(), default.clone());
                continue;
            }
            let is_needed = match member.need() {
                Need::Always => true,
                Need::UnlessFilled => !asking.may_lack,
                Need::Never => false,
            };
            if is_needed {
                let message = format!("`{}` is missing", member.name());
                let column = columns.get(&member).map(String::as_str);
                findings.push(RowFinding::member(Code::MissingValue, member, column, message));
            }
        }
        if asking.may_lack {
            findings.extend(partial_address(&order));
        }
        Row { number, key, order, findings }
    }

    fn text(&self, member: Member) -> Option<&str> {
        let own = self.values.get(&member).map(|(value, _)| value);
        own.or_else(|| self.plan.defaults.get(member))?.as_str()
    }

    /// Appends the house number to the street.
    fn join_street(&mut self) {
        let country = self.text(Member::CountryCode2).unwrap_or_default().to_owned();
        let Some((number, _)) = self.values.remove(&Member::HouseNumber) else { return };
        let Some((street, _)) = self.values.get_mut(&Member::StreetLine1) else { return };
        let number = match number {
            Value::String(number) => number,
            other => other.to_string(),
        };
        if let Value::String(street) = street {
            *street = countries::street(street, &number, &country);
        }
    }

    fn check_postal_code(&mut self) {
        let Some((Value::String(code), column)) = self.values.get(&Member::PostalCode) else { return };
        let country = self.text(Member::CountryCode2).unwrap_or_default();
        if postal::lost_zero(code, country) {
            let message = format!("`postal_code`: {} digits are too few for {country}", code.len());
            self.findings.push(RowFinding::member(Code::LostZero, Member::PostalCode, Some(column), message));
        }
    }
}

/// Whether the person of a row is asked for what the row lacks.
struct Asking {
    /// Whether recipient data may be missing.
    may_lack: bool,
    /// Whether the row, or a default for rows without an address, has the person give the address.
    by_person: bool,
    has_address: bool,
}

impl Asking {
    /// `order` is the order without defaults.
    fn of(plan: &Plan, order: &Map<String, Value>) -> Self {
        let has_address =
            Member::ALL.into_iter().any(|member| member.is_place() && get(order, member.path()).is_some());
        let default = plan.defaults.get(Member::AddressBy).filter(|_| !has_address);
        let by = get(order, Member::AddressBy.path()).or(default).and_then(Value::as_str);
        let by_person = by == Some("person");
        let asks = by_person || (by.is_none() && plan.options.asks_person);
        Self { may_lack: plan.options.fill_from_directory || asks, by_person, has_address }
    }

    /// Returns whether the default of a member is not for this row.
    fn excludes(&self, member: Member) -> bool {
        match member {
            Member::AddressBy => self.has_address,
            member => self.by_person && member.is_place(),
        }
    }
}

/// Returns the finding about an address that only the directory could complete. Parts of two addresses would send the
/// key to neither.
fn partial_address(order: &Map<String, Value>) -> Option<RowFinding> {
    let has = |member: &Member| get(order, member.path()).is_some();
    let given = [Member::StreetLine1, Member::StreetLine2, Member::City, Member::PostalCode].into_iter().find(has)?;
    let needed = [Member::StreetLine1, Member::City, Member::PostalCode, Member::CountryCode2];
    let missing = needed.into_iter().find(|member| !has(member))?;
    let message = format!("`{}` is missing beside `{}`", missing.name(), given.name());
    Some(RowFinding::member(Code::PartialAddress, missing, None, message))
}

impl Member {
    /// Returns the value of the member in an order, unless it is missing or null.
    pub fn of(self, order: &Map<String, Value>) -> Option<&Value> {
        get(order, self.path())
    }
}

/// Returns the member of an order at a path.
fn get<'o>(order: &'o Map<String, Value>, path: &str) -> Option<&'o Value> {
    let mut parts = path.split('.');
    let mut value = order.get(parts.next()?)?;
    for part in parts {
        value = match part.strip_suffix("[0]") {
            Some(list) => value.get(list)?.get(0)?,
            None => value.get(part)?,
        };
    }
    (!value.is_null()).then_some(value)
}

/// Sets the member of an order at a path. Returns `false` if it has a value, or if a part of the path is no object.
fn set(order: &mut Map<String, Value>, path: &str, value: Value) -> bool {
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut object = order;
    for part in parents.split('.').filter(|part| !part.is_empty()) {
        let (name, is_list) = part.strip_suffix("[0]").map_or((part, false), |name| (name, true));
        let mut next = object.entry(name).or_insert(Value::Null);
        if is_list {
            if next.is_null() {
                *next = Value::Array(vec![Value::Null]);
            }
            let Some(first) = next.get_mut(0) else { return false };
            next = first;
        }
        if next.is_null() {
            *next = Value::Object(Map::new());
        }
        let Some(inner) = next.as_object_mut() else { return false };
        object = inner;
    }
    match object.get(last) {
        Some(old) if !old.is_null() => false,
        _ => {
            object.insert(last.to_owned(), value);
            true
        }
    }
}
