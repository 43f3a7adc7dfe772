//! Decisions about shipments.

use keyferry_http::Answer;
use serde::Serialize;

use crate::api::{Parts, json};
use crate::model::{
    Act, Acted, Adopt, Details, LoseKey, Offboarded, PrintPin, Queued, Reason, Replace, ResendPin, Resolve, Withdrawn,
};
use crate::operation::{self, Operation};
use crate::{Api, ClientError, Reply};

impl Api {
    /// Revokes the passkeys of a person who left, and cancels the person's orders. Can be repeated.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn offboard(&self, user: &str, body: &Reason) -> Result<Reply<Offboarded>, ClientError> {
        let parts = Parts { segments: &[user], json: json(body), ..Parts::default() };
        self.reply(operation::OFFBOARD, parts).await
    }

    /// Reports a key of a person as lost, and orders the next one. Can be repeated.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn lose_key(&self, user: &str, body: &LoseKey) -> Result<Reply<Withdrawn>, ClientError> {
        self.reply(operation::LOSE_KEY, Parts { segments: &[user], json: json(body), ..Parts::default() }).await
    }

    /// Marks a key as returned. Can be repeated.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn return_key(&self, serial: &str, body: &Reason) -> Result<Reply<Withdrawn>, ClientError> {
        self.reply(operation::RETURN_KEY, Parts { segments: &[serial], json: json(body), ..Parts::default() }).await
    }

    /// Has the next run process a shipment.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn retry(&self, id: &str, body: &Reason) -> Result<(), ClientError> {
        self.decide(operation::RETRY, id, body).await
    }

    /// Cancels a shipment.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn cancel(&self, id: &str, body: &Reason) -> Result<Reply<Details>, ClientError> {
        self.reply(operation::CANCEL, Parts { segments: &[id], json: json(body), ..Parts::default() }).await
    }

    /// Continues an unconfirmed order as an order of the delivery service.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn adopt(&self, id: &str, body: &Adopt) -> Result<(), ClientError> {
        self.decide(operation::ADOPT, id, body).await
    }

    /// Ends an unconfirmed order that was never placed.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn abandon(&self, id: &str, body: &Reason) -> Result<(), ClientError> {
        self.decide(operation::ABANDON, id, body).await
    }

    /// Decides about a shipment.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn resolve(&self, id: &str, body: &Resolve) -> Result<(), ClientError> {
        self.decide(operation::RESOLVE, id, body).await
    }

    /// Sends the PIN of a shipment again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn resend_pin(&self, id: &str, body: &ResendPin) -> Result<(), ClientError> {
        self.decide(operation::RESEND_PIN, id, body).await
    }

    /// Gives the address of an order that waits for it: the JSON object of `PUT /v1/shipments/{shipment_id}/address`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn give_address(&self, id: &str, body: &serde_json::Value) -> Result<(), ClientError> {
        self.decide(operation::GIVE_ADDRESS, id, body).await
    }

    /// Prints the PIN of a shipment. Returns the letter, a PDF file, which contains the PIN.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn print_pin(&self, id: &str, body: &PrintPin) -> Result<Answer, ClientError> {
        self.call(operation::PRINT_PIN, Parts { segments: &[id], json: json(body), ..Parts::default() }).await
    }

    /// Orders a replacement for a shipment.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn replace(
        &self,
        id: &str,
        body: &Replace,
        idempotency_key: Option<String>,
    ) -> Result<Reply<Queued>, ClientError> {
        let headers = idempotency_key.map(|key| ("idempotency-key", key)).into_iter().collect();
        self.reply(operation::REPLACE, Parts { segments: &[id], json: json(body), headers, ..Parts::default() }).await
    }

    /// Decides about many shipments, or returns for how many it could.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn act(&self, body: &Act) -> Result<Reply<Acted>, ClientError> {
        self.reply(operation::ACT, Parts { json: json(body), ..Parts::default() }).await
    }

    async fn decide(&self, operation: Operation, id: &str, body: &impl Serialize) -> Result<(), ClientError> {
        self.call(operation, Parts { segments: &[id], json: json(body), ..Parts::default() }).await.map(drop)
    }
}
