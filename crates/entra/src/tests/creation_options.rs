use keyferry_domain::{Effect, FailureClass, FailureKind, IdentityProvider as _, Operation, Party};
use keyferry_http::QUEUE_FULL;

use super::*;
use crate::CreationOptionsForm;

const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

fn granted() -> Answer {
    granted_to(UPN)
}

fn granted_to(name: &str) -> Answer {
    say(
        200,
        json!({
            "challengeTimeoutDateTime": "2026-01-15T10:00:00Z",
            "publicKey": {
                "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
                "user": {"id": "T0Y6", "name": name, "displayName": "Ada"},
                "challenge": "ZXlK", "pubKeyCredParams": [{"type": "public-key", "alg": -7}]
            }
        }),
    )
}

async fn refused(answer: Answer) -> Failure {
    World::new([answer]).await.entra.creation_options(&user(UPN), FORTNIGHT).await.unwrap_err()
}

#[tokio::test]
async fn sends_lifetime_in_either_form_to_the_configured_version() {
    let function = World::new([granted()]).await;
    let options = function.entra.creation_options(&user(UPN), FORTNIGHT).await.unwrap();
    assert_eq!((options.challenge.as_str(), options.rp_id.as_str()), ("ZXlK", "login.microsoft.com"));
    assert_eq!(
        function.lines(),
        ["GET /beta/users/ada%40contoso.example/authentication/fido2Methods/\
            creationOptions(challengeTimeoutInMinutes=20160)"]
    );
    let query = World::with([granted()], |settings| {
        settings.creation_options_form = CreationOptionsForm::Query;
        settings.api_version = "v9".into();
    })
    .await;
    query.entra.creation_options(&user(ID), Duration::from_secs(3_659)).await.unwrap();
    assert_eq!(
        query.lines(),
        [format!("GET /v9/users/{ID}/authentication/fido2Methods/creationOptions?challengeTimeoutInMinutes=60")]
    );
}

#[tokio::test]
async fn accepts_endpoint_with_path() {
    let world = World::with([granted_to("$X@y")], |settings| settings.graph_endpoint.set_path("/graph/")).await;
    world.entra.creation_options(&user("$x@y"), FORTNIGHT).await.unwrap();
    let line = world.lines().remove(0);
    assert!(line.starts_with("GET /graph/beta/users('%24x%40y')/authentication/"), "{line}");
}

#[tokio::test]
async fn unknown_user_has_message_of_the_guide_and_code_of_graph() {
    let failure = refused(missing(UPN)).await;
    assert_eq!((failure.party, failure.operation), (Party::IdentityProvider, Operation::CreationOptions));
    assert_eq!((failure.status(), failure.code()), (Some(404), Some("Request_ResourceNotFound")));
    assert_eq!(failure.message, "Could not find user: ada@contoso.example");
}

#[tokio::test]
async fn passes_on_status_code_and_message() {
    let failure = refused(refuse(403, "accessDenied", "Request Authorization failed")).await;
    assert_eq!(failure.message, "Graph answered 403 accessDenied: Request Authorization failed");
    assert_eq!((failure.status(), failure.code(), failure.effect), (Some(403), Some("accessDenied"), Effect::None));
    assert!(failure.correlation.is_some());
}

#[tokio::test]
async fn passes_on_retry_after() {
    let throttled = Answer::Say(429, json!({"error": {"code": "TooManyRequests", "message": "Slow."}}), Some("10"));
    let failure = refused(throttled).await;
    assert_eq!((failure.status(), failure.retry_after), (Some(429), Some(Duration::from_secs(10))));
}

#[tokio::test]
async fn rejects_unexpected_response() {
    for body in [json!({}), json!([]), json!({"value": {"publicKey": {}}})] {
        assert_eq!(refused(say(200, body)).await.kind, FailureKind::InvalidResponse);
    }
}

/// Exchanges the answers of two users, as on a connection whose answers are shifted by one.
#[tokio::test]
async fn options_of_another_user_are_a_failure() {
    let (ada, eve) = (user(UPN), user("eve@contoso.example"));
    let world = World::new([granted_to("eve@contoso.example"), granted_to(UPN), granted_to(&UPN.to_uppercase())]).await;
    for user in [&ada, &eve] {
        let failure = world.entra.creation_options(user, FORTNIGHT).await.unwrap_err();
        assert_eq!(failure.code(), Some("answer-of-another-call"));
        assert_eq!((failure.class(), failure.effect), (FailureClass::InvalidResponse, Effect::None));
        assert!(failure.message.contains(&format!("requested creation options for {user}")), "{failure}");
    }
    assert_eq!(world.entra.creation_options(&ada, FORTNIGHT).await.unwrap().user_name(), Some("ADA@CONTOSO.EXAMPLE"));
}

#[tokio::test]
async fn call_for_a_caller_is_refused_if_the_queue_is_full_and_others_wait() {
    let second = Duration::from_secs(1);
    let pacing = Some(Pacing { requests: 1, per: second, longest_wait: Some(Duration::ZERO) });
    let entry = || say(200, json!({"id": ID, "userPrincipalName": UPN, "accountEnabled": true}));
    let world = World::paced([granted(), entry(), entry(), granted()], |_| {}, pacing).await;
    let ada = user(UPN);
    world.entra.creation_options(&ada, FORTNIGHT).await.unwrap();
    let full = world.entra.creation_options(&ada, FORTNIGHT).await.unwrap_err();
    assert_eq!((full.code(), full.class()), (Some(QUEUE_FULL), FailureClass::Throttled));
    assert_eq!((full.effect, full.retry_after.is_some_and(|wait| wait < second * 2)), (Effect::None, true));
    // Users and managers have a limit of their own.
    for _ in 0..2 {
        world.entra.account(&ada).await.unwrap();
    }
    assert_eq!(world.entra.user_handle(&ada, FORTNIGHT).await.unwrap().as_str(), "T0Y6");
    assert_eq!(world.lines().len(), 4);
}

#[tokio::test]
async fn replaces_refused_token_once() {
    let refusal = || refuse(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.");
    let world = World::new([refusal(), granted(), refusal(), refusal()]).await;
    world.entra.creation_options(&user(UPN), FORTNIGHT).await.unwrap();
    let failure = world.entra.creation_options(&user(UPN), FORTNIGHT).await.unwrap_err();
    assert_eq!(world.bearers(), ["Bearer HUSH-t1", "Bearer HUSH-t2", "Bearer HUSH-t2", "Bearer HUSH-t3"]);
    assert_eq!((failure.status(), failure.code()), (Some(401), Some("InvalidAuthenticationToken")));
    assert!(!format!("{failure:?}").contains("HUSH"));
}
