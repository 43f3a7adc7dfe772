//! Lists in pages: an array, with the total in `X-Total-Count` and the neighbouring pages in `Link` (RFC 8288).

use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::form_urlencoded::{Serializer, parse};

use super::refused::Refused;

/// Number of entries on all pages.
pub(super) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Extractor of the query parameters `offset` (default: 0) and `limit` (default: all).
#[derive(Debug)]
pub(super) struct Paged {
    pub(super) offset: usize,
    pub(super) limit: usize,
    uri: Uri,
}

impl<S: Sync> FromRequestParts<S> for Paged {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query: Query<Vec<(String, String)>> =
            Query::try_from_uri(&parts.uri).map_err(|error| Refused::bad(error.to_string()))?;
        let number = |name: &str| {
            let given = query.0.iter().find(|(key, _)| key == name);
            let parsed = given.map(|(_, text)| text.parse::<usize>());
            parsed.transpose().map_err(|_| Refused::bad(format!("{name} must be a number")))
        };
        let limit = number("limit")?.unwrap_or(usize::MAX);
        if limit == 0 {
            return Err(Refused::bad("limit must be 1 or more"));
        }
        Ok(Self { offset: number("offset")?.unwrap_or_default(), limit, uri: parts.uri.clone() })
    }
}

impl Paged {
    /// Answers with one page of a list that has `total` entries.
    pub(super) fn answer<T: Serialize>(&self, total: usize, entries: &[T]) -> Response {
        let mut response = Json(entries).into_response();
        let headers = response.headers_mut();
        headers.insert(TOTAL, HeaderValue::from(total));
        let end = self.offset.saturating_add(entries.len());
        let previous = (self.offset > 0).then(|| self.link(self.offset.saturating_sub(self.limit), "prev"));
        let next = (end < total).then(|| self.link(end, "next"));
        let links: Vec<String> = previous.into_iter().chain(next).collect();
        if let Ok(links) = HeaderValue::try_from(links.join(", "))
            && !links.is_empty()
        {
            headers.insert(header::LINK, links);
        }
        response
    }

    /// Answers with one page of these entries.
    pub(super) fn page<T: Serialize>(&self, all: impl ExactSizeIterator<Item = T>) -> Response {
        let total = all.len();
        let entries: Vec<T> = all.skip(self.offset).take(self.limit).collect();
        self.answer(total, &entries)
    }

    fn link(&self, offset: usize, rel: &str) -> String {
        let others = parse(self.uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != "offset");
        let query =
            Serializer::new(String::new()).extend_pairs(others).append_pair("offset", &offset.to_string()).finish();
        format!("<{}?{query}>; rel=\"{rel}\"", self.uri.path())
    }
}
