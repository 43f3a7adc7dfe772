//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::OffboardedBody;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::person_key::PersonKey;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason::ReasonBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(offboard_person))
}

/// Offboard person
///
/// Ends everything that Keyferry did for a person who left. First it deletes the passkeys that Keyferry registered.
/// Then it cancels the orders whose keys are not registered. No PIN is released any more. A key that is on its way
/// is watched until it is recalled. Other passkeys of the person are not touched. A step that fails
/// does not prevent the others. Repeat the call until `complete` is `true`; what is done already is not done again.
#[utoipa::path(
    post,
    path = "/v1/people/{user}/offboard",
    tag = "shipments",
    params(
        ("user" = String, Path, description = "Object id or user principal name", example = "adele@contoso.example",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
    ),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "What was done about each shipment, and what is left", body = OffboardedBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        CommonErrors,
    )
)]
async fn offboard_person(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::OffboardPerson>,
    person: PersonKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<OffboardedBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let offboarded = async {
        let (reason, by) = (request.into_reason()?, principal.caller().clone());
        Ok(state.engine.operator.offboard(&person.user, by, &reason).await?)
    };
    let offboarded = offboarded.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(offboarded.into())))
}
