//! The effective settings, as the guide's `/v1/status` shows them: strings only, empty where one does not apply.

use keyferry_api::StatusReport;
use serde_json::{Map, Value};

/// Returns the report with the members that the settings' declarations show.
pub(crate) fn report(settings: &[(&'static str, String)]) -> Result<StatusReport, String> {
    let own = [
        ("FIDO_CONNECTOR_VERSION", env!("CARGO_PKG_VERSION").to_owned()),
        // Added as the page is asked for.
        ("KEYFERRY_CREDENTIALS_ENDING_SOON", String::new()),
    ];
    let members = settings.iter().cloned().chain(own);
    let members: Map<_, _> = members.map(|(member, text)| (member.to_owned(), Value::String(text))).collect();
    serde_json::from_value(Value::Object(members)).map_err(|error| format!("the status cannot be shown: {error}"))
}
