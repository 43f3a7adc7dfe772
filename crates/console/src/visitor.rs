//! The user of a request. A handler gets it only from here, so that none forgets to ask for session and role.

use std::marker::PhantomData;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use keyferry_access::{Operation, Principal, SessionId, Visit};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::cookies::Cookie;
use crate::frame::{Frame, Place};
use crate::messages::Language;
use crate::problem::Problem;
use crate::return_to::ReturnTo;
use crate::state::ConsoleState;

/// Name of the field with the token in each form.
const CSRF: &str = "csrf";

/// A signed-in user.
pub(crate) struct Visitor {
    pub(crate) visit: Visit,
    pub(crate) language: Language,
}

impl Visitor {
    pub(crate) fn frame(&self, place: Place) -> Frame {
        Frame::of(self.language, &self.visit, place)
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.visit.principal
    }

    /// Returns the visit of a request. `None` if it has no valid session.
    async fn of(parts: &Parts, state: &ConsoleState) -> Result<Option<Self>, Problem> {
        let language = Language::preferred(&parts.headers);
        let Some(id) = Cookie::Session.of(&parts.headers, &state.public_url).and_then(SessionId::parse) else {
            return Ok(None);
        };
        let found = state.sessions.find(id).await;
        let found = found.map_err(|error| Problem::of_store(Frame::signed_out(language), &error))?;
        Ok(found.map(|visit| Self { visit, language }))
    }
}

impl FromRequestParts<ConsoleState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Problem> {
        if let Some(visitor) = Self::of(parts, state).await? {
            return Ok(visitor);
        }
        let frame = Frame::signed_out(Language::preferred(&parts.headers));
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Err(Problem::session_ended(frame));
        }
        let here = ReturnTo::of(parts.uri.path_and_query().map_or("", |here| here.as_str()));
        // A link of another site, for example in a mail: the browser does not send the session, but may have one.
        match site(&parts.headers) {
            Some("cross-site") => Err(Problem::Continue(Box::new(frame), here)),
            _ => Err(Problem::SignIn(here)),
        }
    }
}

/// Returns how site and origin of the page that caused the request relate to this service's (`Sec-Fetch-Site`).
fn site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site").and_then(|value| value.to_str().ok())
}

/// Signed-in user who may use the operation `O`.
pub(crate) struct Allowed<O>(pub(crate) Visitor, pub(crate) PhantomData<O>);

/// Marker of an [`Operation`].
pub(crate) trait Guarded {
    const OPERATION: Operation;
}

/// Markers of the operations, with the names of [`Operation`].
pub(crate) mod may {
    macro_rules! markers {
        ($($name:ident),*) => {$(
            pub(crate) struct $name;

            impl super::Guarded for $name {
                const OPERATION: keyferry_access::Operation = keyferry_access::Operation::$name;
            }
        )*};
    }

    markers!(CountShipments, GetDetails, ListShipments);
}

impl<O: Guarded> FromRequestParts<ConsoleState> for Allowed<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        visitor.principal().permits(O::OPERATION).map_err(|error| {
            tracing::info!(caller = %visitor.principal().caller(), path = parts.uri.path(), "operator lacks a role");
            Problem::of_access(visitor.frame(Place::Elsewhere), &error)
        })?;
        Ok(Self(visitor, PhantomData))
    }
}

/// Signed-in user with the fields of a form that a page of the same session contained.
///
/// Two checks, of which each suffices: the form contains the session's token, and the browser names this origin as the
/// one that caused the request. Browsers that name none are old; the token protects them.
pub(crate) struct Submitted<T>(pub(crate) Visitor, pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ConsoleState> for Submitted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let foreign = || {
            tracing::warn!(
                caller = %visitor.principal().caller(),
                path = parts.uri.path(),
                "console rejected a form that is not from the user's session"
            );
            Problem::foreign_form(visitor.frame(Place::Elsewhere))
        };
        if site(&parts.headers).is_some_and(|site| site != "same-origin") {
            return Err(foreign());
        }
        let body = String::from_request(Request::from_parts(parts.clone(), body), state).await;
        let body = body.map_err(|_| foreign())?;
        let token = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == CSRF).map(|(_, value)| value);
        if !token.is_some_and(|token| visitor.visit.session.is_csrf_token(&token)) {
            return Err(foreign());
        }
        let fields = serde_urlencoded::from_str(&body).map_err(|_| foreign())?;
        Ok(Self(visitor, fields))
    }
}
