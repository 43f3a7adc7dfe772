//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::MethodsBody;
use crate::kit::access::{Allowed, may};
use crate::kit::limited_log::LimitedLog;
use crate::kit::person_key::PersonKey;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Log of the reads: the response contains personal data.
static READS: LimitedLog = LimitedLog::new();

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_methods))
}

/// Get passkeys of a person
///
/// Returns the passkeys that the identity provider holds for a person, compared with the records: keys that Keyferry
/// registered, keys whose method was deleted elsewhere, and passkeys that no record names. If Keyferry may not list
/// passkeys, it looks up only those that records name.
#[utoipa::path(
    get,
    path = "/v1/people/{user}/methods",
    tag = "shipments",
    params(
        ("user" = String, Path, description = "Object id or user principal name", example = "adele@contoso.example",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
    ),
    responses(
        (status = 200, description = "Passkeys of the person", body = MethodsBody),
        (status = 400, description = "The text in the path cannot be a user", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_methods(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ListMethods>,
    person: PersonKey,
) -> Result<Json<MethodsBody>, Problem> {
    let found = state.engine.people.passkeys(&person.user).await?;
    let line = || tracing::info!(caller = %principal.caller(), "caller read passkeys of a person");
    READS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "callers read passkeys of more persons than are logged one by one");
    });
    Ok(Json(MethodsBody::new(person.user_id, found)))
}
