//! Calls of the table service: reads by key and by filter, conditional writes.

use std::sync::Arc;
use std::time::Duration;

use crate::failures::FAILURES;
use keyferry_azure_identity::{TokenSource, send_authorized};
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, Failure, FailureKind, Operation};
use keyferry_http::rules::RESPONSE_TO_ANOTHER_CALL;
use keyferry_http::{Answer, Client, Error, Request, UrlExt as _, encode_segment};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::columns::{Columns, Row};
use super::error::{ErrorResponse, Refusal};
use super::transaction::{self, RowWrite, Target};
use super::transaction_answer;

/// Oldest version of the service that accepts access tokens for tables.
const VERSION: &str = "2020-12-06";

/// Maximum number of attempts of a call while the service is busy or does not answer.
const MAX_ATTEMPTS: u32 = 4;

/// Pause after the first attempt, which doubles with each attempt. A longer `Retry-After` is followed up to
/// [`MAX_PAUSE`].
const PAUSE: Duration = Duration::from_millis(300);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Number of failed attempts.
#[derive(Default)]
pub(super) struct Attempts(u32);

/// Query for rows.
pub(super) struct Query {
    pub(super) filter: String,
    /// Maximum number of rows.
    pub(super) limit: usize,
    select: Option<&'static str>,
}

impl Query {
    pub(super) fn new(filter: String, limit: usize) -> Self {
        Self { filter, limit, select: None }
    }

    /// Selects only these columns. `Timestamp` must be among them to get the ETag.
    pub(super) fn of(select: &'static str, filter: String, limit: usize) -> Self {
        Self { filter, limit, select: Some(select) }
    }

    /// Selects only the rows' keys, and `Timestamp` to get the ETag.
    pub(super) fn keys(filter: String, limit: usize) -> Self {
        Self::of("PartitionKey,RowKey,Timestamp", filter, limit)
    }
}

/// One page of rows.
struct Page {
    rows: Vec<Row>,
    next: Option<Continuation>,
}

/// Continuation token of a page.
struct Continuation {
    partition: String,
    row: Option<String>,
}

#[derive(Deserialize)]
struct PageBody {
    value: Vec<Columns>,
}

/// HTTP client for one table.
pub(super) struct Service {
    table: String,
    endpoint: Url,
    table_url: Url,
    batch_url: Url,
    http: Client,
    tokens: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
}

impl Service {
    pub(super) fn new(
        endpoint: &Url,
        table: &str,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        Ok(Self {
            table: table.to_owned(),
            endpoint: endpoint.clone(),
            table_url: endpoint.join_segments([table])?,
            batch_url: endpoint.join_encoded(["$batch"])?,
            http,
            tokens,
            clock,
        })
    }

    /// Reads a row. Returns `None` if it does not exist.
    pub(super) async fn row(&self, partition: &str, key: &str) -> Result<Option<Row>, StoreError> {
        self.columns_of_row(partition, key, None).await
    }

    /// Reads these columns of a row, which must include `Timestamp`. Reads all columns if `select` is `None`.
    pub(super) async fn columns_of_row(
        &self,
        partition: &str,
        key: &str,
        select: Option<&str>,
    ) -> Result<Option<Row>, StoreError> {
        let mut url = self.row_url(partition, key)?;
        url.set_query(select.map(|select| format!("$select={}", encode_segment(select))).as_deref());
        match self.read(&url).await {
            Ok(answer) => {
                let columns: Columns = answer.json().map_err(|error| StoreError::Unavailable(error.to_string()))?;
                row(columns, answer.header("etag")).map(Some)
            }
            Err(Refusal::Conflict) => Ok(None),
            Err(refusal) => Err(refusal.into_store_error(key)),
        }
    }

