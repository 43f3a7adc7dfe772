use keyferry_domain::{Effect, FailureClass, IdentityProvider as _};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const PASS: &str = "05267842-25b2-4b21-8abd-8e4982796f7f";
const CODE: &str = "+drkzqAD";

/// Returns the documented response.
fn made() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "id": PASS, "temporaryAccessPass": CODE, "createdDateTime": "2022-06-02T16:21:09.765173Z",
        "startDateTime": "2022-06-02T16:21:09.765173Z", "lifetimeInMinutes": 60, "isUsableOnce": true,
        "isUsable": true, "methodUsabilityReason": "EnabledByPolicy"
    })
}

async fn creating(answer: Answer) -> Failure {
    World::new([answer]).await.entra.create_access_pass(&user(ID), HOUR).await.unwrap_err()
}

#[tokio::test]
async fn makes_a_pass_that_can_be_used_once() {
    let world = World::new([say(201, made())]).await;
    let pass = world.entra.create_access_pass(&user(ID), HOUR).await.unwrap().unwrap();
    assert_eq!((pass.id.as_str(), pass.text.expose()), (PASS, CODE));
    assert_eq!(pass.valid_until.to_rfc3339(), "2022-06-02T17:21:09.765173+00:00");
    assert_eq!(world.lines(), [format!("POST /v1.0/users/{ID}/authentication/temporaryAccessPassMethods")]);
    let body: Value = serde_json::from_slice(&world.script.received.lock().unwrap()[0].body).unwrap();
    assert_eq!(body, json!({"isUsableOnce": true, "lifetimeInMinutes": 60}));
}

#[tokio::test]
async fn response_that_is_no_pass_is_never_quoted_and_leaves_the_effect_open() {
    let changed = |member: &str, value: Value| {
        let mut body = made();
        body[member] = value;
        say(201, body)
    };
    for answer in [
        changed("temporaryAccessPass", json!(48_213_007)),
        changed("temporaryAccessPass", json!(format!("{CODE} {CODE}"))),
        changed("temporaryAccessPass", json!(null)),
        changed("id", json!("")),
        changed("isUsableOnce", json!(false)),
        changed("startDateTime", json!(CODE)),
        say(201, json!([CODE, 48_213_007])),
        say(201, json!(CODE)),
    ] {
        let failure = creating(answer).await;
        let told = format!("{failure:?} {failure}");
        assert!(!told.contains("drkzqAD") && !told.contains("48213007"), "{told}");
        assert_eq!((failure.class(), failure.effect), (FailureClass::InvalidResponse, Effect::Unknown));
    }
}

#[tokio::test]
async fn refusals_name_the_policy_and_the_permission() {
    let text = "Converged UserCredentialPolicy does not allow creating or updating the credential.";
    let refused = creating(refuse(400, "badRequest", text)).await;
    assert_eq!((refused.class(), refused.effect), (FailureClass::Rejected, Effect::None));
    assert!(refused.message.contains(text) && refused.remedy().contains("lifetime"), "{}", refused.remedy());
    let denied = creating(refuse(403, "accessDenied", "Request Authorization failed")).await;
    assert_eq!(denied.class(), FailureClass::Forbidden);
    assert!(denied.remedy().contains("UserAuthMethod-TAP.ReadWrite.All"), "{}", denied.remedy());
    let lost = creating(Answer::Never).await;
    assert_eq!((lost.class(), lost.effect), (FailureClass::Unavailable, Effect::Unknown));
}

#[tokio::test]
async fn lists_passes_that_are_usable_now_or_later() {
    let one = |id: &str, usable: Option<bool>, reason: &str| {
        json!({"id": id, "temporaryAccessPass": null,
        "createdDateTime": "2022-06-02T16:21:09Z", "isUsable": usable, "methodUsabilityReason": reason})
    };
    let listed = [
        one("a", Some(true), "EnabledByPolicy"),
        one("b", Some(false), "NotYetValid"),
        one("c", Some(false), "Expired"),
        one("d", Some(false), "OneTimeUsed"),
        one("e", None, ""),
    ];
    let world = World::new([say(200, json!({"value": listed})), missing(UPN)]).await;
    let held = world.entra.access_passes(&user(UPN)).await.unwrap().unwrap();
    let usable: Vec<_> = held.iter().filter(|pass| pass.is_usable).map(|pass| pass.id.as_str()).collect();
    assert_eq!((held.len(), usable), (5, vec!["a", "b", "e"]));
    assert!(held.iter().all(|pass| pass.created_at.is_some()));
    assert_eq!(world.entra.access_passes(&user(UPN)).await.unwrap_err().class(), FailureClass::NotFound);
}

#[tokio::test]
async fn deletion_can_be_repeated_and_reports_an_unknown_user() {
    let unknown = refuse(404, "resourceNotFound", "No such method");
    let world = World::new([say(204, json!(null)), unknown, missing(UPN)]).await;
    let existed = async || world.entra.delete_access_pass(&user(UPN), PASS).await.map(|deletion| deletion.existed);
    assert_eq!((existed().await, existed().await), (Ok(true), Ok(false)));
    assert_eq!(existed().await.unwrap_err().class(), FailureClass::NotFound);
    let line = format!("DELETE /v1.0/users/ada%40contoso.example/authentication/temporaryAccessPassMethods/{PASS}");
    assert_eq!(world.lines()[0], line);
}
