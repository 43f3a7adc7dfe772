use keyferry_domain::user::ObjectId;
use keyferry_domain::{Directory as _, FailureKind, IdentityProvider as _, Operation, Person};

use super::*;

const SELECT: &str = "$select=id,displayName,mail,userPrincipalName";

fn denied() -> Answer {
    refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

fn entry(mail: Value) -> Answer {
    say(200, json!({"@odata.type": "#microsoft.graph.user", "id": ID, "displayName": "Ada", "mail": mail}))
}

fn ada(mail: Option<&str>) -> Person {
    let mail = mail.map(|mail| keyferry_domain::EmailAddress::parse(mail).unwrap());
    Person { id: ObjectId::parse(ID), display_name: Some("Ada".into()), mail }
}

#[tokio::test]
async fn reads_object_id_by_name_and_makes_no_call_for_an_object_id() {
    let world = World::new([say(200, json!({"id": ID.to_uppercase()}))]).await;
    assert_eq!(world.entra.object_id(&user(UPN)).await.unwrap(), ObjectId::parse(ID));
    assert_eq!(world.entra.object_id(&user(ID)).await.unwrap(), ObjectId::parse(ID));
    assert_eq!(world.lines(), ["GET /v1.0/users/ada%40contoso.example?$select=id"]);
}

#[tokio::test]
async fn does_not_repeat_denied_call_with_the_same_token() {
    let world = World::new([denied(), refuse(403, "accessDenied", "No."), say(200, json!({"id": ID}))]).await;
    for _ in 0..3 {
        assert_eq!(world.entra.object_id(&user(UPN)).await.unwrap(), None);
    }
    assert_eq!(world.lines().len(), 1);
    for known in [None, ObjectId::parse(ID)] {
        world.tokens.invalidate(&AccessToken::new("any"));
        assert_eq!(world.entra.object_id(&user(UPN)).await.unwrap(), known);
    }
    assert_eq!(world.lines().len(), 3);
}

#[tokio::test]
async fn other_errors_of_object_id_are_failures() {
    let unknown = World::new([missing(UPN)]).await.entra.object_id(&user(UPN)).await.unwrap_err();
    assert_eq!((unknown.operation, unknown.status()), (Operation::ReadUser, Some(404)));
    assert_eq!(unknown.message, "Could not find user: ada@contoso.example");
    for (answer, kind) in [
        (refuse(403, "Blocked", ""), FailureKind::Answered { status: 403, code: Some("Blocked".into()) }),
        (say(200, json!({"id": "7"})), FailureKind::InvalidResponse),
        (say(500, json!({})), FailureKind::Answered { status: 500, code: None }),
    ] {
        assert_eq!(World::new([answer]).await.entra.object_id(&user(UPN)).await.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn reads_only_needed_members_of_person_and_manager() {
    let world = World::new([entry(json!("ada@contoso.example")), entry(Value::Null)]).await;
    assert_eq!(world.entra.person(&user(UPN)).await.unwrap(), ada(Some("ada@contoso.example")));
    assert_eq!(world.entra.manager(&user(ID)).await.unwrap(), Some(ada(None)));
    assert_eq!(
        world.lines(),
        [format!("GET /v1.0/users/ada%40contoso.example?{SELECT}"), format!("GET /v1.0/users/{ID}/manager?{SELECT}")]
    );
}

#[tokio::test]
async fn invalid_mail_address_counts_as_missing() {
    for mail in ["", " ", "Ada", "ada@x\r\nBcc: eve@y"] {
        assert_eq!(
            World::new([entry(json!(mail))]).await.entra.person(&user(UPN)).await.unwrap(),
            ada(None),
            "{mail:?}"
        );
    }
}

#[tokio::test]
async fn distinguishes_missing_manager_from_unknown_user() {
    let without = World::new([missing("manager")]).await;
    assert_eq!(without.entra.manager(&user(UPN)).await.unwrap(), None);
    let unknown = World::new([missing(UPN)]).await;
    let failure = unknown.entra.manager(&user(UPN)).await.unwrap_err();
    assert_eq!((failure.operation, failure.status()), (Operation::ReadManager, Some(404)));
    assert_eq!(failure.message, "Could not find user: ada@contoso.example");
    assert_eq!((without.lines().len(), unknown.lines().len()), (1, 1));
}

#[tokio::test]
async fn checks_user_if_the_error_text_is_unknown() {
    let strange = || refuse(404, "Request_ResourceNotFound", "Nichts gefunden.");
    let manager = async |then| {
        let world = World::new([strange(), then]).await;
        let manager = world.entra.manager(&user(UPN)).await;
        assert_eq!(world.lines()[1], "GET /v1.0/users/ada%40contoso.example?$select=id");
        manager
    };
    assert_eq!(manager(say(200, json!({"id": ID}))).await.unwrap(), None);
    assert_eq!(manager(missing(UPN)).await.unwrap_err().message, "Could not find user: ada@contoso.example");
    assert_eq!(manager(denied()).await.unwrap_err().status(), Some(403));
}

#[tokio::test]
async fn missing_permission_is_a_failure() {
    let person = World::new([denied()]).await.entra.person(&user(UPN)).await.unwrap_err();
    let manager = World::new([denied()]).await.entra.manager(&user(UPN)).await.unwrap_err();
    for failure in [person, manager] {
        assert_eq!(failure.code(), Some("Authorization_RequestDenied"));
        assert!(failure.message.starts_with("Graph answered 403 Authorization_RequestDenied: Insufficient"));
    }
}
