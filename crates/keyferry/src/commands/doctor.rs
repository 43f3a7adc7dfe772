//! `keyferry doctor`

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;

use keyferry_domain::{EmailAddress, Finding, Outcome, UserRef};
use keyferry_http::{Client, ClientOptions, UrlExt as _};
use keyferry_ops::doctor::{Questions, as_json, as_text, of_settings};

use url::Url;

use super::{fail, print};
use crate::cli::Doctor;
use crate::config::{self, Source, UnknownName};
use crate::wiring::{self, GivenToken, PortWrapper};

pub(super) async fn run(options: Doctor, wrapper: &dyn PortWrapper) -> ExitCode {
    let (questions, administrator) = match parse(&options) {
        Ok(parsed) => parsed,
        Err(error) => return fail(&error),
    };
    let source = match &options.demo {
        Some(sandbox) => match of_demo(sandbox).await {
            Ok(settings) => Source::read(settings.into_iter(), None),
            Err(error) => return fail(&error),
        },
        None => Source::read(std::env::vars_os(), options.config.as_deref()),
    };
    let findings = match source.and_then(|source| config::read(&source)) {
        Ok(settings) => {
            let unknown: Vec<_> = settings.unknown.iter().map(misspelt).collect();
            let findings = wiring::examine(settings, wrapper, administrator, questions).await;
            [unknown, findings].concat()
        }
        Err(errors) => errors.into_iter().map(|error| of_settings(error.to_string())).collect(),
    };
    let printed = print(&if options.json { as_json(&findings) } else { as_text(&findings) });
    if findings.iter().any(|finding| finding.outcome == Outcome::Failed) { ExitCode::FAILURE } else { printed }
}

/// Returns the settings of the connector in a running demo, which its sandbox keeps.
async fn of_demo(sandbox: &Url) -> Result<BTreeMap<OsString, OsString>, String> {
    let failed = |error: &dyn Display| {
        format!(
            "could not read the settings of the demo at {sandbox}: {error}. Start it with `keyferry demo`, or give the \
             address of its sandbox: `keyferry doctor --demo URL`"
        )
    };
    let http = Client::new(ClientOptions::default()).map_err(|error| failed(&error))?;
    let url = sandbox.join_segments(["control", "connector"]).map_err(|error| failed(&error))?;
    let answer = http.get(&url).send().await.map_err(|error| failed(&error))?;
    if !answer.is_success() {
        return Err(failed(&format!("the sandbox returned {}", answer.status)));
    }
    let settings: BTreeMap<String, String> = answer.json().map_err(|error| failed(&error))?;
    Ok(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
}

fn misspelt(unknown: &UnknownName) -> Finding {
    Finding::warning("settings", format!("{unknown}; it is ignored"), "Correct or remove the environment variable.")
}

fn parse(options: &Doctor) -> Result<(Questions, Option<GivenToken>), String> {
    let user = options.user.as_deref().map(|text| {
        UserRef::parse(text).ok_or_else(|| format!("--user: {text:?} is not an object id or a user principal name"))
    });
    let send_test_mail = options
        .send_test_mail
        .as_deref()
        .map(|text| EmailAddress::parse(text).map_err(|error| format!("--send-test-mail: {error}")));
    let administrator = options
        .graph_token_file
        .as_deref()
        .map(|path| GivenToken::in_file(path).map_err(|error| format!("--graph-token-file: {error}")));
    let questions = Questions {
        user: user.transpose()?,
        send_test_mail: send_test_mail.transpose()?,
        products: options.products.clone(),
    };
    Ok((questions, administrator.transpose()?))
}
