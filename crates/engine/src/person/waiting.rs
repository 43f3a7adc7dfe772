//! What is due for the person of a queued order.

use keyferry_domain::{Change, Shipment, Timestamp};

use super::{asking, mails};
use crate::context::Context;

/// Returns whether something is due for the person of a queued order: a mail, or the end of a deadline.
pub(crate) fn is_due(shipment: &Shipment, now: Timestamp) -> bool {
    shipment.address_due().is_some_and(|(_, due)| due <= now) || mails::is_due(shipment, now)
}

/// Does it. The record must be claimed, and match the sealed order. Returns what to commit.
pub(crate) async fn attend(context: &Context, shipment: Shipment) -> Change {
    match shipment.address_due() {
        Some((request, due)) if due <= context.now() => asking::attend(context, shipment, request).await,
        _ => mails::next_mail(context, shipment).await.0,
    }
}
