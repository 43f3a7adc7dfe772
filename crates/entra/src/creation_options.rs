//! Creation options for a user
//! (<https://learn.microsoft.com/graph/api/fido2authenticationmethod-creationoptions>).

mod convert;

use std::time::Duration;

use keyferry_domain::{CreationOptions, Failure, Operation, UserRef};
use keyferry_http::Client;
use serde_json::{Map, Value};

use crate::failures::FAILURES;
use crate::settings::CreationOptionsForm;
use crate::wait::Wait;
use crate::{Entra, graph};

const OPERATION: Operation = Operation::CreationOptions;

/// Requests creation options with a challenge of this lifetime, rounded down to minutes.
pub(crate) async fn get(
    entra: &Entra,
    user: &UserRef,
    lifetime: Duration,
    wait: Wait,
) -> Result<CreationOptions, Failure> {
    let parameter = format!("challengeTimeoutInMinutes={}", lifetime.as_secs() / 60);
    let function = match entra.settings.creation_options_form {
        CreationOptionsForm::Function => format!("creationOptions({parameter})"),
        CreationOptionsForm::Query => "creationOptions".to_owned(),
    };
    let path = ["authentication", "fido2Methods", &function];
    let mut url = entra.user_url(&entra.settings.api_version, user, &path, OPERATION)?;
    if entra.settings.creation_options_form == CreationOptionsForm::Query {
        url.set_query(Some(&parameter));
    }
    let request = |http: &Client| match wait {
        Wait::Limited => http.get(&url),
        Wait::Unlimited => http.get(&url).unlimited_wait(),
    };
    let answer = entra.send(OPERATION, request).await?;
    match answer.status {
        200 => {}
        404 => return Err(graph::no_such_user(&answer, OPERATION, user)),
        _ => return Err(graph::failure(&answer, OPERATION)),
    }
    let body: Map<String, Value> = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
    let correlation = Some(answer.correlation.clone());
    let options = convert::convert(body)
        .map_err(|what| graph::not_understood(&answer, OPERATION, format!("creation options: {what}")))?;
    // observed: the name is the user principal name. The engine compares it if the user was given by object id, because
    // that needs the user's account.
    if let (UserRef::Upn(upn), Some(name)) = (user, options.user_name())
        && !UserRef::same_name(upn, name)
    {
        let what = format!("requested creation options for {user}, but received those of {name}");
        return Err(entra.foreign_answer(&answer, OPERATION, what));
    }
    Ok(CreationOptions { correlation, ..options })
}
