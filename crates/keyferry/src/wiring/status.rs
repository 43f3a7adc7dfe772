//! Effective settings for the guide's `/v1/status`. All values are strings; a setting that does not apply is empty.

use keyferry_api::StatusReport;
use serde_json::{Map, Value};

/// Returns the report of the given members.
pub(crate) fn report(settings: &[(&'static str, String)]) -> Result<StatusReport, String> {
    let own = [
        ("FIDO_CONNECTOR_VERSION", env!("CARGO_PKG_VERSION").to_owned()),
        // The API fills it in for each request.
        ("KEYFERRY_CREDENTIALS_ENDING_SOON", String::new()),
    ];
    let members = settings.iter().cloned().chain(own);
    let members: Map<_, _> = members.map(|(member, text)| (member.to_owned(), Value::String(text))).collect();
    serde_json::from_value(Value::Object(members))
        .map_err(|error| format!("could not build the status report: {error}"))
}
