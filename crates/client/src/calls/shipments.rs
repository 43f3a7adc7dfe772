//! Orders and shipments.

use keyferry_http::Streaming;
use serde_json::Value;

use crate::api::Parts;
use crate::model::{Counts, Details, Person, Queued, Shipments};
use crate::operation;
use crate::{Api, ClientError, Filter, Reply, ShipmentQuery};

impl Api {
    /// Queues one order: the body of `POST /v1/orders`, which the API validates.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn queue_order(
        &self,
        order: Value,
        idempotency_key: Option<String>,
    ) -> Result<Reply<Queued>, ClientError> {
        let headers = idempotency_key.map(|key| ("idempotency-key", key)).into_iter().collect();
        self.reply(operation::QUEUE_ORDER, Parts { json: Some(order), headers, ..Parts::default() }).await
    }

    /// Returns a page of shipments.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn shipments(&self, query: &ShipmentQuery) -> Result<Reply<Shipments>, ClientError> {
        self.reply(operation::LIST_SHIPMENTS, Parts { query: query.pairs(), ..Parts::default() }).await
    }

    /// Returns all shipments that match, as a file of this media type: `text/csv` or `application/jsonl`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn export_shipments(
        &self,
        filter: &Filter,
        sort: Option<String>,
        accept: &str,
    ) -> Result<Streaming, ClientError> {
        let query = ShipmentQuery { filter: filter.clone(), sort, ..ShipmentQuery::default() };
        self.download(operation::LIST_SHIPMENTS, &[], query.pairs(), accept).await
    }

    /// Returns the numbers of shipments that match.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn count_shipments(&self, filter: &Filter) -> Result<Reply<Counts>, ClientError> {
        self.reply(operation::COUNT_SHIPMENTS, Parts { query: filter.pairs(), ..Parts::default() }).await
    }

    /// Returns details and history of a shipment.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn shipment(&self, id: &str) -> Result<Reply<Details>, ClientError> {
        self.reply(operation::GET_DETAILS, Parts { segments: &[id], ..Parts::default() }).await
    }

    /// Returns the shipments for a person.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn person(&self, user: &str) -> Result<Reply<Person>, ClientError> {
        self.reply(operation::GET_PERSON, Parts { segments: &[user], ..Parts::default() }).await
    }
}
