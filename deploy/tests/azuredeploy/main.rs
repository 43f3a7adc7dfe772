//! Evaluates the deployment template and checks it against Microsoft's type data. Also checks that each check finds its
//! defect.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod hardening;
mod planted;
mod promises;

use keyferry_deploy::arm::{self, Cloud, Deployment, Template, TypeData};
use keyferry_deploy::{folder, json};
use serde_json::{Value, json};

fn template() -> Template {
    Template::new(json("azure/azuredeploy.json"))
}

fn types() -> TypeData {
    TypeData::read(&folder().join("arm-types"))
}

/// Returns the parameters that an administrator sets.
fn given() -> Value {
    json!({
        "YED_API_TOKEN": "canary-of-the-api-token",
        "KeyVault_Resource_Name": "contoso-keys",
        "Container_App_Name": "keys",
        "Container_Registry_Name": "registry.contoso.example",
        "Container_Image_Name_Tag": "keyferry:0.1.0",
        "Container_Registry_User": "puller",
        "Container_Registry_Password": "canary-of-the-registry",
        "FIDO_Connector_Client_Id": "0c0ffee0-0000-4000-8000-000000000001",
        "FIDO_Connector_Client_Secret": "canary-of-the-client-secret",
        "FIDO_Connector_Allowed_Audiences": ["api://fido-connector-api.contoso.onmicrosoft.com"],
        "FIDO_Connector_Allowed_Client_Apps": ["0c0ffee0-0000-4000-8000-000000000002"],
        "Storage_Account_Resource_Name": "contosokeys",
    })
}

/// Returns the parameters with other values; null removes one.
fn given_with(other: &Value) -> Value {
    let mut given = given();
    for (name, value) in other.as_object().unwrap() {
        match value {
            Value::Null => drop(given.as_object_mut().unwrap().remove(name)),
            value => given[name] = value.clone(),
        }
    }
    given
}

#[track_caller]
fn deployed(given: &Value, cloud: &Cloud) -> Deployment {
    template().deploy(given, cloud).unwrap_or_else(|findings| panic!("{}", findings.join("\n")))
}

fn environment_of(deployment: &Deployment) -> &Value {
    &deployment.only("Microsoft.App/containerApps").body["properties"]["template"]["containers"][0]["env"]
}

/// Returns the names of the secrets that the deployment writes into the vault.
fn written(deployment: &Deployment) -> Vec<&str> {
    deployment.of("Microsoft.KeyVault/vaults/secrets").map(|secret| secret.name.rsplit('/').next().unwrap()).collect()
}

#[test]
fn template_is_valid_for_all_choices() {
    let types = types();
    for choice in [
        json!({}),
        json!({ "Container_Registry_User": null, "Container_Registry_Password": null }),
        json!({ "deploySecrets": false, "createPrivateDnsZones": false }),
        json!({ "adminIpRanges": ["198.51.100.7", "203.0.113.0/24"], "callerIpRanges": ["203.0.113.0/24"] }),
        json!({
            "entraCredential": "managed-identity",
            "FIDO_Connector_Client_Secret": null,
            "enablePurgeProtection": true,
        }),
        json!({ "credentialVaultName": "", "callerIpRanges": ["0.0.0.0/0"] }),
        json!({ "callerRoles": "enforced", "pinReleaseWindowDays": 0, "holdPinUntilDelivered": true }),
        json!({
            "sendPinAuthentication": "sas",
            "sendPinCallerIpRanges": ["203.0.113.0/24"],
            "pinSenderMailbox": "keys@contoso.example",
        }),
        json!({ "additionalSettings": [{ "name": "CRON_PROCESS_SHIPMENT_SCHEDULE", "value": "0 */30 * * * *" }] }),
    ] {
        for cloud in [Cloud::global(), Cloud::us_government()] {
            let deployment = deployed(&given_with(&choice), &cloud);
            assert_eq!(arm::findings(&deployment, &types), [""; 0], "{choice}");
        }
    }
}

