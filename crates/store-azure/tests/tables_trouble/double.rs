//! Test double of the table service, written from the public documentation of Table Storage: one table in memory,
//! conditional writes, and a script of faults.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use serde_json::{Map, Value, json};
use url::Url;

use super::batch;

/// Fault of one call.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// The call is not executed, and fails with this status and code.
    Refused(u16, &'static str),
    /// The same, with `Retry-After` in seconds.
    Busy(u16, u32),
    /// The call is executed, but fails with this status and code.
    DoneBut(u16, &'static str),
    /// The call is executed, and the connection breaks.
    DoneAndCut,
    /// The call is executed, and its caller receives the answer to another call.
    DoneWithAnotherId,
    /// The call is not executed, and the connection breaks.
    Cut,
    /// The transaction is executed, and its answer contains no ETags.
    DoneWithoutETags,
    /// The call is not executed, and succeeds with this body and these headers.
    Answers(Value, Vec<(&'static str, &'static str)>),
    /// The call is executed, and answered with status 202, this content type and this body.
    DoneButAnswers(&'static str, &'static str),
}

/// Version (for the ETag) and columns by partition and row key.
type Rows = BTreeMap<(String, String), (u64, Map<String, Value>)>;

#[derive(Default)]
pub(crate) struct Table {
    rows: Mutex<Rows>,
    script: Mutex<VecDeque<Fault>>,
    /// Whether the script applies to writes only.
    only_writes: Mutex<bool>,
    /// Method and target of each call, and its token.
    calls: Mutex<Vec<(String, String)>>,
    version: Mutex<u64>,
    without_etags: Mutex<bool>,
}

impl Table {
    pub(crate) async fn serve() -> (Arc<Self>, Url) {
        let table = Arc::new(Self::default());
        let router = Router::new().fallback(answer).with_state(table.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/account", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (table, url)
    }

    /// Sets the faults of the next calls, in order.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script(faults, false);
    }

    /// Sets the faults of the next writes, in order. Reads succeed.
    pub(crate) fn next_writes(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script(faults, true);
    }

    fn script(&self, faults: impl IntoIterator<Item = Fault>, only_writes: bool) {
        *self.script.lock().unwrap() = faults.into_iter().collect();
        *self.only_writes.lock().unwrap() = only_writes;
        self.calls.lock().unwrap().clear();
    }

    /// Returns the methods of all calls since the script was set.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.split(' ').next().unwrap().to_owned()).collect()
    }

    /// Returns method and undecoded target of all calls since the script was set.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(_, token)| token.clone()).collect()
    }

    /// Writes a row as another application would.
    pub(crate) fn write(&self, partition: &str, key: &str, columns: &Value) {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.entry((partition.into(), key.into())).or_default();
        row.0 = self.count();
        row.1.extend(columns.as_object().unwrap().clone());
        row.1.insert("PartitionKey".into(), partition.into());
        row.1.insert("RowKey".into(), key.into());
    }

    /// Returns the keys of a partition's rows.
    pub(crate) fn keys(&self, partition: &str) -> Vec<String> {
        let rows = self.rows.lock().unwrap();
        rows.keys().filter(|(found, _)| found == partition).map(|(_, key)| key.clone()).collect()
    }

    /// Returns a column of a row.
    pub(crate) fn column(&self, partition: &str, key: &str, column: &str) -> Value {
        self.rows.lock().unwrap()[&(partition.into(), key.into())].1[column].clone()
    }

    /// Removes a row.
    pub(crate) fn remove(&self, partition: &str, key: &str) {
        self.rows.lock().unwrap().remove(&(partition.into(), key.into()));
    }

    fn count(&self) -> u64 {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        *version
    }

    fn act(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
        let mut rows = self.rows.lock().unwrap();
        let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        if uri.path() == "/account/$batch" {
            assert_eq!(method, Method::POST);
            let body = std::str::from_utf8(body).unwrap();
            return self.transact(&mut rows, &batch::requests(&header("content-type").unwrap(), body));
        }
        if method == Method::GET {
            return match key(uri.path()) {
                Some(key) => match rows.get(&key) {
                    Some((version, row)) => page(&json!(row), Some(*version), &[]),
                    None => refused(404, "ResourceNotFound"),
                },
                None => list(&rows, uri.query().unwrap_or_default()),
            };
        }
        let columns: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        match self.change(&mut rows, method.as_str(), uri.path(), header("if-match").as_deref(), columns) {
            Ok(Some(version)) => done(version),
            Ok(None) => done(0),
            Err((status, code)) => refused(status, code),
        }
    }

    /// Executes all requests, or none.
    fn transact(&self, rows: &mut Rows, requests: &[batch::Inner]) -> Response<Body> {
        let (mut next, mut etags, mut seen) = (rows.clone(), Vec::new(), BTreeSet::new());
        for (index, batch::Inner { method, path, if_match, columns }) in requests.iter().enumerate() {
            let row = key(path).unwrap_or_else(|| key_of(columns));
            if !seen.insert(row) {
                return batch::refused(index, 400, "InvalidDuplicateRow");
            }
            match self.change(&mut next, method, path, if_match.as_deref(), columns.clone()) {
                Ok(version) => etags.push(version.filter(|_| !*self.without_etags.lock().unwrap()).map(etag)),
                Err((status, code)) => return batch::refused(index, status, code),
            }
        }
        assert!(seen.iter().all(|(partition, _)| seen.first().is_some_and(|first| first.0 == *partition)), "{seen:?}");
        *rows = next;
        batch::done(&etags)
    }

    /// Executes one write and returns the new version of the row, or `None` after a deletion.
    fn change(
        &self,
        rows: &mut Rows,
        method: &str,
        path: &str,
        if_match: Option<&str>,
        columns: Map<String, Value>,
    ) -> Result<Option<u64>, (u16, &'static str)> {
        let key = match (method, key(path)) {
            ("POST", None) => {
                let key = key_of(&columns);
                if rows.contains_key(&key) {
                    return Err((409, "EntityAlreadyExists"));
                }
                key
            }
            // PATCH without If-Match is Insert Or Merge Entity. DELETE requires If-Match.
            ("PATCH", Some(key)) if if_match.is_none() => key,
            ("PATCH" | "DELETE", Some(key)) => {
                let Some((version, _)) = rows.get(&key) else { return Err((404, "ResourceNotFound")) };
                match if_match {
                    None => return Err((400, "MissingRequiredHeader")),
                    Some(found) if found != "*" && found != etag(*version) => {
                        return Err((412, "UpdateConditionNotSatisfied"));
                    }
                    Some(_) => key,
                }
            }
            _ => return Err((405, "MethodNotAllowed")),
        };
        if method == "DELETE" {
            rows.remove(&key);
            return Ok(None);
        }
        let row = rows.entry(key.clone()).or_default();
        row.0 = self.count();
        row.1.extend(columns);
        row.1.extend([("PartitionKey".to_owned(), key.0.into()), ("RowKey".to_owned(), key.1.into())]);
        Ok(Some(row.0))
    }
}

