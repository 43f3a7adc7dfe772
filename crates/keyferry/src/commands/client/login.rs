//! `keyferry login`

use std::collections::BTreeMap;

use keyferry_client::oauth::Poll;
use keyferry_client::{ClientError, TokenError};
use keyferry_http::{Client, UrlExt as _};
use serde::Deserialize;
use url::Url;

use super::interrupt;
use crate::cli::Login;
use crate::commands::demo;
use crate::exit::{Failure, Kind};
use crate::profiles::{
    Profile, Profiles, Source, api_of, checked, forget_tokens, http, oauth, private_file, secret_path, store_grant,
    valid_name,
};
use crate::terminal::note;

/// Settings of the connector in a running demo.
#[derive(Deserialize)]
#[serde(transparent)]
struct DemoSettings(BTreeMap<String, String>);

pub(super) async fn run(options: Login) -> Result<(), Failure> {
    let default = if options.demo.is_some() { "demo" } else { "default" };
    let name = options.name.clone().unwrap_or_else(|| default.to_owned());
    valid_name(&name)?;
    let mut profiles = Profiles::read()?;
    let stored = profiles.profiles.get(&name).filter(|_| options.url.is_none()).and_then(|one| one.ca_file.clone());
    let http = http(options.ca_file.as_deref().or(stored.as_deref()))?;
    // Tokens of an older profile of this name belong to another connector, perhaps.
    forget_tokens(&name)?;
    let profile = match &options.demo {
        Some(sandbox) => of_demo(&name, sandbox, &http).await?,
        None if options.url.is_none() => known(&profiles, &name)?,
        None => of_options(&options)?,
    };
    if let Source::DeviceCode { device_url, .. } = &profile.token {
        sign_in(&name, &profile, device_url, &http).await?;
    }
    try_out(&name, &profile, &http).await?;
    let url = profile.url.clone();
    profiles.profiles.insert(name.clone(), profile);
    profiles.selected = Some(name.clone());
    let path = profiles.write()?;
    note(&format!("Logged in to {url}. Commands use profile {name} now ({}).", path.display()));
    Ok(())
}