#[test]
fn declares_all_parameters_of_the_guide_by_their_printed_names() {
    let template = template();
    let declared = &template.json()["parameters"];
    // Sections 6.2.1 and 6.2.2. The printed name "Key Vault_Resource_Name" contains a space, which no parameter can
    // have.
    let asked = "YED_API_TOKEN KeyVault_Resource_Name Container_App_Name Container_Registry_Name \
        Container_Image_Name_Tag Container_Registry_User Container_Registry_Password FIDO_Connector_Client_Id \
        FIDO_Connector_Client_Secret FIDO_Connector_Allowed_Audiences FIDO_Connector_Allowed_Client_Apps \
        Storage_Account_Resource_Name";
    let with_defaults = "Workflows_Send_shipment_pin_name MS_Login_Online_Endpoint MS_Graph_Endpoint \
        Azure_Mgmt_Endpoint Azure_Storage Azure_Vault virtualNetworkName virtualNetworkAddressPrefix subnetName \
        subnetAddressPrefix keyVaultPrivateEndpointName tableStorageAccountPrivateEndpointName";
    for name in asked.split_whitespace().chain(with_defaults.split_whitespace()) {
        assert!(declared[name].is_object(), "{name}");
    }
    for (name, declaration) in declared.as_object().unwrap() {
        let description = declaration["metadata"]["description"].as_str().unwrap_or_default();
        assert!(description.ends_with(['.', '…']), "{name} has no description");
        // Only parameters without a default in the guide may have none.
        assert!(!declaration["defaultValue"].is_null() || asked.contains(name.as_str()), "{name} has no default");
    }
    for name in ["YED_API_TOKEN", "Container_Registry_Password", "FIDO_Connector_Client_Secret"] {
        assert_eq!(declared[name]["type"], "securestring", "{name}");
    }
}

#[test]
fn docs_page_repeats_every_parameter_description() {
    let page = std::fs::read_to_string(folder().join("../docs/reference/deployment.md")).unwrap();
    for (name, declaration) in template().json()["parameters"].as_object().unwrap() {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let description = declaration["metadata"]["description"].as_str().unwrap();
        assert!(row.is_some_and(|row| row.ends_with(&format!("| {description} |"))), "{name}");
    }
}

#[test]
fn rejects_empty_list_of_callers() {
    for name in ["FIDO_Connector_Allowed_Audiences", "FIDO_Connector_Allowed_Client_Apps"] {
        // Azure reads an empty list as "all callers".
        let findings = template().deploy(&given_with(&json!({ name: [] })), &Cloud::global()).unwrap_err();
        assert!(findings.concat().contains(&format!("parameter {name}: [] is outside")), "{findings:?}");
    }
}

#[test]
fn identity_has_only_the_data_roles() {
    let deployment = deployed(&given(), &Cloud::global());
    let mut granted: Vec<_> = deployment
        .of("Microsoft.Authorization/roleAssignments")
        .map(|assignment| {
            let properties = &assignment.body["properties"];
            assert_eq!(properties["principalType"], "ServicePrincipal");
            let principal = properties["principalId"].as_str().unwrap();
            assert!(principal.contains("keys-identity") && principal.ends_with(").principalId»"), "{principal}");
            let role = properties["roleDefinitionId"].as_str().unwrap().rsplit('/').next().unwrap();
            let (scope, _) = assignment.id.split_once("/providers/Microsoft.Authorization").unwrap();
            (role.to_owned(), scope.rsplit("/providers/").next().unwrap().to_owned())
        })
        .collect();
    granted.sort();
    assert_eq!(
        granted,
        [
            // Storage Table Data Contributor.
            (
                "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3".to_owned(),
                "Microsoft.Storage/storageAccounts/contosokeys".to_owned()
            ),
            // Key Vault Secrets User on its own secrets, and Secrets Officer on response keys.
            ("4633458b-17de-408a-b874-0445c86b69e6".to_owned(), "Microsoft.KeyVault/vaults/contosokeyscred".to_owned()),
            ("b86a8fe4-44ce-4948-aee5-eccb2c155cd7".to_owned(), "Microsoft.KeyVault/vaults/contoso-keys".to_owned()),
        ]
    );
    assert_eq!(deployment.only("Microsoft.App/containerApps").body["identity"]["type"], "UserAssigned");
}

