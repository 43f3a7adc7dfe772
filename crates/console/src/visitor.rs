//! The user of a request. A handler gets it only from here, so that none forgets to ask for session and role.

use std::marker::PhantomData;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use keyferry_access::{Guarded, Operation, Principal, Visit, is_recent};
use keyferry_pages::{ReturnTo, fetch_site, has_token_of, is_from_elsewhere};
use serde::de::DeserializeOwned;

use crate::frame::{Frame, Place};
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::{AREA, ConsoleState};

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

    /// Returns whether the user may use an operation, so that a page can offer it. What the user does is checked again.
    pub(crate) fn may(&self, operation: Operation) -> bool {
        self.principal().permits(operation).is_ok()
    }

    /// Checks that the user may do what cannot be undone: the sign-in must be recent. `here` is the page to return to.
    ///
    /// # Errors
    /// A page that leads to the sign-in.
    pub(crate) fn require_recent(&self, state: &ConsoleState, here: &str) -> Result<(), Problem> {
        if is_recent(self.visit.authenticated_at, state.clock.now()) {
            return Ok(());
        }
        Err(Problem::sign_in_again(self.frame(Place::Elsewhere), &ReturnTo::of(&AREA, here)))
    }

    /// Returns the page about a form that is not from the user's session, and logs it.
    pub(crate) fn foreign(&self, path: &str) -> Problem {
        tracing::warn!(
            caller = %self.principal().caller(),
            path,
            "console rejected a form that is not from the user's session"
        );
        Problem::foreign_form(self.frame(Place::Elsewhere))
    }

    fn check<O: Guarded>(&self, path: &str) -> Result<(), Problem> {
        self.principal().permits(O::OPERATION).map_err(|error| {
            tracing::info!(caller = %self.principal().caller(), path, "operator lacks a role");
            Problem::of_access(self.frame(Place::Elsewhere), &error)
        })
    }

    /// Returns the visit of a request. `None` if it has no valid session.
    async fn of(parts: &Parts, state: &ConsoleState) -> Result<Option<Self>, Problem> {
        let language = Language::preferred(&parts.headers);
        let found = state.site.visit(&parts.headers).await;
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
        let here = ReturnTo::of(&AREA, parts.uri.path_and_query().map_or("", |here| here.as_str()));
        // A link of another site, for example in a mail: the browser does not send the session, but may have one.
        match fetch_site(&parts.headers) {
            Some("cross-site") => Err(Problem::Continue(Box::new(frame), here)),
            _ => Err(Problem::SignIn(here)),
        }
    }
}

/// Signed-in user who may use the operation `O`.
pub(crate) struct Allowed<O>(pub(crate) Visitor, pub(crate) PhantomData<O>);

impl<O: Guarded> FromRequestParts<ConsoleState> for Allowed<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        visitor.check::<O>(parts.uri.path())?;
        Ok(Self(visitor, PhantomData))
    }
}

/// Signed-in user who may use the operation `O`, with the fields of a form: see [`Posted`].
pub(crate) struct Submitted<O, T>(pub(crate) Visitor, pub(crate) T, pub(crate) PhantomData<O>);

impl<O: Guarded, T: DeserializeOwned> FromRequest<ConsoleState> for Submitted<O, T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        let Posted(visitor, fields) = Posted::from_request(request, state).await?;
        visitor.check::<O>(&path)?;
        Ok(Self(visitor, fields, PhantomData))
    }
}

/// Any signed-in user, with the fields of a form that a page of the same session contained.
///
/// Two checks, of which each suffices: the form contains the session's token, and the browser names this origin as the
/// one that caused the request. Browsers that name none are old; the token protects them.
pub(crate) struct Posted<T>(pub(crate) Visitor, pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ConsoleState> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let path = parts.uri.path().to_owned();
        let foreign = || visitor.foreign(&path);
        if is_from_elsewhere(&parts.headers) {
            return Err(foreign());
        }
        let body = String::from_request(Request::from_parts(parts.clone(), body), state).await;
        let body = body.map_err(|_| foreign())?;
        if !has_token_of(&visitor.visit.session, &body) {
            return Err(foreign());
        }
        let fields = serde_urlencoded::from_str(&body).map_err(|_| foreign())?;
        Ok(Self(visitor, fields))
    }
}