    /// Reads rows in the order of their keys, up to the limit. Also returns whether there may be more.
    pub(super) async fn some_rows(&self, query: &Query) -> Result<(Vec<Row>, bool), StoreError> {
        let (mut rows, mut next, mut top) = (Vec::new(), None, query.limit.clamp(1, 1000));
        loop {
            let wanted = top.min(query.limit - rows.len());
            let page = match self.page(query, wanted, next.as_ref()).await {
                Ok(page) => page,
                // Several long records exceed the size limit of an answer. Reads fewer at a time.
                Err(Refusal::TooLong(_)) if wanted > 1 => {
                    top = wanted / 2;
                    continue;
                }
                Err(refusal) => return Err(refusal.into_store_error("a page of rows")),
            };
            // A page may be empty and still have a continuation token.
            rows.extend(page.rows);
            match page.next {
                None => return Ok((rows, false)),
                Some(_) if rows.len() >= query.limit => return Ok((rows, true)),
                next_page => next = next_page,
            }
        }
    }

    /// Reads the keys of all rows that match the filter.
    pub(super) async fn all_keys(&self, filter: String) -> Result<Vec<Row>, StoreError> {
        Ok(self.some_rows(&Query::keys(filter, usize::MAX)).await?.0)
    }

    async fn page(&self, query: &Query, top: usize, after: Option<&Continuation>) -> Result<Page, Refusal> {
        let answer = self.read(&self.query_url(query, top, after)).await?;
        let body: PageBody = answer.json().map_err(|error| Refusal::No(StoreError::Unavailable(error.to_string())))?;
        let rows = body.value.into_iter().map(|columns| row(columns, None)).collect::<Result<_, _>>();
        let header = |name| answer.header(name).map(str::to_owned);
        let next = header("x-ms-continuation-NextPartitionKey")
            .map(|partition| Continuation { partition, row: header("x-ms-continuation-NextRowKey") });
        Ok(Page { rows: rows.map_err(Refusal::No)?, next })
    }

    /// Inserts a row and returns its ETag.
    pub(super) async fn insert(&self, columns: &Columns) -> Result<String, Refusal> {
        let request = || self.http.post(&self.table_url).header("Prefer", "return-no-content").json(columns);
        etag_of(&self.call(request).await?)
    }

    /// Merges columns into a row if it still has this ETag, and returns the new ETag. Other columns are unchanged.
    pub(super) async fn merge(
        &self,
        partition: &str,
        key: &str,
        etag: &str,
        columns: &Columns,
    ) -> Result<String, Refusal> {
        let url = self.row_url(partition, key).map_err(Refusal::No)?;
        etag_of(&self.call(|| self.http.patch(&url).header("If-Match", etag).json(columns)).await?)
    }

    /// Inserts a row or merges columns into it, whatever its ETag is (Insert Or Merge Entity).
    pub(super) async fn upsert(&self, partition: &str, key: &str, columns: &Columns) -> Result<(), Refusal> {
        let url = self.row_url(partition, key).map_err(Refusal::No)?;
        self.call(|| self.http.patch(&url).json(columns)).await.map(drop)
    }

    /// Deletes a row if it still has this ETag.
    pub(super) async fn delete(&self, partition: &str, key: &str, etag: &str) -> Result<(), Refusal> {
        let url = self.row_url(partition, key).map_err(Refusal::No)?;
        self.call(|| self.http.delete(&url).header("If-Match", etag)).await.map(drop)
    }

    /// Executes at most [`transaction::MAX_OPERATIONS`] writes in this partition atomically, and returns the new ETags.
    /// `name` consists of letters and digits and is unique for this transaction.
    pub(super) async fn transact(
        &self,
        partition: &str,
        operations: &[RowWrite],
        name: &str,
    ) -> Result<Vec<Option<String>>, Refusal> {
        let body = transaction::body(operations, &self.target(partition), name);
        let body = body.map_err(|error| Refusal::No(StoreError::Unavailable(error.to_string())))?;
        let content_type = transaction::content_type(name);
        let request = || {
            let request = self.http.post(&self.batch_url).header("Content-Type", &content_type);
            request.body(body.clone().into())
        };
        let answer = self.call(request).await.map_err(|refusal| match refusal {
            // The transaction may have been committed.
            Refusal::TooLong(error) => Refusal::Later { error, wait: None },
            other => other,
        })?;
        transaction_answer::read(&answer, operations.len(), &self.table)
    }

