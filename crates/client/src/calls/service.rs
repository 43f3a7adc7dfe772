//! The connector itself, what it offers, and its figures.

use crate::api::Parts;
use crate::model::{Countries, Products, Reconciliation, Report, Settings};
use crate::operation;
use crate::{Api, ClientError, Reply, ReportQuery};

impl Api {
    /// Returns the effective settings of the connector.
    ///
    /// # Errors
    /// See [`ClientError`]. This is true of all operations.
    pub async fn status(&self) -> Result<Reply<Settings>, ClientError> {
        self.reply(operation::GET_STATUS, Parts::default()).await
    }

    /// Returns what can be ordered.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn products(&self) -> Result<Reply<Products>, ClientError> {
        self.reply(operation::LIST_PRODUCTS, Parts::default()).await
    }

    /// Returns where keys can be ordered to.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn countries(&self) -> Result<Reply<Countries>, ClientError> {
        self.reply(operation::LIST_COUNTRIES, Parts::default()).await
    }

    /// Has the connector process open shipments. It answers at the end of the run, or after 20 s.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn process(&self) -> Result<(), ClientError> {
        self.call(operation::PROCESS_SHIPMENTS, Parts::default()).await.map(drop)
    }

    /// Compares a part of the records with the other sides, from the beginning or from the cursor of the part before.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn reconcile(&self, cursor: Option<String>) -> Result<Reply<Reconciliation>, ClientError> {
        let query = cursor.map(|cursor| ("cursor", cursor)).into_iter().collect();
        self.reply(operation::RECONCILE, Parts { query, ..Parts::default() }).await
    }

    /// Returns figures about the shipments that were ordered in a period.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn report(&self, query: &ReportQuery) -> Result<Reply<Report>, ClientError> {
        self.reply(operation::GET_REPORT, Parts { query: query.pairs(), ..Parts::default() }).await
    }
}
