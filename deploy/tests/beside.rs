//! Checks the other deployment files for Azure: role, alerts, workbook, wizard, scripts. Files without type data are
//! checked in shape only.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use keyferry_deploy::arm::{Cloud, Deployment, Template, TypeData};
use keyferry_deploy::{folder, json};
use serde_json::{Value, json};

#[track_caller]
fn deployed(file: &str, given: &Value) -> Deployment {
    Template::new(json(file))
        .deploy(given, &Cloud::global())
        .unwrap_or_else(|findings| panic!("{}", findings.join("\n")))
}

fn role() -> Deployment {
    deployed("azure/deployer-role.json", &json!({ "principalId": "a1000000-0000-4000-8000-000000000001" }))
}

/// Returns whether a role allows an action. `*` in the role matches anything.
fn allows(role: &Value, action: &str) -> bool {
    let listed = |list: &str| {
        let list =
            role["permissions"][0][list].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_lowercase());
        list.into_iter().any(|pattern| match pattern.split_once('*') {
            Some((before, after)) => {
                let action = action.to_lowercase();
                action.len() >= before.len() + after.len() && action.starts_with(before) && action.ends_with(after)
            }
            None => pattern == action.to_lowercase(),
        })
    };
    listed("actions") && !listed("notActions")
}

/// Returns one line for each missing or superfluous permission of the role.
fn wrong_with_role(role: &Deployment) -> Vec<String> {
    let definition = &role.only("Microsoft.Authorization/roleDefinitions").body["properties"];
    let mut needed = BTreeSet::new();
    for file in ["azure/azuredeploy.json", "azure/alerts.json", "azure/workbook.json"] {
        let template = json(file);
        let kinds = template["resources"].as_array().unwrap().iter().map(|resource| resource["type"].as_str().unwrap());
        needed.extend(kinds.map(|kind| format!("{kind}/write")));
    }
    // Further actions that writing the resources needs (for identities and subnets that they use), and list functions.
    needed.extend(
        [
            "Microsoft.App/managedEnvironments/join/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            "Microsoft.Network/virtualNetworks/subnets/join/action",
            "Microsoft.Network/virtualNetworks/join/action",
            "Microsoft.Network/privateDnsZones/join/action",
            "Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action",
            "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action",
            "Microsoft.Logic/workflows/triggers/listCallbackUrl/action",
            "Microsoft.Web/connections/join/action",
            "Microsoft.Web/connections/listConsentLinks/action",
            "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
            "Microsoft.Resources/deployments/validate/action",
        ]
        .map(str::to_owned),
    );
    let mut found: Vec<_> =
        needed.iter().filter(|action| !allows(definition, action)).map(|action| format!("missing: {action}")).collect();
    let never = [
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Authorization/roleDefinitions/write",
        "Microsoft.Authorization/elevateAccess/action",
        "Microsoft.Compute/virtualMachines/write",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        // Secrets of the container app, and a console inside the container.
        "Microsoft.App/containerApps/listSecrets/action",
        "Microsoft.App/containerApps/getAuthToken/action",
        "Microsoft.Logic/workflows/regenerateAccessKey/action",
        "Microsoft.Logic/workflows/runs/actions/read",
        "Microsoft.Resources/deployments/exportTemplate/action",
    ];
    found.extend(
        never.iter().filter(|action| allows(definition, action)).map(|action| format!("superfluous: {action}")),
    );
    if definition["assignableScopes"] != json!([Cloud::global().group["id"]]) {
        found.push("the role is assignable outside this resource group".to_owned());
    }

    let assignment = role.only("Microsoft.Authorization/roleAssignments");
    found.extend(TypeData::read(&folder().join("arm-types")).findings(assignment));
    let properties = &assignment.body["properties"];
    let condition = properties["condition"].as_str().unwrap_or_default();
    let guid = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    let allowed: BTreeSet<_> = condition.split(['{', '}', ',', ' ']).filter(guid).collect();
    let template = json("azure/azuredeploy.json");
    let granted: BTreeSet<_> = ["secretsOfficer", "secretsUser", "tableDataContributor"]
        .map(|name| template["variables"][name].as_str().unwrap())
        .into();
    if allowed != granted {
        found.push(format!("the condition allows {allowed:?}, the template grants {granted:?}"));
    }
    for part in ["roleAssignments/write'})", "roleAssignments/delete'})", "{'ServicePrincipal'}"] {
        if !condition.contains(part) || condition.matches('(').count() != condition.matches(')').count() {
            found.push(format!("the condition does not limit {part}"));
        }
    }
    if properties["conditionVersion"] != "2.0" {
        found.push("the version of the condition is not 2.0".to_owned());
    }
    found
}

