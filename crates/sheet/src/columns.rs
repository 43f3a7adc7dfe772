//! What the columns of a file are for.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::finding::Warning;
use crate::guess::{guess, normalized};
use crate::member::{Member, Need};
use crate::names::similar;
use crate::plan::{Plan, is_same};

/// Column that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Header.
    pub header: String,
    /// Members of the order that it fills.
    pub members: Vec<Member>,
    /// Whether the members were guessed by the header. Otherwise the mapping names them.
    pub is_guessed: bool,
    /// Position, from 0.
    pub(crate) index: usize,
}

/// What the columns of a file are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Columns that are used, in the order of the file.
    pub used: Vec<Column>,
    /// Headers of columns that are not used. Those without a header are missing.
    pub unused: Vec<String>,
    /// Header of the column with the row key.
    pub row_key: Option<String>,
    pub(crate) key: Option<usize>,
    /// Number of columns.
    pub(crate) count: usize,
}

impl Columns {
    /// Applies the mapping to a header.
    ///
    /// # Errors
    /// The file cannot be used: required columns are missing, or columns are ambiguous.
    pub(crate) fn new(plan: &Plan, cells: &[String], warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let headers: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
        let known = |name: &str| headers.iter().any(|header| is_same(name, header));
        if let Some(header) = plan.headers().find(|name| !known(name)) {
            let suggestion = similar(header, headers.iter().copied());
            return Err(Error::NoSuchColumn { header: header.to_owned(), suggestion });
        }
        let mut columns = Self { count: headers.len(), ..Self::default() };
        let explicit: BTreeSet<Member> =
            headers.iter().filter_map(|header| plan.members(header)).flatten().copied().collect();
        let mut taken: BTreeMap<Member, usize> = BTreeMap::new();
        for (index, header) in headers.iter().copied().enumerate() {
            let is_key = plan.is_row_key(header);
            if is_key && let Some(first) = columns.key.replace(index) {
                return Err(repeated(header, first, index));
            }
            let named = plan.members(header);
            let members = match named {
                Some(members) => members.to_vec(),
                None => guess_of(header, &headers).filter(|member| !explicit.contains(member)).into_iter().collect(),
            };
            for member in &members {
                let Some(first) = taken.insert(*member, index) else { continue };
                if is_same(headers[first], header) {
                    return Err(repeated(header, first, index));
                }
                let [first, second] = [headers[first], header].map(str::to_owned);
                return Err(Error::SameMember { member: member.name(), first, second });
            }
            if is_key {
                columns.row_key = Some(header.to_owned());
            }
            if !members.is_empty() {
                columns.used.push(Column { header: header.to_owned(), members, is_guessed: named.is_none(), index });
            } else if !is_key && !header.is_empty() {
                columns.unused.push(header.to_owned());
            }
        }
        columns.check(plan, &taken, warnings)?;
        Ok(columns)
    }

    /// Returns the header of the column that fills a member.
    pub(crate) fn header_of(&self, member: Member) -> Option<&str> {
        self.used.iter().find(|column| column.members.contains(&member)).map(|column| column.header.as_str())
    }

    /// Checks that required members have a column or a default.
    fn check(&self, plan: &Plan, taken: &BTreeMap<Member, usize>, warnings: &mut Vec<Warning>) -> Result<(), Error> {
        let missing = |need: Need| {
            let is_missing = |member: &Member| {
                member.need() == need && !taken.contains_key(member) && plan.defaults.get(*member).is_none()
            };
            Member::ALL.into_iter().filter(is_missing).map(Member::name).collect::<Vec<_>>()
        };
        let mut members = missing(Need::Always);
        let filled = missing(Need::UnlessFilled);
        let may_ask = taken.contains_key(&Member::AddressBy) || plan.defaults.get(Member::AddressBy).is_some();
        if plan.options.fill_from_directory {
            if members.is_empty() && !filled.is_empty() {
                warnings.push(Warning::filled(&filled));
            }
        } else if !(plan.options.asks_person || may_ask) {
            members.extend(filled);
        }
        if members.is_empty() { Ok(()) } else { Err(Error::MissingColumns { hint: self.hint(&members), members }) }
    }

    /// Returns what to do about missing members. Begins with a space.
    fn hint(&self, missing: &[&str]) -> String {
        if missing.contains(&Member::UserId.name())
            && let Some(email) = self.header_of(Member::RecipientEmail)
        {
            return format!(
                " The column {email:?} was taken for `recipient_email`. If it contains user principal names, name both \
                 members in the mapping: {{\"columns\": {{{email:?}: [\"user_id\", \"recipient_email\"]}}}}."
            );
        }
        let unused: Vec<_> = self.unused.iter().take(20).map(|header| format!("{header:?}")).collect();
        let unused = if unused.is_empty() { "none".to_owned() } else { unused.join(", ") };
        format!(
            " Name the columns in `columns` of the mapping, or values for all rows in `defaults`. Columns that were \
             not used: {unused}."
        )
    }
}

fn repeated(header: &str, first: usize, second: usize) -> Error {
    Error::RepeatedHeader { header: header.to_owned(), first: first + 1, second: second + 1 }
}

/// Guesses the member of a header. Beside a "Vorname", "Name" is the last name.
fn guess_of(header: &str, headers: &[&str]) -> Option<Member> {
    guess(header).or_else(|| {
        let has = |wanted: &str| headers.iter().any(|header| normalized(header) == wanted);
        let is_last_name = match normalized(header).as_str() {
            "name" => has("vorname"),
            "naam" => has("voornaam"),
            _ => false,
        };
        is_last_name.then_some(Member::RecipientLastname)
    })
}
