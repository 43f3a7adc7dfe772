//! Listing and counting of shipments, from columns.

use keyferry_domain::ports::{
    Counts, Cursor, Page, ShipmentFilter, ShipmentSort, StoreError, Summary, SummaryColumns, TimeRange,
};
use keyferry_domain::{ObstacleClass, PhaseName};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use crate::store::unavailable;
use crate::time;

/// Maximum number of rows in one page.
const PAGE: u32 = 1000;

/// Columns of a summary, in the order in which [`summary`] reads them.
const COLUMNS: &str = "id, shipmentId, shipmentState, phase, error_message, obstacle_class, obstacle_code, user_id, \
                       object_id, serial, batch, product_id, created_at, updated_at, deadline, next_attempt";

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

    fn filter(&mut self, filter: &ShipmentFilter) {
        let mut restrictions = Vec::new();
        if !filter.phases.is_empty() {
            let phases = self.bind_all(filter.phases.iter().map(|phase| phase.as_str()));
            restrictions.push(format!("phase IN ({phases})"));
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
        self.equal("obstacle_code", filter.code.clone());
        self.equal("batch", filter.batch.map(|batch| batch.to_string()));
        self.equal("product_id", filter.product);
        self.within("created_at", filter.created);
        self.within("updated_at", filter.updated);
        self.within("deadline", filter.deadline);
        self.within("next_attempt", filter.next_attempt);
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
        self.all.push(format!("({key} {comparison} {at} OR ({key} = {at} AND id > {id}))"));
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

struct Order {
    /// Sort key before the id.
    key: Option<(&'static str, Direction)>,
}

impl Order {
    fn of(sort: ShipmentSort) -> Self {
        let key = match sort {
            ShipmentSort::Id => None,
            ShipmentSort::Newest => Some(("created_at", Direction::Down)),
            ShipmentSort::Updated => Some(("updated_at", Direction::Down)),
            ShipmentSort::Deadline => Some(("ifnull(deadline, '~')", Direction::Up)),
            ShipmentSort::NextAttempt => Some(("ifnull(next_attempt, '~')", Direction::Up)),
        };
        Self { key }
    }

    fn columns(&self) -> String {
        match self.key {
            None => "id".to_owned(),
            Some((key, Direction::Up)) => format!("{key}, id"),
            Some((key, Direction::Down)) => format!("{key} DESC, id"),
        }
    }
}

/// Returns one page of summaries.
pub(crate) fn page(
    connection: &Connection,
    filter: &ShipmentFilter,
    sort: ShipmentSort,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Summary>, StoreError> {
    let order = Order::of(sort);
    let mut conditions = Conditions::default();
    conditions.filter(filter);
    if let Some(cursor) = after {
        conditions.after(&order, cursor)?;
    }
    let limit = limit.clamp(1, PAGE);
    // Reads one row more than requested, to find out whether there is a next page.
    let fetched = conditions.bind(i64::from(limit) + 1);
    let key = order.key.map_or("id", |(key, _)| key);
    let all = if conditions.all.is_empty() { "TRUE".to_owned() } else { conditions.all.join(" AND ") };
    let query =
        format!("SELECT {COLUMNS}, {key} FROM fprshipments WHERE {all} ORDER BY {} LIMIT {fetched}", order.columns());
    let mut statement = connection.prepare_cached(&query).map_err(unavailable)?;
    let rows = statement
        .query_map(rusqlite::params_from_iter(&conditions.values), |row| {
            let id = text(row, 0).unwrap_or_default();
            Ok((id, text(row, 16).unwrap_or_default(), summary(row)))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
    let limit = limit as usize;
    let has_more = rows.len() > limit;
    let mut page = Page::default();
    for (id, key, summary) in rows.into_iter().take(limit) {
        if has_more {
            page.next = Some(Cursor(if order.key.is_some() { format!("{key} {id}") } else { id.clone() }));
        }
        match summary {
            Ok(summary) => page.items.push(summary),
            Err(reason) => page.broken.push((id, reason)),
        }
    }
    Ok(page)
}

/// Counts all shipments by phase and obstacle. Rows with an invalid phase or class are left out; listings report them.
pub(crate) fn counts(connection: &Connection) -> Result<Counts, StoreError> {
    let query = "SELECT phase, obstacle_class, obstacle_code, count(*) FROM fprshipments GROUP BY 1, 2, 3";
    let mut statement = connection.prepare_cached(query).map_err(unavailable)?;
    let rows = statement
        .query_map([], |row| Ok((text(row, 0), text(row, 1), text(row, 2), row.get::<_, i64>(3)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
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
    let at = |index| text(row, index).as_deref().and_then(time::parse);
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
        created_at: at(12),
        updated_at: at(13),
        deadline: at(14),
        next_attempt: at(15),
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
