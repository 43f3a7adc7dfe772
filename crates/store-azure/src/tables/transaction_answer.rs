//! Answers to transactions: one HTTP response for each operation, or a single one if the transaction was refused.

use keyferry_http::Answer;

use super::error::{ErrorResponse, Refusal, unintelligible};

/// Reads the answer to a transaction with this number of operations. Returns the new ETag of each row, or `None` for a
/// deleted row.
///
/// # Errors
/// Returns why the transaction was refused. For an invalid answer the effect is unknown ([`Refusal::Later`]).
pub(super) fn read(answer: &Answer, operations: usize, table: &str) -> Result<Vec<Option<String>>, Refusal> {
    let responses = answer
        .header("content-type")
        .ok_or("it has no Content-Type")
        .and_then(|kind| responses(kind, answer.body()))
        .map_err(|reason| unintelligible(answer, reason))?;
    // A refused transaction has a single response, whatever the number of operations.
    if let [refused] = &responses[..]
        && !refused.is_success()
    {
        return Err(ErrorResponse::within(answer, refused.status, refused.body).refusal(table));
    }
    if responses.len() != operations || !responses.iter().all(Response::is_success) {
        return Err(unintelligible(answer, "it is neither an error nor a success of each operation"));
    }
    Ok(responses.into_iter().map(|response| response.etag.map(str::to_owned)).collect())
}

/// HTTP response in a part.
#[derive(Debug, PartialEq, Eq)]
struct Response<'a> {
    status: u16,
    etag: Option<&'a str>,
    body: &'a [u8],
}

impl Response<'_> {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads all responses of a body with this content type.
fn responses<'a>(kind: &str, body: &'a [u8]) -> Result<Vec<Response<'a>>, &'static str> {
    let body = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
    let parts = parts(body, boundary(kind)?)?;
    let [part] = &parts[..] else { return Err("it does not have exactly one part") };
    let kind = part.header("content-type").ok_or("its part has no Content-Type")?;
    if is(kind, "application/http") {
        // The response to a refused transaction may be outside of a change set.
        return Ok(vec![response(part.body)?]);
    }
    self::parts(part.body, boundary(kind)?)?
        .iter()
        .map(|part| match part.header("content-type") {
            Some(kind) if is(kind, "application/http") => response(part.body),
            _ => Err("a part of its change set is not application/http"),
        })
        .collect()
}

/// Part of a multipart body.
struct Part<'a> {
    headers: &'a str,
    body: &'a str,
}

impl<'a> Part<'a> {
    fn new(text: &'a str) -> Self {
        match text.split_once("\r\n\r\n") {
            Some((headers, body)) => Self { headers, body },
            None => Self { headers: text, body: "" },
        }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let headers = self.headers.lines().filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Splits a multipart body (RFC 2046 section 5.1.1). Ignores text before the first and after the last boundary.
fn parts<'a>(body: &'a str, boundary: &str) -> Result<Vec<Part<'a>>, &'static str> {
    let delimiter = format!("--{boundary}");
    let start =
        if body.starts_with(&delimiter) { 0 } else { body.find(&format!("\r\n{delimiter}")).map_or(0, |at| at + 2) };
    let mut rest = body.get(start..).and_then(|body| body.strip_prefix(&delimiter)).ok_or("its boundary is missing")?;
    let mut parts = Vec::new();
    while !rest.starts_with("--") {
        let text = rest.strip_prefix("\r\n").ok_or("a boundary in it is not followed by a line break")?;
        let (part, next) = text.split_once(&format!("\r\n{delimiter}")).ok_or("it is cut off")?;
        parts.push(Part::new(part));
        rest = next;
    }
    Ok(parts)
}

/// Returns the boundary parameter of a multipart content type.
fn boundary(kind: &str) -> Result<&str, &'static str> {
    if !is(kind, "multipart/mixed") {
        return Err("it is not multipart/mixed");
    }
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let boundary = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    let boundary = boundary.map(|(_, value)| value.trim().trim_matches('"')).filter(|text| !text.is_empty());
    boundary.ok_or("its Content-Type has no boundary")
}

fn is(kind: &str, expected: &str) -> bool {
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected))
}

