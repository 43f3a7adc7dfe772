//! Entity group transactions of the test double, after Microsoft's documentation
//! (<https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions>): parsing of batches,
//! and their answers.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value};

/// Request in a change set.
pub(crate) struct Inner {
    pub(crate) method: String,
    /// Path of the absolute URL.
    pub(crate) path: String,
    pub(crate) if_match: Option<String>,
    pub(crate) columns: Map<String, Value>,
}

/// Parses the requests of a batch, which must have one change set.
pub(crate) fn requests(content_type: &str, body: &str) -> Vec<Inner> {
    let batch = boundary(content_type);
    assert!(batch.starts_with("batch_"), "{content_type}");
    assert!(body.ends_with(&format!("--{batch}--\r\n")), "the batch is not closed: {body}");
    let [changes] = &parts(body, &batch)[..] else { panic!("more than one change set: {body}") };
    let (head, changes) = changes.split_once("\r\n\r\n").unwrap();
    let change_set = boundary(head.strip_prefix("Content-Type: ").unwrap());
    assert!(change_set.starts_with("changeset_"), "{head}");
    let found: Vec<_> = parts(changes, &change_set).iter().map(|part| request(part)).collect();
    assert!((1..=100).contains(&found.len()), "{} operations", found.len());
    found
}

fn boundary(content_type: &str) -> String {
    content_type.strip_prefix("multipart/mixed; boundary=").unwrap().to_owned()
}

fn parts(body: &str, boundary: &str) -> Vec<String> {
    let (parts, _) = body.split_once(&format!("--{boundary}--")).unwrap();
    parts
        .split(&format!("--{boundary}\r\n"))
        .skip(1)
        .map(|part| part.strip_suffix("\r\n").unwrap_or(part).to_owned())
        .collect()
}

fn request(part: &str) -> Inner {
    let (mime, http) = part.split_once("\r\n\r\n").unwrap();
    assert!(mime.contains("Content-Type: application/http"), "{mime}");
    assert!(mime.contains("Content-Transfer-Encoding: binary"), "{mime}");
    let (head, body) = http.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap();
    let [method, url, "HTTP/1.1"] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let header = |name: &str| headers.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned());
    let columns = match method {
        "DELETE" => Map::new(),
        _ => {
            assert_eq!(header("Content-Type").as_deref(), Some("application/json"));
            serde_json::from_str(body).unwrap()
        }
    };
    let path = url::Url::parse(url).unwrap().path().to_owned();
    Inner { method: method.to_owned(), path, if_match: header("If-Match"), columns }
}

/// Answer to a committed transaction: one response for each operation, with an ETag unless the row was deleted.
pub(crate) fn done(etags: &[Option<String>]) -> Response<Body> {
    let responses = etags.iter().map(|etag| {
        let etag = etag.as_ref().map_or_else(String::new, |etag| format!("ETag: {etag}\r\n"));
        format!(
            "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n\
             DataServiceVersion: 1.0;\r\n{etag}\r\n\r\n"
        )
    });
    answer(&responses.collect::<Vec<_>>())
}

/// Answer to a transaction that was refused because of the operation at `index`.
pub(crate) fn refused(index: usize, status: u16, code: &str) -> Response<Body> {
    let body = serde_json::json!({"odata.error": {"code": code, "message": {
        "lang": "en-US", "value": format!("{index}:It is {code}.\nRequestId:1\nTime:2"),
    }}});
    let reason = StatusCode::from_u16(status).unwrap();
    answer(&[format!(
        "HTTP/1.1 {reason}\r\nX-Content-Type-Options: nosniff\r\nDataServiceVersion: 3.0;\r\n\
         Content-Type: application/json;odata=minimalmetadata;streaming=true;charset=utf-8\r\n\r\n{body}\r\n"
    )])
}

fn answer(responses: &[String]) -> Response<Body> {
    let (batch, changes) = ("batchresponse_66ac1a09", "changesetresponse_7d8d1546");
    let mut body = format!("--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n");
    for response in responses {
        body += &format!(
            "--{changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{response}"
        );
    }
    body += &format!("--{changes}--\r\n--{batch}--\r\n");
    text(202, &format!("multipart/mixed; boundary={batch}"), body)
}

/// Answer with any status, content type and body.
pub(crate) fn text(status: u16, content_type: &str, body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("content-type", content_type.parse().unwrap());
    answer
}
