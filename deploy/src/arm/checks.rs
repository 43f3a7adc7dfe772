//! Checks of a whole deployment, in addition to the types of single resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Deployment, Resource, TypeData, UNKNOWN};

/// Where a secret may be, by resource type. Anywhere else, users with read permission could see it.
const PLACES_OF_SECRETS: [(&str, &str); 3] = [
    ("Microsoft.KeyVault/vaults/secrets", "/properties/value"),
    ("Microsoft.App/containerApps", "/properties/configuration/secrets/*/value"),
    ("Microsoft.App/managedEnvironments", "/properties/appLogsConfiguration/logAnalyticsConfiguration/sharedKey"),
];

/// Returns one line for each defect of a deployment.
pub fn findings(deployment: &Deployment, types: &TypeData) -> Vec<String> {
    let mut found = Vec::new();
    let by_id: BTreeMap<String, &Resource> =
        deployment.resources.iter().map(|resource| (resource.id.to_lowercase(), resource)).collect();
    if by_id.len() != deployment.resources.len() {
        found.push("two resources have the same id".to_owned());
    }
    for resource in &deployment.resources {
        let shown = format!("{} {}", resource.kind, resource.name);
        found.extend(types.findings(resource));
        for dependency in &resource.depends_on {
            if !by_id.contains_key(&dependency.to_lowercase()) {
                found.push(format!("{shown} depends on {dependency}, which is not in the template"));
            }
        }
        let before = all_before(resource, &by_id);
        if before.contains(&resource.id.to_lowercase()) {
            found.push(format!("{shown} depends on itself through other resources"));
        }
        for named in named(resource, &by_id) {
            if !before.contains(&named) {
                found.push(format!("{shown} refers to {named}, but does not depend on it"));
            }
        }
        leaks(&resource.body, String::new(), &deployment.secrets, &mut |path| {
            let allowed = PLACES_OF_SECRETS.iter().any(|(kind, place)| *kind == resource.kind && fits(place, path));
            if !allowed {
                found.push(format!("{shown}: a secret is at {path}"));
            }
        });
    }
    for (name, value) in &deployment.outputs {
        leaks(value, String::new(), &deployment.secrets, &mut |_| {
            found.push(format!("output {name} contains a secret"))
        });
    }
    found
}

/// Returns the ids of all direct and indirect dependencies of a resource.
fn all_before(resource: &Resource, by_id: &BTreeMap<String, &Resource>) -> BTreeSet<String> {
    let mut before = BTreeSet::new();
    let mut waiting: Vec<String> = resource.depends_on.iter().map(|id| id.to_lowercase()).collect();
    while let Some(id) = waiting.pop() {
        if before.insert(id.clone()) {
            waiting.extend(by_id.get(&id).into_iter().flat_map(|next| &next.depends_on).map(|id| id.to_lowercase()));
        }
    }
    before
}

/// Returns the ids of other resources of the template that a resource refers to or is a child of.
fn named(resource: &Resource, by_id: &BTreeMap<String, &Resource>) -> BTreeSet<String> {
    let own = resource.id.to_lowercase();
    let mut texts = vec![own.clone()];
    strings(&resource.body, &mut texts);
    let mut found = BTreeSet::new();
    for id in by_id.keys().filter(|id| **id != own) {
        let named = texts.iter().any(|text| {
            text.match_indices(id.as_str()).any(|(at, _)| {
                let after = text[at + id.len()..].chars().next();
                // A match at the start of a longer name is another resource.
                after.is_none_or(|next| matches!(next, '/' | ')' | ','))
            })
        });
        if named {
            found.insert(id.clone());
        }
    }
    found
}

fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.to_lowercase()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(members) => {
            for (name, value) in members {
                into.push(name.to_lowercase());
                strings(value, into);
            }
        }
        _ => {}
    }
}

/// Calls `found` with the path of each string that contains a secret: the value of a secure parameter, or the result of
/// a list function.
fn leaks(value: &Value, path: String, secrets: &[String], found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => {
            let listed = text.contains(&format!("{}list", UNKNOWN.0));
            if listed || secrets.iter().any(|secret| text.contains(secret.as_str())) {
                found(&path);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaks(item, format!("{path}/{index}"), secrets, found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                leaks(value, format!("{path}/{name}"), secrets, found);
            }
        }
        _ => {}
    }
}

/// Returns whether a path matches `place`, in which `*` matches any one segment.
fn fits(place: &str, path: &str) -> bool {
    let (place, path): (Vec<_>, Vec<_>) = (place.split('/').collect(), path.split('/').collect());
    place.len() == path.len() && place.iter().zip(path).all(|(wanted, part)| *wanted == "*" || *wanted == part)
}
