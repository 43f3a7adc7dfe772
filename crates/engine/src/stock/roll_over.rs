//! Roll-over: an order for an empty inventory goes to the next one of a configured order of preference.

use keyferry_domain::Order;

use crate::context::Context;

/// Order that goes to another inventory than the caller named.
pub(crate) struct RolledOver {
    /// The order, with the other inventory.
    pub(crate) order: Order,
    /// For the history.
    pub(crate) note: String,
}

/// Returns the order with another inventory, if its own one is empty and the settings name one that is not. `None`: the
/// order stays as it is, also if the stock cannot be read. The delivery service decides then.
pub(crate) async fn roll_over(context: &Context, order: &Order) -> Option<RolledOver> {
    let wanted = order.product.inventory_product_id;
    let mut preferences = context.settings.stock_preferences.iter();
    let mut next = preferences
        .find_map(|ids| {
            let at = ids.iter().position(|id| *id == wanted)?;
            ids.get(at + 1..).filter(|rest| !rest.is_empty())
        })?
        .iter();
    let items = match context.stock.get(context).await {
        Ok(items) => items?,
        Err(failure) => {
            tracing::warn!(inventory = wanted, %failure, "could not read stock; the order keeps its inventory");
            return None;
        }
    };
    let quantity = |id: i64| items.iter().find(|item| item.id == id).and_then(|item| item.quantity);
    // A number that is not stated proves nothing.
    if quantity(wanted)? > 0 {
        return None;
    }
    let fits = |id: i64| {
        let item = items.iter().find(|item| item.id == id);
        item.is_some_and(|item| item.products.is_empty() || item.products.contains(&order.product.product_id))
    };
    let Some(other) = next.find(|id| fits(**id) && quantity(**id).is_some_and(|left| left > 0)) else {
        tracing::warn!(inventory = wanted, "stock is empty, and so is each inventory to roll over to");
        return None;
    };
    let mut rolled = order.clone();
    rolled.product.inventory_product_id = *other;
    tracing::info!(inventory = wanted, other, "stock is empty; order goes to another inventory");
    let note = format!("inventory {wanted} is empty, so the key is ordered from inventory {other}");
    Some(RolledOver { order: rolled, note })
}
