//! Each check finds the defect that it is for.

use keyferry_deploy::arm::{self, Cloud, Template};
use serde_json::{Value, json};

use super::{given, template, types};

/// Everything that is found in the template after it was spoiled.
fn found(spoil: impl FnOnce(&mut Value)) -> String {
    let mut json = template().json().clone();
    spoil(&mut json);
    let findings = match Template::new(json).deploy(&given(), &Cloud::global()) {
        Ok(deployment) => arm::findings(&deployment, &types()),
        Err(findings) => findings,
    };
    findings.join("\n")
}

/// The resource of a type, the first.
fn resource<'a>(json: &'a mut Value, kind: &str) -> &'a mut Value {
    json["resources"].as_array_mut().unwrap().iter_mut().find(|resource| resource["type"] == kind).unwrap()
}

const APP: &str = "Microsoft.App/containerApps";
const AUTH: &str = "Microsoft.App/containerApps/authConfigs";
const VAULT: &str = "Microsoft.KeyVault/vaults";
const SECRET: &str = "Microsoft.KeyVault/vaults/secrets";
const NETWORK: &str = "Microsoft.Network/virtualNetworks";

type Spoil = fn(&mut Value);

#[test]
fn every_planted_defect_is_found() {
    let cases: &[(&str, Spoil, &str)] = &[
        (
            "an expression without its end",
            |json| resource(json, VAULT)["name"] = json!("[concat('a']"),
            "`)` is expected",
        ),
        (
            "a function that is not there",
            |json| resource(json, VAULT)["name"] = json!("[concate('a')]"),
            "the function concate is not known",
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
            "a parameter that nothing reads",
            |json| json["parameters"]["spare"] = json!({ "type": "string", "defaultValue": "" }),
            "parameters/spare is used nowhere",
        ),
        (
            "a variable that nothing reads",
            |json| json["variables"]["spare"] = json!(""),
            "variables/spare is used nowhere",
        ),
        (
            "a default of another type",
            |json| json["parameters"]["minReplicas"]["defaultValue"] = json!("1"),
            "parameter minReplicas: a value of type int",
        ),
        (
            "a default that is not allowed",
            |json| json["parameters"]["entraCredential"]["defaultValue"] = json!("password"),
            "is not allowed",
        ),
        (
            "the time outside of a default",
            |json| resource(json, VAULT)["tags"] = json!({ "made": "[utcNow()]" }),
            "utcNow is for defaults",
        ),
        (
            "a name that only a deployment tells",
            |json| {
                resource(json, VAULT)["name"] = json!("[reference(variables('identityId'), '2024-11-30').name]");
            },
            "reference is for properties",
        ),
        (
            "a name with a part too few",
            |json| resource(json, AUTH)["name"] = json!("current"),
            "needs 2 names, and got 1",
        ),
        (
            "a member that is misspelt",
            |json| {
                let validation =
                    &mut resource(json, AUTH)["properties"]["identityProviders"]["azureActiveDirectory"]["validation"];
                validation["defaultAuthorizationPolicy"] = json!({ "allowedAplications": [] });
            },
            "allowedAplications: no such member",
        ),
        (
            "a member at the wrong place",
            |json| resource(json, APP)["properties"]["probes"] = json!([]),
            ".properties.probes: no such member",
        ),
        (
            "a value that is none of the choices",
            |json| {
                resource(json, AUTH)["properties"]["globalValidation"]["unauthenticatedClientAction"] =
                    json!("Return402");
            },
            "is none of",
        ),
        (
            "a text where a number belongs",
            |json| {
                resource(json, APP)["properties"]["configuration"]["ingress"]["targetPort"] = json!("8080");
            },
            "integer is expected",
        ),
        (
            "a required member that is missing",
            |json| drop(resource(json, VAULT)["properties"].as_object_mut().unwrap().remove("sku")),
            ".properties.sku: it is required",
        ),
        (
            "a member that only Azure writes",
            |json| resource(json, VAULT)["properties"]["hsmPoolResourceId"] = json!("x"),
            "only Azure writes it",
        ),
        (
            "a version that the data does not know",
            |json| resource(json, VAULT)["apiVersion"] = json!("2019-01-01"),
            "no type data for its version 2019-01-01",
        ),
        (
            "a dependency on nothing",
            |json| resource(json, SECRET)["dependsOn"] = json!(["[resourceId('Microsoft.KeyVault/vaults', 'other')]"]),
            "which is no resource of the template",
        ),
        (
            "a child before its parent",
            |json| drop(resource(json, SECRET).as_object_mut().unwrap().remove("dependsOn")),
            "and does not depend on it",
        ),
        (
            "a reference before its resource",
            |json| {
                resource(json, "Microsoft.App/managedEnvironments")["dependsOn"] = json!(["[variables('networkId')]"]);
            },
            "workspaces/keys-logs, and does not depend on it",
        ),
        (
            "the app before its role",
            |json| {
                let before = resource(json, APP)["dependsOn"].as_array_mut().unwrap();
                before.retain(|one| {
                    !one.as_str().unwrap().contains("'Microsoft.Logic") && !one.as_str().unwrap().contains("workflowId")
                });
            },
            "workflows/send_shipment_pin, and does not depend on it",
        ),
        (
            "a circle",
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
            "two resources have one id",
        ),
        (
            "a secret in an output",
            |json| json["outputs"]["token"] = json!({ "type": "string", "value": "[parameters('YED_API_TOKEN')]" }),
            "output token: it shows a secret",
        ),
        (
            "a listed key in an output",
            |json| {
                json["outputs"]["url"] = json!({ "type": "string", "value": "[listCallbackUrl(variables('workflowId'), '2019-05-01').value]" });
            },
            "output url: it shows a secret",
        ),
        (
            "a secret in the plain environment",
            |json| {
                let all = json["variables"]["settings"].as_array_mut().unwrap();
                all.push(json!({ "name": "ENTRA_FIDO_API_CLIENT_SECRET", "value": "[parameters('FIDO_Connector_Client_Secret')]" }));
            },
            "a secret is at /properties/template/containers/0/env/17/value",
        ),
        (
            "a secret in a tag",
            |json| resource(json, APP)["tags"] = json!({ "for": "[parameters('Container_Registry_Password')]" }),
            "a secret is at /tags/for",
        ),
    ];
    for (defect, spoil, said) in cases {
        let found = found(spoil);
        assert!(found.contains(said), "{defect} is told as: {found}");
    }
}

#[test]
fn parameters_that_are_missing_unknown_or_too_long_are_told() {
    let cloud = Cloud::global();
    let mut given = given();
    given.as_object_mut().unwrap().remove("Container_App_Name");
    given["Container_App"] = json!("keys");
    given["Storage_Account_Resource_Name"] = json!("a-name-of-more-than-24-letters");
    let findings = template().deploy(&given, &cloud).unwrap_err().join("\n");
    for said in [
        "parameter Container_App is given, and not declared",
        "parameter Container_App_Name: it is required",
        "Storage_Account_Resource_Name: \"a-name-of-more-than-24-letters\" is outside",
    ] {
        assert!(findings.contains(said), "{findings}");
    }
}
