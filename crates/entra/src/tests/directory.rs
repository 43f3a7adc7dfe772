use keyferry_domain::{
    Account, Directory as _, DirectoryEntry, FailureClass, FailureKind, IdentityProvider as _, Language, ObjectId,
    Operation, Person,
};

use super::*;

const EVE: &str = "eve@contoso.example";
const EVE_ID: &str = "a1000000-0000-4000-8000-00000000000e";
const SELECT: &str =
    "$select=id,displayName,mail,userPrincipalName,otherMails,proxyAddresses,accountEnabled,preferredLanguage";
const BASIC_PERSON: &str = "$select=id,displayName,mail,userPrincipalName";
const ACCOUNT: &str = "$select=id,userPrincipalName,accountEnabled,userType";
const BASIC: &str = "$select=id,userPrincipalName";

fn denied() -> Answer {
    refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

fn entry(mail: Value) -> Answer {
    say(200, json!({"id": ID, "userPrincipalName": UPN, "displayName": "Ada", "mail": mail}))
}

/// Returns an account. Object id and name are in the other case than requested.
fn account(enabled: Value) -> Answer {
    let (id, upn) = (ID.to_uppercase(), UPN.to_uppercase());
    say(200, json!({"id": id, "userPrincipalName": upn, "accountEnabled": enabled, "userType": "Member"}))
}

fn ada(mail: Option<&str>) -> Person {
    Person { aliases: vec![UPN.into()], ..person(ID, "Ada", mail) }
}

fn person(id: &str, name: &str, mail: Option<&str>) -> Person {
    let mail = mail.map(|mail| keyferry_domain::EmailAddress::parse(mail).unwrap());
    Person {
        id: ObjectId::parse(id),
        display_name: Some(name.into()),
        mail,
        aliases: Vec::new(),
        enabled: None,
        language: None,
    }
}

#[tokio::test]
async fn reads_account_by_name_and_by_object_id() {
    let world = World::new([account(json!(true)), account(json!(false)), account(Value::Null)]).await;
    for (by, enabled) in [(UPN, Some(true)), (ID, Some(false)), (UPN, None)] {
        let id = ObjectId::parse(ID).unwrap();
        let expected = Account { id, user_name: UPN.to_uppercase(), enabled, guest: Some(false) };
        assert_eq!(world.entra.account(&user(by)).await.unwrap(), Some(expected));
    }
    assert_eq!(world.lines()[0], format!("GET /v1.0/users/ada%40contoso.example?{ACCOUNT}"));
    assert_eq!(world.lines()[1], format!("GET /v1.0/users/{ID}?{ACCOUNT}"));
}

#[tokio::test]
async fn does_not_repeat_denied_calls_with_the_same_token() {
    let answers = [denied(), refuse(403, "accessDenied", "No."), denied(), account(Value::Null), account(Value::Null)];
    let world = World::new(answers).await;
    for _ in 0..3 {
        assert_eq!(world.entra.account(&user(UPN)).await.unwrap(), None);
    }
    let path = "GET /v1.0/users/ada%40contoso.example";
    assert_eq!(world.lines(), [format!("{path}?{ACCOUNT}"), format!("{path}?{BASIC}")]);
    // The next token may read basic properties only.
    world.tokens.invalidate(&AccessToken::new("any"));
    for _ in 0..2 {
        let account = world.entra.account(&user(UPN)).await.unwrap().unwrap();
        assert_eq!((account.id, account.enabled), (ObjectId::parse(ID).unwrap(), None));
    }
    assert_eq!(world.lines()[2..], [format!("{path}?{ACCOUNT}"), format!("{path}?{BASIC}"), format!("{path}?{BASIC}")]);
}

#[tokio::test]
async fn other_errors_of_account_are_failures() {
    let unknown = World::new([missing(UPN)]).await.entra.account(&user(UPN)).await.unwrap_err();
    assert_eq!((unknown.operation, unknown.status()), (Operation::ReadUser, Some(404)));
    assert_eq!(unknown.message, "Could not find user: ada@contoso.example");
    for (answer, kind) in [
        (refuse(403, "Blocked", ""), FailureKind::Answered { status: 403, code: Some("Blocked".into()) }),
        (say(200, json!({"id": "7", "userPrincipalName": UPN})), FailureKind::InvalidResponse),
        (say(500, json!({})), FailureKind::Answered { status: 500, code: None }),
    ] {
        assert_eq!(World::new([answer]).await.entra.account(&user(UPN)).await.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn reads_person_and_manager_in_one_call() {
    let manager = json!({
        "@odata.type": "#microsoft.graph.user", "id": EVE_ID, "displayName": "Eve", "mail": EVE,
        "preferredLanguage": "de-AT",
    });
    let both = json!({"id": ID, "userPrincipalName": UPN, "displayName": "Ada", "mail": null, "manager": manager});
    let world = World::new([say(200, both), entry(json!("ada@contoso.example"))]).await;
    let eve = Person { language: Some(Language::German), ..person(EVE_ID, "Eve", Some(EVE)) };
    let with_manager = DirectoryEntry { person: ada(None), manager: Some(eve) };
    assert_eq!(world.entra.entry(&user(UPN), true).await.unwrap(), with_manager);
    let without = DirectoryEntry { person: ada(Some("ada@contoso.example")), manager: None };
    assert_eq!(world.entra.entry(&user(ID), false).await.unwrap(), without);
    assert_eq!(
        world.lines(),
        [
            format!(
                "GET /v1.0/users/ada%40contoso.example?{SELECT}&$expand=manager($select=id,displayName,mail,accountEnabled,preferredLanguage)"
            ),
            format!("GET /v1.0/users/{ID}?{SELECT}")
        ]
    );
}

#[tokio::test]
async fn reads_all_mail_addresses_of_the_person() {
    let answer = json!({
        "id": ID, "userPrincipalName": UPN, "otherMails": ["ada@home.example"],
        "proxyAddresses": [
            "SMTP:ada@contoso.example", "smtp:lovelace@contoso.example", "X500:/o=contoso/cn=ada", "odd",
        ],
    });
    let found = World::new([say(200, answer)]).await.entra.entry(&user(ID), false).await.unwrap();
    let aliases = ["ada@home.example", UPN, "ada@contoso.example", "lovelace@contoso.example"];
    assert_eq!(found.person.aliases, aliases);
}

/// `User.ReadBasic.All` covers the basic properties only.
#[tokio::test]
async fn reads_basic_properties_if_addresses_are_denied() {
    let mail = json!("ada@contoso.example");
    let world = World::new([denied(), entry(mail.clone()), entry(mail)]).await;
    for _ in 0..2 {
        let found = world.entra.entry(&user(ID), false).await.unwrap();
        assert_eq!(found.person, ada(Some("ada@contoso.example")));
    }
    let path = format!("GET /v1.0/users/{ID}");
    assert_eq!(
        world.lines(),
        [format!("{path}?{SELECT}"), format!("{path}?{BASIC_PERSON}"), format!("{path}?{BASIC_PERSON}")]
    );
}

#[tokio::test]
async fn user_without_manager_has_none() {
    let null = json!({"id": ID, "userPrincipalName": UPN, "displayName": "Ada", "manager": null});
    for answer in [entry(Value::Null), say(200, null)] {
        let expected = DirectoryEntry { person: ada(None), manager: None };
        assert_eq!(World::new([answer]).await.entra.entry(&user(UPN), true).await.unwrap(), expected);
    }
}

/// Exchanges the answers of two users, as on a connection whose answers are shifted by one.
#[tokio::test]
async fn answer_about_another_user_is_a_failure() {
    let of = |id: &str, name: &str| {
        let manager = json!({"displayName": "Manager", "mail": "manager@contoso.example"});
        say(200, json!({"id": id, "userPrincipalName": name, "accountEnabled": true, "manager": manager}))
    };
    for (first, second) in [(UPN, EVE), (ID, EVE_ID)] {
        let world = World::new([of(EVE_ID, EVE), of(ID, UPN), of(EVE_ID, EVE), of(ID, UPN)]).await;
        for name in [first, second] {
            let failure = world.entra.entry(&user(name), true).await.unwrap_err();
            let expected = (Some("answer-of-another-call"), FailureClass::InvalidResponse);
            assert_eq!((failure.code(), failure.class()), expected);
            assert!(failure.message.contains(&format!("requested the user {name}, but received")), "{failure}");
        }
        for name in [first, second] {
            assert_eq!(world.entra.account(&user(name)).await.unwrap_err().code(), Some("answer-of-another-call"));
        }
    }
    // Without its id and name, the answer could be about any user.
    let world = World::new([say(200, json!({"displayName": "Ada"})), say(200, json!({"displayName": "Ada"}))]).await;
    for name in [UPN, ID] {
        assert_eq!(world.entra.entry(&user(name), true).await.unwrap_err().code(), Some("answer-of-another-call"));
    }
}

/// Names are shown in mails and messages. The directory accepts any characters in them.
#[tokio::test]
async fn display_names_hide_and_reorder_nothing() {
    for (name, expected) in [
        ("Ada\u{202e} Smith\u{200b}", Some("Ada\\u{202e} Smith\\u{200b}")),
        ("Ada\nSmith", Some("Ada Smith")),
        ("שרה\u{200f} (HR)", Some("שרה\u{200f} (HR)")),
        (" \u{200f}\u{200d}", None),
    ] {
        let of = |id: &str| json!({"id": id, "userPrincipalName": UPN, "displayName": name});
        let mut both = of(ID);
        both["manager"] = of(EVE_ID);
        let found = World::new([say(200, both)]).await.entra.entry(&user(UPN), true).await.unwrap();
        assert_eq!(found.person.display_name.as_deref(), expected);
        assert_eq!(found.manager.unwrap().display_name.as_deref(), expected);
    }
}

#[tokio::test]
async fn invalid_mail_address_counts_as_missing() {
    for mail in ["", " ", "Ada", "ada@x\r\nBcc: eve@y"] {
        let found = World::new([entry(json!(mail))]).await.entra.entry(&user(UPN), false).await.unwrap();
        assert_eq!(found.person, ada(None), "{mail:?}");
    }
}

#[tokio::test]
async fn missing_permission_and_unknown_user_are_failures() {
    for (with_manager, operation) in [(false, Operation::ReadUser), (true, Operation::ReadManager)] {
        let answers = [denied(), denied()];
        let failure = World::new(answers).await.entra.entry(&user(UPN), with_manager).await.unwrap_err();
        assert_eq!((failure.operation, failure.code()), (operation, Some("Authorization_RequestDenied")));
        assert!(failure.message.starts_with("Graph answered 403 Authorization_RequestDenied: Insufficient"));
        let unknown = World::new([missing(UPN)]).await.entra.entry(&user(UPN), with_manager).await.unwrap_err();
        assert_eq!((unknown.operation, unknown.status()), (operation, Some(404)));
        assert_eq!(unknown.message, "Could not find user: ada@contoso.example");
    }
}

#[tokio::test]
async fn searches_by_the_start_of_names_and_quotes_the_text() {
    let found = json!({"value": [
        {"id": ID, "displayName": "Ada O'Hara", "userPrincipalName": UPN, "mail": "ada@contoso.example"},
        {"id": EVE_ID, "displayName": null, "userPrincipalName": EVE, "mail": null},
        {"id": "7", "displayName": "No id", "userPrincipalName": "x"},
        {"id": EVE_ID, "displayName": "Too many", "userPrincipalName": "y"},
    ]});
    let world = World::new([say(200, found), denied(), say(200, json!({"value": {}}))]).await;
    let users = world.entra.search(" O'H&$x ", 2).await.unwrap();
    let names: Vec<_> = users.iter().map(|user| (user.user_name.as_str(), user.display_name.as_deref())).collect();
    assert_eq!(names, [(UPN, Some("Ada O'Hara")), (EVE, None)]);
    let line = world.lines()[0].clone();
    let query = line.strip_prefix("GET /v1.0/users?").unwrap();
    let sent: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert!(sent[1].1.starts_with("startswith(displayName,'O''H&$x') or startswith(givenName,'O''H&$x') or "));
    assert_eq!((sent.len(), sent[2].1.as_str()), (3, "2"), "{query}");
    assert!(!query.contains('+'), "{query}");
    assert_eq!(world.entra.search("a", 8).await.unwrap_err().class(), FailureClass::Forbidden);
    assert_eq!(world.entra.search("a", 8).await.unwrap_err().kind, FailureKind::InvalidResponse);
    assert!(world.entra.search("  ", 8).await.unwrap().is_empty());
    assert_eq!(world.lines().len(), 3);
}