/// Gets a token and calls the API, so that a wrong address or scope is reported now.
async fn try_out(name: &str, profile: &Profile, http: &Client) -> Result<(), Failure> {
    let (api, tokens) = api_of(name, profile, http);
    tokens.token().await?;
    match api.status().await {
        Err(ClientError::Refused(problem)) if problem.status == 403 => {
            note(&format!(
                "The connector accepts the sign-in, but: {problem}. If this is the wrong account, log in again with \
                 another one"
            ));
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Returns the stored profile, to sign in again.
fn known(profiles: &Profiles, name: &str) -> Result<Profile, Failure> {
    match profiles.profiles.get(name) {
        Some(profile @ Profile { token: Source::DeviceCode { .. }, .. }) => Ok(profile.clone()),
        _ => Err(Failure::usage(format!(
            "--url is missing, and there is no profile {name:?} with --device-code to sign in again"
        ))),
    }
}

fn of_options(options: &Login) -> Result<Profile, Failure> {
    let missing = |option: &str| Failure::usage(format!("{option} is missing"));
    let url = options.url.clone().ok_or_else(|| missing("--url"))?;
    checked(&url)?;
    let token = match (&options.token_file, &options.token_variable) {
        (Some(path), _) => Source::File { path: absolute(path)? },
        (None, Some(name)) => Source::Variable { name: name.clone() },
        (None, None) => {
            let client_id = options.client_id.clone().ok_or_else(|| missing("--client-id"))?;
            let scope = options.scope.clone().ok_or_else(|| missing("--scope"))?;
            let endpoint = |last: &str| {
                let tenant = options.tenant.as_deref().ok_or_else(|| missing("--tenant"))?;
                let url = options.login_url.join_segments([tenant, "oauth2", "v2.0", last]);
                url.map_err(|error| Failure::usage(format!("--tenant: {error}")))
            };
            let token_url = options.token_url.clone().map_or_else(|| endpoint("token"), Ok)?;
            checked(&token_url)?;
            if options.device_code {
                // Without this scope, the sign-in would end with its first token.
                let scope = format!("{scope} offline_access");
                Source::DeviceCode { token_url, device_url: endpoint("devicecode")?, client_id, scope }
            } else {
                let secret_file = options.secret_file.as_deref().map(absolute).transpose()?;
                let secret_variable = options.secret_variable.clone();
                Source::ClientCredentials { token_url, client_id, scope, secret_file, secret_variable }
            }
        }
    };
    let ca_file = options.ca_file.as_deref().map(absolute).transpose()?;
    Ok(Profile { url, tenant: options.tenant.clone(), ca_file, token })
}

/// Returns the path from the root: later commands run in other folders.
fn absolute(path: &std::path::Path) -> Result<std::path::PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Returns the profile of the demo that runs on this machine. Its sandbox has the connector's settings.
async fn of_demo(name: &str, sandbox: &Url, http: &Client) -> Result<Profile, Failure> {
    let failed = |kind: Kind, reason: &str| {
        Failure::new(
            kind,
            format!(
                "no demo at {sandbox}: {reason}. Start it with `keyferry demo`, or give the address of its sandbox: \
                 `keyferry login --demo URL`"
            ),
        )
    };
    let url =
        sandbox.join_segments(["control", "connector"]).map_err(|error| failed(Kind::Usage, &error.to_string()))?;
    if !url.is_loopback() {
        return Err(failed(Kind::Usage, "the address is not on this machine"));
    }
    let answer = http.get(&url).send().await.map_err(|error| failed(Kind::Unreachable, &error.to_string()))?;
    if !answer.is_success() {
        return Err(failed(Kind::Failed, &format!("the sandbox returned status {}", answer.status)));
    }
    let settings: DemoSettings = answer.json().map_err(|error| failed(Kind::Failed, &error.to_string()))?;
    let port = settings.0.get("KEYFERRY_API_PORT").ok_or_else(|| failed(Kind::Failed, "it has no connector"))?;
    let host = match settings.0.get("KEYFERRY_BIND").map(String::as_str) {
        None | Some("" | "0.0.0.0") => "127.0.0.1".to_owned(),
        Some(host) if host.contains(':') => format!("[{host}]"),
        Some(host) => host.to_owned(),
    };
    let invalid = |error: url::ParseError| failed(Kind::Failed, &error.to_string());
    let url = Url::parse(&format!("http://{host}:{port}/")).map_err(invalid)?;
    let client = demo::client(sandbox).map_err(|error| failed(Kind::Usage, &error))?;
    let secret_file = secret_path(name)?;
    private_file(&secret_file, client.secret)?;
    Ok(Profile {
        url,
        tenant: Some(client.tenant.to_owned()),
        ca_file: None,
        token: Source::ClientCredentials {
            token_url: client.token_url,
            client_id: client.id.to_owned(),
            scope: client.scope,
            secret_file: Some(secret_file),
            secret_variable: None,
        },
    })
}

/// Has the user sign in with a browser.
async fn sign_in(name: &str, profile: &Profile, device_url: &Url, http: &Client) -> Result<(), Failure> {
    let Some(oauth) = oauth(&profile.token, http) else { return Ok(()) };
    let mut code = oauth.begin_device(device_url).await?;
    note(&format!(
        "To sign in, open {} in a browser, on any device, and enter the code {}",
        code.verification_uri, code.user_code
    ));
    interrupt::explain_with("Nothing was stored.");
    let mut waited = std::time::Duration::ZERO;
    let grant = loop {
        tokio::time::sleep(code.interval).await;
        waited += code.interval;
        match oauth.poll_device(&mut code).await? {
            Poll::Granted(grant) => break grant,
            // The token service says so itself. This is for one that does not.
            Poll::Pending if waited >= code.expires_in + code.interval => return Err(TokenError::CodeExpired.into()),
            Poll::Pending => {}
        }
    };
    store_grant(name, &profile.token, grant, None)?;
    Ok(())
}
