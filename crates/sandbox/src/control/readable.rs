//! Answers of the control API as tables, for browsers.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use super::listed::TOTAL;
use crate::ground::{accepts, page};

/// The name ends in `.html`, so that minijinja escapes everything in it.
const NAME: &str = "control.html";
const PAGE: &str = include_str!("../../pages/control.html");
/// The journal of calls at its longest stays below this, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A table: one row per entry of a list, or one row per member of an object.
#[derive(Debug, Serialize)]
struct Table {
    title: String,
    /// Empty for an object: its rows are name and value.
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Entries of a list on a page for browsers. A program gets all of them by default.
const ROWS: usize = 100;

/// Columns that identify a row come first, in this order.
const LEADING: [&str; 9] =
    ["row", "shipment_id", "serial_number", "at", "endpoint", "id", "upn", "display_name", "state_id"];

/// Link to a neighbouring page of a list.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Link {
    rel: String,
    target: String,
}

/// Answers a browser's GET with a page, and everybody else with the JSON.
pub(super) async fn for_browsers(mut request: Request, next: Next) -> Response {
    let wanted = request.method() == Method::GET && accepts::html(request.headers());
    let path = request.uri().path().to_owned();
    if wanted {
        let uri = with_limit(request.uri());
        *request.uri_mut() = uri;
    }
    let response = next.run(request).await;
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !wanted || !json {
        return response;
    }
    let status = response.status();
    match render(&path, response).await {
        Ok(text) => (status, page::html(text)).into_response(),
        Err(error) => {
            tracing::error!(%path, error, "could not render control page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Adds `limit` to the query, unless it has one.
fn with_limit(uri: &Uri) -> Uri {
    let query = uri.query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "limit") {
        return uri.clone();
    }
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{}?{query}{separator}limit={ROWS}", uri.path()).parse().unwrap_or_else(|_| uri.clone())
}

/// Parses the value of `Link`, as this API writes it.
fn links(value: &str) -> Vec<Link> {
    let one = |link: &str| {
        let (target, rel) = link.trim().strip_prefix('<')?.split_once(">; rel=\"")?;
        Some(Link { rel: rel.strip_suffix('"')?.to_owned(), target: target.to_owned() })
    };
    value.split(", ").filter_map(one).collect()
}

async fn render(path: &str, response: Response) -> Result<String, String> {
    let (parts, body) = response.into_parts();
    let header = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let links = header(&header::LINK).map(links).unwrap_or_default();
    let total = header(&TOTAL).map(str::to_owned);
    let body = to_bytes(body, LARGEST).await.map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let mut pages = Environment::new();
    pages.add_template(NAME, PAGE).map_err(|error| error.to_string())?;
    let page = pages.get_template(NAME).map_err(|error| error.to_string())?;
    page.render(context! { path, total, links => Serde(links), tables => Serde(tables(&value)) })
        .map_err(|error| error.to_string())
}

/// An object's plain members come first; each list or object in it is a table of its own.
fn tables(value: &Value) -> Vec<Table> {
    match value {
        Value::Array(entries) => vec![list(String::new(), entries)],
        Value::Object(members) => {
            let (nested, plain): (Vec<_>, Vec<_>) = members.iter().partition(|(_, value)| is_nested(value));
            let plain = plain.into_iter().map(|(name, value)| vec![name.clone(), shown(value)]).collect();
            let mut tables = vec![Table { title: String::new(), columns: Vec::new(), rows: plain }];
            tables.extend(nested.into_iter().flat_map(|(name, value)| named(name, value)));
            tables.retain(|table| !table.title.is_empty() || !table.rows.is_empty());
            tables
        }
        plain => vec![Table { title: String::new(), columns: Vec::new(), rows: vec![vec![shown(plain)]] }],
    }
}

fn named(name: &str, value: &Value) -> Vec<Table> {
    let mut tables = tables(value);
    if let Some(first) = tables.first_mut() {
        name.clone_into(&mut first.title);
    }
    for inner in tables.iter_mut().skip(1) {
        inner.title = format!("{name}: {}", inner.title);
    }
    tables
}

/// A list of plain values fits into one cell.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(entries) => entries.iter().any(Value::is_object),
        _ => false,
    }
}

fn list(title: String, entries: &[Value]) -> Table {
    let mut columns: Vec<String> = Vec::new();
    // A column without values only makes the table wider.
    let filled = entries.iter().filter_map(Value::as_object).flatten().filter(|(_, value)| !value.is_null());
    for (name, _) in filled {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    columns.sort_by_key(|name| LEADING.iter().position(|leading| leading == name).unwrap_or(LEADING.len()));
    let row = |entry: &Value| match entry {
        Value::Object(members) => {
            columns.iter().map(|name| members.get(name).map_or_else(String::new, shown)).collect()
        }
        plain => vec![shown(plain)],
    };
    let rows = entries.iter().map(row).collect();
    Table { title, columns, rows }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(entries) if !entries.iter().any(Value::is_object) => {
            entries.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::ACCEPT;
    use serde_json::json;

    use super::*;
    use crate::testing::Bench;
    use crate::testing::requester::Requester;

    #[test]
    fn lists_are_tables_and_objects_are_rows() {
        let value = json!({
            "base": "x", "none": null, "ports": [1, 2], "smtp": { "port": 25, "user": { "name": "a" } },
            "users": [{ "id": 1 }, { "id": 2, "upn": "b" }],
        });
        let tables = tables(&value);
        let titles: Vec<_> = tables.iter().map(|table| table.title.as_str()).collect();
        assert_eq!(titles, ["", "smtp", "smtp: user", "users"]);
        assert_eq!(tables[0].rows, [["base", "x"], ["none", "–"], ["ports", "1, 2"]]);
        assert_eq!(
            (&tables[3].columns[..], &tables[3].rows[1][..]),
            (&["id".into(), "upn".into()][..], &["2".into(), "b".into()][..])
        );
        assert_eq!(tables[3].rows[0], ["1", ""]);
    }

    #[test]
    fn identifying_columns_come_first_and_empty_ones_are_left_out() {
        let value =
            json!([{ "city": null, "account": true, "upn": "a", "id": 1 }, { "city": null, "upn": "b", "id": 2 }]);
        assert_eq!(tables(&value)[0].columns, ["id", "upn", "account"]);
        assert_eq!(tables(&value)[0].rows, [["1", "a", "true"], ["2", "b", ""]]);
    }

    #[tokio::test]
    async fn a_browser_sees_tables_and_a_program_json() {
        let bench = Bench::start().await;
        let id = Requester::new(&bench).order_and_ship().await;
        for path in
            ["world", "parcels", "keys", "clock", "faults", "calls", "settings", "policy", "users", "sent-items"]
        {
            let path = format!("control/{path}");
            let answer = bench.get(&path).header(ACCEPT, "text/html,*/*;q=0.8").send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{path}");
            let page = answer.text().await.unwrap();
            assert!(
                page.contains(&format!("<h1>/{path}</h1>").replace('/', "&#x2f;").replace("<&#x2f;", "</")),
                "{page}"
            );
            assert!(path != "control/parcels" || page.contains(&id), "{page}");
            let answer = bench.get(&path).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "application/json", "{path}");
        }
    }

    #[tokio::test]
    async fn an_error_keeps_its_status_in_a_browser() {
        let bench = Bench::start().await;
        let answer = bench.get("control/parcels/none").header(ACCEPT, "text/html").send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    }
}
