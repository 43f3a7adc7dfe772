//! `keyferry setup entra`

use std::collections::BTreeSet;
use std::process::ExitCode;

use keyferry_domain::Aaguid;
use keyferry_entra::{
    ACCESS_PASSES, READ_GROUPS, READ_MANAGER, READ_MEMBERS, READ_PASSKEYS, READ_POLICY, READ_ROLES, REGISTER, SEND_MAIL,
};
use keyferry_ops::setup::{Caller, DEFAULT_ROLES, Mode, Redirect, Wanted, as_text};

use super::{fail, print, wrong_settings};
use crate::cli::{PinChannel, Setup, SetupEntra};
use crate::config::{self, AdministrationSettings, Source};
use crate::wiring::{self, GivenToken};

pub(super) async fn run(command: Setup) -> ExitCode {
    let Setup::Entra(options) = command;
    let settings = Source::read(std::env::vars_os(), options.config.as_deref());
    let settings = match settings.and_then(|source| config::administration(&source)) {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    let token = match GivenToken::in_file(&options.graph_token_file) {
        Ok(token) => token,
        Err(error) => return fail(&format!("--graph-token-file: {error}")),
    };
    let wanted = match wanted(&options, &settings) {
        Ok(wanted) => wanted,
        Err(error) => return fail(&error),
    };
    let mode = if options.apply { Mode::Apply } else { Mode::DryRun };
    let setup = match wiring::setup(&settings, token, mode) {
        Ok(setup) => setup,
        Err(error) => return fail(&error),
    };
    let mut lines = Vec::new();
    let outcome = setup.run(&wanted, &mut lines).await;
    let printed = print(&as_text(&lines, mode));
    match outcome {
        Ok(()) => printed,
        Err(error) => fail(&error.to_string()),
    }
}

fn redirects(options: &SetupEntra, settings: &AdministrationSettings) -> Vec<Redirect> {
    let Some(url) = &options.console_url else { return Vec::new() };
    let console = Redirect { uri: format!("{url}console/callback"), pages: "the console" };
    let portal = Redirect { uri: format!("{url}me/callback"), pages: "the pages for people" };
    let has_portal = options.portal || settings.has_portal;
    [Some(console), has_portal.then_some(portal)].into_iter().flatten().collect()
}

fn wanted(options: &SetupEntra, settings: &AdministrationSettings) -> Result<Wanted, String> {
    let mut permissions = vec![REGISTER.least()];
    match options.pin_by {
        PinChannel::LogicApp => {}
        PinChannel::Smtp => permissions.push(READ_MANAGER.least()),
        PinChannel::Graph => permissions.extend([READ_MANAGER.least(), SEND_MAIL.least()]),
    }
    if options.read_groups {
        permissions.extend([READ_MEMBERS.least(), READ_GROUPS.least()]);
    }
    if options.read_roles {
        permissions.push(READ_ROLES.least());
    }
    if options.read_policy {
        permissions.push(READ_POLICY.least());
    }
    if options.read_passkeys {
        permissions.push(READ_PASSKEYS.least());
    }
    if options.access_passes {
        permissions.extend([ACCESS_PASSES.least(), READ_MANAGER.least(), READ_ROLES.least()]);
    }
    let mut seen = BTreeSet::new();
    permissions.retain(|permission| seen.insert(*permission));
    let mut models: Vec<Aaguid> = Vec::new();
    for product in &options.products {
        let known = settings.product_aaguids.get(product);
        models.extend(known.ok_or_else(|| {
            format!("--product {product}: unknown product. Set its models in KEYFERRY_PRODUCT_AAGUIDS")
        })?);
    }
    models.sort_unstable_by_key(ToString::to_string);
    models.dedup();
    let mut callers = options.callers.clone();
    for client_id in &settings.client_apps {
        if !callers.iter().any(|caller| caller.client_id.eq_ignore_ascii_case(client_id)) {
            callers.push(Caller { client_id: client_id.clone(), roles: DEFAULT_ROLES.to_vec() });
        }
    }
    Ok(Wanted {
        callers,
        domain: options.domain.clone(),
        client_id: options.client_id.clone(),
        connector_name: options.name.clone(),
        redirects: redirects(options, settings),
        test_client_name: options.test_client.clone(),
        permissions: permissions.into_iter().map(str::to_owned).collect(),
        secret_file: options.secret_file.clone(),
        test_client_secret_file: options.test_client_secret_file.clone(),
        secret_days: options.secret_days,
        policy: !options.no_policy,
        models,
        enforce_key_restrictions: options.enforce_key_restrictions,
    })
}