fn key_of(columns: &Map<String, Value>) -> (String, String) {
    let text = |name: &str| columns[name].as_str().unwrap().to_owned();
    (text("PartitionKey"), text("RowKey"))
}

/// Returns the rows whose keys match the filter, up to `$top`, and a continuation token. Ignores conditions on other
/// columns.
fn list(rows: &Rows, query: &str) -> Response<Body> {
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let filter = parameters.get("$filter").cloned().unwrap_or_default();
    let wanted = |column: &str, text: &str| {
        filter.split(" and ").filter_map(|clause| clause.strip_prefix(&format!("{column} "))).all(|comparison| {
            let (operator, constant) = comparison.split_once(' ').unwrap();
            let constant = constant.trim_matches('\'').replace("''", "'");
            match operator {
                "eq" => text == constant,
                "gt" => text > &*constant,
                "ge" => text >= &*constant,
                "lt" => text < &*constant,
                "le" => text <= &*constant,
                other => panic!("{other}"),
            }
        })
    };
    let next = parameters.get("NextRowKey");
    let mut found: Vec<_> = rows
        .iter()
        .filter(|((partition, key), _)| wanted("PartitionKey", partition) && wanted("RowKey", key))
        .filter(|((_, key), _)| next.is_none_or(|next| key >= next))
        .collect();
    let top = parameters.get("$top").map_or(1000, |top| top.parse().unwrap());
    let more = found.get(top).map(|(key, _)| (*key).clone());
    found.truncate(top);
    let found: Vec<_> = found.into_iter().map(|(_, (version, row))| with_etag(row, *version)).collect();
    let mut answer = page(&json!({ "value": found }), None, &[]);
    if let Some((partition, key)) = more {
        let headers = answer.headers_mut();
        headers.insert("x-ms-continuation-nextpartitionkey", partition.parse().unwrap());
        headers.insert("x-ms-continuation-nextrowkey", key.parse().unwrap());
    }
    answer
}

