//! Saved views in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use keyferry_domain::SavedViewStore;
use keyferry_domain::ports::{SavedView, StoreError};

/// Saved views in memory: queries by user and name.
#[derive(Debug, Default)]
pub struct MemoryViews(Mutex<BTreeMap<(String, String), String>>);

#[async_trait]
impl SavedViewStore for MemoryViews {
    async fn saved_views(&self, user: &str) -> Result<Vec<SavedView>, StoreError> {
        let views = self.0.lock().unwrap();
        let own = views.iter().filter(|((owner, _), _)| owner == user);
        Ok(own.map(|((_, name), query)| SavedView { name: name.clone(), query: query.clone() }).collect())
    }

    async fn save_view(&self, user: &str, view: &SavedView) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert((user.to_owned(), view.name.clone()), view.query.clone());
        Ok(())
    }

    async fn delete_view(&self, user: &str, name: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(&(user.to_owned(), name.to_owned()));
        Ok(())
    }
}
