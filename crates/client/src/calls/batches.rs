//! Batches of orders.

use keyferry_http::Streaming;
use serde_json::json;
use tokio::io::AsyncRead;

use crate::api::Parts;
use crate::model::{Batch, Batches, Rows};
use crate::operation::{self, Operation};
use crate::query::present;
use crate::{Api, BatchQuery, ClientError, Reply};

impl Api {
    /// Uploads a file of orders as a new batch. The file is read while it is sent. `kind` is its media type:
    /// `text/csv` or `application/jsonl`. `mapping` is JSON.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_batch(
        &self,
        name: &str,
        kind: &str,
        mapping: Option<String>,
        file: impl AsyncRead + Send + Sync + 'static,
        length: Option<u64>,
    ) -> Result<Reply<Batch>, ClientError> {
        let query = present([("name", Some(name.to_owned())), ("mapping", mapping)]);
        self.upload(operation::CREATE_BATCH, query, |request| request.header("content-type", kind).reader(file, length))
            .await
    }

    /// Returns a page of batches.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn batches(&self, query: &BatchQuery) -> Result<Reply<Batches>, ClientError> {
        self.reply(operation::LIST_BATCHES, Parts { query: query.pairs(), ..Parts::default() }).await
    }

    /// Returns a batch with its counts.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn batch(&self, id: &str) -> Result<Reply<Batch>, ClientError> {
        self.reply(operation::GET_BATCH, Parts { segments: &[id], ..Parts::default() }).await
    }

    /// Returns a page of the rows with findings.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn rows_with_findings(
        &self,
        id: &str,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<Reply<Rows>, ClientError> {
        let query =
            present([("findings", Some("true".into())), ("limit", Some(limit.to_string())), ("cursor", cursor)]);
        self.reply(operation::LIST_ROWS, Parts { segments: &[id], query, ..Parts::default() }).await
    }

    /// Returns all rows as a file of this media type: `text/csv` or `application/jsonl`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn batch_result(&self, id: &str, accept: &str) -> Result<Streaming, ClientError> {
        self.download(operation::GET_RESULT, &[id], Vec::new(), accept).await
    }

    /// Returns an example of a file of orders, as CSV.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn batch_template(&self) -> Result<Streaming, ClientError> {
        self.download(operation::GET_TEMPLATE, &[], Vec::new(), "text/csv").await
    }

    /// Starts the check of all rows.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn check_batch(&self, id: &str) -> Result<(), ClientError> {
        self.call(operation::CHECK_BATCH, Parts { segments: &[id], ..Parts::default() }).await.map(drop)
    }

    /// Orders the rows. `confirm` is the number of rows that will be ordered.
    ///
    /// # Errors
    /// Refused with status 409 if the number is another one. See [`ClientError`].
    pub async fn submit_batch(&self, id: &str, confirm: u64) -> Result<(), ClientError> {
        let body = Some(json!({ "confirm": confirm }));
        self.call(operation::SUBMIT_BATCH, Parts { segments: &[id], json: body, ..Parts::default() }).await.map(drop)
    }

    /// Stops sending rows.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn pause_batch(&self, id: &str, reason: &str) -> Result<Reply<Batch>, ClientError> {
        self.steer(operation::PAUSE_BATCH, id, reason).await
    }

    /// Continues a paused batch.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn resume_batch(&self, id: &str, reason: &str) -> Result<Reply<Batch>, ClientError> {
        self.steer(operation::RESUME_BATCH, id, reason).await
    }

    /// Cancels the rows that have not left.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn cancel_batch(&self, id: &str, reason: &str) -> Result<Reply<Batch>, ClientError> {
        self.steer(operation::CANCEL_BATCH, id, reason).await
    }

    async fn steer(&self, operation: Operation, id: &str, reason: &str) -> Result<Reply<Batch>, ClientError> {
        let body = Some(json!({ "reason": reason }));
        self.reply(operation, Parts { segments: &[id], json: body, ..Parts::default() }).await
    }
}
