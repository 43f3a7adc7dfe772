//! Request body.

use serde_json::Value;
use utoipa::ToSchema;

use crate::kit::body::{self, Unknown};
use crate::kit::order::QueueOrder;
use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Most orders in one request.
pub(super) const MOST: usize = 500;

/// Largest body accepted, in bytes: 4 KiB for each order.
pub(super) const LARGEST: usize = MOST * 4 * 1024;

/// Orders to check. Each is parsed for itself, so that an invalid one is a finding and not the end of the check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct CheckOrders {
    /// Orders, as the body of Queue order.
    #[schema(min_items = 1, max_items = 500)]
    orders: Vec<QueueOrder>,
}

/// Only the outer members of [`CheckOrders`].
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Outer {
    #[schema(value_type = Object)]
    orders: Value,
}

/// Parses the body up to its orders.
///
/// # Errors
/// 400 if the body is not such an object.
pub(super) fn orders(bytes: &[u8], treatment: UnknownMembers) -> Result<(Vec<Value>, Unknown), Problem> {
    let mut value = body::strict(bytes)?;
    let Some(members) = value.as_object_mut() else {
        return Err(Problem::validation("The request body must be a JSON object."));
    };
    let orders = members.insert("orders".to_owned(), Value::Null).unwrap_or_default();
    let unknown = Unknown::find::<Outer>(&value, treatment)?;
    match orders {
        Value::Array(orders) if (1..=MOST).contains(&orders.len()) => Ok((orders, unknown)),
        Value::Array(orders) => {
            let message = format!("`orders`: expected 1 to {MOST} orders, but got {}", orders.len());
            Err(unknown.report_on(Problem::field("orders", message)))
        }
        Value::Null => Err(unknown.report_on(Problem::field("orders", "`orders` is missing"))),
        _ => Err(unknown.report_on(Problem::field("orders", "`orders`: expected an array"))),
    }
}
