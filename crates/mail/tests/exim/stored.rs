//! Stored mails, parsed by Python's email package.

use keyferry_outsiders::{ask, python};
use serde_json::{Value, json};

/// Headers of every PIN mail, and the two in which exim stores the envelope.
const HEADERS: [&str; 10] = [
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "Envelope-to",
    "From",
    "MIME-Version",
    "Message-ID",
    "Return-path",
    "Subject",
    "To",
];

/// Parses the mails. Returns `None` if Python is not installed.
pub(crate) fn read(mails: &[Vec<u8>]) -> Option<Vec<Value>> {
    let mails: Vec<_> = mails.iter().map(|mail| String::from_utf8_lossy(mail).into_owned()).collect();
    let answer = ask(python("mail/read.py")?, &json!({ "mails": mails }));
    Some(answer["mails"].as_array().unwrap().clone())
}

/// Asserts that the mail has exactly our headers, each once, one sender, and these addressees in header and envelope.
#[track_caller]
pub(crate) fn assert_complete(mail: &Value, addressees: &[&str], about: &str) {
    let mut names: Vec<_> = mail["headers"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    let mut expected: Vec<_> = HEADERS.into_iter().chain(["X-Auto-Response-Suppress"]).collect();
    expected.sort_unstable();
    assert_eq!(names, expected, "{about:?}");
    assert_eq!(mail["return_path"], json!(["keys@contoso.example"]), "{about:?}");
    assert_eq!(mail["from"], json!(["keys@contoso.example"]), "{about:?}");
    assert_eq!(mail["to"], json!(addressees), "{about:?}");
    assert_eq!(mail["envelope_to"], json!(addressees), "{about:?}");
    assert_eq!(mail["defects"], json!([]), "{about:?}");
    let types: Vec<_> = mail["parts"].as_array().unwrap().iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["multipart/alternative", "text/plain", "text/html"], "{about:?}");
}
