//! Processing of a Graph call: ids, caller, throttling, permission, operation.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::call::Call;
use super::error::GraphError;
use super::ids::Ids;
use super::operation::Operation;
use super::state::Graph;
use super::version::Version;
use super::{
    access, access_passes, audit_list, creation_options, directory_roles, fido2_policy, get_user, memberships,
    passkeys, register, registrations, search_users, send_mail,
};
use crate::ground::fault_answers::throttled;
use crate::ground::guard::CLIENT_REQUEST_ID;

const BODY_LIMIT: usize = 1024 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const DIAGNOSTIC: HeaderName = HeaderName::from_static("x-ms-ags-diagnostic");
const SERVER: &str =
    r#"{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1","ScaleUnit":"001","RoleInstance":"KEYFERRY"}}"#;

/// Runs a call and adds Graph's headers to its response.
pub(super) async fn answer(
    graph: Arc<Graph>,
    version: Version,
    operation: Result<Operation, GraphError>,
    request: Request,
) -> Response {
    let ids = Ids::of(&graph.clock, request.headers());
    let mut response = match run(&graph, version, operation, request, &ids).await {
        Ok(response) => response,
        Err(error) => error.answer(&ids),
    };
    let headers = response.headers_mut();
    for (name, value) in [(REQUEST_ID, &ids.request), (CLIENT_REQUEST_ID, &ids.client)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.insert(DIAGNOSTIC, HeaderValue::from_static(SERVER));
    if headers.get(header::WWW_AUTHENTICATE).is_none() && response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(access::CHALLENGE));
    }
    response
}

async fn run(
    graph: &Arc<Graph>,
    version: Version,
    operation: Result<Operation, GraphError>,
    request: Request,
    ids: &Ids,
) -> Result<Response, GraphError> {
    // The token first: an unauthenticated caller gets 401 also for an unknown path.
    let caller = access::caller(graph, request.headers())?;
    let operation = operation?;
    let rate = graph.settings.lock().graph_rate;
    if is_throttled(&operation)
        && let Err(retry_after) = graph.throttle.admit(caller.app_id, rate, graph.clock.tokens())
    {
        return Ok(throttled("graph", Some(retry_after)));
    }
    access::allow(&operation, &caller)?;
    let query = Call::query_of(request.uri().query());
    let is_eventual = request.headers().get("consistencylevel").is_some_and(|level| level == "eventual");
    let body = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| {
        // The sandbox's own text.
        GraphError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The request is too large.")
    })?;
    let call =
        Call { graph: Arc::clone(graph), version, ids: ids.clone(), caller, query, is_eventual, body: body.to_vec() };
    match operation {
        Operation::SearchUsers => search_users::list(&call),
        Operation::GetUser { user } => get_user::user(&call, &user),
        Operation::GetManager { user } => get_user::manager(&call, &user),
        Operation::CreationOptions { user, arguments } => creation_options::get(&call, &user, arguments.as_deref()),
        Operation::Register { user } => register::post(&call, &user),
        Operation::ListMethods { user } => passkeys::list(&call, &user),
        Operation::GetMethod { user, method } => passkeys::get(&call, &user, &method),
        Operation::DeleteMethod { user, method } => passkeys::delete(&call, &user, &method),
        Operation::ListPasses { user } => access_passes::list(&call, &user),
        Operation::CreatePass { user } => access_passes::post(&call, &user),
        Operation::DeletePass { user, pass } => access_passes::delete(&call, &user, &pass),
        Operation::SendMail { user } => send_mail::post(&call, &user),
        Operation::CheckMemberGroups { user } => memberships::check(&call, &user),
        Operation::GetGroup { id } => memberships::group(&call, &id),
        Operation::ListRoleAssignments => directory_roles::assignments(&call),
        Operation::GetRoleDefinition { id } => directory_roles::definition(&call, &id),
        Operation::ListAudits => audit_list::list(&call),
        Operation::GetPolicy => Ok(fido2_policy::get(&call)),
        Operation::SetPolicy => fido2_policy::patch(&call),
        Operation::GetOrganization => Ok(registrations::organization(&call)),
        Operation::ListApplications => registrations::list(&call),
        Operation::CreateApplication => registrations::create(&call),
        Operation::UpdateApplication { id } => registrations::update(&call, &id),
        Operation::AddPassword { id } => registrations::add_password(&call, &id),
        Operation::ListPrincipals => registrations::list_principals(&call),
        Operation::CreatePrincipal => registrations::create_principal(&call),
        Operation::ListAssignments { id } => registrations::list_assignments(&call, &id),
        Operation::Assign { id } => registrations::assign(&call, &id),
    }
    .map(IntoResponse::into_response)
}

/// Returns whether the documented limit of "identity and access reports" applies.
///
/// It covers audit records and authentication methods.
fn is_throttled(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreationOptions { .. }
            | Operation::ListMethods { .. }
            | Operation::Register { .. }
            | Operation::GetMethod { .. }
            | Operation::DeleteMethod { .. }
            | Operation::ListPasses { .. }
            | Operation::CreatePass { .. }
            | Operation::DeletePass { .. }
            | Operation::ListAudits
    )
}
