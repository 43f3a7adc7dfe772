//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_access::Principal;
use keyferry_listing::CONDITIONS;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::{ActOnShipments, Order, Target};
use super::response::{ActionsBody, CheckedBody};
use super::targets::Targets;
use super::work;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, ErrorType, Problem};
use crate::kit::shipments::{filter, wrong_type};
use crate::state::ApiState;

/// Largest number of impossible shipments that a dry run names.
const MOST_NAMED: usize = 20;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(act_on_shipments))
}

/// Act on many shipments
///
/// Does the same to many shipments, as the operation for one shipment does it: with the same rights, limits and
/// history. First send `dry_run`: nothing changes, and the response contains how many shipments match and for how many
/// the action is possible. Then send the same with `confirm` in its place: that number. If it is another one by then,
/// nothing changes.
///
/// The response contains what was done, and each shipment to which it was not done. After 120 s no further shipment is
/// begun; `left` is the number of the others. If the caller closes the connection, the action ends after the shipments
/// that are in progress. `resend-pin` needs the role `Keyferry.Pin`.
#[utoipa::path(
    post,
    path = "/v1/shipments/actions",
    tag = "shipments",
    request_body = ActOnShipments,
    responses(
        (status = 200, description = "Result of the dry run or of the action", body = ActionsBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored")),
            examples(
            ("dry_run" = (value = json!({"matched": 14, "possible": 12, "impossible": [
                {"id": "019a0000-0000-7000-8000-000000000001", "why": "it is complete"},
                {"id": "019a0000-0000-7000-8000-000000000002", "why": "it is refused"}]}))),
            ("action" = (value = json!({"done": 11, "refused": [{"id": "019a0000-0000-7000-8000-000000000003",
                "why": "shipment 019a0000-0000-7000-8000-000000000003 is being processed. Try again in a minute"}],
                "left": 0}))),
        )),
        (status = 400, description = "The request is invalid. `field` names the member.", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 409, description = "The action is possible for another number of shipments than confirmed. Nothing \
            was changed.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn act_on_shipments(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ActOnShipments>,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<ActionsBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ActOnShipments>(&bytes, state.unknown_members)?;
    let acted = async { act(&state, &principal, request.into_order()?).await };
    let acted = acted.await.map_err(|problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(acted)))
}

async fn act(state: &ApiState, principal: &Principal, order: Order) -> Result<ActionsBody, Problem> {
    let Order { action, reason, target, confirmed } = order;
    action.check_rights(principal)?;
    let targets = match target {
        Target::Ids(ids) => Targets::named(&state.engine, ids, action).await?,
        Target::Filter(members) => {
            let filter = filter(&Parameters::of_members(&members, &CONDITIONS, wrong_type)?, principal)?;
            Targets::matching(&state.engine, &filter, action).await?
        }
    };
    let Targets { possible, mut impossible } = targets;
    let number = possible.len() as u64;
    let Some(confirmed) = confirmed else {
        let matched = number + impossible.len() as u64;
        impossible.truncate(MOST_NAMED);
        return Ok(ActionsBody::Checked(CheckedBody { matched, possible: number, impossible }));
    };
    if confirmed != number {
        let message = format!(
            "The action is possible for {number} shipments, but {confirmed} are confirmed. Nothing was changed. Repeat \
             the dry run."
        );
        return Err(Problem::api(StatusCode::CONFLICT, ErrorType::Conflict, message)
            .with(|data| data.field = Some("confirm".to_owned())));
    }
    Ok(ActionsBody::Done(work::perform(state, principal, action, &reason, possible).await))
}
