//! Scopes of sign-ins. Microsoft: "Scopes and permissions in the Microsoft identity platform".

use uuid::Uuid;

use crate::entra::refusal::Refusal;
use crate::entra::resource::is_graph;
use crate::ground::directory::{App, Directory};
use crate::ground::facts::Facts;

/// Audience of tokens for Graph.
const GRAPH: &str = "https://graph.microsoft.com";
/// The delegated permission on Graph that every registration has.
const USER_READ: &str = "User.Read";

/// Resource of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Graph,
    /// An application of the tenant, and its name in the scope.
    Api {
        app: Uuid,
        requested: String,
    },
}

/// Granted scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes {
    pub(super) target: Target,
    /// Names of the scopes on the resource: `scp`.
    pub(super) names: Vec<String>,
    pub(super) openid: bool,
    pub(super) profile: bool,
    pub(super) email: bool,
    pub(super) offline: bool,
}

impl Scopes {
    /// Reads a `scope` parameter, and checks it against what the client is consented to.
    ///
    /// # Errors
    /// Returns the reason if a scope is unknown, not consented, or of a second resource.
    pub(super) fn read(
        facts: &Facts,
        directory: &Directory,
        client: &App,
        text: &str,
        tenant: &str,
    ) -> Result<Self, Refusal> {
        let mut scopes = Self {
            target: Target::Graph,
            names: Vec::new(),
            openid: false,
            profile: false,
            email: false,
            offline: false,
        };
        let mut target = None;
        for scope in text.split_whitespace() {
            match scope {
                "openid" => scopes.openid = true,
                "profile" => scopes.profile = true,
                "email" => scopes.email = true,
                "offline_access" => scopes.offline = true,
                _ => {
                    let (of, names) = one(facts, directory, client, scope, tenant)?;
                    if *target.get_or_insert_with(|| of.clone()) != of {
                        return Err(Refusal::ScopesOfSeveralResources);
                    }
                    scopes.names.extend(names);
                }
            }
        }
        if target.is_none() && !scopes.openid {
            return Err(Refusal::ScopeInvalid { scope: text.to_owned() });
        }
        scopes.target = target.unwrap_or(Target::Graph);
        scopes.names.dedup();
        Ok(scopes)
    }

    fn oidc(&self) -> impl Iterator<Item = &str> {
        [("openid", self.openid), ("profile", self.profile), ("email", self.email)]
            .into_iter()
            .filter_map(|(name, given)| given.then_some(name))
    }

    /// Returns the claim `scp` of the access token. Tokens for Graph contain the scopes of OpenID Connect, too.
    pub(super) fn claim(&self) -> String {
        let names = self.names.iter().map(String::as_str);
        match self.target {
            Target::Graph => names.chain(self.oidc()).collect::<Vec<&str>>().join(" "),
            Target::Api { .. } => names.collect::<Vec<_>>().join(" "),
        }
    }

    /// Returns `scope` of the token response.
    pub(super) fn text(&self) -> String {
        let names = self.names.iter().map(|name| match &self.target {
            Target::Graph => name.clone(),
            Target::Api { requested, .. } => format!("{requested}/{name}"),
        });
        names.chain(self.oidc().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    }

    /// Returns the audience of version 1 tokens.
    pub(super) fn audience(&self) -> &str {
        match &self.target {
            Target::Graph => GRAPH,
            Target::Api { requested, .. } => requested,
        }
    }
}

/// Returns resource and names of one scope.
fn one(
    facts: &Facts,
    directory: &Directory,
    client: &App,
    scope: &str,
    tenant: &str,
) -> Result<(Target, Vec<String>), Refusal> {
    let invalid = || Refusal::ScopeInvalid { scope: scope.to_owned() };
    let (resource, name) = match scope.rsplit_once('/') {
        Some((resource, name)) => (resource, name),
        // A scope without a resource is one of Graph.
        None => (GRAPH, scope),
    };
    if is_graph(facts, resource) {
        return match name {
            ".default" | USER_READ => Ok((Target::Graph, vec![USER_READ.to_owned()])),
            _ => Err(invalid()),
        };
    }
    let api = directory
        .app_by_audience(resource)
        .ok_or_else(|| Refusal::ResourceUnknown { name: resource.to_owned(), tenant: tenant.to_owned() })?;
    let offered = api.offered_scopes();
    let mut consented = offered.iter().filter(|offer| client.api_scopes.contains(offer)).cloned();
    let names: Vec<String> = if name == ".default" {
        consented.collect()
    } else if offered.iter().any(|offer| offer == name) {
        consented.find(|one| one == name).into_iter().collect()
    } else {
        return Err(invalid());
    };
    if names.is_empty() {
        return Err(Refusal::ConsentMissing { id: client.id, name: client.display_name.clone() });
    }
    Ok((Target::Api { app: api.id, requested: resource.to_owned() }, names))
}
