//! A table service that misbehaves on purpose, written from the public description of Table Storage: one table in memory, conditional
//! writes, and a list of what goes wrong next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Map, Value, json};
use url::Url;

/// What goes wrong with one call.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// Nothing does.
    None,
    /// It is not done, and this is answered.
    Refused(u16, &'static str),
    /// The same, with `Retry-After` in seconds.
    Busy(u16, u32),
    /// It is done, and this is answered.
    DoneBut(u16, &'static str),
    /// It is done, and the connection breaks.
    DoneAndCut,
    /// It is not done, and the connection breaks.
    Cut,
    /// This body and these headers.
    Says(Value, Vec<(&'static str, &'static str)>),
}

/// By partition and row key: the version that the ETag shows, and the columns.
type Rows = BTreeMap<(String, String), (u64, Map<String, Value>)>;

#[derive(Default)]
pub(crate) struct Table {
    rows: Mutex<Rows>,
    script: Mutex<VecDeque<Trouble>>,
    /// Method and target of each call, with the token it carried.
    calls: Mutex<Vec<(String, String)>>,
    version: Mutex<u64>,
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

    /// What happens to the next calls, one after the other; then nothing goes wrong.
    pub(crate) fn next(&self, troubles: impl IntoIterator<Item = Trouble>) {
        *self.script.lock().unwrap() = troubles.into_iter().collect();
        self.calls.lock().unwrap().clear();
    }

    /// The methods called since the script began.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.split(' ').next().unwrap().to_owned()).collect()
    }

    /// Whole calls, decoded no further.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(_, token)| token.clone()).collect()
    }

    /// Somebody else's write.
    pub(crate) fn write(&self, partition: &str, key: &str, columns: &Value) {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.entry((partition.into(), key.into())).or_default();
        row.0 = self.count();
        row.1.extend(columns.as_object().unwrap().clone());
        row.1.insert("PartitionKey".into(), partition.into());
        row.1.insert("RowKey".into(), key.into());
    }

    pub(crate) fn rows(&self, partition: &str) -> Vec<Map<String, Value>> {
        let rows = self.rows.lock().unwrap();
        rows.iter().filter(|((found, _), _)| found == partition).map(|(_, (_, row))| row.clone()).collect()
    }

    fn count(&self) -> u64 {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        *version
    }

    fn act(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
        let columns: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| columns[name].as_str().unwrap().to_owned();
        let key = key(uri.path());
        let mut rows = self.rows.lock().unwrap();
        let if_match = headers.get("if-match").map(|etag| etag.to_str().unwrap().to_owned());
        match (method.as_str(), key) {
            ("POST", None) => {
                let key = (text("PartitionKey"), text("RowKey"));
                if rows.contains_key(&key) {
                    return refused(409, "EntityAlreadyExists");
                }
                let version = self.count();
                rows.insert(key, (version, columns));
                done(version)
            }
            ("GET", Some(key)) => match rows.get(&key) {
                Some((version, row)) => page(&json!(row), Some(*version), &[]),
                None => refused(404, "ResourceNotFound"),
            },
            ("GET", None) => {
                let found: Vec<_> = rows.values().map(|(version, row)| with_etag(row, *version)).collect();
                page(&json!({ "value": found }), None, &[])
            }
            (method, Some(key)) => {
                let Some((version, row)) = rows.get_mut(&key) else { return refused(404, "ResourceNotFound") };
                if if_match.as_deref() != Some(&*etag(*version)) {
                    return refused(412, "UpdateConditionNotSatisfied");
                }
                *version = self.count();
                let answer = done(*version);
                if method == "DELETE" {
                    rows.remove(&key);
                } else {
                    row.extend(columns);
                }
                answer
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }
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
    let trouble = table.script.lock().unwrap().pop_front().unwrap_or(Trouble::None);
    let act = || table.act(&method, &uri, &headers, &body);
    match trouble {
        Trouble::None => act(),
        Trouble::Refused(status, code) => refused(status, code),
        Trouble::Busy(status, wait) => {
            let mut answer = refused(status, "ServerBusy");
            answer.headers_mut().insert("retry-after", wait.into());
            answer
        }
        Trouble::DoneBut(status, code) => {
            act();
            refused(status, code)
        }
        Trouble::DoneAndCut => {
            act();
            cut()
        }
        Trouble::Cut => cut(),
        Trouble::Says(body, headers) => page(&body, None, &headers),
    }
}

/// An answer that ends before its length.
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
    let body = json!({"odata.error": {"code": code, "message": {"lang": "en-US", "value": format!("It is {code}.\nRequestId:1\nTime:2")}}});
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("x-ms-request-id", "9c1b7c3e-0002-0055".parse().unwrap());
    answer
}

/// `…(PartitionKey='p',RowKey='r')`.
fn key(path: &str) -> Option<(String, String)> {
    let path = path.replace("%27", "'");
    let (_, keys) = path.split_once("(PartitionKey='")?;
    let (partition, rest) = keys.split_once("',RowKey='")?;
    Some((partition.to_owned(), rest.strip_suffix("')")?.to_owned()))
}
