//! Listing and counting of shipments, from columns.

use std::cmp::Ordering;

use keyferry_domain::ports::{
    Counts, Cursor, DayRange, Page, ShipmentFilter, ShipmentSort, StoreError, Summary, SummaryColumns, TimeRange,
};
use keyferry_domain::{Caller, ObstacleClass, PhaseName};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params};

use crate::failure::Failure;
use crate::time;

/// Maximum number of rows in one page.
const PAGE: u32 = 1000;

/// Columns of a summary, in the order in which [`summary`] reads them.
const COLUMNS: &str = "id, shipmentId, shipmentState, phase, error_message, obstacle_class, obstacle_code, user_id, \
                       object_id, serial, batch, product_id, created_at, updated_at, deadline, next_attempt, \
                       tracking_number, requested_by, needs_human, reference, country, not_before, needed_by";

/// Index of the shipments that are needed by some day.
const BY_NEED: &str = " INDEXED BY fprshipments_by_need";

/// Index of the sort key, after the columns of a summary.
const KEY: usize = 23;

/// Conditions of a query, and the values of their numbered parameters.
#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a parameter value and returns its placeholder.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn bind_all<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> String {
        values.into_iter().map(|value| self.bind(value.to_owned())).collect::<Vec<_>>().join(", ")
    }

    fn equal(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let bound = self.bind(value);
            self.all.push(format!("{column} = {bound}"));
        }
    }

    fn within(&mut self, column: &str, range: TimeRange) {
        for (comparison, at) in [(">=", range.from), ("<", range.before)] {
            if let Some(at) = at {
                let bound = self.bind(time::text(at));
                self.all.push(format!("{column} {comparison} {bound}"));
            }
        }
    }

    fn days(&mut self, column: &str, range: DayRange) {
        for (comparison, day) in [(">=", range.from), ("<", range.before)] {
            if let Some(day) = day {
                let bound = self.bind(day.to_string());
                self.all.push(format!("{column} {comparison} {bound}"));
            }
        }
    }

    /// Restricts a time that has an index. A query that walks an index has the range in the words of the index, so that
    /// the range bounds the part that is read. `~` sorts after every time, and means that there is no such time.
    fn indexed(&mut self, column: &str, range: TimeRange, filter: &ShipmentFilter) {
        if filter.few || !filter.terms().is_empty() || range == TimeRange::default() {
            self.within(column, range);
            return;
        }
        let key = format!("ifnull({column}, '~')");
        self.within(&key, range);
        self.all.push(format!("{key} < '~'"));
    }

    fn filter(&mut self, filter: &ShipmentFilter) {
        let mut restrictions = Vec::new();
        if !filter.phases.is_empty() {
            let phases = self.bind_all(filter.phases.iter().map(|phase| phase.as_str()));
            // The plus keeps a search term's few shipments from being looked for among all in the phases.
            let plus = if filter.terms().is_empty() { "" } else { "+" };
            restrictions.push(format!("{plus}phase IN ({phases})"));
        }
        if !filter.obstacles.is_empty() {
            let classes = self.bind_all(filter.obstacles.iter().flatten().map(|class| class.as_str()));
            let none = if filter.obstacles.contains(&None) { " OR obstacle_class IS NULL" } else { "" };
            restrictions.push(format!("(obstacle_class IN ({classes}){none})"));
        }
        if !restrictions.is_empty() {
            let or =
                if filter.or_set_by_hand { " OR (shipmentState = 'complete' AND phase <> 'complete')" } else { "" };
            self.all.push(format!("({}{or})", restrictions.join(" AND ")));
        }
        for term in filter.terms() {
            let bound = self.bind(term.as_str().to_owned());
            self.all.push(format!("id IN (SELECT shipment FROM terms WHERE term = {bound})"));
        }
        if !filter.codes.is_empty() {
            let codes = self.bind_all(filter.codes.iter().map(String::as_str));
            self.all.push(format!("obstacle_code IN ({codes})"));
        }
        self.equal("requested_by", filter.requested_by.as_ref().map(Caller::key));
        self.equal("needs_human", filter.needs_human.then_some(1));
        self.equal("batch", filter.batch.map(|batch| batch.to_string()));
        self.equal("product_id", filter.product);
        self.within("created_at", filter.created);
        self.within("updated_at", filter.updated);
        self.indexed("deadline", filter.deadline, filter);
        self.indexed("next_attempt", filter.next_attempt, filter);
        self.equal("country", filter.country.clone());
        self.days("needed_by", filter.needed_by);
    }

    /// Restricts to rows after the cursor, in this order.
    fn after(&mut self, order: &Order, cursor: &Cursor) -> Result<(), StoreError> {
        let Some((key, direction)) = order.key else {
            let id = self.bind(cursor.0.clone());
            self.all.push(format!("id > {id}"));
            return Ok(());
        };
        let (at, id) = cursor.0.split_once(' ').ok_or_else(|| StoreError::Broken {
            id: "the cursor".into(),
            reason: "it does not belong to this sort order".into(),
        })?;
        let (at, id) = (self.bind(at.to_owned()), self.bind(id.to_owned()));
        let comparison = match direction {
            Direction::Up => ">",
            Direction::Down => "<",
        };
        // The first condition alone bounds the part of the index that is read.
        self.all.push(format!("{key} {comparison}= {at} AND ({key} {comparison} {at} OR id > {id})"));
        Ok(())
    }
}

