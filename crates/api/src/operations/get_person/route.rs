//! Route and documentation.

use axum::Json;
use axum::extract::{Path, State};
use keyferry_domain::UserRef;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::limited_log::LimitedLog;
use crate::kit::parameters::invalid;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipments::{SummaryBody, UnreadableBody};
use crate::state::ApiState;

/// Log of the reads: the response contains personal data.
static READS: LimitedLog = LimitedLog::new();

/// Keys that were ordered for a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonBody {
    /// The person, as in the path.
    #[schema(example = "adele@contoso.example")]
    user_id: String,
    /// Shipments for the person, newest first.
    shipments: Vec<SummaryBody>,
    /// Shipments for the person whose records cannot be read.
    unreadable: Vec<UnreadableBody>,
}

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_person))
}

/// Get keys of a person
///
/// Returns all shipments for a person, newest first: those that were ordered under the given name, and those that
/// belong to the same directory object. Empty if none was ordered. A caller with only the role `Keyferry.Order` sees
/// what it ordered itself.
#[utoipa::path(
    get,
    path = "/v1/people/{user}",
    tag = "shipments",
    params(
        ("user" = String, Path, description = "Object id or user principal name", example = "adele@contoso.example",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
    ),
    responses(
        (status = 200, description = "Shipments for the person", body = PersonBody),
        (status = 400, description = "The text in the path cannot be a user", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_person(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetPerson>,
    user: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Json<PersonBody>, Problem> {
    let expected = "an object id or a user principal name";
    let Path(user) = user.map_err(|_| invalid("user", expected, "a text that is not UTF-8"))?;
    let parsed = UserRef::parse(&user).ok_or_else(|| invalid("user", expected, &user))?;
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    let found = state.engine.views.person(&parsed, requested_by).await?;
    let line = || tracing::info!(caller = %principal.caller(), "caller read keys of a person");
    READS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "callers read keys of more persons than are logged one by one");
    });
    Ok(Json(PersonBody {
        user_id: user,
        shipments: found.items.into_iter().map(SummaryBody::from).collect(),
        unreadable: found.broken.into_iter().map(UnreadableBody::from).collect(),
    }))
}
