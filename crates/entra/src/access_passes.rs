//! Temporary Access Passes of a user: list
//! (<https://learn.microsoft.com/graph/api/authentication-list-temporaryaccesspassmethods>), creation
//! (<https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods>) and deletion
//! (<https://learn.microsoft.com/graph/api/temporaryaccesspassauthenticationmethod-delete>).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use keyferry_domain::{Failure, HeldPass, MethodDeletion, NewPass, Operation, PassText, UserRef};
use keyferry_http::{Answer, clean, encode_segment};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failures::FAILURES;
use crate::graph::DIRECTORY;
use crate::methods::delete_at;
use crate::{Entra, graph};

/// Path of the collection. It is documented for v1.0.
const PASSES: [&str; 2] = ["authentication", "temporaryAccessPassMethods"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    is_usable_once: bool,
    lifetime_in_minutes: u64,
}

#[derive(Deserialize)]
struct Listed {
    value: Vec<Pass>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pass {
    id: String,
    created_date_time: Option<DateTime<Utc>>,
    is_usable: Option<bool>,
    method_usability_reason: Option<String>,
}

/// Response to the creation. Members of any type, because the error for a wrong type would quote the value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    temporary_access_pass: Value,
    #[serde(default)]
    start_date_time: Value,
    #[serde(default)]
    lifetime_in_minutes: Value,
    #[serde(default)]
    is_usable_once: Value,
}

/// Lists the passes of a user. A user has at most one, which may be expired or used up.
pub(crate) async fn list(entra: &Entra, user: &UserRef) -> Result<Vec<HeldPass>, Failure> {
    const OPERATION: Operation = Operation::ListAccessPasses;
    let url = entra.user_url(DIRECTORY, user, &PASSES, OPERATION)?;
    let answer = entra.send(OPERATION, |http| http.get(&url)).await?;
    match answer.status {
        200 => {
            let listed: Listed = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
            listed.value.into_iter().map(|pass| held(&answer, pass)).collect()
        }
        // inferred: the collection exists for every user, so this is about the user.
        404 => Err(graph::no_such_user(&answer, OPERATION, user)),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

fn held(answer: &Answer, pass: Pass) -> Result<HeldPass, Failure> {
    if pass.id.is_empty() {
        let what = "expected the id of each Temporary Access Pass";
        return Err(graph::not_understood(answer, Operation::ListAccessPasses, what));
    }
    let is_later = pass.method_usability_reason.is_some_and(|reason| reason.eq_ignore_ascii_case("NotYetValid"));
    Ok(HeldPass {
        id: clean(&pass.id),
        created_at: pass.created_date_time,
        is_usable: pass.is_usable.unwrap_or(true) || is_later,
    })
}

/// Makes a pass that can be used once. Graph then deletes the user's valid pass, if there is one.
pub(crate) async fn create(entra: &Entra, user: &UserRef, lifetime: Duration) -> Result<NewPass, Failure> {
    const OPERATION: Operation = Operation::CreateAccessPass;
    let url = entra.user_url(DIRECTORY, user, &PASSES, OPERATION)?;
    let body = Body { is_usable_once: true, lifetime_in_minutes: lifetime.as_secs() / 60 };
    let answer = entra.send(OPERATION, |http| http.post(&url).json(&body)).await?;
    if !answer.is_success() {
        return Err(graph::failure(&answer, OPERATION));
    }
    let made: Made = answer.json().map_err(|_| not_understood(&answer, "a Temporary Access Pass"))?;
    read(&answer, made, lifetime)
}

/// Returns the failure for a response that is no pass. It never quotes the response. The pass may exist.
fn not_understood(answer: &Answer, expected: &str) -> Failure {
    graph::not_understood(answer, Operation::CreateAccessPass, format!("expected {expected}")).with_unknown_effect()
}

fn read(answer: &Answer, mut made: Made, lifetime: Duration) -> Result<NewPass, Failure> {
    let text = match made.temporary_access_pass.take() {
        Value::String(text) => Zeroizing::new(text),
        _ => return Err(not_understood(answer, "the code of the Temporary Access Pass")),
    };
    let text = PassText::new(text).map_err(|error| not_understood(answer, &error.to_string()))?;
    let id = made.id.as_str().filter(|id| !id.is_empty());
    let id = clean(id.ok_or_else(|| not_understood(answer, "the id of the Temporary Access Pass"))?);
    if made.is_usable_once == Value::Bool(false) {
        return Err(not_understood(answer, "a Temporary Access Pass that can be used once"));
    }
    let start = made.start_date_time.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let start = start.ok_or_else(|| not_understood(answer, "the start of the Temporary Access Pass"))?;
    let requested = i64::try_from(lifetime.as_secs() / 60).unwrap_or(i64::MAX);
    let minutes = made.lifetime_in_minutes.as_i64().filter(|minutes| (0..=43_200).contains(minutes));
    let minutes = TimeDelta::minutes(minutes.unwrap_or(requested.min(43_200)));
    let correlation = Some(answer.correlation.clone());
    Ok(NewPass { id, text, valid_until: start.with_timezone(&Utc) + minutes, correlation })
}

/// Deletes a pass of a user. A 404 that is not about the user means that it was deleted before.
pub(crate) async fn delete(entra: &Entra, user: &UserRef, id: &str) -> Result<MethodDeletion, Failure> {
    let [first, second] = PASSES;
    delete_at(entra, DIRECTORY, user, &[first, second, &encode_segment(id)], Operation::DeleteAccessPass).await
}
