//! Pages instead of the requested one.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{AuthError, Operation, Role};
use keyferry_domain::ports::StoreError;
use keyferry_pages::{ReturnTo, SignInProblem};
use url::form_urlencoded;

use crate::frame::{Frame, page};

/// Why a page is not shown.
pub(crate) enum Problem {
    /// The user must sign in first, and then returns to the page.
    SignIn(ReturnTo),
    /// The browser did not send the session because another site led here. It does when this site leads here.
    Continue(Box<Frame>, ReturnTo),
    /// Another page.
    Page(Box<ProblemPage>),
}

/// The page.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    frame: Frame,
    status: StatusCode,
    title: &'static str,
    text: &'static str,
    roles: Vec<&'static str>,
    /// Address of the sign-in, if it helps.
    sign_in: Option<String>,
}

#[derive(Template)]
#[template(path = "continue.html")]
struct ContinuePage {
    frame: Frame,
    to: String,
}

impl Problem {
    fn page(frame: Frame, status: StatusCode, title: &'static str, text: &'static str) -> Self {
        Self::Page(Box::new(ProblemPage { frame, status, title, text, roles: Vec::new(), sign_in: None }))
    }

    fn with_sign_in(self) -> Self {
        self.with_sign_in_at("/console/sign-in".to_owned())
    }

    fn with_sign_in_at(mut self, address: String) -> Self {
        if let Self::Page(page) = &mut self {
            page.sign_in = Some(address);
        }
        self
    }

    /// The action needs a sign-in that is more recent. Afterwards, the user returns to the page `to`.
    pub(crate) fn sign_in_again(frame: Frame, to: &ReturnTo) -> Self {
        let m = frame.m;
        let query: String = form_urlencoded::byte_serialize(to.as_str().as_bytes()).collect();
        Self::page(frame, StatusCode::FORBIDDEN, m.again_title, m.again_text)
            .with_sign_in_at(format!("/console/sign-in?prompt=login&return_to={query}"))
    }

    fn not_recent(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::FORBIDDEN, m.again_title, m.not_recent_text)
    }

    pub(crate) fn not_found(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::NOT_FOUND, m.not_found_title, m.not_found_text)
    }

    pub(crate) fn shipment_not_found(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::NOT_FOUND, m.not_found_title, m.shipment_not_found_text)
    }

    pub(crate) fn wrong_method(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::METHOD_NOT_ALLOWED, m.not_found_title, m.method_text)
    }

    /// Names the roles of which the user needs one.
    pub(crate) fn forbidden(frame: Frame, roles: &[Role]) -> Self {
        let m = frame.m;
        let roles = roles.iter().map(|role| role.as_str()).collect();
        let (title, text) = (m.forbidden_title, m.forbidden_text);
        let status = StatusCode::FORBIDDEN;
        let sign_in = Some("/console/sign-in?prompt=account".to_owned()).filter(|_| frame.user.is_none());
        Self::Page(Box::new(ProblemPage { frame, status, title, text, roles, sign_in }))
    }

    pub(crate) fn session_ended(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::FORBIDDEN, m.session_ended_title, m.session_ended_text).with_sign_in()
    }

    pub(crate) fn foreign_form(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::FORBIDDEN, m.foreign_form_title, m.foreign_form_text)
    }

    /// The connection broke off while a file was being sent.
    pub(crate) fn interrupted(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::BAD_REQUEST, m.unavailable_title, m.interrupted_text)
    }

    fn sign_in_state(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::BAD_REQUEST, m.sign_in_failed_title, m.sign_in_state_text).with_sign_in()
    }

    fn sign_in_declined(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::FORBIDDEN, m.sign_in_failed_title, m.sign_in_declined_text).with_sign_in()
    }

    fn sign_in_failed(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::BAD_GATEWAY, m.sign_in_failed_title, m.sign_in_failed_text).with_sign_in()
    }

    pub(crate) fn timeout(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::GATEWAY_TIMEOUT, m.unavailable_title, m.timeout_text)
    }

    /// The store failed. The reason is for the log.
    pub(crate) fn of_store(frame: Frame, error: &StoreError) -> Self {
        tracing::error!(%error, "could not read the store for a page of the console");
        if error.is_of_data() && !error.is_of_cursor() {
            let m = frame.m;
            return Self::page(frame, StatusCode::INTERNAL_SERVER_ERROR, m.damaged_title, m.damaged_text);
        }
        Self::unavailable(frame)
    }

    pub(crate) fn unavailable(frame: Frame) -> Self {
        let m = frame.m;
        Self::page(frame, StatusCode::SERVICE_UNAVAILABLE, m.unavailable_title, m.unavailable_text)
    }

    /// The user is not signed in.
    pub(crate) fn of_sign_in(frame: Frame, problem: &SignInProblem) -> Self {
        match problem {
            SignInProblem::State => Self::sign_in_state(frame),
            SignInProblem::Declined => Self::sign_in_declined(frame),
            SignInProblem::Failed => Self::sign_in_failed(frame),
            SignInProblem::NoRole => Self::forbidden(frame, Operation::CountShipments.roles()),
            SignInProblem::NotRecent => Self::not_recent(frame),
            SignInProblem::Unavailable => Self::unavailable(frame),
            SignInProblem::Store(error) => Self::of_store(frame, error),
        }
    }

    /// The user may not use the operation.
    pub(crate) fn of_access(frame: Frame, error: &AuthError) -> Self {
        match error {
            AuthError::Role { roles, .. } => Self::forbidden(frame, roles),
            _ => Self::forbidden(frame, &[]),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(to) => {
                let query: String = form_urlencoded::byte_serialize(to.as_str().as_bytes()).collect();
                Redirect::to(&format!("/console/sign-in?return_to={query}")).into_response()
            }
            Self::Continue(frame, to) => continued(*frame, &to),
            Self::Page(problem) => page(problem.status, &*problem),
        }
    }
}

/// Returns a page that leads to `to` by itself. Unlike a redirect after a sign-in at another site, the browser then
/// sends cookies that are `SameSite=Strict`.
pub(crate) fn continued(frame: Frame, to: &ReturnTo) -> Response {
    let mut response = page(StatusCode::OK, &ContinuePage { frame, to: to.as_str().to_owned() });
    // The address of this page contains the code of the sign-in.
    response.headers_mut().insert(header::REFERRER_POLICY, axum::http::HeaderValue::from_static("no-referrer"));
    response
}