#[test]
fn vault_and_table_are_private_unless_an_administrator_address_is_allowed() {
    let closed = deployed(&given(), &Cloud::global());
    let open = deployed(&given_with(&json!({ "adminIpRanges": ["203.0.113.0/24"] })), &Cloud::global());
    for (kind, count) in [("Microsoft.KeyVault/vaults", 2), ("Microsoft.Storage/storageAccounts", 1)] {
        assert_eq!((closed.of(kind).count(), open.of(kind).count()), (count, count));
        for (closed, open) in closed.of(kind).zip(open.of(kind)) {
            let (closed, open) = (&closed.body["properties"], &open.body["properties"]);
            assert_eq!(closed["publicNetworkAccess"], "Disabled");
            assert_eq!(closed["networkAcls"]["ipRules"], json!([]));
            assert_eq!(open["publicNetworkAccess"], "Enabled");
            assert_eq!(open["networkAcls"]["defaultAction"], "Deny");
            assert_eq!(open["networkAcls"]["ipRules"][0]["value"], "203.0.113.0/24");
        }
    }
    assert_eq!(closed.only("Microsoft.Storage/storageAccounts").body["properties"]["allowSharedKeyAccess"], false);
    let zones: Vec<_> = closed.of("Microsoft.Network/privateDnsZones").map(|zone| zone.name.as_str()).collect();
    assert_eq!(zones, ["privatelink.vaultcore.azure.net", "privatelink.table.core.windows.net"]);
    let abroad = deployed(&given(), &Cloud::us_government());
    let zones: Vec<_> = abroad.of("Microsoft.Network/privateDnsZones").map(|zone| zone.name.as_str()).collect();
    assert_eq!(zones, ["privatelink.vaultcore.usgovcloudapi.net", "privatelink.table.core.usgovcloudapi.net"]);
    let table = closed.only("Microsoft.Storage/storageAccounts/tableServices/tables");
    assert_eq!(table.name, "contosokeys/default/fprshipments");
}

#[test]
fn second_deployment_writes_only_given_secrets() {
    let first = deployed(&given(), &Cloud::global());
    assert_eq!(written(&first), ["YED-API-TOKEN", "ENTRA-FIDO-API-CLIENT-SECRET"]);
    let again = json!({ "YED_API_TOKEN": null, "FIDO_Connector_Client_Secret": null });
    assert_eq!(written(&deployed(&given_with(&again), &Cloud::global())), [""; 0]);
    // A pipeline whose parameter file still contains the first values.
    assert_eq!(written(&deployed(&given_with(&json!({ "deploySecrets": false })), &Cloud::global())), [""; 0]);
    // Everything else is unchanged.
    let (first, again) = (environment_of(&first).clone(), deployed(&given_with(&again), &Cloud::global()));
    assert_eq!(first, *environment_of(&again));
    let secret = deployed(&given(), &Cloud::global());
    let token = secret.of("Microsoft.KeyVault/vaults/secrets").next().unwrap();
    assert_eq!(
        token.body["properties"]["attributes"]["exp"],
        Cloud::global().now + 365 * 86_400,
        "the expiry that the warning depends on"
    );
}

#[test]
fn pin_url_is_the_only_secret_variable_of_the_container() {
    let deployment = deployed(&given(), &Cloud::global());
    let app = &deployment.only("Microsoft.App/containerApps").body["properties"];
    let secrets = app["configuration"]["secrets"].as_array().unwrap();
    let names: Vec<_> = secrets.iter().map(|secret| secret["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["send-pin-url", "registry-password"]);
    assert!(secrets[0]["value"].as_str().unwrap().contains("listCallbackUrl("), "6.2.3 needs no manual step");
    let by_reference: Vec<_> =
        environment_of(&deployment).as_array().unwrap().iter().filter(|one| one.get("secretRef").is_some()).collect();
    assert_eq!(json!(by_reference), json!([{ "name": "SEND_PIN_URL", "secretRef": "send-pin-url" }]));
    assert_eq!(app["configuration"]["registries"][0]["passwordSecretRef"], "registry-password");
}

#[test]
fn outputs_show_the_two_remaining_commands() {
    let deployment = deployed(&given(), &Cloud::global());
    let output = |name: &str| deployment.outputs[name].as_str().unwrap();
    assert!(output("grantDirectoryReaders").starts_with(
        "az rest --method POST --url https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments \
         --body \"{\\\"principalId\\\":\\\"«"
    ));
    let consent = output("authoriseOffice365");
    let url = "https://management.azure.com/subscriptions/99999999-2222-4333-8444-555555555555/resourceGroups/keys\
               /providers/Microsoft.Web/connections/office365/listConsentLinks?api-version=2016-06-01";
    assert!(consent.contains(url), "{consent}");
    for command in ["grantDirectoryReaders", "authoriseOffice365"] {
        let body = output(command).split_once("--body \"").unwrap().1;
        let body = body[..body.rfind("}\"").unwrap() + 1].replace("\\\"", "\"");
        assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
    }
}
