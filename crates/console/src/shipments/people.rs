//! People with a name, in the directory.

use keyferry_access::Operation;
use keyferry_domain::FoundUser;
use keyferry_domain::ports::{ShipmentSort, StoreError};

use super::conditions::Conditions;
use super::paths::LIST;
use crate::field::Field;
use crate::people::person as person_address;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Most shipments of a person that are counted.
const MOST: u32 = 50;

/// What the directory returned.
pub(super) enum Directory {
    /// People with this name, with the lists of their shipments.
    Users(Vec<Human>),
    /// The directory did not answer, or the connector may not search it.
    Unknown,
}

/// A user in the directory.
pub(super) struct Human {
    pub(super) name: String,
    pub(super) user_name: String,
    /// Number of the shipments that the operator may see.
    pub(super) shipments: usize,
    /// Address of their list. Without shipments, that of the person's page, if the operator may open it.
    pub(super) address: Option<String>,
}

/// Finds people one of whose names starts with the text of the search.
pub(super) async fn find(
    state: &ConsoleState,
    visitor: &Visitor,
    conditions: &Conditions,
) -> Result<Directory, StoreError> {
    let found = match state.engine.recipients.search(conditions.search()).await {
        Ok(found) => found,
        Err(failure) => {
            tracing::warn!(%failure, "could not search the directory for a name");
            return Ok(Directory::Unknown);
        }
    };
    let mut users = Vec::new();
    for user in found {
        users.push(human(state, visitor, conditions, user).await?);
    }
    Ok(Directory::Users(users))
}

/// Returns a user with the shipments that were ordered for the user name, or for the object id if these are more.
async fn human(
    state: &ConsoleState,
    visitor: &Visitor,
    conditions: &Conditions,
    user: FoundUser,
) -> Result<Human, StoreError> {
    let (mut shipments, mut address) = (0, None);
    for key in [user.user_name.clone(), user.id.to_string()] {
        let alone = Conditions::default().with(Field::User, &key);
        let Ok(listing) = alone.listing(visitor.principal(), visitor.language.messages()) else { continue };
        let number = state.engine.views.list(&listing.filter, ShipmentSort::Id, None, MOST).await?.items.len();
        if number > shipments {
            (shipments, address) = (number, Some(conditions.with(Field::User, &key).address(LIST)));
        }
    }
    let may = visitor.may(Operation::GetPerson);
    let address = address.or_else(|| may.then(|| person_address(&user.user_name)));
    Ok(Human {
        name: user.display_name.unwrap_or_else(|| user.user_name.clone()),
        user_name: user.user_name,
        shipments,
        address,
    })
}
