//! Checks what the template does beyond the guide: the Logic App's trigger, Sent Items, separate vaults, diagnostics
//! and ingress, and that it reports each choice that is less safe.

use keyferry_deploy::arm::{self, Cloud, Deployment, Template};
use serde_json::{Value, json};

use super::{deployed, environment_of, given, given_with, template, types, written};

fn with(choice: &Value) -> Deployment {
    deployed(&given_with(choice), &Cloud::global())
}

fn setting<'a>(deployment: &'a Deployment, name: &str) -> Option<&'a str> {
    environment_of(deployment).as_array().unwrap().iter().find(|one| one["name"] == name)?["value"].as_str()
}

fn trigger(deployment: &Deployment) -> &Value {
    &deployment.only("Microsoft.Logic/workflows").body["properties"]["accessControl"]["triggers"]
}

fn send_pin_url(deployment: &Deployment) -> &str {
    let app = &deployment.only("Microsoft.App/containerApps").body["properties"];
    app["configuration"]["secrets"][0]["value"].as_str().unwrap()
}

#[test]
fn trigger_accepts_only_tokens_of_the_connector() {
    for (cloud, audience) in [
        (Cloud::global(), "https://management.azure.com"),
        (Cloud::us_government(), "https://management.usgovcloudapi.net"),
    ] {
        let deployment = deployed(&given(), &cloud);
        let trigger = trigger(&deployment);
        assert_eq!(trigger["sasAuthenticationPolicy"], json!({ "state": "Disabled" }), "a policy alone keeps the URL");
        // An empty list would allow other Logic Apps only.
        assert_eq!(trigger.get("allowedCallerIpAddresses"), None);
        let policies = trigger["openAuthenticationPolicies"]["policies"].as_object().unwrap();
        let mut audiences = Vec::new();
        for policy in policies.values() {
            assert_eq!(policy["type"], "AAD");
            let [issuer, audience, caller] = &policy["claims"].as_array().unwrap()[..] else { panic!("{policy}") };
            let issuer = (issuer["name"].as_str().unwrap(), issuer["value"].as_str().unwrap());
            assert_eq!(issuer, ("iss", "https://sts.windows.net/11111111-2222-4333-8444-555555555555/"));
            assert_eq!((&audience["name"], &caller["name"]), (&json!("aud"), &json!("oid")));
            assert!(caller["value"].as_str().unwrap().ends_with("keys-identity).principalId»"), "{caller}");
            audiences.push(audience["value"].as_str().unwrap());
        }
        // It depends on the library whether the audience in a token ends with a slash.
        assert_eq!(audiences, [audience, &format!("{audience}/")]);
        assert_eq!(setting(&deployment, "KEYFERRY_SEND_PIN_AUDIENCE"), Some(audience));
        let url = send_pin_url(&deployment);
        assert!(url.ends_with("manual).basePath»?api-version=2016-10-01"), "{url}");
    }
}

#[test]
fn signature_and_address_ranges_are_options() {
    let deployment = with(&json!({ "sendPinAuthentication": "sas", "sendPinCallerIpRanges": ["203.0.113.0/24"] }));
    let ranges = json!([{ "addressRange": "203.0.113.0/24" }]);
    assert_eq!(*trigger(&deployment), json!({ "allowedCallerIpAddresses": ranges }));
    assert_eq!(setting(&deployment, "KEYFERRY_SEND_PIN_AUDIENCE"), None);
    assert!(send_pin_url(&deployment).ends_with("manual).value»"));
}

#[test]
fn type_check_knows_the_only_undeclared_member() {
    let mut json = template().json().clone();
    let workflow = json["resources"].as_array_mut().unwrap().iter_mut();
    let workflow = workflow.into_iter().find(|one| one["type"] == "Microsoft.Logic/workflows").unwrap();
    workflow["properties"]["accessControl"]["triggers"]["sasAuthenticationPolicy"] = json!({ "state": "Off" });
    let deployment = Template::new(json).deploy(&given(), &Cloud::global()).unwrap();
    let found = arm::findings(&deployment, &types()).concat();
    assert!(found.contains("sasAuthenticationPolicy: {\"state\":\"Off\"} is not {\"state\":\"Disabled\"}"), "{found}");
}

