//! Saved views of the console's users.

use async_trait::async_trait;
use keyferry_domain::SavedViewStore;
use keyferry_domain::ports::{SavedView, StoreError};
use rusqlite::params;

use crate::store::SqliteStore;

#[async_trait]
impl SavedViewStore for SqliteStore {
    async fn saved_views(&self, user: &str) -> Result<Vec<SavedView>, StoreError> {
        let user = user.to_owned();
        self.read("list saved views", move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT name, query FROM saved_views WHERE \"user\" = ?1 ORDER BY name")?;
            let views =
                statement.query_map(params![user], |row| Ok(SavedView { name: row.get(0)?, query: row.get(1)? }))?;
            Ok(views.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn save_view(&self, user: &str, view: &SavedView) -> Result<(), StoreError> {
        let (user, view) = (user.to_owned(), view.clone());
        self.write("save a view", move |transaction, _| {
            transaction.execute(
                "INSERT INTO saved_views (\"user\", name, query) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET query = excluded.query",
                params![user, view.name, view.query],
            )?;
            Ok(())
        })
        .await
    }

    async fn delete_view(&self, user: &str, name: &str) -> Result<(), StoreError> {
        let (user, name) = (user.to_owned(), name.to_owned());
        self.write("delete a saved view", move |transaction, _| {
            transaction.execute("DELETE FROM saved_views WHERE \"user\" = ?1 AND name = ?2", params![user, name])?;
            Ok(())
        })
        .await
    }
}