/// Returns whether the range of days decides which rows are read.
fn is_by_need(filter: &ShipmentFilter) -> bool {
    !filter.needed_by.is_unbounded() && filter.terms().is_empty()
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

struct Order {
    /// Sort key before the id.
    key: Option<(&'static str, Direction)>,
    /// Index in this order, with the columns of a filter.
    index: &'static str,
}

impl Order {
    fn of(sort: ShipmentSort) -> Self {
        let (key, index) = match sort {
            ShipmentSort::Id => (None, "fprshipments_by_id"),
            ShipmentSort::Newest => (Some(("created_at", Direction::Down)), "fprshipments_by_creation"),
            ShipmentSort::Updated => (Some(("updated_at", Direction::Down)), "fprshipments_by_update"),
            ShipmentSort::Deadline => (Some(("ifnull(deadline, '~')", Direction::Up)), "fprshipments_by_deadline"),
            ShipmentSort::NextAttempt => {
                (Some(("ifnull(next_attempt, '~')", Direction::Up)), "fprshipments_by_next_attempt")
            }
        };
        Self { key, index }
    }

    fn columns(&self) -> String {
        match self.key {
            None => "id".to_owned(),
            Some((key, Direction::Up)) => format!("{key}, id"),
            Some((key, Direction::Down)) => format!("{key} DESC, id"),
        }
    }
}

/// Returns what a query does, for errors.
pub(crate) fn action(after: Option<&Cursor>) -> String {
    after.map_or_else(|| "list shipments".to_owned(), |cursor| format!("list the shipments after {}", cursor.0))
}

/// Which rows a query may return, of those that its filter selects.
#[derive(Clone, Copy)]
enum Which<'a> {
    /// Those after the cursor, or all.
    After(Option<&'a Cursor>),
    /// The one with this id.
    Only(&'a str),
}

/// SQL of a query, and the values of its parameters.
struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn new(filter: &ShipmentFilter, order: &Order, which: Which<'_>, rows: usize) -> Result<Self, StoreError> {
        let mut conditions = Conditions::default();
        conditions.filter(filter);
        match which {
            Which::After(None) => {}
            Which::After(Some(cursor)) => conditions.after(order, cursor)?,
            Which::Only(id) => conditions.equal("id", Some(id.to_owned())),
        }
        let limit = conditions.bind(rows as i64);
        let key = order.key.map_or("id", |(key, _)| key);
        let all = if conditions.all.is_empty() { "TRUE".to_owned() } else { conditions.all.join(" AND ") };
        let by = order.columns();
        // SQLite keeps no statistics here, so it would look up by any equality, and sort what may be most of the table.
        let index = match which {
            Which::After(_) if !filter.few && filter.terms().is_empty() => format!(" INDEXED BY {}", order.index),
            Which::After(_) if is_by_need(filter) => BY_NEED.to_owned(),
            _ => String::new(),
        };
        let sql = format!("SELECT {COLUMNS}, {key} FROM fprshipments{index} WHERE {all} ORDER BY {by} LIMIT {limit}");
        Ok(Self { sql, values: conditions.values })
    }
}

/// Row of a listing.
struct Listed {
    position: Position,
    summary: Result<Summary, String>,
}

impl Listed {
    fn onto(self, page: &mut Page<Summary>) {
        match self.summary {
            Ok(summary) => page.items.push(summary),
            Err(reason) => page.broken.push((self.position.id, reason)),
        }
    }
}

/// Returns one page of summaries.
///
/// A page ends before data that cannot be read. In a listing by id, the next page names the shipments whose rows cannot
/// be read, and continues after them, if the index of the ids is intact. Any other query for the next page fails, and
/// so does one for a person or key, which asks whether there is a shipment. So no caller takes a part of the shipments
/// for all of them.
pub(crate) fn page(
    connection: &Connection,
    filter: &ShipmentFilter,
    sort: ShipmentSort,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Summary>, Failure> {
    let order = Order::of(sort);
    let limit = limit.clamp(1, PAGE) as usize;
    // Reads one row more than requested, to find out whether there is a next page.
    let statement = Statement::new(filter, &order, Which::After(after), limit + 1)?;
    let (mut listed, damage) = read(connection, &statement, &order)?;
    let has_more = listed.len() > limit || damage.is_some();
    if let (true, Some(damage)) = (listed.is_empty(), damage) {
        return match (damage, order.key) {
            (Damage::Page(failure), None) if filter.terms().is_empty() => {
                each(connection, filter, after, limit).map_err(|_| failure)
            }
            (damage, _) => Err(damage.into_error(&action(after)).into()),
        };
    }
    listed.truncate(limit);
    let next = listed.last().filter(|_| has_more).map(|last| last.position.cursor(&order));
    let mut page = Page { next, ..Page::default() };
    listed.into_iter().for_each(|listed| listed.onto(&mut page));
    Ok(page)
}

/// Returns one page in the order of ids. Finds the ids in their index, which does not need the damaged table, and reads
/// each row on its own. A row that cannot be read is broken, whether or not the filter selects it.
fn each(
    connection: &Connection,
    filter: &ShipmentFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Summary>, Failure> {
    let by_id = Order::of(ShipmentSort::Id);
    let mut ids = connection.prepare_cached("SELECT id FROM fprshipments WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let after = after.map_or("", |cursor| cursor.0.as_str());
    let ids: Vec<String> =
        ids.query_map(params![after, limit as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if !ids.is_sorted_by(|first, second| first < second) {
        let reason = "the index of their ids is not in order";
        return Err(StoreError::Damaged(format!("could not list the shipments after {after}: {reason}")).into());
    }
    let mut page = Page::default();
    for id in &ids {
        match read(connection, &Statement::new(filter, &by_id, Which::Only(id), 1)?, &by_id)? {
            (listed, None) => listed.into_iter().for_each(|listed| listed.onto(&mut page)),
            (_, Some(damage)) => {
                let error = damage.into_error(&format!("read the record of {id}"));
                page.broken.push((id.clone(), error.to_string()));
            }
        }
    }
    page.next = ids.last().filter(|_| ids.len() == limit).map(|last| Cursor(last.clone()));
    Ok(page)
}

/// Reads rows until the end, or until data that cannot be read.
fn read(
    connection: &Connection,
    statement: &Statement,
    order: &Order,
) -> Result<(Vec<Listed>, Option<Damage>), Failure> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(rusqlite::params_from_iter(&statement.values))?;
    let mut listed: Vec<Listed> = Vec::new();
    loop {
        let row = match rows.next().map_err(Failure::from) {
            Ok(None) => return Ok((listed, None)),
            Ok(Some(row)) => row,
            Err(failure) if failure.is_damage() => return Ok((listed, Some(Damage::Page(failure)))),
            Err(failure) => return Err(failure),
        };
        let Some(position) = Position::read(row) else { return Ok((listed, Some(Damage::Key))) };
        // A damaged key sends the cursor of the next page beyond the rows between. It is this row's or the last one's.
        if let Some(last) = listed.pop_if(|last| !position.follows(&last.position, order)) {
            return Ok((listed, Some(Damage::Order(last.position.id, position.id))));
        }
        listed.push(Listed { position, summary: summary(row) });
    }
}

/// What cannot be read.
enum Damage {
    Page(Failure),
    /// The key of a row is not text.
    Key,
    /// These two rows do not follow each other.
    Order(String, String),
}

impl Damage {
    /// Converts to an error. `action` states what was tried.
    fn into_error(self, action: &str) -> StoreError {
        let reason = match self {
            Self::Page(failure) => return failure.into_store_error(action),
            Self::Key => "the key of the first of them is damaged".to_owned(),
            Self::Order(first, second) => format!("{first} and {second} are not in order"),
        };
        StoreError::Damaged(format!("could not {action}: {reason}"))
    }
}

/// Position of a row in a listing.
struct Position {
    key: String,
    id: String,
}

impl Position {
    /// Reads the position. Returns `None` if it is not UTF-8, because a cursor with another text would skip rows.
    fn read(row: &Row<'_>) -> Option<Self> {
        let valid = |index| row.get_ref(index).ok()?.as_str().ok().map(str::to_owned);
        Some(Self { id: valid(0)?, key: valid(KEY)? })
    }

    fn follows(&self, last: &Self, order: &Order) -> bool {
        let by_key = match order.key {
            None => Ordering::Equal,
            Some((_, Direction::Up)) => self.key.cmp(&last.key),
            Some((_, Direction::Down)) => last.key.cmp(&self.key),
        };
        by_key.then_with(|| self.id.cmp(&last.id)) == Ordering::Greater
    }

    fn cursor(&self, order: &Order) -> Cursor {
        let Self { key, id } = self;
        Cursor(if order.key.is_some() { format!("{key} {id}") } else { id.clone() })
    }
}

/// Counts matching shipments by phase and obstacle. Rows with an invalid phase or class are left out; listings report
/// them.
pub(crate) fn counts(connection: &Connection, filter: &ShipmentFilter) -> Result<Counts, Failure> {
    let mut conditions = Conditions::default();
    conditions.filter(filter);
    let (index, all) = match conditions.all.as_slice() {
        [] => ("", "TRUE".to_owned()),
        all if is_by_need(filter) => (BY_NEED, all.join(" AND ")),
        // As in a listing: an index that has the columns of the filter, which is read from its start to its end.
        all if !filter.few && filter.terms().is_empty() => (" INDEXED BY fprshipments_by_id", all.join(" AND ")),
        all => ("", all.join(" AND ")),
    };
    let columns = "phase, obstacle_class, obstacle_code";
    let query = format!("SELECT {columns}, count(*) FROM fprshipments{index} WHERE {all} GROUP BY 1, 2, 3");
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement
        .query_map(rusqlite::params_from_iter(&conditions.values), |row| {
            Ok((text(row, 0), text(row, 1), text(row, 2), row.get::<_, i64>(3)?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)?;
    let mut counts = Counts::default();
    for (phase, class, code, count) in rows {
        let obstacle = class.as_deref().map(ObstacleClass::parse);
        if let (Some(phase), false) = (phase.as_deref().and_then(PhaseName::parse), obstacle == Some(None)) {
            let obstacle = obstacle.flatten().map(|class| (class, code.unwrap_or_default()));
            *counts.0.entry((phase, obstacle)).or_default() += count.unsigned_abs();
        }
    }
    Ok(counts)
}

fn summary(row: &Row<'_>) -> Result<Summary, String> {
    // An unreadable time is an error. Only NULL means that there is no time.
    let at = |index, name| match text(row, index) {
        None => Ok(None),
        Some(text) => time::parse(&text).map(Some).ok_or_else(|| format!("column `{name}` cannot be read")),
    };
    let columns = SummaryColumns {
        id: text(row, 0).unwrap_or_default(),
        shipment_id: text(row, 1),
        state: text(row, 2).unwrap_or_default(),
        phase: text(row, 3).unwrap_or_default(),
        error_message: text(row, 4),
        obstacle_class: text(row, 5),
        obstacle_code: text(row, 6),
        user_id: text(row, 7),
        object_id: text(row, 8),
        serial: text(row, 9),
        batch: text(row, 10),
        product_id: row.get(11).ok(),
        created_at: at(12, "created_at")?,
        updated_at: at(13, "updated_at")?,
        deadline: at(14, "deadline")?,
        next_attempt: at(15, "next_attempt")?,
        tracking_number: text(row, 16),
        requested_by: text(row, 17).unwrap_or_default(),
        needs_human: row.get(18).map_err(|_| "column `needs_human` cannot be read")?,
        reference: text(row, 19),
        country: text(row, 20),
        not_before: text(row, 21),
        needed_by: text(row, 22),
    };
    columns.read()
}

/// Returns a text column, or `None` for NULL. Values of other types are returned in debug form, so that errors show
/// them.
fn text(row: &Row<'_>, index: usize) -> Option<String> {
    match row.get_ref(index).ok()? {
        ValueRef::Null => None,
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        other => Some(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