#[test]
fn own_secrets_are_in_a_vault_that_the_connector_can_only_read() {
    let separate = deployed(&given(), &Cloud::global());
    let names = |deployment: &Deployment, kind: &'static str| -> Vec<String> {
        deployment.of(kind).map(|one| one.name.clone()).collect()
    };
    assert_eq!(names(&separate, "Microsoft.KeyVault/vaults"), ["contoso-keys", "contosokeyscred"]);
    let endpoints = ["contoso-keys-endpoint", "contosokeyscred-endpoint", "contosokeys-endpoint"];
    assert_eq!(names(&separate, "Microsoft.Network/privateEndpoints"), endpoints);
    assert_eq!(separate.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").count(), 3);
    for secret in separate.of("Microsoft.KeyVault/vaults/secrets") {
        assert!(secret.name.starts_with("contosokeyscred/"), "{}", secret.name);
    }
    assert_eq!(written(&separate).len(), 2);
    assert_eq!(setting(&separate, "AZURE_KEY_VAULT_ENDPOINT"), Some("https://contoso-keys.vault.azure.net"));
    let own = setting(&separate, "KEYFERRY_CREDENTIAL_VAULT_ENDPOINT");
    assert_eq!(own, Some("https://contosokeyscred.vault.azure.net"));

    // As the guide: one vault.
    let shared = with(&json!({ "credentialVaultName": "" }));
    assert_eq!(names(&shared, "Microsoft.KeyVault/vaults"), ["contoso-keys"]);
    assert_eq!(shared.of("Microsoft.Network/privateEndpoints").count(), 2);
    assert!(shared.of("Microsoft.KeyVault/vaults/secrets").all(|secret| secret.name.starts_with("contoso-keys/")));
    assert_eq!(setting(&shared, "KEYFERRY_CREDENTIAL_VAULT_ENDPOINT"), None);
    assert_eq!(shared.of("Microsoft.Authorization/roleAssignments").count(), 2);
    // Names of vaults have at most 24 letters, digits and single hyphens.
    let longest = with(&json!({ "KeyVault_Resource_Name": "a-name-of-24-letters-abc" }));
    assert_eq!(names(&longest, "Microsoft.KeyVault/vaults")[1], "anameof24lettersabccred");
}

#[test]
fn vaults_table_and_logic_app_send_audit_logs() {
    let deployment = deployed(&given(), &Cloud::global());
    let mut found: Vec<_> = deployment
        .of("Microsoft.Insights/diagnosticSettings")
        .map(|one| {
            let workspace = one.body["properties"]["workspaceId"].as_str().unwrap();
            assert!(workspace.ends_with("Microsoft.OperationalInsights/workspaces/keys-logs"), "{workspace}");
            let (scope, _) = one.id.split_once("/providers/Microsoft.Insights/").unwrap();
            let logs = one.body["properties"]["logs"].as_array().unwrap().iter();
            let logs: Vec<_> = logs
                .filter(|log| log["enabled"] == true)
                .map(|log| log.get("category").unwrap_or(&log["categoryGroup"]).as_str().unwrap().to_owned())
                .collect();
            (scope.split_once("/providers/").unwrap().1.to_owned(), logs.join(","))
        })
        .collect();
    found.sort();
    let expected = [
        ("Microsoft.KeyVault/vaults/contoso-keys", "audit"),
        ("Microsoft.KeyVault/vaults/contosokeyscred", "audit"),
        ("Microsoft.Logic/workflows/Send_shipment_pin", "WorkflowRuntime"),
        (
            "Microsoft.Storage/storageAccounts/contosokeys/tableServices/default",
            "StorageRead,StorageWrite,StorageDelete",
        ),
    ];
    assert_eq!(found, expected.map(|(scope, logs)| (scope.to_owned(), logs.to_owned())));
}

#[test]
fn ingress_is_closed_to_the_internet_unless_opened() {
    let ingress = |deployment: &Deployment| {
        let app = &deployment.only("Microsoft.App/containerApps").body["properties"];
        app["configuration"]["ingress"].clone()
    };
    assert_eq!(ingress(&deployed(&given(), &Cloud::global()))["external"], false);
    let open = ingress(&with(&json!({ "callerIpRanges": ["203.0.113.0/24"] })));
    assert_eq!(open["external"], true);
    let rule = json!({ "name": "callers-0", "action": "Allow", "ipAddressRange": "203.0.113.0/24" });
    assert_eq!(open["ipSecurityRestrictions"], json!([rule]));
}

#[test]
fn rights_and_release_rules_are_those_of_the_guide_unless_chosen() {
    let names = ["KEYFERRY_ROLES", "KEYFERRY_PIN_RELEASE_WINDOW_DAYS", "KEYFERRY_HOLD_PIN_UNTIL_DELIVERED"];
    let set = |deployment: &Deployment| names.map(|name| setting(deployment, name).map(str::to_owned).unwrap());
    assert_eq!(set(&deployed(&given(), &Cloud::global())), ["drop-in", "30", "false"]);
    let chosen = json!({ "callerRoles": "enforced", "pinReleaseWindowDays": 7, "holdPinUntilDelivered": true });
    assert_eq!(set(&with(&chosen)), ["enforced", "7", "true"]);
    let findings = template().deploy(&given_with(&json!({ "callerRoles": "enforce" })), &Cloud::global()).unwrap_err();
    assert!(findings.concat().contains("parameter callerRoles: "), "{findings:?}");
}

