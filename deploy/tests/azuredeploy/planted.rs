//! Plants defects in the template, and checks that each is found.

use keyferry_deploy::arm::{self, Cloud, Template};
use serde_json::{Value, json};

use super::{given, template, types};

/// Returns all findings in the template after a change.
fn found(change: impl FnOnce(&mut Value)) -> String {
    let mut json = template().json().clone();
    change(&mut json);
    let findings = match Template::new(json).deploy(&given(), &Cloud::global()) {
        Ok(deployment) => arm::findings(&deployment, &types()),
        Err(findings) => findings,
    };
    findings.join("\n")
}

/// Returns the first resource of a type.
fn resource<'a>(json: &'a mut Value, kind: &str) -> &'a mut Value {
    json["resources"].as_array_mut().unwrap().iter_mut().find(|resource| resource["type"] == kind).unwrap()
}

const APP: &str = "Microsoft.App/containerApps";
const AUTH: &str = "Microsoft.App/containerApps/authConfigs";
const VAULT: &str = "Microsoft.KeyVault/vaults";
const SECRET: &str = "Microsoft.KeyVault/vaults/secrets";
const NETWORK: &str = "Microsoft.Network/virtualNetworks";

type Change = fn(&mut Value);

#[test]
fn finds_every_planted_defect() {
    let cases: &[(&str, Change, &str)] = &[
        ("an expression without its end", |json| resource(json, VAULT)["name"] = json!("[concat('a']"), "expected `)`"),
        (
            "an unknown function",
            |json| resource(json, VAULT)["name"] = json!("[concate('a')]"),
            "function concate is not implemented",
        ),
        (
            "an unknown parameter",
            |json| resource(json, VAULT)["name"] = json!("[parameters('Vault')]"),
            "there is no parameter Vault",
        ),
        (
            "an unknown variable",
            |json| resource(json, VAULT)["name"] = json!("[variables('vault')]"),
            "there is no variable vault",
        ),
        (
            "an unused parameter",
            |json| json["parameters"]["spare"] = json!({ "type": "string", "defaultValue": "" }),
            "parameters/spare is not used",
        ),
        ("an unused variable", |json| json["variables"]["spare"] = json!(""), "variables/spare is not used"),
        (
            "a default of another type",
            |json| json["parameters"]["minReplicas"]["defaultValue"] = json!("1"),
            "parameter minReplicas: expected a value of type int",
        ),
        (
            "a default that is not allowed",
            |json| json["parameters"]["entraCredential"]["defaultValue"] = json!("password"),
            "is not allowed",
        ),
        (
            "utcNow outside of a default",
            |json| resource(json, VAULT)["tags"] = json!({ "made": "[utcNow()]" }),
            "utcNow is allowed only in defaults",
        ),
        (
            "a name that is unknown before the deployment",
            |json| {
                resource(json, VAULT)["name"] = json!("[reference(variables('identityId'), '2024-11-30').name]");
            },
            "reference is allowed only in properties",
        ),
        ("a name with a missing part", |json| resource(json, AUTH)["name"] = json!("current"), "needs 2 names, got 1"),
        (
            "a misspelt member",
            |json| {
                let validation =
                    &mut resource(json, AUTH)["properties"]["identityProviders"]["azureActiveDirectory"]["validation"];
                validation["defaultAuthorizationPolicy"] = json!({ "allowedAplications": [] });
            },
            "allowedAplications: unknown member",
        ),
        (
            "a member at the wrong place",
            |json| resource(json, APP)["properties"]["probes"] = json!([]),
            ".properties.probes: unknown member",
        ),
        (
            "a value that is not one of the choices",
            |json| {
                resource(json, AUTH)["properties"]["globalValidation"]["unauthenticatedClientAction"] =
                    json!("Return402");
            },
            "is not one of",
        ),
        (
            "a string in place of a number",
            |json| {
                resource(json, APP)["properties"]["configuration"]["ingress"]["targetPort"] = json!("8080");
            },
            "expected integer",
        ),
        (
            "a missing required member",
            |json| drop(resource(json, VAULT)["properties"].as_object_mut().unwrap().remove("sku")),
            ".properties.sku: required member missing",
        ),
        (
            "a read-only member",
            |json| resource(json, VAULT)["properties"]["hsmPoolResourceId"] = json!("x"),
            "hsmPoolResourceId: read-only",
        ),
        (
            "a version without type data",
            |json| resource(json, VAULT)["apiVersion"] = json!("2019-01-01"),
            "no type data for version 2019-01-01",
        ),
        (
            "a dependency on a missing resource",
            |json| resource(json, SECRET)["dependsOn"] = json!(["[resourceId('Microsoft.KeyVault/vaults', 'other')]"]),
            "which is not in the template",
        ),
        (
            "a child before its parent",
            |json| drop(resource(json, SECRET).as_object_mut().unwrap().remove("dependsOn")),
            "but does not depend on it",
        ),
        (
            "a reference before its resource",
            |json| {
                resource(json, "Microsoft.App/managedEnvironments")["dependsOn"] = json!(["[variables('networkId')]"]);
            },
            "workspaces/keys-logs, but does not depend on it",
        ),
        (
            "the app before its role",
            |json| {
                let before = resource(json, APP)["dependsOn"].as_array_mut().unwrap();
                before.retain(|one| {
                    !one.as_str().unwrap().contains("'Microsoft.Logic") && !one.as_str().unwrap().contains("workflowId")
                });
            },
            "workflows/send_shipment_pin, but does not depend on it",
        ),
        (
            "a dependency cycle",
            |json| {
                resource(json, NETWORK)["dependsOn"] =
                    json!(["[resourceId('Microsoft.App/containerApps', parameters('Container_App_Name'))]"])
            },
            "depends on itself",
        ),
        (
            "the same resource twice",
            |json| {
                let vault = resource(json, VAULT).clone();
                json["resources"].as_array_mut().unwrap().push(vault);
            },
            "two resources have the same id",
        ),
        (
            "a secret in an output",
            |json| json["outputs"]["token"] = json!({ "type": "string", "value": "[parameters('YED_API_TOKEN')]" }),
            "output token contains a secret",
        ),
        (
            "a listed key in an output",
            |json| {
                let value = "[listCallbackUrl(variables('workflowId'), '2019-05-01').value]";
                json["outputs"]["url"] = json!({ "type": "string", "value": value });
            },
            "output url contains a secret",
        ),
        (
            "a secret in the plain environment",
            |json| {
                let all = json["variables"]["settings"].as_array_mut().unwrap();
                let value = "[parameters('FIDO_Connector_Client_Secret')]";
                all.push(json!({ "name": "ENTRA_FIDO_API_CLIENT_SECRET", "value": value }));
            },
            "a secret is at /properties/template/containers/0/env/20/value",
        ),
        (
            "a secret in a tag",
            |json| resource(json, APP)["tags"] = json!({ "for": "[parameters('Container_Registry_Password')]" }),
            "a secret is at /tags/for",
        ),
    ];
    for (defect, change, expected) in cases {
        let found = found(change);
        assert!(found.contains(expected), "{defect}: {found}");
    }
}

#[test]
fn finds_missing_unknown_and_too_long_parameters() {
    let cloud = Cloud::global();
    let mut given = given();
    given.as_object_mut().unwrap().remove("Container_App_Name");
    given["Container_App"] = json!("keys");
    given["Storage_Account_Resource_Name"] = json!("a-name-of-more-than-24-letters");
    let findings = template().deploy(&given, &cloud).unwrap_err().join("\n");
    for expected in [
        "parameter Container_App is given but not declared",
        "parameter Container_App_Name: required",
        "Storage_Account_Resource_Name: \"a-name-of-more-than-24-letters\" is outside",
    ] {
        assert!(findings.contains(expected), "{findings}");
    }
}
