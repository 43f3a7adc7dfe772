//! Pages instead of the requested one: each names what to do.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_pages::{ReturnTo, SignInProblem, page};
use url::form_urlencoded::byte_serialize;

use crate::frame::Frame;
use crate::messages::{Messages, NoticeTexts};

/// Why a page is not shown.
pub(crate) enum Notice {
    /// The user must sign in first, and then returns to the page.
    SignIn(ReturnTo),
    /// The browser did not send the session because another site led here. It does when this site leads here.
    Continue(Box<Frame>, ReturnTo),
    /// Another page.
    Page(Box<NoticePage>),
}

/// The page.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage {
    frame: Frame,
    status: StatusCode,
    texts: &'static NoticeTexts,
    /// Address and text of the next step.
    next: Option<(String, &'static str)>,
    /// Whom to call.
    contact: Option<String>,
}

#[derive(Template)]
#[template(path = "continue.html")]
struct ContinuePage {
    frame: Frame,
    to: String,
}

impl Notice {
    pub(crate) fn new(frame: Frame, status: StatusCode, texts: &'static NoticeTexts) -> Self {
        Self::Page(Box::new(NoticePage { frame, status, texts, next: None, contact: None }))
    }

    /// Adds a link to the next step.
    pub(crate) fn with(mut self, address: String, text: &'static str) -> Self {
        if let Self::Page(page) = &mut self {
            page.next = Some((address, text));
        }
        self
    }

    /// Adds a link to sign in with another account, and to return to the page.
    pub(crate) fn with_other_account(self, m: &'static Messages, here: &str) -> Self {
        let to: String = byte_serialize(here.as_bytes()).collect();
        self.with(format!("/me/sign-in?prompt=account&return_to={to}"), m.other_account)
    }

    /// Adds whom to call.
    pub(crate) fn with_contact(mut self, contact: Option<&str>) -> Self {
        if let Self::Page(page) = &mut self {
            page.contact = contact.map(str::to_owned);
        }
        self
    }

    pub(crate) fn unavailable(frame: Frame) -> Self {
        let texts = &frame.m.unavailable;
        Self::new(frame, StatusCode::SERVICE_UNAVAILABLE, texts)
    }

    /// The user is not signed in.
    pub(crate) fn of_sign_in(frame: Frame, problem: &SignInProblem) -> Self {
        if let SignInProblem::Store(error) = problem {
            tracing::error!(%error, "could not read the store for a page for people");
        }
        let (status, m) = (StatusCode::FORBIDDEN, frame.m);
        match problem {
            SignInProblem::Unavailable | SignInProblem::Store(_) => Self::unavailable(frame),
            _ => Self::new(frame, status, &m.not_signed_in).with("/me/sign-in".to_owned(), m.sign_in_again),
        }
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(to) => {
                let query: String = byte_serialize(to.as_str().as_bytes()).collect();
                Redirect::to(&format!("/me/sign-in?return_to={query}")).into_response()
            }
            Self::Continue(frame, to) => continued(*frame, &to),
            Self::Page(notice) => page(notice.status, &*notice),
        }
    }
}

/// Returns a page that leads to `to` by itself. Unlike a redirect after a sign-in at another site, the browser then
/// sends cookies that are `SameSite=Strict`.
pub(crate) fn continued(frame: Frame, to: &ReturnTo) -> Response {
    let mut response = page(StatusCode::OK, &ContinuePage { frame, to: to.as_str().to_owned() });
    // The address of this page contains the code of the sign-in.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