/// Reads the HTTP response in a part.
fn response(text: &str) -> Result<Response<'_>, &'static str> {
    let (line, rest) = text.split_once("\r\n").unwrap_or((text, ""));
    let mut words = line.split(' ');
    let status = match (words.next(), words.next().map(str::parse)) {
        (Some(version), Some(Ok(status))) if version.starts_with("HTTP/") && (100..600).contains(&status) => status,
        _ => return Err("a part of it has no status line"),
    };
    let part = Part::new(rest);
    Ok(Response { status, etag: part.header("etag"), body: part.body.as_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/mixed; boundary=batchresponse_1";

    /// Builds an answer in the form of Microsoft's documentation.
    fn answer(responses: &[&str]) -> String {
        let parts = responses.iter().map(|response| {
            format!(
                "--changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
                 {response}\r\n"
            )
        });
        format!(
            "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n{}\
             --changesetresponse_2--\r\n--batchresponse_1--\r\n",
            parts.collect::<String>()
        )
    }

    #[test]
    fn reads_a_response_for_each_operation() {
        let made =
            "HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\nETag: W/\"datetime'2026-11-28T02%3A00'\"\r\n\r\n";
        let gone = "HTTP/1.1 204 No Content\r\nCache-Control: no-cache\r\n\r\n";
        let text = answer(&[made, gone]);
        let read = responses(KIND, text.as_bytes()).unwrap();
        let etag = Some("W/\"datetime'2026-11-28T02%3A00'\"");
        let none = || b"".as_slice();
        let expected =
            [Response { status: 204, etag, body: none() }, Response { status: 204, etag: None, body: none() }];
        assert_eq!(read, expected);
        let quoted = responses("Multipart/Mixed;charset=utf-8; Boundary=\"batchresponse_1\"", text.as_bytes());
        assert_eq!(quoted.unwrap(), expected);
    }

    #[test]
    fn reads_refusal_with_or_without_change_set() {
        let refused = "HTTP/1.1 412 Precondition Failed\r\nContent-Type: application/json\r\n\r\n{\"odata.error\":{}}";
        let expected = [Response { status: 412, etag: None, body: b"{\"odata.error\":{}}" }];
        assert_eq!(responses(KIND, answer(&[refused]).as_bytes()).unwrap(), expected);
        let bare =
            format!("--batchresponse_1\r\nContent-Type: application/http\r\n\r\n{refused}\r\n--batchresponse_1--");
        assert_eq!(responses(KIND, bare.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn rejects_invalid_answers_with_a_reason() {
        let good = answer(&["HTTP/1.1 204 No Content\r\n\r\n"]);
        for (kind, body, reason) in [
            ("application/json", good.clone(), "it is not multipart/mixed"),
            ("multipart/mixed", good.clone(), "its Content-Type has no boundary"),
            ("multipart/mixed; boundary=\"\"", good.clone(), "its Content-Type has no boundary"),
            ("multipart/mixed; boundary=other", good.clone(), "its boundary is missing"),
            (KIND, String::new(), "its boundary is missing"),
            (KIND, "--batchresponse_1--\r\n".into(), "it does not have exactly one part"),
            (KIND, good[..good.len() - 24].into(), "it is cut off"),
            (KIND, good.replace("--changesetresponse_2--", ""), "it is cut off"),
            (KIND, good.replace("HTTP/1.1 204", "HTTP/1.1 two"), "a part of it has no status line"),
            (KIND, good.replace("HTTP/1.1 204", "204"), "a part of it has no status line"),
            (KIND, good.replace("application/http", "text/html"), "a part of its change set is not application/http"),
            (KIND, good.replace("_1\r\n", "_1 x\r\n"), "a boundary in it is not followed by a line break"),
        ] {
            assert_eq!(responses(kind, body.as_bytes()), Err(reason), "{kind}: {body}");
        }
        assert_eq!(responses(KIND, b"\xff"), Err("it is not UTF-8"));
    }

    #[test]
    fn rejects_truncated_answers() {
        let text = answer(&["HTTP/1.1 204 No Content\r\nETag: W/\"1\"\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"]);
        for length in 0..text.len() - 4 {
            assert!(responses(KIND, &text.as_bytes()[..length]).is_err(), "{length}");
        }
    }
}
