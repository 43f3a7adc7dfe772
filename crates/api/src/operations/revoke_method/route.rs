//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::RevokedBody;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::person_key::PersonKey;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason::ReasonBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(revoke_method))
}

/// Revoke passkey
///
/// Deletes a passkey of a person at the identity provider, for example because the key was lost. It cannot be used
/// from then on. If a record names the passkey, the history of its shipment contains the revocation; a shipment whose
/// PIN was not delivered yet is cancelled, so that no PIN of a useless key is sent. Repeat the call as you like: a
/// passkey that does not exist counts as revoked.
#[utoipa::path(
    post,
    path = "/v1/people/{user}/methods/{method_id}/revoke",
    tag = "shipments",
    params(
        ("user" = String, Path, description = "Object id or user principal name", example = "adele@contoso.example",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
        ("method_id" = String, Path, description = "Identity provider's id of the authentication method",
            example = "2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1", pattern = "^[A-Za-z0-9_=-]{1,1400}$"),
    ),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The identity provider does not have the passkey any more", body = RevokedBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The identity provider does not know the person", body = ErrorBody),
        (status = 409, description = "The user name belongs to another person by now, the identity provider does not \
            support it, or the passkey is revoked but a run is processing its shipment: then repeat the call to record \
            it", body = ErrorBody),
        (status = 502, description = "The identity provider failed. Whether the passkey is revoked is not known: \
            repeat the call", body = ErrorBody),
        CommonErrors,
    )
)]
async fn revoke_method(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::RevokeMethod>,
    person: PersonKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<RevokedBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let revoked = async {
        let (reason, by) = (request.into_reason()?, principal.caller().clone());
        Ok(state.engine.operator.revoke(&person.user, &person.method_id, by, &reason).await?)
    };
    let revoked = revoked.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(revoked.into())))
}
