//! What the page of the deployment promises of what comes out; and that each promise can be broken.

use std::collections::BTreeSet;

use keyferry_deploy::arm::{Cloud, Deployment, Template};
use keyferry_deploy::folder;
use serde_json::{Value, json};

use super::{given, template};

/// Settings that the connector reads, as the page that it prints tells.
fn known() -> BTreeSet<String> {
    let page = std::fs::read_to_string(folder().join("../docs/reference/settings.md")).unwrap();
    page.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_uppercase())).collect()
}

/// All that is not as promised, one line each.
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
    promise(container["name"] == "yubicofidopreregcontainer", format!("the container is called {}", container["name"]));
    let variables = container["env"].as_array().unwrap();
    let known = known();
    let port_of = |name: &str| {
        let one = variables.iter().find(|one| one["name"].as_str().unwrap().eq_ignore_ascii_case(name));
        one.and_then(|one| one["value"].as_str()).and_then(|value| value.parse::<u64>().ok())
    };
    let mut names = BTreeSet::new();
    for one in variables {
        let name = one["name"].as_str().unwrap().to_uppercase();
        promise(known.contains(&name), format!("{name} is a setting that nobody reads"));
        promise(names.insert(name.clone()), format!("{name} is set twice"));
    }
    let secrets: Vec<_> =
        app["configuration"]["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].clone()).collect();
    let by_reference: Vec<_> = variables.iter().filter(|one| one.get("secretRef").is_some()).collect();
    let url = by_reference.iter().any(|one| one["name"] == "SEND_PIN_URL" && secrets.contains(&one["secretRef"]));
    promise(url, "SEND_PIN_URL is no secret of the app".to_owned());

    let ingress = &app["configuration"]["ingress"];
    promise(
        ingress["targetPort"].as_u64() == port_of("KEYFERRY_API_PORT"),
        "the ingress leads to another port than the API's".to_owned(),
    );
    promise(ingress["allowInsecure"] == false, "the ingress takes plain HTTP".to_owned());
    let probes: Vec<_> = container["probes"].as_array().unwrap().iter().collect();
    let kinds: BTreeSet<_> = probes.iter().map(|probe| probe["type"].as_str().unwrap()).collect();
    // Azure adds none by itself in this kind of environment.
    promise(kinds.len() == 3, format!("the probes are {kinds:?}"));
    for probe in &probes {
        let port = probe["httpGet"]["port"].as_u64();
        promise(port == port_of("KEYFERRY_PROBE_PORT"), format!("a probe asks port {port:?}"));
        promise(
            port != ingress["targetPort"].as_u64(),
            format!("a probe asks port {port:?}, which is behind authentication"),
        );
        let right = if probe["type"] == "Readiness" { "/readyz" } else { "/livez" };
        promise(probe["httpGet"]["path"] == right, format!("{} asks {}", probe["type"], probe["httpGet"]["path"]));
        // Limits of Azure Container Apps.
        let within = |name: &str, most: u64| (1..=most).contains(&probe[name].as_u64().unwrap());
        promise(
            within("failureThreshold", 10) && within("periodSeconds", 240),
            format!("{} is out of its limits", probe["type"]),
        );
    }
    promise(
        app["template"]["scale"]["minReplicas"] != 0,
        "schedules run in the process, and there may be none".to_owned(),
    );

    let auth = deployment.only("Microsoft.App/containerApps/authConfigs");
    promise(auth.name.ends_with("/current"), format!("Azure reads no authentication called {}", auth.name));
    let properties = &auth.body["properties"];
    promise(properties["platform"]["enabled"] == true, "built-in authentication is off".to_owned());
    let refused = &properties["globalValidation"];
    promise(
        *refused == json!({ "unauthenticatedClientAction": "Return401" }),
        format!("whoever has no token meets {refused}"),
    );
    let validation = &properties["identityProviders"]["azureActiveDirectory"]["validation"];
    let audiences = validation["allowedAudiences"].as_array().map_or(0, Vec::len);
    let apps = validation["defaultAuthorizationPolicy"]["allowedApplications"].as_array().map_or(0, Vec::len);
    promise(audiences > 0 && apps > 0, "an empty list lets everybody in".to_owned());

    let granted: BTreeSet<_> = deployment
        .of("Microsoft.Authorization/roleAssignments")
        .filter_map(|assignment| assignment.body["properties"]["roleDefinitionId"].as_str()?.rsplit('/').next())
        .collect();
    // Key Vault Secrets Officer, Storage Table Data Contributor.
    let least = BTreeSet::from(["b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"]);
    promise(granted == least, format!("the roles are {granted:?}"));
    for kind in ["Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts"] {
        let properties = &deployment.only(kind).body["properties"];
        promise(properties["publicNetworkAccess"] == "Disabled", format!("{kind} is open to the public"));
        promise(properties["networkAcls"]["defaultAction"] == "Deny", format!("{kind} has no firewall"));
    }
    let shared = &deployment.only("Microsoft.Storage/storageAccounts").body["properties"]["allowSharedKeyAccess"];
    promise(*shared == false, "the storage account takes shared keys".to_owned());
    let table = &deployment.only("Microsoft.Storage/storageAccounts/tableServices/tables").name;
    promise(table.ends_with("/default/fprshipments"), format!("the table is {table}"));
    found
}

