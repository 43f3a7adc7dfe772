//! Conditions of the funnel, from the address of the page: those of the list that make sense for sums.

use keyferry_access::{Operation, Principal};
use keyferry_domain::ports::{ShipmentFilter, StoreError};

use crate::field::Field;
use crate::messages::Messages;
use crate::shipments::{Conditions, Mistake};
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Conditions that the form has.
const FIELDS: [Field; 5] = [Field::Batch, Field::Product, Field::Country, Field::CreatedFrom, Field::CreatedTo];

/// Most batches to choose from, the newest first.
const BATCHES: u32 = 30;

/// The form, filled with the current conditions.
pub(super) struct Selection {
    pub(super) batches: Vec<Choice>,
    pub(super) product: Input,
    pub(super) country: Input,
    pub(super) from: Input,
    pub(super) to: Input,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) is_any: bool,
    /// Address of the list of all shipments that match.
    pub(super) list: String,
}

/// Field for a text.
pub(super) struct Input {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) is_wrong: bool,
}

/// Batch that is chosen or not.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

impl Selection {
    /// Reads the conditions. Returns them with the filter, or without one if they cannot be used.
    pub(super) async fn read(
        state: &ConsoleState,
        visitor: &Visitor,
        query: &str,
        m: &'static Messages,
    ) -> Result<(Self, Option<ShipmentFilter>), StoreError> {
        let (conditions, _) = Conditions::read(query);
        let (filter, mistakes) = usable(&conditions, visitor.principal(), m);
        let input = |field: Field| Input {
            label: (m.field)(field),
            value: conditions.get(field).to_owned(),
            is_wrong: mistakes.iter().any(|mistake| mistake.field == Some(field)),
        };
        let (product, country) = (input(Field::Product), input(Field::Country));
        let (from, to) = (input(Field::CreatedFrom), input(Field::CreatedTo));
        let selection = Self {
            batches: batches(state, visitor, conditions.get(Field::Batch)).await?,
            product,
            country,
            from,
            to,
            is_any: conditions.set().next().is_some(),
            list: conditions.address("/console/shipments"),
            mistakes,
        };
        Ok((selection, filter))
    }
}

fn usable(
    conditions: &Conditions,
    principal: &Principal,
    m: &'static Messages,
) -> (Option<ShipmentFilter>, Vec<Mistake>) {
    match conditions.listing(principal, m) {
        Ok(listing) => match conditions.other_than(&FIELDS) {
            None => (Some(listing.filter), Vec::new()),
            Some(field) => {
                let message = (m.unknown_parameter)(field.name());
                (None, vec![Mistake { field: None, message }])
            }
        },
        Err(mistakes) => (None, mistakes),
    }
}

async fn batches(state: &ConsoleState, visitor: &Visitor, chosen: &str) -> Result<Vec<Choice>, StoreError> {
    if !visitor.may(Operation::ListBatches) {
        return Ok(Vec::new());
    }
    let found = state.engine.batches.list(&[], None, BATCHES).await?;
    let choice = |id: String, name: String| Choice { is_chosen: id == chosen, id, name };
    let mut choices: Vec<_> =
        found.items.into_iter().map(|it| choice(it.batch.id.to_string(), it.batch.name)).collect();
    if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
        choices.push(choice(chosen.to_owned(), chosen.to_owned()));
    }
    Ok(choices)
}
