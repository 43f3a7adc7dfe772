//! Pages with a secret: shown once, for a short time, without a copy that stays.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use keyferry_pages::page;

use crate::frame::Frame;
use crate::messages::{NoticeTexts, ShownTexts};
use crate::notice::Notice;

/// Time for which a secret is shown, in seconds.
pub(crate) const SECONDS: u32 = 60;

/// Page with secrets. The response leaves once: nothing of it is stored.
#[derive(Template)]
#[template(path = "shown.html")]
pub(crate) struct ShownPage<'a> {
    pub(crate) frame: Frame,
    pub(crate) texts: &'static ShownTexts,
    pub(crate) secrets: Vec<Secret<'a>>,
    /// Address of the page that follows.
    pub(crate) closed: &'static str,
}

/// Secret on the page.
pub(crate) struct Secret<'a> {
    /// Serial number of the key, or name of the user.
    pub(crate) of: &'a str,
    pub(crate) value: &'a str,
    /// What else to know about it.
    pub(crate) note: Option<String>,
}

impl ShownPage<'_> {
    fn time(&self) -> String {
        (self.texts.time)(SECONDS)
    }

    fn seconds(&self) -> u32 {
        SECONDS
    }

    /// Returns the response.
    pub(crate) fn into_page(self) -> Response {
        let mut response = page(StatusCode::OK, &self);
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }
}

/// Returns the page to which one with a secret leads after its time. Requires no session, which may have ended.
pub(crate) fn closed(headers: &HeaderMap, texts: impl FnOnce(&Frame) -> &'static NoticeTexts) -> Response {
    let frame = Frame::signed_out(headers);
    let texts = texts(&frame);
    Notice::new(frame, StatusCode::OK, texts).into_response()
}