#[test]
fn console_is_off_unless_chosen_and_signs_users_in_itself() {
    let excluded = |deployment: &Deployment| {
        let auth = &deployment.only("Microsoft.App/containerApps/authConfigs").body["properties"];
        auth["globalValidation"]["excludedPaths"].clone()
    };
    let off = deployed(&given(), &Cloud::global());
    assert_eq!((setting(&off, "KEYFERRY_CONSOLE"), excluded(&off)), (None, json!([])));
    assert!(off.outputs["registerConsole"].as_str().unwrap().starts_with("not needed"));
    let on = with(&json!({ "console": true, "publicUrl": "https://keys.contoso.example" }));
    assert_eq!(setting(&on, "KEYFERRY_CONSOLE"), Some("on"));
    assert_eq!(setting(&on, "KEYFERRY_PUBLIC_URL"), Some("https://keys.contoso.example"));
    // The API stays behind built-in authentication.
    assert_eq!(excluded(&on), json!(["/console", "/console/*"]));
    let command = on.outputs["registerConsole"].as_str().unwrap();
    assert_eq!(command, "keyferry setup entra --console-url https://keys.contoso.example --apply");
    let both = with(&json!({ "console": true, "portal": true, "publicUrl": "https://keys.contoso.example" }));
    assert_eq!(excluded(&both), json!(["/console", "/console/*", "/me", "/me/*"]));
    assert!(both.outputs["registerConsole"].as_str().unwrap().ends_with(" --portal --apply"));
    let people = with(&json!({ "portal": true, "publicUrl": "https://keys.contoso.example" }));
    assert_eq!((setting(&people, "KEYFERRY_PORTAL"), setting(&people, "KEYFERRY_CONSOLE")), (Some("on"), None));
    assert_eq!(setting(&people, "KEYFERRY_PUBLIC_URL"), Some("https://keys.contoso.example"));
    assert_eq!(excluded(&people), json!(["/me", "/me/*"]));
    let by_name = with(&json!({ "console": true }));
    assert!(setting(&by_name, "KEYFERRY_PUBLIC_URL").unwrap().starts_with("https://keys.«reference("));
}

#[test]
fn every_less_safe_choice_is_a_warning() {
    let warnings = |choice: &Value| -> Vec<String> {
        let deployment = with(choice);
        let warnings = deployment.outputs["warnings"].as_array().unwrap().iter();
        warnings.map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let safe = json!({
        "callerIpRanges": ["203.0.113.0/24"], "callerRoles": "enforced", "pinSenderMailbox": "keys@contoso.example",
    });
    assert_eq!(warnings(&safe), [""; 0]);
    for (choice, expected) in [
        (json!({ "callerIpRanges": [] }), "The API is closed to the internet. Set callerIpRanges"),
        (json!({ "callerIpRanges": ["0.0.0.0/0"] }), "Every address of the internet can reach the API"),
        (json!({ "callerRoles": "drop-in" }), "Every allowed application can order keys for all users and resend"),
        (json!({ "pinReleaseWindowDays": 0 }), "PINs can be resent without a time limit"),
        (json!({ "pinSenderMailbox": "" }), "keeps a copy of every PIN mail in the Sent Items"),
        (json!({ "sendPinAuthentication": "sas" }), "Anyone who has SEND_PIN_URL can call the Logic App"),
        (json!({ "credentialVaultName": "" }), "The connector can overwrite its own secrets"),
    ] {
        let mut less_safe = safe.clone();
        less_safe.as_object_mut().unwrap().extend(choice.as_object().unwrap().clone());
        let [warning] = &warnings(&less_safe)[..] else { panic!("{choice}: not one warning") };
        assert!(warning.starts_with(expected) || warning.contains(expected), "{warning}");
    }
}

#[test]
fn outputs_name_the_steps_of_the_chosen_mail() {
    let output = |deployment: &Deployment, name: &str| deployment.outputs[name].as_str().unwrap().to_owned();
    let office = deployed(&given(), &Cloud::global());
    assert!(output(&office, "grantMailSend").starts_with("not needed"));
    let graph = with(&json!({ "pinSenderMailbox": "keys@contoso.example" }));
    assert!(output(&graph, "authoriseOffice365").starts_with("not needed"));
    let command = output(&graph, "grantMailSend");
    let body = command.split_once("--body \"").unwrap().1;
    let body = body[..body.rfind("}\"").unwrap() + 1].replace("\\\"", "\"");
    let body: Value = serde_json::from_str(&body).unwrap();
    // Mail.Send, the application permission.
    assert_eq!(body["appRoleId"], "b633e1c5-b582-4048-a93e-9f11b44c7e96");
    assert!(command.contains("/v1.0/servicePrincipals/«reference("), "{command}");
}
