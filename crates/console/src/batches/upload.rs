//! `POST /console/batches/new`: passes a file on to the API while it arrives.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::stream;
use keyferry_access::may;
use keyferry_pages::is_from_elsewhere;
use keyferry_sheet::{Mapping, Preview};
use multer::Field;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};
use url::form_urlencoded;

use super::multipart::{FormWithFile, head, next};
use super::new::{Shown, mapping, show};
use crate::frame::Place;
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Start of a file that decides about its format and is shown to map its columns.
const HEAD: usize = 64 * 1024;

/// Longest rest of a rejected file that is read, so that the browser shows the response: a browser that still sends
/// does not read.
const LONGEST_REST: usize = 300 * 1024 * 1024;

/// Longest name of a batch, in characters.
const LONGEST_NAME: usize = 100;

/// Query of the button for mapping columns by hand.
const BY_HAND: &str = "columns=by-hand";

/// Stores a file as a batch and starts its check. If the columns are to be mapped by hand, or cannot be guessed, shows
/// them instead.
pub(crate) async fn upload(State(state): State<ConsoleState>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let Allowed(visitor, ..) = Allowed::<may::CreateBatch>::from_request_parts(&mut parts, &state).await?;
    let path = parts.uri.path().to_owned();
    // Not a field: that of a button is sent after the file.
    let is_by_hand = parts.uri.query() == Some(BY_HAND);
    let foreign = || visitor.foreign(&path);
    if is_from_elsewhere(&parts.headers) {
        return Err(foreign());
    }
    let form = FormWithFile::read(Request::from_parts(parts, body)).await.map_err(|_| foreign())?;
    if !visitor.visit.session.is_csrf_token(form.get("csrf")) {
        return Err(foreign());
    }
    let FormWithFile { fields, file } = form;
    let Some(mut file) = file else { return Ok(empty(&state, &visitor, fields).await) };
    let (head, is_whole) = match head(&mut file, HEAD).await {
        Ok(head) => head,
        Err(_) => return Err(Problem::interrupted(visitor.frame(Place::Batches))),
    };
    if head.is_empty() {
        return Ok(empty(&state, &visitor, fields).await);
    }
    let mapping = mapping(&fields);
    let previewed = |head: &[u8]| {
        let mapping = serde_json::from_value::<Mapping>(Value::Object(mapping.clone())).unwrap_or_default();
        Preview::of(head, is_whole, &mapping)
    };
    let is_lines = is_json_lines(file.file_name().unwrap_or_default(), &head);
    if is_by_hand && !is_lines {
        rest(&mut file).await;
        let (preview, refusal) = match previewed(&head) {
            Ok(preview) => (preview, None),
            Err(error) => (Preview::default(), Some(Refusal::of_file(&error.to_string()))),
        };
        return Ok(show(&state, &visitor, Shown { fields, preview, refusal, is_empty: false }).await);
    }
    let given = fields.iter().find(|(name, _)| name == "name").map_or("", |(_, name)| name.trim());
    let name = if given.is_empty() { stem(file.file_name().unwrap_or_default()) } else { given.to_owned() };
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("name", &name)
        .append_pair("mapping", &Value::Object(mapping.clone()).to_string())
        .finish();
    let media_type = if is_lines { "application/jsonl" } else { "text/csv" };
    let stored = store(&state, &visitor, &query, media_type, head.clone(), file).await;
    match stored {
        Ok(batch) => {
            let id = batch["id"].as_str().unwrap_or_default();
            if batch["rows"]["total"].as_u64().unwrap_or_default() > 0 {
                // The page of the batch offers the check if it cannot be started now.
                let check = format!("/v1/batches/{id}/check");
                drop(visitor.ask(&state, Method::POST, &check, Some(json!({}))).await);
            }
            Ok(Redirect::to(&format!("/console/batches/{id}?done=upload")).into_response())
        }
        Err(refusal) => {
            let preview = if is_lines { Preview::default() } else { previewed(&head).unwrap_or_default() };
            Ok(show(&state, &visitor, Shown { fields, preview, refusal: Some(refusal), is_empty: false }).await)
        }
    }
}

async fn empty(state: &ConsoleState, visitor: &Visitor, fields: Vec<(String, String)>) -> Response {
    show(state, visitor, Shown { fields, is_empty: true, ..Shown::default() }).await
}

/// Passes the file on. Both ends run in one future: if the browser's connection breaks off, the whole is dropped, and
/// the API never sees the end of a file that is not whole.
async fn store(
    state: &ConsoleState,
    visitor: &Visitor,
    query: &str,
    media_type: &'static str,
    head: Vec<u8>,
    mut file: Field<'static>,
) -> Result<Value, Refusal> {
    let (sender, receiver) = channel::<Result<Bytes, std::io::Error>>(4);
    let parts = stream::unfold(receiver, |mut receiver: Receiver<_>| async {
        let part = receiver.recv().await?;
        Some((part, receiver))
    });
    let mut request = Request::new(Body::from_stream(parts));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("/v1/batches?{query}").parse().unwrap_or_default();
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let pump = async move {
        let mut is_wanted = sender.send(Ok(head.into())).await.is_ok();
        while is_wanted {
            match next(&mut file).await {
                Ok(Some(part)) => is_wanted = sender.send(Ok(part)).await.is_ok(),
                Ok(None) => return,
                Err(_) => {
                    drop(sender.send(Err(std::io::Error::other("the connection was interrupted"))).await);
                    return;
                }
            }
        }
        rest(&mut file).await;
    };
    let (stored, ()) = tokio::join!(visitor.outcome(state, request), pump);
    stored
}

/// Reads the rest of a file that is not used.
async fn rest(file: &mut Field<'static>) {
    let mut length = 0;
    while let Ok(Some(part)) = next(file).await {
        length += part.len();
        if length > LONGEST_REST {
            return;
        }
    }
}

/// Returns whether the file contains one JSON object per line.
/// Returns the name of a file without its extension, for a batch without a name of its own. Empty if the name cannot be
/// one of a batch.
fn stem(file: &str) -> String {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let fits = stem.chars().count() <= LONGEST_NAME && !stem.chars().any(char::is_control);
    if fits { stem.trim().to_owned() } else { String::new() }
}

fn is_json_lines(name: &str, head: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let by_name = [".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end));
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    by_name || start.starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_gives_the_name_without_its_folder_and_extension() {
        assert_eq!(stem(r"C:\fakepath\Berlin, December.csv"), "Berlin, December");
        assert_eq!((stem("people"), stem(".csv"), stem("")), ("people".to_owned(), String::new(), String::new()));
        assert_eq!((stem(&"x".repeat(101)), stem("a\nb.csv")), (String::new(), String::new()));
    }

    #[test]
    fn format_is_recognised_by_name_and_content() {
        assert!(is_json_lines("People.JSONL", b"x"));
        assert!(is_json_lines("people.txt", b"\xef\xbb\xbf \n{\"user_id\": 1}"));
        for (name, head) in [("people.csv", &b"a,b"[..]), ("people.json", b"[{}]"), ("", b"")] {
            assert!(!is_json_lines(name, head), "{name}");
        }
    }
}
