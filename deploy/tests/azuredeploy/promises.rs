//! Checks what the deployment page promises about the deployed resources, and that each check can fail.

use std::collections::BTreeSet;

use keyferry_deploy::arm::{Cloud, Deployment, Template};
use keyferry_deploy::folder;
use serde_json::{Value, json};

use super::{given, template};

/// Returns the settings that the connector reads, from the printed settings page.
fn known() -> BTreeSet<String> {
    let page = std::fs::read_to_string(folder().join("../docs/reference/settings.md")).unwrap();
    page.lines().filter_map(|line| Some(line.strip_prefix("### `")?.split_once('`')?.0.to_uppercase())).collect()
}

/// Returns one line for each broken promise.
fn broken(deployment: &Deployment) -> Vec<String> {
    let mut found = Vec::new();
    let mut promise = |kept: bool, what: String| {
        if !kept {
            found.push(what);
        }
    };
    let app = &deployment.only("Microsoft.App/containerApps").body["properties"];
    let container = &app["template"]["containers"][0];
    // 6.2.3, step 4.
    promise(
        container["name"] == "yubicofidopreregcontainer",
        format!("the container has the name {}", container["name"]),
    );
    let variables = container["env"].as_array().unwrap();
    let known = known();
    let port_of = |name: &str| {
        let one = variables.iter().find(|one| one["name"].as_str().unwrap().eq_ignore_ascii_case(name));
        one.and_then(|one| one["value"].as_str()).and_then(|value| value.parse::<u64>().ok())
    };
    let mut names = BTreeSet::new();
    for one in variables {
        let name = one["name"].as_str().unwrap().to_uppercase();
        promise(known.contains(&name), format!("{name} is not a setting of the connector"));
        promise(names.insert(name.clone()), format!("{name} is set twice"));
    }
    let secrets: Vec<_> =
        app["configuration"]["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].clone()).collect();
    let by_reference: Vec<_> = variables.iter().filter(|one| one.get("secretRef").is_some()).collect();
    let url = by_reference.iter().any(|one| one["name"] == "SEND_PIN_URL" && secrets.contains(&one["secretRef"]));
    promise(url, "SEND_PIN_URL is not a secret of the app".to_owned());

    let ingress = &app["configuration"]["ingress"];
    promise(
        ingress["targetPort"].as_u64() == port_of("KEYFERRY_API_PORT"),
        "the port of the ingress is not the API's".to_owned(),
    );
    promise(ingress["allowInsecure"] == false, "the ingress allows plain HTTP".to_owned());
    let probes: Vec<_> = container["probes"].as_array().unwrap().iter().collect();
    let kinds: BTreeSet<_> = probes.iter().map(|probe| probe["type"].as_str().unwrap()).collect();
    // All three must be declared, since Azure adds no default probes in this kind of environment.
    promise(kinds.len() == 3, format!("the probes are {kinds:?}"));
    for probe in &probes {
        let port = probe["httpGet"]["port"].as_u64();
        promise(port == port_of("KEYFERRY_PROBE_PORT"), format!("a probe calls port {port:?}"));
        promise(
            port != ingress["targetPort"].as_u64(),
            format!("a probe calls port {port:?}, which requires authentication"),
        );
        let right = if probe["type"] == "Readiness" { "/readyz" } else { "/livez" };
        promise(probe["httpGet"]["path"] == right, format!("{} calls {}", probe["type"], probe["httpGet"]["path"]));
        // Limits of Azure Container Apps.
        let within = |name: &str, most: u64| (1..=most).contains(&probe[name].as_u64().unwrap());
        promise(
            within("failureThreshold", 10) && within("periodSeconds", 240),
            format!("{} is outside the limits", probe["type"]),
        );
    }
    promise(
        app["template"]["scale"]["minReplicas"] != 0,
        "there may be no replica, and schedules run inside a replica".to_owned(),
    );

    let auth = deployment.only("Microsoft.App/containerApps/authConfigs");
    promise(auth.name.ends_with("/current"), format!("Azure ignores an authentication with the name {}", auth.name));
    let properties = &auth.body["properties"];
    promise(properties["platform"]["enabled"] == true, "built-in authentication is off".to_owned());
    let refused = &properties["globalValidation"];
    promise(
        *refused == json!({ "unauthenticatedClientAction": "Return401", "excludedPaths": [] }),
        format!("a caller without a token gets {refused}"),
    );
    let validation = &properties["identityProviders"]["azureActiveDirectory"]["validation"];
    let audiences = validation["allowedAudiences"].as_array().map_or(0, Vec::len);
    let apps = validation["defaultAuthorizationPolicy"]["allowedApplications"].as_array().map_or(0, Vec::len);
    promise(audiences > 0 && apps > 0, "an empty list allows every caller".to_owned());

    let granted: BTreeSet<_> = deployment
        .of("Microsoft.Authorization/roleAssignments")
        .filter_map(|assignment| assignment.body["properties"]["roleDefinitionId"].as_str()?.rsplit('/').next())
        .collect();
    // Key Vault Secrets Officer, Key Vault Secrets User, Storage Table Data Contributor.
    let least = BTreeSet::from([
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "4633458b-17de-408a-b874-0445c86b69e6",
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    ]);
    promise(granted == least, format!("the roles are {granted:?}"));
    let kinds = ["Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts"];
    for (kind, store) in kinds.into_iter().flat_map(|kind| deployment.of(kind).map(move |store| (kind, store))) {
        let properties = &store.body["properties"];
        promise(properties["publicNetworkAccess"] == "Disabled", format!("{kind} is open to the public"));
        promise(properties["networkAcls"]["defaultAction"] == "Deny", format!("{kind} has no firewall"));
    }
    let shared = &deployment.only("Microsoft.Storage/storageAccounts").body["properties"]["allowSharedKeyAccess"];
    promise(*shared == false, "the storage account allows shared keys".to_owned());
    let table = &deployment.only("Microsoft.Storage/storageAccounts/tableServices/tables").name;
    promise(table.ends_with("/default/fprshipments"), format!("the table is {table}"));
    found
}

fn deployed(change: impl FnOnce(&mut Value)) -> Deployment {
    let mut json = template().json().clone();
    change(&mut json);
    let deployment = Template::new(json).deploy(&given(), &Cloud::global());
    deployment.unwrap_or_else(|findings| panic!("{}", findings.join("\n")))
}

#[test]
fn keeps_every_promise() {
    assert_eq!(broken(&deployed(|_| ())), [""; 0]);
}

#[test]
fn finds_every_broken_promise() {
    fn at<'a>(json: &'a mut Value, kind: &str) -> &'a mut Value {
        let all = json["resources"].as_array_mut().unwrap();
        &mut all.iter_mut().find(|resource| resource["type"] == kind).unwrap()["properties"]
    }
    fn container(json: &mut Value) -> &mut Value {
        &mut at(json, "Microsoft.App/containerApps")["template"]["containers"][0]
    }
    fn setting<'a>(json: &'a mut Value, name: &str) -> &'a mut Value {
        json["variables"]["settings"].as_array_mut().unwrap().iter_mut().find(|one| one["name"] == name).unwrap()
    }
    const AUTH: &str = "Microsoft.App/containerApps/authConfigs";
    const VAULT: &str = "Microsoft.KeyVault/vaults";
    const STORAGE: &str = "Microsoft.Storage/storageAccounts";
    type Change = fn(&mut Value);
    let cases: &[(Change, &str)] = &[
        (|json| container(json)["name"] = json!("keyferry"), "the container has the name"),
        (
            |json| setting(json, "KEYFERRY_BIND")["name"] = json!("KEYFERRY_BINDS"),
            "KEYFERRY_BINDS is not a setting of the connector",
        ),
        (|json| setting(json, "KEYFERRY_CLOUD")["name"] = json!("KEYFERRY_BIND"), "KEYFERRY_BIND is set twice"),
        (|json| setting(json, "SEND_PIN_URL")["secretRef"] = json!("send-pin"), "SEND_PIN_URL is not a secret"),
        (|json| setting(json, "KEYFERRY_API_PORT")["value"] = json!("8082"), "the port of the ingress"),
        (
            |json| at(json, "Microsoft.App/containerApps")["configuration"]["ingress"]["allowInsecure"] = json!(true),
            "plain HTTP",
        ),
        (|json| drop(container(json)["probes"].as_array_mut().unwrap().pop()), "the probes are"),
        (|json| container(json)["probes"][1]["httpGet"]["port"] = json!(8080), "which requires authentication"),
        (|json| setting(json, "KEYFERRY_PROBE_PORT")["value"] = json!("9000"), "a probe calls port Some(8081)"),
        (|json| container(json)["probes"][1]["httpGet"]["path"] = json!("/readyz"), "calls \"/readyz\""),
        (|json| container(json)["probes"][0]["failureThreshold"] = json!(30), "is outside the limits"),
        (
            |json| json["parameters"]["minReplicas"] = json!({ "type": "int", "defaultValue": 0 }),
            "there may be no replica",
        ),
        (|json| at(json, AUTH)["platform"]["enabled"] = json!(false), "built-in authentication is off"),
        (
            |json| at(json, AUTH)["globalValidation"]["excludedPaths"] = json!(["/v1/status"]),
            "a caller without a token gets",
        ),
        (
            |json| {
                let entra = &mut at(json, AUTH)["identityProviders"]["azureActiveDirectory"];
                entra["validation"]["defaultAuthorizationPolicy"]["allowedApplications"] = json!([]);
            },
            "an empty list allows every caller",
        ),
        // Key Vault Administrator, as in the guide.
        (|json| json["variables"]["secretsOfficer"] = json!("00482a5a-887f-4fb3-b363-3b7fe8e74483"), "the roles are"),
        (|json| at(json, VAULT)["publicNetworkAccess"] = json!("Enabled"), "vaults is open to the public"),
        (|json| at(json, STORAGE)["networkAcls"]["defaultAction"] = json!("Allow"), "storageAccounts has no firewall"),
        (|json| at(json, STORAGE)["allowSharedKeyAccess"] = json!(true), "shared keys"),
        (|json| json["variables"]["tableName"] = json!("shipments"), "the table is"),
    ];
    for (change, expected) in cases {
        let found = broken(&deployed(change)).join("\n");
        assert!(found.contains(expected), "{expected} is not in: {found}");
    }
}
