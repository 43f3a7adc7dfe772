//! Saved views of the console's users. The key of a row consists of the hashes of user and name, so that it can contain
//! any of them, and the views of a user are next to each other.

use async_trait::async_trait;
use keyferry_domain::SavedViewStore;
use keyferry_domain::ports::{SavedView, StoreError};

use super::TableStore;
use super::columns::columns;
use super::key::{hashed, quoted};
use super::partition::VIEWS;
use super::service::Query;

const NAME: &str = "view_name";
const QUERY: &str = "view_query";

#[async_trait]
impl SavedViewStore for TableStore {
    async fn saved_views(&self, user: &str) -> Result<Vec<SavedView>, StoreError> {
        let user = hashed(&[user]);
        // `/` follows `.`, and no key contains it.
        let [from, before] = ['.', '/'].map(|end| quoted(&format!("{user}{end}")));
        let filter = format!("PartitionKey eq {} and RowKey ge {from} and RowKey lt {before}", quoted(VIEWS));
        let (rows, _) = self.service.some_rows(&Query::new(filter, usize::MAX)).await?;
        let view = |name: &str, query: &str| SavedView { name: name.to_owned(), query: query.to_owned() };
        let mut views: Vec<_> = rows.iter().map(|row| view(row.text(NAME), row.text(QUERY))).collect();
        views.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(views)
    }

    async fn save_view(&self, user: &str, view: &SavedView) -> Result<(), StoreError> {
        let columns = columns([(NAME, view.name.as_str()), (QUERY, view.query.as_str())]);
        self.upsert_row(VIEWS, &key(user, &view.name), &columns).await
    }

    async fn delete_view(&self, user: &str, name: &str) -> Result<(), StoreError> {
        let key = key(user, name);
        let Some(row) = self.service.row(VIEWS, &key).await? else { return Ok(()) };
        match self.delete_row(VIEWS, &key, &row.etag).await {
            // It was saved again, or deleted, at the same time.
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn key(user: &str, name: &str) -> String {
    format!("{}.{}", hashed(&[user]), hashed(&[name]))
}