async fn answer(
    State(table): State<Arc<Table>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let token = headers["authorization"].to_str().unwrap().to_owned();
    table.calls.lock().unwrap().push((format!("{method} {uri}"), token));
    let is_spared = method == Method::GET && *table.only_writes.lock().unwrap();
    let fault = if is_spared { None } else { table.script.lock().unwrap().pop_front() };
    let fault = fault.unwrap_or(Fault::None);
    let act = || table.act(&method, &uri, &headers, &body);
    match fault {
        Fault::None => act(),
        Fault::Refused(status, code) => refused(status, code),
        Fault::Busy(status, wait) => {
            let mut answer = refused(status, "ServerBusy");
            answer.headers_mut().insert("retry-after", wait.into());
            answer
        }
        Fault::DoneBut(status, code) => {
            act();
            refused(status, code)
        }
        Fault::DoneAndCut => {
            act();
            cut()
        }
        Fault::DoneWithAnotherId => {
            let mut answer = act();
            answer.headers_mut().insert("x-ms-client-request-id", HeaderValue::from_static("another"));
            answer
        }
        Fault::Cut => cut(),
        Fault::Answers(body, headers) => page(&body, None, &headers),
        Fault::DoneWithoutETags => {
            *table.without_etags.lock().unwrap() = true;
            let answer = act();
            *table.without_etags.lock().unwrap() = false;
            answer
        }
        Fault::DoneButAnswers(kind, body) => {
            act();
            batch::text(202, kind, body.to_owned())
        }
    }
}

/// Returns an answer whose body is cut off.
fn cut() -> Response<Body> {
    let broken = futures::stream::iter([Ok("{"), Err(std::io::Error::other("cut"))]);
    Response::new(Body::from_stream(broken))
}

fn etag(version: u64) -> String {
    format!("W/\"datetime'2026-11-24T05%3A58%3A22.{version:07}Z'\"")
}

fn with_etag(row: &Map<String, Value>, version: u64) -> Value {
    let mut row = row.clone();
    row.insert("odata.etag".into(), etag(version).into());
    row.into()
}

fn done(version: u64) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert("etag", etag(version).parse().unwrap());
    answer
}

fn page(body: &Value, version: Option<u64>, headers: &[(&'static str, &'static str)]) -> Response<Body> {
    let mut answer = Response::new(Body::from(body.to_string()));
    for (name, value) in headers {
        answer.headers_mut().insert(*name, value.parse().unwrap());
    }
    if let Some(version) = version {
        answer.headers_mut().insert("etag", etag(version).parse().unwrap());
    }
    answer
}

fn refused(status: u16, code: &str) -> Response<Body> {
    let message = format!("It is {code}.\nRequestId:1\nTime:2");
    let body = json!({"odata.error": {"code": code, "message": {"lang": "en-US", "value": message}}});
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("x-ms-request-id", "9c1b7c3e-0002-0055".parse().unwrap());
    answer
}

/// Parses partition and row key of `…(PartitionKey='p',RowKey='r')`.
fn key(path: &str) -> Option<(String, String)> {
    let path = path.replace("%27", "'");
    let (_, keys) = path.split_once("(PartitionKey='")?;
    let (partition, rest) = keys.split_once("',RowKey='")?;
    Some((partition.to_owned(), rest.strip_suffix("')")?.to_owned()))
}
