//! People with a name, in the directory.

use keyferry_domain::ports::StoreError;

use super::conditions::Conditions;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// What the directory returned.
pub(super) enum Directory {
    /// People with this name, with the lists of their shipments.
    Users(Vec<Human>),
    /// The directory was not asked, or could not be.
    Unknown,
}

/// A user in the directory.
pub(super) struct Human {
    pub(super) name: String,
    pub(super) user_name: String,
    /// Number of shipments, and the address of their list.
    pub(super) shipments: usize,
    pub(super) list: String,
}

/// Finds people with this name.
pub(super) async fn find(
    _state: &ConsoleState,
    _visitor: &Visitor,
    _conditions: &Conditions,
) -> Result<Directory, StoreError> {
    Ok(Directory::Unknown)
}
