//! Steps 10 and 11: the credential response is opened, and the credential is registered.

use keyferry_azure_identity::AccessToken;

use super::Trouble;
use super::answers::{Collection, Details, MethodView, Tenant};
use super::order::{Ordered, missing, same};
use super::parcel::Parcel;
use super::step::Steps;
use super::wire::{Wire, ask, expect};

/// The sandbox's app with permission to read the methods of all users.
const AUDITOR: &str = "0c0ffee0-0000-4000-8000-000000000005";
const GRAPH_SCOPE: &str = "https://graph.microsoft.com/.default";

/// A method registered in Graph.
pub(super) struct Method {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) auditor: AccessToken,
}

pub(super) async fn check(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    ordered: &Ordered,
    details: &Details,
    parcel: &Parcel,
) -> Result<Method, Trouble> {
    let credential = details.keys.first().and_then(|key| key.credentials.first());
    let credential = credential.ok_or(missing("the registered credential"))?;
    same("the credential's id", &parcel.credential_id, &credential.credential_id)?;
    same("the AAGUID", &parcel.aaguid, &credential.aaguid)?;
    steps.done_earlier(format!("credential {}, same as at the factory", credential.credential_id));

    let auditor = auditor(wire, &ordered.tenant).await?;
    let methods = methods(wire, &auditor, &ordered.user.id).await?;
    let method = methods.into_iter().find(|method| method.id == credential.method_id);
    let method = method.ok_or(Trouble::Missing { whose: "Graph", what: "the method that the connector registered" })?;
    same("the method's AAGUID", &parcel.aaguid, &method.aa_guid)?;
    same("the method's name", &credential.display_name, &method.display_name)?;
    steps.done(format!("“{}”, {}, method {}", method.display_name, method.attestation_level, method.id));
    Ok(Method { id: method.id, user_id: ordered.user.id.clone(), auditor })
}

/// Returns the user's methods, as another application reads them.
pub(super) async fn methods(wire: &Wire<'_>, auditor: &AccessToken, user_id: &str) -> Result<Vec<MethodView>, Trouble> {
    let url = wire.sandbox(&["v1.0", "users", user_id, "authentication", "fido2Methods"])?;
    let methods = wire.http.get(&url).bearer(auditor.expose());
    let methods: Collection<MethodView> = ask("the user's methods at Graph", methods, 200).await?;
    Ok(methods.value)
}

/// Deletes the method, as an administrator could before the sign-in.
pub(super) async fn delete(wire: &Wire<'_>, method: &Method) -> Result<(), Trouble> {
    let path = ["v1.0", "users", &method.user_id, "authentication", "fido2Methods", &method.id];
    let delete = wire.http.delete(&wire.sandbox(&path)?).bearer(method.auditor.expose());
    expect("deleting the method at Graph", delete, 204).await.map(drop)
}

pub(super) async fn auditor(wire: &Wire<'_>, tenant: &Tenant) -> Result<AccessToken, Trouble> {
    let app = tenant.apps.iter().find(|app| app.client_id == AUDITOR);
    let app = app.ok_or(Trouble::Missing { whose: "the sandbox", what: "its auditor app" })?;
    wire.token(&tenant.token_endpoint, &app.client_id, &app.client_secret, GRAPH_SCOPE).await
}