#[test]
fn role_allows_exactly_what_the_templates_need() {
    assert_eq!(wrong_with_role(&role()), [""; 0]);
    // The check finds defects.
    let changed = |change: fn(&mut Value)| {
        let mut json = json("azure/deployer-role.json");
        change(&mut json);
        let given = json!({ "principalId": "a1000000-0000-4000-8000-000000000001" });
        wrong_with_role(&Template::new(json).deploy(&given, &Cloud::global()).unwrap()).join("\n")
    };
    fn actions(json: &mut Value) -> &mut Vec<Value> {
        json["resources"][0]["properties"]["permissions"][0]["actions"].as_array_mut().unwrap()
    }
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 8] = [
        (
            |json| actions(json).retain(|one| one != "Microsoft.Logic/workflows/write"),
            "missing: Microsoft.Logic/workflows/write",
        ),
        (
            |json| actions(json).retain(|one| !one.as_str().unwrap().contains("assign/action")),
            "userAssignedIdentities/assign/action",
        ),
        (
            |json| actions(json).push(json!("Microsoft.App/containerApps/*")),
            "superfluous: Microsoft.App/containerApps/listSecrets/action",
        ),
        (
            |json| actions(json).push(json!("Microsoft.Authorization/*")),
            "superfluous: Microsoft.Authorization/roleDefinitions/write",
        ),
        (
            |json| actions(json).push(json!("Microsoft.KeyVault/vaults/*")),
            "superfluous: Microsoft.KeyVault/vaults/accessPolicies/write",
        ),
        (|json| json["resources"][0]["properties"]["assignableScopes"] = json!(["/"]), "outside this resource group"),
        (
            |json| {
                json["variables"]["condition"] =
                    json!("((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})))")
            },
            "does not limit",
        ),
        (|json| json["resources"][1]["properties"]["conditionVersion"] = json!("1.0"), "is not 2.0"),
    ];
    for (change, expected) in cases {
        assert!(changed(change).contains(expected), "{expected}: {}", changed(change));
    }
}

/// Appends all Rust sources below a folder to `into`.
fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Returns the texts in double quotes.
fn quoted(query: &str) -> Vec<&str> {
    query.split('"').skip(1).step_by(2).collect()
}

/// Returns one line for each message or field in a query that no source file contains.
fn not_written(query: &str, sources: &str) -> Vec<String> {
    let columns = ["Log_s", "Log", "", "attention", "final", "WARN", "ERROR"];
    let mut found = Vec::new();
    for text in quoted(query).into_iter().filter(|text| !columns.contains(text)) {
        if !sources.contains(&format!("\"{text}\"")) {
            found.push(format!("no log line contains {text:?}"));
        }
    }
    // In the source, fields are `name = …`, `%name` or `name` next to the message.
    for rest in query.split("line.fields.").skip(1) {
        let field = rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap();
        let there = ["{} =", "%{},", "{},"].iter().any(|form| sources.contains(&form.replace("{}", field)));
        if field != "message" && !there {
            found.push(format!("no log line has a field {field}"));
        }
    }
    if query.matches('(').count() != query.matches(')').count() {
        found.push("unbalanced parentheses".to_owned());
    }
    found
}

