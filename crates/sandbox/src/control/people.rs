//! The generated people as an export of an HR system, from which orders can be made.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::listed::Paged;
use super::refused::Refused;
use crate::ground::directory::{DOMAIN, Kind, Person, people};
use crate::world::World;

/// Heading of the export.
const COLUMNS: [&str; 14] = [
    "Employee ID",
    "User principal name",
    "First name",
    "Last name",
    "Company",
    "Email",
    "Phone",
    "Address line 1",
    "Address line 2",
    "City",
    "State",
    "Postal code",
    "Country",
    "Department",
];

/// What the export contains.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// Number of people. Default: all.
    rows: Option<usize>,
    /// Number of rows with a defect.
    bad: usize,
    /// Number of rows that repeat another person's row.
    duplicates: usize,
    separator: Separator,
    encoding: Encoding,
}

/// Separator of the columns.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Separator {
    #[default]
    Comma,
    Semicolon,
    Tab,
}

/// Encoding of the file.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Encoding {
    #[default]
    Utf8,
    /// With a byte order mark.
    Utf8Bom,
    /// Little-endian, with a byte order mark.
    Utf16,
}

/// Defect of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Defect {
    UnknownUser,
    NoPostalCode,
    UnknownCountry,
    /// In a country with short limits.
    LongName,
    NoPhone,
    InvalidEmail,
    /// Outside of the United States.
    PoBox,
}

const DEFECTS: [Defect; 7] = [
    Defect::UnknownUser,
    Defect::NoPostalCode,
    Defect::UnknownCountry,
    Defect::LongName,
    Defect::NoPhone,
    Defect::InvalidEmail,
    Defect::PoBox,
];

/// Row of the export, and what is special about it.
#[derive(Clone, Debug, Serialize)]
struct Row {
    /// Line of the file without its heading, counted from 1.
    row: usize,
    user_id: Uuid,
    manager: Option<Uuid>,
    kind: Kind,
    defect: Option<Defect>,
    /// Row of the same person.
    duplicate_of: Option<usize>,
    #[serde(skip)]
    cells: [String; COLUMNS.len()],
}

/// Returns a page of the rows with what is special about each, for tests that compare it with what was found.
pub(super) async fn list(
    State(world): State<Arc<World>>,
    Query(wanted): Query<Wanted>,
    page: Paged,
) -> Result<Response, Refused> {
    Ok(page.page(rows(&world, &wanted)?.into_iter()))
}

/// Returns the export as CSV (RFC 4180).
pub(super) async fn csv(State(world): State<Arc<World>>, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let separator = match wanted.separator {
        Separator::Comma => ',',
        Separator::Semicolon => ';',
        Separator::Tab => '\t',
    };
    let mut text = line(&COLUMNS, separator);
    for row in rows(&world, &wanted)? {
        text.push_str(&line(&row.cells, separator));
    }
    let (charset, bytes) = match wanted.encoding {
        Encoding::Utf8 => ("text/csv; charset=utf-8", text.into_bytes()),
        Encoding::Utf8Bom => ("text/csv; charset=utf-8", format!("\u{feff}{text}").into_bytes()),
        Encoding::Utf16 => {
            let units = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            ("text/csv; charset=utf-16", units)
        }
    };
    let name = HeaderValue::from_static("attachment; filename=\"people.csv\"");
    let kind = HeaderValue::from_static(charset);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// Defects and duplicates are spread evenly over the file. No row has both.
fn rows(world: &World, wanted: &Wanted) -> Result<Vec<Row>, Refused> {
    let facts = &world.ground.facts;
    let people = people(facts.people, facts.seed);
    let count = wanted.rows.unwrap_or(people.len()).min(people.len());
    if wanted.bad + wanted.duplicates > count {
        return Err(Refused::bad(format!("bad and duplicates together must not be above {count}, the number of rows")));
    }
    let mut rows: Vec<Row> = Vec::with_capacity(count + wanted.duplicates);
    let (mut bad, mut repeated) = (0, 0);
    for (index, person) in people.take(count).enumerate() {
        let special = share(index, count, wanted.bad + wanted.duplicates);
        let defect = (special && bad < wanted.bad && (repeated == wanted.duplicates || bad <= repeated))
            .then(|| DEFECTS[bad % DEFECTS.len()]);
        let number = rows.len() + 1;
        let user_id = person.user.id;
        let kind = person.kind;
        let manager = person.user.manager;
        let cells = cells(person, defect);
        let row = Row { row: number, user_id, manager, kind, defect, duplicate_of: None, cells };
        if defect.is_some() {
            bad += 1;
            rows.push(row);
        } else if special {
            repeated += 1;
            let mut twin = Row { row: number + 1, duplicate_of: Some(number), ..row.clone() };
            // Names are not case-sensitive: this is the same person.
            twin.cells[1] = twin.cells[1].to_uppercase();
            rows.extend([row, twin]);
        } else {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Returns whether this one of `count` places is one of `wanted` places, which are spread evenly.
fn share(index: usize, count: usize, wanted: usize) -> bool {
    (index + 1) * wanted / count != index * wanted / count
}

fn cells(person: Person, defect: Option<Defect>) -> [String; COLUMNS.len()] {
    let Person { user, country_code, .. } = person;
    let profile = user.profile;
    let text = Option::unwrap_or_default;
    let mut cells: [String; COLUMNS.len()] = [
        text(profile.employee_id),
        user.upn.clone(),
        text(profile.given_name),
        text(profile.surname),
        text(profile.company_name),
        // A recipient without a mailbox is reached at a private address.
        user.mail.unwrap_or_else(|| format!("{}@private.example", user.upn.split('@').next().unwrap_or_default())),
        text(profile.mobile_phone),
        text(profile.street_address),
        String::new(),
        text(profile.city),
        text(profile.state),
        text(profile.postal_code),
        country_code.to_owned(),
        text(profile.department),
    ];
    let (index, value) = match defect {
        None => return cells,
        Some(Defect::UnknownUser) => (1, format!("left.the.company@{DOMAIN}")),
        Some(Defect::NoPostalCode) => (11, String::new()),
        Some(Defect::UnknownCountry) => (12, "XX".to_owned()),
        Some(Defect::LongName) => {
            in_sweden(&mut cells);
            (3, "Wolfeschlegelsteinhausenbergerdorff".to_owned())
        }
        Some(Defect::NoPhone) => (6, String::new()),
        Some(Defect::PoBox) => {
            in_sweden(&mut cells);
            (7, "P.O. Box 12".to_owned())
        }
        Some(Defect::InvalidEmail) => (5, "no address".to_owned()),
    };
    cells[index] = value;
    cells
}

/// Moves the recipient to a country with short limits and without deliveries to PO boxes. Not all countries have them.
fn in_sweden(cells: &mut [String; COLUMNS.len()]) {
    for (index, value) in [(9, "Malmö"), (10, ""), (11, "211 20"), (12, "SE")] {
        value.clone_into(&mut cells[index]);
    }
}

fn line(cells: &[impl AsRef<str>], separator: char) -> String {
    let quoted = |cell: &str| {
        if cell.contains([separator, '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    let cells: Vec<_> = cells.iter().map(|cell| quoted(cell.as_ref())).collect();
    cells.join(&separator.to_string()) + "\r\n"
}

#[cfg(test)]
mod tests;
