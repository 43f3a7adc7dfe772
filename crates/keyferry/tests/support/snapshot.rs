//! Snapshots without values that differ between runs.

use insta::Settings;
use keyferry_proof_support::Answer;
use serde_json::{Map, Value};

/// Returns settings that replace random ids, times, ports and keys with placeholders. The sandbox's fixed ids are kept.
pub fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Ids of the sandbox's users and applications end in zeros and a number.
    let uuid = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{0,4}[1-9a-f][0-9a-f]{7,11}\b";
    settings.add_filter(uuid, "[uuid]");
    settings.add_filter(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z", "[time]");
    settings.add_filter(r"\b127\.0\.0\.1:\d+", "127.0.0.1:[port]");
    settings.add_filter(r"\blocalhost:\d+", "localhost:[port]");
    settings
}

/// Returns the specified part of a response: status, relevant headers and body.
pub fn outline(answer: &Answer) -> Value {
    let mut outline = Map::new();
    outline.insert("status".into(), answer.status.as_u16().into());
    for name in ["allow", "content-type", "retry-after", "www-authenticate"] {
        if let Some(value) = answer.headers.get(name) {
            outline.insert(name.into(), value.to_str().unwrap().into());
        }
    }
    outline.insert("body".into(), answer.body.clone());
    outline.into()
}
