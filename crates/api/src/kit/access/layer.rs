//! Authentication layer in front of every `/v1` route. No request body is read before its caller is authenticated.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use keyferry_access::Authentication;

use crate::kit::problem::Problem;
use crate::kit::rejections;

/// Passes the request on with its [`keyferry_access::Principal`], or rejects it with 401, 403 or 503.
pub(crate) async fn authenticate(
    State(authentication): State<Authentication>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let principal = authentication.identify(request.headers()).await.map_err(|error| {
        rejections::log(request.uri(), None, &error);
        Problem::from(error)
    })?;
    request.extensions_mut().insert(principal);
    Ok(next.run(request).await)
}
