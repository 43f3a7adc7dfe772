//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use keyferry_access::{Admission, Limited, Principal, Role};
use keyferry_engine::{LostKey, NewKeyOrder, QueueRequest, Withdrawn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::LoseKey;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::order::{first_problem, inside_order, outside_limits};
use crate::kit::person_key::PersonKey;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason;
use crate::kit::withdrawal::WithdrawnBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(lose_key))
}

/// Report lost key
///
/// Ends the use of a lost key, and orders the next one. First it deletes the key's passkey at the identity provider; a
/// key that is not registered will not be. No PIN is released for it any more. Then it queues the order of the
/// replacement, and links both shipments. Once the call has returned, Keyferry finishes what failed by itself. A
/// repeated call returns the same replacement, and orders nothing.
#[utoipa::path(
    post,
    path = "/v1/people/{user}/lost-key",
    tag = "shipments",
    params(
        ("user" = String, Path, description = "Object id or user principal name", example = "adele@contoso.example",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
    ),
    request_body = LoseKey,
    responses(
        (status = 200, description = "The key counts as lost. `withdrawal` contains the steps, and `left` what failed",
            body = WithdrawnBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, the address of the replacement is not known, or \
            temporary access passes are turned off. Nothing was changed or ordered.", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The person has no such key", body = ErrorBody),
        (status = 409, description = "The shipment has no key that could be lost, the key was returned, its person \
            left, no temporary access pass can be requested, or a run is processing it. Nothing was changed or \
            ordered.", body = ErrorBody),
        (status = 429, description = "A limit of orders of the caller or of the person is reached. Nothing was changed \
            or ordered: repeat the call with `replace` = `false` to end the use of the key at once.", body = ErrorBody),
        (status = 502, description = "The identity provider failed, or refused the connector's credentials or \
            permissions, so no temporary access pass was requested. Nothing was changed or ordered.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn lose_key(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::LoseKey>,
    person: PersonKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<WithdrawnBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<LoseKey>(&bytes, state.unknown_members)?;
    let lost = report(&state, &principal, person, request).await;
    let lost = lost.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(lost.into())))
}

async fn report(
    state: &ApiState,
    principal: &Principal,
    person: PersonKey,
    request: LoseKey,
) -> Result<Withdrawn, Problem> {
    let (reason, key) = (reason::checked(&request.reason)?, request.key()?);
    let by = principal.caller().clone();
    let operator = &state.engine.operator;
    let access_pass = request.access_pass.unwrap_or_default();
    if access_pass && !principal.has(Role::Pin) {
        return Err(Problem::missing_role(Role::Pin));
    }
    let replacement = order(state, principal, request)?;
    let is_ordered =
        !matches!(replacement, NewKeyOrder::None) && !operator.is_reported_lost(&person.user, &key).await?;
    let admission = match is_ordered {
        true => Some(state.limits.admit(Limited::Order, &by.application, &person.user.to_string())?),
        false => None,
    };
    // A pass is released, as a PIN against the rules is.
    let released = match access_pass {
        true => Some(state.limits.admit(Limited::Release, &by.application, &person.user.to_string())),
        false => None,
    };
    let released = match released.transpose() {
        Ok(released) => released,
        Err(reached) => {
            admission.into_iter().for_each(Admission::take_back);
            return Err(reached.into());
        }
    };
    let lost = operator.report_lost(LostKey { user: person.user, key, reason, by, replacement, access_pass }).await;
    if let Some(admission) = released
        && lost.is_err()
    {
        admission.take_back();
    }
    if let Some(admission) = admission
        && !lost.as_ref().is_ok_and(|lost| !lost.is_repeated)
    {
        admission.take_back();
    }
    Ok(lost?)
}

/// Returns the order of the replacement.
fn order(state: &ApiState, principal: &Principal, request: LoseKey) -> Result<NewKeyOrder, Problem> {
    let may_be_privileged = principal.has(Role::Admin);
    let order = match (request.replace.unwrap_or(true), request.order) {
        (true, None) => return Ok(NewKeyOrder::LikeBefore { may_be_privileged }),
        (true, Some(order)) => order,
        (false, None) => return Ok(NewKeyOrder::None),
        (false, Some(_)) => {
            let message = "`order`: expected no order, because `replace` is `false`".to_owned();
            return Err(Problem::field("order", message));
        }
    };
    let completion = state.engine.orders.completion();
    let queued = order.into_parts(completion).map_err(|problems| inside_order(first_problem(problems)))?;
    let check = state.engine.orders.check_draft(&queued.order);
    check.map_err(|finding| inside_order(outside_limits(finding)))?;
    Ok(NewKeyOrder::Given(Box::new(QueueRequest {
        caller: principal.caller().clone(),
        order: queued.order,
        info: queued.info,
        batch: None,
        additional: queued.additional,
        may_be_privileged,
        idempotency: None,
        unknown_members: Vec::new(),
    })))
}
