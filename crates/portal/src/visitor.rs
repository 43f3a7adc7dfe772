//! The user of a request. A handler gets it only from here.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use keyferry_access::Visit;
use keyferry_domain::ObjectId;
use keyferry_pages::{ReturnTo, fetch_site, has_token_of, is_from_elsewhere};
use serde::de::DeserializeOwned;

use crate::frame::Frame;
use crate::messages::{self, Messages};
use crate::notice::Notice;
use crate::state::{AREA, PortalState};

/// A signed-in user.
pub(crate) struct Visitor {
    pub(crate) visit: Visit,
    pub(crate) m: &'static Messages,
    /// Object id, which is all that decisions are made by.
    pub(crate) id: ObjectId,
}

impl Visitor {
    pub(crate) fn frame(&self) -> Frame {
        Frame::of(self.m, &self.visit)
    }
}

impl FromRequestParts<PortalState> for Visitor {
    type Rejection = Notice;

    async fn from_request_parts(parts: &mut Parts, state: &PortalState) -> Result<Self, Notice> {
        let frame = || Frame::signed_out(&parts.headers);
        let visit = state.site.visit(&parts.headers).await.map_err(|error| {
            tracing::error!(%error, "could not read the store for a page for people");
            Notice::unavailable(frame())
        })?;
        if let Some(visit) = visit {
            let id = ObjectId::parse(&visit.user.object_id).ok_or_else(|| {
                tracing::warn!("the object id in a session is not a UUID");
                Notice::unavailable(frame())
            })?;
            if !state.pace.admits(id, state.site.clock.monotonic()) {
                tracing::warn!(user = %id, "refusing requests of a user for pages: too many in ten minutes");
                let frame = frame();
                let texts = &frame.m.too_many;
                return Err(Notice::new(frame, StatusCode::TOO_MANY_REQUESTS, texts));
            }
            return Ok(Self { visit, m: messages::preferred(&parts.headers), id });
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            let frame = frame();
            let m = frame.m;
            return Err(Notice::new(frame, StatusCode::FORBIDDEN, &m.session_ended));
        }
        let here = ReturnTo::of(&AREA, parts.uri.path_and_query().map_or("", |here| here.as_str()));
        // A link in a mail: the browser does not send the session, but may have one.
        match fetch_site(&parts.headers) {
            Some("cross-site") => Err(Notice::Continue(Box::new(frame()), here)),
            _ => Err(Notice::SignIn(here)),
        }
    }
}

/// Signed-in user, with the body of a form that a page of the same session contained: the form contains the session's
/// token, and the browser names no other origin.
pub(crate) struct PostedForm(pub(crate) Visitor, pub(crate) String);

impl FromRequest<PortalState> for PostedForm {
    type Rejection = Notice;

    async fn from_request(request: Request, state: &PortalState) -> Result<Self, Notice> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        if is_from_elsewhere(&parts.headers) {
            return Err(foreign(&visitor));
        }
        let body = String::from_request(Request::from_parts(parts, body), state).await;
        match body.ok().filter(|body| has_token_of(&visitor.visit.session, body)) {
            Some(body) => Ok(Self(visitor, body)),
            None => Err(foreign(&visitor)),
        }
    }
}

/// [`PostedForm`], with its fields.
pub(crate) struct Posted<T>(pub(crate) Visitor, pub(crate) T);

impl<T: DeserializeOwned> FromRequest<PortalState> for Posted<T> {
    type Rejection = Notice;

    async fn from_request(request: Request, state: &PortalState) -> Result<Self, Notice> {
        let PostedForm(visitor, body) = PostedForm::from_request(request, state).await?;
        match serde_urlencoded::from_str(&body) {
            Ok(fields) => Ok(Self(visitor, fields)),
            Err(_) => Err(foreign(&visitor)),
        }
    }
}

fn foreign(visitor: &Visitor) -> Notice {
    // Without the path, which contains the token of a link.
    tracing::warn!(user = %visitor.id, "rejected a form that is not from the user's session");
    let frame = visitor.frame();
    let texts = &frame.m.foreign_form;
    Notice::new(frame, StatusCode::FORBIDDEN, texts)
}
