//! Runs against the real sandbox without a connector. The complete flow is tested in `crates/keyferry`.

use keyferry_sandbox::{Sandbox, SandboxOptions};

use super::*;
use crate::scenario::answers::{Call, Collection, Message, MethodView, ParcelView};
use crate::scenario::wire::{Wire, ask};

async fn start() -> (keyferry_sandbox::RunningSandbox, World) {
    let sandbox = Sandbox::start(SandboxOptions::ephemeral()).await.unwrap();
    let base = sandbox.base_url().clone();
    let world = World {
        token_url: base.join("contoso.onmicrosoft.com/oauth2/v2.0/token").unwrap(),
        client_id: "0c0ffee0-0000-4000-8000-000000000002".to_owned(),
        client_secret: "sandbox-test-client-secret".to_owned().into(),
        scope: "api://fido-connector-api.contoso.onmicrosoft.com/.default".to_owned(),
        user: DEFAULT_USER.to_owned(),
        // There is no connector, so the run ends at the first call to it.
        ..super::world(&base)
    };
    (sandbox, world)
}

async fn outcome(world: &World) -> ScenarioError {
    run(world, Sabotage::None, &TestClock::new(), &mut |step| panic!("{step}")).await.unwrap_err()
}

#[tokio::test]
async fn reads_world_and_tokens() {
    let (sandbox, world) = start().await;
    let error = outcome(&world).await;
    let Trouble::Answered { what: "GET /v1/status", status: 404, .. } = *error.trouble else { panic!("{error}") };

    let refused = outcome(&World { client_secret: SECRET.to_owned().into(), ..world.clone() }).await.to_string();
    assert!(refused.contains("the token request: expected status 200, but got 401"), "{refused}");
    assert!(refused.contains("AADSTS7000215") && !refused.contains(SECRET), "{refused}");

    let nobody = outcome(&World { user: "nobody@x.example".to_owned(), ..world }).await;
    assert!(matches!(*nobody.trouble, Trouble::UnknownUser(_)), "{nobody}");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn reads_other_endpoints_of_sandbox() {
    let (sandbox, world) = start().await;
    let wire = Wire::new(&world).unwrap();
    wire.read::<Vec<Message>>("the mailbox", &["mailbox", "messages"]).await.unwrap();
    let options: serde_json::Value =
        ask("options", wire.http.post(&wire.sandbox(&["signin", "options"]).unwrap()), 200).await.unwrap();
    assert_eq!(options["rpId"], "localhost");
    let auditor = wire
        .token(
            &world.token_url,
            "0c0ffee0-0000-4000-8000-000000000005",
            "sandbox-auditor-secret",
            "https://graph.microsoft.com/.default",
        )
        .await
        .unwrap();
    let path = ["v1.0", "users", "a1000000-0000-4000-8000-000000000001", "authentication", "fido2Methods"];
    let methods = wire.http.get(&wire.sandbox(&path).unwrap()).bearer(auditor.expose());
    let methods: Collection<MethodView> = ask("methods", methods, 200).await.unwrap();
    assert!(methods.value.is_empty());
    let calls: Vec<Call> = wire.read("the journal", &["control", "calls"]).await.unwrap();
    assert!(calls.iter().any(|call| call.endpoint == "graph.methods" && call.client_request_id.is_some()));
    let parcel = wire.read::<ParcelView>("the parcel", &["control", "parcels", "none"]).await;
    assert!(matches!(parcel, Err(Trouble::Answered { status: 404, .. })));
    sandbox.shutdown().await;
}
