//! Response body: one page of shipments.

use keyferry_domain::ports::{Page, ShipmentFilter, ShipmentSort, Summary};
use keyferry_listing::encode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::shipments::{SummaryBody, UnreadableBody};

/// Page of shipments.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentsBody {
    /// Shipments that match, in the requested order. May be fewer than `limit` although there is a next page.
    items: Vec<SummaryBody>,
    /// Shipments whose records cannot be read. Whether they match is unknown.
    unreadable: Vec<UnreadableBody>,
    /// Value of `cursor` for the next page. `null` on the last one.
    next_cursor: Option<String>,
}

impl ShipmentsBody {
    pub(super) fn new(page: Page<Summary>, filter: &ShipmentFilter, sort: ShipmentSort) -> Self {
        Self {
            next_cursor: page.next.map(|cursor| encode(&cursor, filter, sort)),
            items: page.items.into_iter().map(SummaryBody::from).collect(),
            unreadable: page.broken.into_iter().map(UnreadableBody::from).collect(),
        }
    }
}
