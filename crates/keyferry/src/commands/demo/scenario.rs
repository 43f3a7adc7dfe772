//! One order through all steps, by itself.

use std::process::ExitCode;

use keyferry_ops::scenario::{self, Browser, DEFAULT_PATIENCE, DEFAULT_USER, Step, World};
use keyferry_sandbox::RunningSandbox;
use url::Url;
use zeroize::Zeroizing;

use super::print::{scope, token_url};
use super::world::{CLIENT_ID, CLIENT_SECRET};
use crate::cli::{Demo, Sabotage};
use crate::commands::{fail, print};
use crate::system::SystemClock;
use crate::wiring::Connector;

pub(super) async fn run(options: &Demo, connector: &Connector, sandbox: &RunningSandbox) -> ExitCode {
    let urls =
        Url::parse(&format!("http://{}", connector.api())).and_then(|api| Ok((api, Url::parse(&token_url(sandbox))?)));
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
        patience: DEFAULT_PATIENCE,
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
    };
    let mut tell = |step: &Step| {
        print(&format!("{step}\n"));
    };
    match scenario::run(&world, sabotage, &SystemClock, &mut tell).await {
        Ok(report) => print(&format!(
            "\n{} signed in with key {} and the PIN from the mail: all {} steps in {:.1} s.\n",
            report.signed_in,
            report.serial,
            report.steps.len(),
            report.took.as_secs_f64()
        )),
        Err(error) => fail(&error.to_string()),
    }
}
