//! Route and documentation.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::ports::EventCursor;
use keyferry_engine::EventType;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::EventPageBody;
use crate::kit::access::{Allowed, may};
use crate::kit::parameters::{Parameters, invalid};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::state::ApiState;

const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;
const LONGEST_WAIT: u64 = 30;

/// Value of `after` for the position after the newest event.
const LATEST: &str = "latest";

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_events))
}

/// List events
///
/// Returns the events of all shipments in the order in which they were stored. Store `next` and send it as `after` with
/// the next request: each event is then returned exactly once. If there are no events after the cursor, the request
/// waits up to `wait` seconds for one. Events of shipments that clean-up deleted are not returned.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    params(
        ("after" = Option<String>, Query,
            description = "`next` of an earlier response; `latest` for the position after the newest event. \
                Default: before the first event",
            example = "4711"),
        ("limit" = Option<u32>, Query, description = "Largest number of events in the response. Default: 100",
            minimum = 1, maximum = 500, example = 100),
        ("wait" = Option<u32>, Query, description = "Seconds to wait for an event if there are none. Default: 0",
            minimum = 0, maximum = 30, example = 30),
        ("type" = Option<Vec<schemas::EventType>>, Query, style = Form, explode = false, min_items = 1,
            description = "Only events of this type, or of one of several types with commas. Default: all types",
            example = json!(["shipment.registered", "shipment.completed"])),
    ),
    responses(
        (status = 200, description = "Events after the cursor", body = EventPageBody,
            example = json!({"events": [{"type": "shipment.completed", "timestamp": "2026-11-24T07:00:00Z",
                "data": {"id": "0196f0a0-0000-7000-8000-00000000000a", "event": 6,
                    "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ", "user": "adele@contoso.example", "phase": "complete",
                    "serial": "30000001", "tracking": "1Z999AA10123456784", "reference": "RITM0010042",
                    "batch": null}}], "next": "4712"})),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_events(
    State(state): State<ApiState>,
    _: Allowed<may::ListEvents>,
    uri: Uri,
) -> Result<Json<EventPageBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["after", "limit", "wait", "type"])?;
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse::<u32>().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let wait = parameters.parsed("wait", &format!("whole seconds from 0 to {LONGEST_WAIT}"), |text| {
        text.parse::<u64>().ok().filter(|wait| *wait <= LONGEST_WAIT)
    })?;
    let types = parameters.all("type", "a type of events, for example shipment.completed", EventType::parse)?;
    let events = &state.engine.events;
    let given = parameters.get("after").unwrap_or_default();
    let after = match given {
        LATEST => events.newest().await?,
        text => EventCursor(text.to_owned()),
    };
    let wait = Duration::from_secs(wait.unwrap_or_default());
    let page = events.after(after, &types, limit.unwrap_or(DEFAULT_LIMIT), wait).await.map_err(|error| {
        if error.is_of_cursor() {
            let expected = "`next` of an earlier response, for the current data of the store";
            return invalid("after", expected, given).with_sentence("To read from the first event, omit it.");
        }
        Problem::from(error)
    })?;
    Ok(Json(page.into()))
}
