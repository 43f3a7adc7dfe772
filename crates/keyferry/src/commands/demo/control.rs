//! Calls of the sandbox's control API.

use keyferry_http::{Answer, Client, ClientOptions, UrlExt as _};
use keyferry_sandbox::RunningSandbox;
use reqwest::Method;
use serde_json::{Value, json};

/// Adds one fault for each service that the connector calls.
///
/// No fault affects the order before it is placed: the caller would learn that nothing was ordered, and order again.
pub(super) async fn faults(sandbox: &RunningSandbox) -> Result<(), String> {
    for (endpoint, kind, status) in [
        ("vault.set", "fail_after", Some(500)),
        ("vault.get", "throttle", None),
        ("delivery.status", "reset", None),
        ("delivery.signing_keys", "fail_before", Some(500)),
        ("graph.register", "fail_after", None),
        ("graph.method", "fail_before", Some(503)),
        ("smtp", "fail_before", Some(451)),
        ("logic_app", "fail_before", Some(503)),
        ("graph.send_mail", "fail_before", Some(503)),
        ("vault.delete", "fail_after", Some(503)),
        ("vault.purge", "reset", None),
    ] {
        let rule = json!({ "endpoint": endpoint, "kind": kind, "status": status, "times": 1 });
        call(sandbox, Method::POST, &["faults"], &rule).await?;
    }
    Ok(())
}

/// Adds a fault. Returns its id.
pub(super) async fn fault(sandbox: &RunningSandbox, rule: &Value) -> Result<u64, String> {
    let answer: Value =
        call(sandbox, Method::POST, &["faults"], rule).await?.json().map_err(|error| error.to_string())?;
    answer["id"].as_u64().ok_or_else(|| "the sandbox returned no id for the fault".to_owned())
}

/// Returns whether the fault has been applied.
pub(super) async fn struck(sandbox: &RunningSandbox, id: u64) -> Result<bool, String> {
    let answer = call(sandbox, Method::GET, &["faults"], &Value::Null).await?;
    let faults: Value = answer.json().map_err(|error| error.to_string())?;
    let mut faults = faults.as_array().into_iter().flatten();
    Ok(faults.any(|fault| fault["id"] == id && fault["struck"] != 0))
}

/// Calls the control API. A status outside of 2xx is an error.
pub(super) async fn call(
    sandbox: &RunningSandbox,
    method: Method,
    path: &[&str],
    body: &Value,
) -> Result<Answer, String> {
    let http = Client::new(ClientOptions::default()).map_err(|error| error.to_string())?;
    let segments = ["control"].iter().chain(path).copied();
    let url = sandbox.base_url().join_segments(segments).map_err(|error| error.to_string())?;
    let request = http.request(method.clone(), &url);
    let request = if body.is_null() { request } else { request.json(body) };
    let answer = request.send().await.map_err(|error| error.to_string())?;
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    Err(format!("the sandbox returned {} to {method} {url}", answer.status))
}
