//! The files beside the template: role, alerts, workbook, wizard, scripts. There is no type data for some of them: those are checked in shape only.

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

/// Whether an action is among those that a role has, in which `*` stands for anything.
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

#[test]
fn whoever_has_the_role_can_deploy_the_template_and_its_companions() {
    let role = role();
    let role = &role.only("Microsoft.Authorization/roleDefinitions").body["properties"];
    let mut needed = BTreeSet::new();
    for file in ["azure/azuredeploy.json", "azure/alerts.json", "azure/workbook.json"] {
        let template = json(file);
        let kinds = template["resources"].as_array().unwrap().iter().map(|resource| resource["type"].as_str().unwrap());
        needed.extend(kinds.map(|kind| format!("{kind}/write")));
    }
    assert!(needed.len() > 15, "{needed:?}");
    // What writing them asks for elsewhere (the identity and the subnets that a resource is given), and the list functions.
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
    let missing: Vec<_> = needed.iter().filter(|action| !allows(role, action)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for never in [
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Authorization/roleDefinitions/write",
        "Microsoft.Authorization/elevateAccess/action",
        "Microsoft.Compute/virtualMachines/write",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
    ] {
        assert!(!allows(role, never), "{never}");
    }
}

#[test]
fn the_role_may_grant_what_the_template_grants_and_nothing_else() {
    let role = role();
    let assignment = role.only("Microsoft.Authorization/roleAssignments");
    assert_eq!(TypeData::read(&folder().join("arm-types")).findings(assignment), [""; 0]);
    let properties = &assignment.body["properties"];
    assert_eq!(properties["conditionVersion"], "2.0");
    let condition = properties["condition"].as_str().unwrap();
    let guid = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    let allowed: BTreeSet<_> = condition.split(['{', '}', ',', ' ']).filter(guid).collect();
    let template = json("azure/azuredeploy.json");
    let granted: BTreeSet<_> =
        ["secretsOfficer", "tableDataContributor"].map(|name| template["variables"][name].as_str().unwrap()).into();
    assert_eq!(allowed, granted);
    for part in ["roleAssignments/write'})", "roleAssignments/delete'})", "{'ServicePrincipal'}"] {
        assert!(condition.contains(part), "{part}");
    }
    assert_eq!(condition.matches('(').count(), condition.matches(')').count());
    let definition = &role.only("Microsoft.Authorization/roleDefinitions").body["properties"];
    assert_eq!(definition["assignableScopes"], json!([Cloud::global().group["id"]]), "for this resource group only");
}

/// Everything that our sources and templates write as one text.
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

/// Texts in double quotes.
fn quoted(query: &str) -> Vec<&str> {
    query.split('"').skip(1).step_by(2).collect()
}

#[test]
fn alerts_and_workbook_look_for_lines_that_the_connector_writes() {
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
    for crate_of_lines in ["engine", "http", "keyferry", "api"] {
        sources(&folder().join("../crates").join(crate_of_lines).join("src"), &mut written);
    }
    let columns = ["Log_s", "Log", "", "attention", "final", "WARN", "ERROR"];
    for query in &queries {
        for text in quoted(query).into_iter().filter(|text| !columns.contains(text)) {
            assert!(written.contains(&format!("\"{text}\"")), "no line says {text:?}");
        }
        // Fields of those lines, as `name = …` or `%name` beside the message.
        for field in query
            .split("line.fields.")
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap())
        {
            let there = ["{} =", "%{},", "{},"].iter().any(|form| written.contains(&form.replace("{}", field)));
            assert!(field == "message" || there, "no line has a field {field}");
        }
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
    }
    for rule in alerts.of("Microsoft.Insights/scheduledQueryRules") {
        assert_eq!(
            rule.body["properties"]["actions"]["actionGroups"],
            json!([alerts.only("Microsoft.Insights/actionGroups").id])
        );
        assert!(rule.depends_on.contains(&alerts.only("Microsoft.Insights/actionGroups").id));
    }
}

#[test]
fn the_wizard_asks_for_what_the_template_takes() {
    let wizard = json("azure/createUiDefinition.json");
    let parameters = &wizard["parameters"];
    let template = json("azure/azuredeploy.json");
    let declared = template["parameters"].as_object().unwrap();
    let outputs = parameters["outputs"].as_object().unwrap();
    for name in outputs.keys() {
        assert!(declared.contains_key(name), "the template has no parameter {name}");
    }
    for (name, declaration) in declared {
        assert!(declaration.get("defaultValue").is_some() || outputs.contains_key(name), "nobody is asked for {name}");
    }
    let basics = parameters["basics"].as_array().unwrap();
    let steps = parameters["steps"].as_array().unwrap();
    let mut asked = BTreeSet::new();
    for element in basics {
        asked.insert(format!("basics('{}')", element["name"].as_str().unwrap()));
    }
    for step in steps {
        for element in step["elements"].as_array().unwrap() {
            let name = element["name"].as_str().unwrap();
            asked.insert(format!("steps('{}').{name}", step["name"].as_str().unwrap()));
            let secret = declared.get(name).is_some_and(|declaration| declaration["type"] == "securestring");
            assert_eq!(element["type"] == "Microsoft.Common.PasswordBox", secret, "{name}");
        }
    }
    let used: String = outputs.values().map(Value::to_string).collect();
    for one in &asked {
        assert!(used.contains(one.as_str()), "{one} is asked for, and goes nowhere");
    }
    assert_eq!(
        used.matches("steps('").count() + used.matches("basics('").count(),
        asked.len(),
        "an output names what is not asked"
    );
}

#[test]
fn the_script_shows_how_it_is_used_and_calls_the_azure_cli_in_order() {
    let script = folder().join("azure/entra.sh");
    let help = Command::new("bash").arg(&script).output().unwrap();
    assert_eq!(help.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&help.stderr).contains("entra.sh apps DOMAIN"));

    // An Azure CLI that knows nothing yet, and notes what it is asked.
    let place = std::env::temp_dir().join(format!("keyferry-az-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let stub = "#!/usr/bin/env bash\necho \"$*\" >> \"$NOTES\"\ncase \"$*\" in\n*'app create'*) echo 0c0ffee0-0000-4000-8000-0000000000ff ;;\n*'sp show'*) exit 3 ;;\nesac\n";
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
    let (asked, said) = run(&["apps", "contoso.onmicrosoft.com"]);
    let asked: Vec<_> = asked.lines().map(|line| line.split(" --").next().unwrap()).collect();
    assert_eq!(
        asked,
        [
            "ad app list",
            "ad app create",
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
        assert!(said.contains(line), "{said}");
    }
    let (asked, _) = run(&["policy"]);
    let body = asked.split_once("--body ").unwrap().1;
    let body: Value = serde_json::from_str(body.trim()).unwrap();
    assert_eq!((&body["isSelfServiceRegistrationAllowed"], body.get("keyRestrictions")), (&json!(true), None));
    std::fs::remove_dir_all(place).unwrap();
}
