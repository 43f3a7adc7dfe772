//! Look-up of the shipment of a page.

use keyferry_engine::ShipmentDetails;

use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Longest id, in characters. As in the API.
const LONGEST_ID: usize = 200;

/// Returns the details of a shipment. One that the user may not see does not exist for the user.
pub(crate) async fn find(state: &ConsoleState, visitor: &Visitor, id: &str) -> Result<ShipmentDetails, Problem> {
    let frame = visitor.frame(Place::Shipments);
    if id.chars().count() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Problem::shipment_not_found(frame));
    }
    let details = match state.engine.views.details(id).await {
        Ok(details) => details,
        Err(error) => return Err(Problem::of_store(frame, &error)),
    };
    let visible = details.filter(|details| visitor.principal().sees(details.shipment.requested_by()));
    visible.ok_or_else(|| Problem::shipment_not_found(frame))
}