    /// Makes a GET call, with retries while the service is busy or does not answer.
    async fn read(&self, url: &Url) -> Result<Answer, Refusal> {
        let mut attempts = Attempts::default();
        loop {
            match self.call(|| self.http.get(url)).await {
                Err(Refusal::Later { error, wait }) => {
                    self.pause(&mut attempts, wait).await.ok_or(Refusal::No(error))?
                }
                answer => return answer,
            }
        }
    }

    /// Waits before the next attempt. Returns `None` after the last attempt.
    pub(super) async fn pause(&self, attempts: &mut Attempts, asked: Option<Duration>) -> Option<()> {
        attempts.0 += 1;
        if attempts.0 == MAX_ATTEMPTS {
            return None;
        }
        let own = PAUSE * 2_u32.pow(attempts.0 - 1);
        self.clock.sleep(asked.unwrap_or_default().clamp(own, MAX_PAUSE)).await;
        Some(())
    }

    /// Makes one call. If the service refuses the access token, the call is repeated once with a new token.
    async fn call(&self, request: impl Fn() -> Request) -> Result<Answer, Refusal> {
        let date = self.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let request = || {
            request()
                .with_azure_id()
                .header("x-ms-version", VERSION)
                .header("x-ms-date", &date)
                .header("DataServiceVersion", "3.0;NetFx")
                .header("MaxDataServiceVersion", "3.0;NetFx")
                .header("Accept", "application/json;odata=minimalmetadata")
        };
        match send_authorized(self.tokens.as_ref(), &FAILURES, Operation::Store, request).await {
            Ok(answer) if answer.is_success() => Ok(answer),
            Ok(answer) => Err(ErrorResponse::whole(&answer).refusal(&self.table)),
            Err(failure) => Err(not_answered(&failure)),
        }
    }

    fn target<'a>(&'a self, partition: &'a str) -> Target<'a> {
        Target { endpoint: &self.endpoint, table: &self.table, partition }
    }

    fn row_url(&self, partition: &str, key: &str) -> Result<Url, StoreError> {
        self.target(partition).row_url(key).map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    fn query_url(&self, query: &Query, top: usize, after: Option<&Continuation>) -> Url {
        // Encodes spaces as %20, as in a path: not every OData implementation reads `+` as a space.
        let mut pairs = vec![("$filter", query.filter.clone()), ("$top", top.to_string())];
        pairs.extend(query.select.map(|select| ("$select", select.to_owned())));
        if let Some(after) = after {
            pairs.push(("NextPartitionKey", after.partition.clone()));
            pairs.extend(after.row.clone().map(|row| ("NextRowKey", row)));
        }
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encode_segment(value))).collect();
        let mut url = self.table_url.clone();
        url.set_query(Some(&pairs.join("&")));
        url
    }
}

fn etag_of(answer: &Answer) -> Result<String, Refusal> {
    let etag = answer.header("etag").map(str::to_owned);
    etag.ok_or_else(|| {
        let error = StoreError::Unavailable("Azure Table Storage returned no ETag for a write".into());
        Refusal::Later { error, wait: None }
    })
}

fn row(columns: Columns, etag: Option<&str>) -> Result<Row, StoreError> {
    let etag = columns.get("odata.etag").and_then(Value::as_str).or(etag).map(str::to_owned);
    match etag {
        Some(etag) => Ok(Row { etag, columns }),
        None => Err(StoreError::Unavailable("Azure Table Storage returned a row without an ETag".into())),
    }
}

/// Classifies a call without an answer.
fn not_answered(failure: &Failure) -> Refusal {
    let error = StoreError::Unavailable(format!("Azure Table Storage: {failure}"));
    match failure.kind {
        FailureKind::TimedOut
        | FailureKind::ConnectionLost
        | FailureKind::Unreachable
        | FailureKind::Found(RESPONSE_TO_ANOTHER_CALL) => Refusal::Later { error, wait: None },
        FailureKind::InvalidResponse => Refusal::TooLong(error),
        _ => Refusal::No(error),
    }
}
