//! Step of the comparison: one page of one side.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;

use super::slice::{Position, Slice};
use super::{orders, records};
use crate::context::Context;

pub(super) async fn step(context: &Arc<Context>, position: Position) -> Result<Slice, StoreError> {
    match position {
        Position::Orders(offset) => orders::compare(context, offset).await,
        Position::Records(after) => records::compare(context, after.as_ref()).await,
    }
}