fn deployed(spoil: impl FnOnce(&mut Value)) -> Deployment {
    let mut json = template().json().clone();
    spoil(&mut json);
    let deployment = Template::new(json).deploy(&given(), &Cloud::global());
    deployment.unwrap_or_else(|findings| panic!("{}", findings.join("\n")))
}

#[test]
fn every_promise_is_kept() {
    assert_eq!(broken(&deployed(|_| ())), [""; 0]);
}

#[test]
fn every_promise_can_be_broken() {
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
    type Spoil = fn(&mut Value);
    let cases: &[(Spoil, &str)] = &[
        (|json| container(json)["name"] = json!("keyferry"), "the container is called"),
        (
            |json| setting(json, "KEYFERRY_BIND")["name"] = json!("KEYFERRY_BINDS"),
            "KEYFERRY_BINDS is a setting that nobody reads",
        ),
        (|json| setting(json, "KEYFERRY_CLOUD")["name"] = json!("KEYFERRY_BIND"), "KEYFERRY_BIND is set twice"),
        (|json| setting(json, "SEND_PIN_URL")["secretRef"] = json!("send-pin"), "SEND_PIN_URL is no secret"),
        (|json| setting(json, "KEYFERRY_API_PORT")["value"] = json!("8082"), "the ingress leads to another port"),
        (
            |json| at(json, "Microsoft.App/containerApps")["configuration"]["ingress"]["allowInsecure"] = json!(true),
            "plain HTTP",
        ),
        (|json| drop(container(json)["probes"].as_array_mut().unwrap().pop()), "the probes are"),
        (|json| container(json)["probes"][1]["httpGet"]["port"] = json!(8080), "which is behind authentication"),
        (|json| setting(json, "KEYFERRY_PROBE_PORT")["value"] = json!("9000"), "a probe asks port Some(8081)"),
        (|json| container(json)["probes"][1]["httpGet"]["path"] = json!("/readyz"), "asks \"/readyz\""),
        (|json| container(json)["probes"][0]["failureThreshold"] = json!(30), "is out of its limits"),
        (|json| json["parameters"]["minReplicas"] = json!({ "type": "int", "defaultValue": 0 }), "there may be none"),
        (|json| at(json, AUTH)["platform"]["enabled"] = json!(false), "built-in authentication is off"),
        (
            |json| at(json, AUTH)["globalValidation"]["excludedPaths"] = json!(["/v1/status"]),
            "whoever has no token meets",
        ),
        (
            |json| {
                let entra = &mut at(json, AUTH)["identityProviders"]["azureActiveDirectory"];
                entra["validation"]["defaultAuthorizationPolicy"]["allowedApplications"] = json!([]);
            },
            "an empty list lets everybody in",
        ),
        // Key Vault Administrator, as the guide has it.
        (|json| json["variables"]["secretsOfficer"] = json!("00482a5a-887f-4fb3-b363-3b7fe8e74483"), "the roles are"),
        (|json| at(json, VAULT)["publicNetworkAccess"] = json!("Enabled"), "vaults is open to the public"),
        (|json| at(json, STORAGE)["networkAcls"]["defaultAction"] = json!("Allow"), "storageAccounts has no firewall"),
        (|json| at(json, STORAGE)["allowSharedKeyAccess"] = json!(true), "shared keys"),
        (|json| json["variables"]["tableName"] = json!("shipments"), "the table is"),
    ];
    for (spoil, said) in cases {
        let found = broken(&deployed(spoil)).join("\n");
        assert!(found.contains(said), "{said} is not in: {found}");
    }
}