#[test]
fn queries_of_alerts_and_workbook_match_log_lines() {
    let workspace =
        json!("/subscriptions/9/resourceGroups/keys/providers/Microsoft.OperationalInsights/workspaces/keys-logs");
    let alerts = deployed("azure/alerts.json", &json!({ "workspaceId": workspace, "mail": "desk@contoso.example" }));
    let workbook = deployed("azure/workbook.json", &json!({ "workspaceId": workspace }));
    let mut queries: Vec<String> = alerts
        .of("Microsoft.Insights/scheduledQueryRules")
        .map(|rule| rule.body["properties"]["criteria"]["allOf"][0]["query"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(queries.len(), 6);
    let content = workbook.only("Microsoft.Insights/workbooks").body["properties"]["serializedData"].as_str().unwrap();
    let content: Value = serde_json::from_str(content).unwrap();
    let items = content["items"].as_array().unwrap().iter();
    queries.extend(items.filter_map(|item| Some(item["content"]["query"].as_str()?.to_owned())));
    assert_eq!(queries.len(), 11);

    let mut written = String::new();
    for crate_of_lines in ["engine", "http", "azure-identity", "keyferry", "api"] {
        sources(&folder().join("../crates").join(crate_of_lines).join("src"), &mut written);
    }
    for query in &queries {
        assert_eq!(not_written(query, &written), [""; 0], "{query}");
    }
    for (query, expected) in [
        ("where message == \"processing is over\"", "no log line contains \"processing is over\""),
        ("summarize by tostring(line.fields.customer)", "no log line has a field customer"),
        ("where (message == \"processing run finished\"", "parentheses"),
    ] {
        assert!(not_written(query, &written).concat().contains(expected), "{expected}");
    }
    for rule in alerts.of("Microsoft.Insights/scheduledQueryRules") {
        let group = &alerts.only("Microsoft.Insights/actionGroups").id;
        assert_eq!(rule.body["properties"]["actions"]["actionGroups"], json!([group]));
        assert!(rule.depends_on.contains(group));
    }
}

/// Returns one line for each mismatch between wizard and template.
fn wrong_with_wizard(wizard: &Value) -> Vec<String> {
    let parameters = &wizard["parameters"];
    let template = json("azure/azuredeploy.json");
    let declared = template["parameters"].as_object().unwrap();
    let outputs = parameters["outputs"].as_object().unwrap();
    let unknown = outputs.keys().filter(|name| !declared.contains_key(*name));
    let mut found: Vec<_> = unknown.map(|name| format!("the template has no parameter {name}")).collect();
    let unasked =
        declared.iter().filter(|(name, one)| one.get("defaultValue").is_none() && !outputs.contains_key(*name));
    found.extend(unasked.map(|(name, _)| format!("the wizard does not ask for {name}")));
    let mut asked = BTreeSet::new();
    let basics = parameters["basics"].as_array().unwrap().iter();
    asked.extend(basics.map(|element| format!("basics('{}')", element["name"].as_str().unwrap())));
    for step in parameters["steps"].as_array().unwrap() {
        for element in step["elements"].as_array().unwrap() {
            let name = element["name"].as_str().unwrap();
            asked.insert(format!("steps('{}').{name}", step["name"].as_str().unwrap()));
            let secret = declared.get(name).is_some_and(|declaration| declaration["type"] == "securestring");
            if (element["type"] == "Microsoft.Common.PasswordBox") != secret {
                found.push(format!("{name} has the wrong kind of input"));
            }
        }
    }
    let used: String = outputs.values().map(Value::to_string).collect();
    found.extend(
        asked.iter().filter(|one| !used.contains(one.as_str())).map(|one| format!("{one} is not used in an output")),
    );
    if used.matches("steps('").count() + used.matches("basics('").count() != asked.len() {
        found.push("an output refers to a missing input".to_owned());
    }
    found
}

#[test]
fn wizard_matches_the_template() {
    let wizard = json("azure/createUiDefinition.json");
    assert_eq!(wrong_with_wizard(&wizard), [""; 0]);
    let changed = |pointer: &str, value: Value| {
        let mut wizard = wizard.clone();
        *wizard.pointer_mut(pointer).unwrap() = value;
        wrong_with_wizard(&wizard).join("\n")
    };
    let outputs = "/parameters/outputs";
    let box_of_secret = "/parameters/steps/0/elements/1/type";
    for (found, expected) in [
        (changed(outputs, json!({ "Vault": "x" })), "the template has no parameter Vault"),
        (changed(outputs, json!({})), "the wizard does not ask for KeyVault_Resource_Name"),
        (changed(outputs, json!({})), "basics('Container_App_Name') is not used"),
        (changed("/parameters/outputs/Container_App_Name", json!("x")), "an output refers to a missing input"),
        (changed(box_of_secret, json!("Microsoft.Common.TextBox")), "FIDO_Connector_Client_Secret has the wrong kind"),
    ] {
        assert!(found.contains(expected), "{expected} is not in: {found}");
    }
}

#[test]
fn script_prints_usage_and_calls_azure_cli_in_order() {
    let script = folder().join("azure/entra.sh");
    let help = Command::new("bash").arg(&script).output().unwrap();
    assert_eq!(help.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&help.stderr).contains("entra.sh apps DOMAIN"));

    // A stub of the Azure CLI in an empty tenant, which records its arguments.
    let place = std::env::temp_dir().join(format!("keyferry-az-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let stub = "#!/usr/bin/env bash\necho \"$*\" >> \"$NOTES\"\ncase \"$*\" in\n\
                *'app create'*) echo 0c0ffee0-0000-4000-8000-0000000000ff ;;\n*'sp show'*) exit 3 ;;\n\
                *'--query appRoles'*) printf '[\n  {\n \"value\": \"Other\"\n }\n]\n' ;;\nesac\n";
    std::fs::write(place.join("az"), stub).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(place.join("az")).status().unwrap().success());
    let path = format!("{}:{}", place.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str]| {
        let notes = place.join("notes");
        drop(std::fs::remove_file(&notes));
        let output =
            Command::new("bash").arg(&script).args(arguments).env("PATH", &path).env("NOTES", &notes).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (std::fs::read_to_string(&notes).unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (asked, printed) = run(&["apps", "contoso.onmicrosoft.com"]);
    // Roles and scopes, in one call, as `keyferry setup entra` defines them.
    let (_, set) = asked.split_once("--set appRoles=").unwrap();
    let (roles, scopes) = set.lines().next().unwrap().split_once(" api.oauth2PermissionScopes=").unwrap();
    let [roles, scopes] = [roles, scopes].map(|list| serde_json::from_str::<Value>(list).unwrap());
    let setup = std::fs::read_to_string(folder().join("../crates/ops/src/setup/roles.rs")).unwrap();
    let (roles, scopes) = (roles.as_array().unwrap(), scopes.as_array().unwrap());
    let (foreign, ours) = roles.split_first().unwrap();
    assert_eq!(foreign["value"], "Other", "a role of another application is kept");
    assert_eq!((ours.len(), scopes.len()), (setup.matches("name: \"Keyferry.").count(), ours.len()));
    for (role, scope) in ours.iter().zip(scopes) {
        for (member, of_scope, field) in [
            ("id", "id", "id"),
            ("value", "value", "name"),
            ("displayName", "adminConsentDisplayName", "display"),
            ("description", "adminConsentDescription", "description"),
        ] {
            assert_eq!(role[member], scope[of_scope]);
            assert!(setup.contains(&format!("{field}: {}", role[member])), "{} differs", role[member]);
        }
    }
    let asked: Vec<_> = asked.lines().map(|line| line.split(" --").next().unwrap()).collect();
    assert_eq!(
        asked,
        [
            "ad app list",
            "ad app create",
            "ad app show",
            "ad app show",
            "ad app update",
            "ad app show",
            "ad app show",
            "ad app show",
            "ad app update",
            "ad sp show",
            "ad sp create",
            "ad app permission add",
            "ad app list",
            "ad app create",
            "ad sp show",
            "ad sp create",
        ]
    );
    for line in [
        "FIDO_Connector_Client_Id: 0c0ffee0-0000-4000-8000-0000000000ff",
        "FIDO_Connector_Allowed_Audiences: [\"api://fido-connector-api.contoso.onmicrosoft.com\"]",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
    let (asked, _) = run(&["console", "0c0ffee0-0000-4000-8000-0000000000ff", "https://keys.contoso.example/"]);
    assert!(asked.contains("--set web.redirectUris=[\"https://keys.contoso.example/console/callback\"]"), "{asked}");
    let claims = asked.split_once("--set optionalClaims.idToken=").unwrap().1.trim();
    assert_eq!(serde_json::from_str::<Value>(claims).unwrap()[0]["name"], "auth_time");
    let (asked, _) = run(&["portal", "0c0ffee0-0000-4000-8000-0000000000ff", "https://keys.contoso.example"]);
    assert!(asked.contains("--set web.redirectUris=[\"https://keys.contoso.example/me/callback\"]"), "{asked}");
    let (asked, _) = run(&["policy"]);
    let body = asked.split_once("--body ").unwrap().1;
    let body: Value = serde_json::from_str(body.trim()).unwrap();
    assert_eq!((&body["isSelfServiceRegistrationAllowed"], body.get("keyRestrictions")), (&json!(true), None));
    std::fs::remove_dir_all(place).unwrap();
}
