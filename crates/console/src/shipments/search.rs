//! The search box: finds out what was typed, and leads there.
//!
//! Ids, numbers, references and user names are looked up exactly, as the store keeps them. Names are not in the store:
//! the directory is asked for them.

use keyferry_domain::ports::{ShipmentSort, StoreError};

use super::conditions::Conditions;
use super::paths::LIST;
use super::people::{self, Directory};
use crate::field::Field;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Longest text, in characters.
const LONGEST: usize = 200;

/// Fields in which a text is looked up.
const FIELDS: [Field; 5] = [Field::User, Field::Serial, Field::Tracking, Field::Reference, Field::Batch];

/// What a search found.
pub(super) enum Found {
    /// One page: a shipment, or a list.
    Page(String),
    /// Lists, of which the text may mean any.
    Lists(Vec<Meaning>),
    /// No shipment with such an id, number, reference or user name. People with this name, if the directory knows any.
    People(Directory),
}

/// A list that a text may mean.
pub(super) struct Meaning {
    pub(super) field: Field,
    pub(super) address: String,
}

/// Looks for what the text names, of what the user may see.
pub(super) async fn search(
    state: &ConsoleState,
    visitor: &Visitor,
    conditions: &Conditions,
) -> Result<Found, StoreError> {
    let text = conditions.search();
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Ok(Found::People(Directory::Users(Vec::new())));
    }
    if !text.contains(char::is_whitespace) && is_visible(state, visitor, text).await? {
        let id: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        return Ok(Found::Page(format!("/console/shipments/{id}")));
    }
    let mut meanings = Vec::new();
    for field in FIELDS {
        let list = conditions.with(field, text);
        // Only this condition: the text is found even if it does not match the others.
        let alone = Conditions::default().with(field, text);
        let Ok(listing) = alone.listing(visitor.principal(), visitor.language.messages()) else { continue };
        let found = state.engine.views.list(&listing.filter, ShipmentSort::Id, None, 1).await?;
        if !found.items.is_empty() {
            meanings.push(Meaning { field, address: list.address(LIST) });
        }
    }
    Ok(match meanings.len() {
        0 => Found::People(people::find(state, visitor, conditions).await?),
        1 => Found::Page(meanings.swap_remove(0).address),
        _ => Found::Lists(meanings),
    })
}

/// Returns whether the text is the id of a shipment that the user may see.
async fn is_visible(state: &ConsoleState, visitor: &Visitor, id: &str) -> Result<bool, StoreError> {
    match state.engine.views.shipment(id).await {
        Ok(found) => Ok(found.is_some_and(|found| visitor.principal().sees(&found.requested_by))),
        // Its page could not show it, but other shipments may have this text as a number.
        Err(StoreError::Broken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
