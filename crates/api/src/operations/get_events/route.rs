//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::operations::get_details::EventBody;
use crate::state::ApiState;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// Page of a shipment's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventsBody {
    /// Events, oldest first.
    items: Vec<EventBody>,
    /// Value of `after` for the next page: the number of the last event. `null` if there are no more events.
    #[schema(example = "100")]
    next_cursor: Option<String>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_events))
}

/// List events of a shipment
///
/// Returns the history of a shipment, oldest first. An event that occurs again while it is the newest is not added, but
/// counted in `times`.
#[utoipa::path(
    get,
    path = "/v1/shipments/{shipment_id}/events",
    tag = "shipments",
    params(
        ("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment"),
        ("after" = Option<i64>, Query, description = "Only events with a greater number. Default: 0",
            minimum = 0, maximum = 4294967295_i64, example = 0),
        ("limit" = Option<u32>, Query, description = "Largest number of events in the page. Default: 100",
            minimum = 1, maximum = 500, example = 100),
    ),
    responses(
        (status = 200, description = "Events of the shipment", body = EventsBody,
            example = json!({"items": [{"seq": 1, "at": "2026-11-24T07:00:00Z", "last_at": "2026-11-24T07:00:00Z",
                "times": 1, "event": "submitted", "by": "caller c11e0000-0000-4000-8000-000000000001",
                "detail": "one key for adele@contoso.example", "client_request_id": null}], "next_cursor": null})),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_events(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetEvents>,
    ShipmentKey(id): ShipmentKey,
    uri: Uri,
) -> Result<Json<EventsBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["after", "limit"])?;
    let after = parameters.parsed("after", "the number of an event", |text| text.parse().ok())?.unwrap_or_default();
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse::<u32>().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    // One more than requested, to find out whether there is a next page.
    let found = state.engine.views.events(&id, after, limit + 1).await?;
    let visible = found.filter(|(requested_by, _)| principal.sees(requested_by));
    let (_, mut events) = visible.ok_or_else(|| Problem::unknown_shipment(&id))?;
    let has_more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next_cursor = events.last().filter(|_| has_more).map(|last| last.seq.to_string());
    Ok(Json(EventsBody { items: events.iter().map(EventBody::from).collect(), next_cursor }))
}
