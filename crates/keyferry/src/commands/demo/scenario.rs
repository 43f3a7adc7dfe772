//! Scenario: one order through all steps, without interaction.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use keyferry_ops::scenario::{self, Browser, DEFAULT_PATIENCE, DEFAULT_USER, Step, World};
use keyferry_sandbox::RunningSandbox;
use url::Url;
use zeroize::Zeroizing;

use super::print::{scope, token_url};
use super::world::{CLIENT_ID, CLIENT_SECRET};
use crate::cli::{Demo, Sabotage};
use crate::commands::{fail, print};
use crate::system::SystemClock;

/// Longer than the claim and the lease of a killed replica.
const LEASE_AND_CLAIM: Duration = Duration::from_secs(300);

pub(super) async fn run(options: &Demo, api: SocketAddr, sandbox: &RunningSandbox) -> ExitCode {
    let urls = Url::parse(&format!("http://{api}")).and_then(|api| Ok((api, Url::parse(&token_url(sandbox))?)));
    let (api, token_url) = match urls {
        Ok(urls) => urls,
        Err(error) => return fail(&error.to_string()),
    };
    let world = World {
        api,
        sandbox: sandbox.base_url().clone(),
        token_url,
        client_id: CLIENT_ID.to_owned(),
        client_secret: Zeroizing::new(CLIENT_SECRET.to_owned()),
        scope: scope(),
        user: DEFAULT_USER.to_owned(),
        one_time_pin: options.one_time_pin,
        patience: if options.azurite.is_some() { LEASE_AND_CLAIM } else { DEFAULT_PATIENCE },
        by_schedule: options.azurite.is_some(),
        browser: options.browser.clone().map(|driver| Browser {
            driver,
            binary: options.browser_binary.clone(),
            pictures: options.artifacts.clone(),
        }),
    };
    let sabotage = match options.sabotage {
        None => scenario::Sabotage::None,
        Some(Sabotage::CorruptPin) => scenario::Sabotage::CorruptPin,
        Some(Sabotage::DeleteMethod) => scenario::Sabotage::DeleteMethod,
        Some(Sabotage::ShowPinAgain) => scenario::Sabotage::ShowPinAgain,
        Some(Sabotage::KeepLostKey) => scenario::Sabotage::KeepLostKey,
    };
    let mut report = |step: &Step| {
        print(&format!("{step}\n"));
    };
    let (result, source) = match options.person {
        true => (scenario::run_person(&world, sabotage, &SystemClock, &mut report).await, "page"),
        false => (scenario::run(&world, sabotage, &SystemClock, &mut report).await, "mail"),
    };
    match result {
        Ok(report) => print(&format!(
            "\n{} signed in with key {} and the PIN from the {source}: all {} steps in {:.1} s.\n",
            report.signed_in,
            report.serial,
            report.steps.len(),
            report.took.as_secs_f64()
        )),
        Err(error) => fail(&error.to_string()),
    }
}
