//! Saved views: lists to which a user of the web pages gave a name.

use async_trait::async_trait;

use super::store::StoreError;

/// A list with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Name, unique for its user.
    pub name: String,
    /// Query string of the list's address.
    pub query: String,
}

/// Store of saved views. Users are named by their object ids. It keeps what it is given; `keyferry-console` decides
/// what can be saved, and how much.
#[async_trait]
pub trait SavedViewStore: Send + Sync {
    /// Returns the views of a user, sorted by the bytes of their names.
    async fn saved_views(&self, user: &str) -> Result<Vec<SavedView>, StoreError>;

    /// Stores a view of a user. Replaces the one with this name.
    async fn save_view(&self, user: &str, view: &SavedView) -> Result<(), StoreError>;

    /// Deletes the view of a user with this name. Succeeds if there is none.
    async fn delete_view(&self, user: &str, name: &str) -> Result<(), StoreError>;
}
