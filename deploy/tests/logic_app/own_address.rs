//! The Logic App sends no PIN to an address of the user who receives the key, and each part of that check is needed.

use keyferry_deploy::logic_app::{Request, Status};
use serde_json::{Value, json};

use super::{run, workflow, workflow_from};

const OBJECT_ID: &str = "0c0ffee0-0000-4000-8000-0000000000ad";
const UPN: &str = "ada.l@contoso.example";

/// Returns the directory entry of the user.
fn ada() -> (u16, Value) {
    let entry = json!({
        "displayName": "Ada",
        "mail": "Ada+work@contoso.example",
        "userPrincipalName": UPN,
        "otherMails": ["Ada@Home.example"],
        "proxyAddresses": ["SMTP:ada@contoso.example", "smtp:Lovelace@contoso.example", "X500:/o=contoso/cn=ada"],
    });
    (200, entry)
}

/// Answers of Graph that contain no addresses of the user.
fn unreadable() -> [(u16, Value); 5] {
    let none = json!({ "displayName": "Ada", "mail": null });
    [
        (200, none),
        (403, json!({ "error": { "code": "Authorization_RequestDenied" } })),
        (404, Value::Null),
        (502, json!("<html>Bad Gateway</html>")),
        (500, json!([])),
    ]
}

/// Addresses of the user, in forms that reach the same mailbox.
const OWN: [&str; 8] = [
    "ada@contoso.example",
    "ADA@Contoso.example",
    "ada+keys@contoso.example",
    "ada+a+b@contoso.example",
    " ada@contoso.example ",
    UPN,
    "ada@home.example",
    "lovelace+x@contoso.example",
];

/// Addresses of others that resemble those of the user.
const OTHERS: [&str; 6] = [
    "adal@contoso.example",
    "ada@contoso.example.evil.example",
    "ada@away.example",
    "desk+ada@contoso.example",
    "x@ada@contoso.example",
    "lovelace@home.example",
];

async fn answered(workflow: &Value, body: Value, answers: &[(u16, Value)]) -> (u16, Value, Vec<Request>) {
    let mut given = json!({ "user_id": OBJECT_ID, "serial_number": "20123456", "pin": "482137" });
    given.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let (outcome, calls) = run(workflow, given, answers).await;
    let (status, answer) = outcome.response.unwrap();
    assert_eq!(outcome.status == Some(Status::Succeeded), status == 200, "{answer}");
    if let Some(error) = &outcome.error {
        assert_eq!(*error, answer["error"]);
    }
    assert!(!answer.to_string().contains("482137"));
    (status, answer, calls)
}

/// Returns one line for each PIN that was sent to the user.
async fn leaks(workflow: &Value) -> Vec<String> {
    let mut cases = Vec::new();
    for own in OWN {
        let desk = "desk@contoso.example";
        cases.push((OBJECT_ID, ada(), json!([own])));
        cases.push((OBJECT_ID, ada(), json!([desk, own])));
        cases.push((OBJECT_ID, ada(), json!([own, desk])));
        cases.push((OBJECT_ID, ada(), json!([format!("{desk};{own}")])));
    }
    for answer in unreadable() {
        for own in ["Ada.L@contoso.example", "ada.l+keys@contoso.example"] {
            cases.push((UPN, answer.clone(), json!([own])));
        }
    }
    // A name by which the caller knows the user, but none of the addresses in the directory.
    cases.push(("old@contoso.example", ada(), json!(["old+keys@contoso.example"])));
    let mut found = Vec::new();
    for (user, answer, contacts) in cases {
        let body = json!({ "user_id": user, "contacts": contacts });
        let (status, error, calls) = answered(workflow, body, &[answer.clone(), (200, Value::Null)]).await;
        match status {
            200 => found.push(format!("contacts {contacts} of {user} ({})", answer.0)),
            _ => {
                assert_eq!((&error["error"]["code"], calls.len()), (&json!("ContactIsUser"), 1), "{contacts}: {error}")
            }
        }

        // The same addresses as those of the manager.
        let own = contacts.as_array().unwrap().iter().find(|one| !one.as_str().unwrap().starts_with("desk")).cloned();
        let manager = (200, json!({ "mail": own }));
        let answers = [answer, manager, (200, Value::Null)];
        let (status, error, calls) = answered(workflow, json!({ "user_id": user }), &answers).await;
        match own {
            Some(_) if status == 200 => found.push(format!("manager {} of {user}", answers[1].1)),
            Some(_) => assert_eq!((&error["error"]["code"], calls.len()), (&json!("ManagerIsUser"), 2)),
            None => assert_eq!((&error["error"]["code"], calls.len()), (&json!("ManagerWithoutMail"), 2)),
        }
    }
    found
}

#[tokio::test]
async fn own_address_receives_no_pin() {
    for workflow in [workflow(), workflow_from("keys@contoso.example")] {
        assert_eq!(leaks(&workflow).await, [""; 0]);
    }
}

#[tokio::test]
async fn addresses_of_others_receive_the_pin() {
    let workflow = workflow();
    for other in OTHERS {
        let answers = [ada(), (200, Value::Null)];
        let (status, answer, calls) = answered(&workflow, json!({ "contacts": [other] }), &answers).await;
        assert_eq!(status, 200, "{other}: {answer}");
        assert_eq!(calls[1].body["To"], other);
    }
    for answer in unreadable() {
        let body = json!({ "user_id": UPN, "contacts": ["desk@contoso.example", "it@contoso.example"] });
        let (status, _, calls) = answered(&workflow, body, &[answer, (200, Value::Null)]).await;
        assert_eq!((status, &calls[1].body["To"]), (200, &json!("desk@contoso.example;it@contoso.example")));
    }
    // Empty entries are no addresses.
    let answers = [(404, Value::Null), (200, Value::Null)];
    let (status, ..) = answered(&workflow, json!({ "contacts": ["desk@contoso.example", ""] }), &answers).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn answer_names_the_own_address() {
    let contacts = json!({ "contacts": ["desk@contoso.example", "Ada+keys@contoso.example"] });
    let (_, answer, _) = answered(&workflow(), contacts, &[ada()]).await;
    let message = "A contact of the order (Ada+keys@contoso.example) is one of the addresses of the user, so one \
                   person would receive both key and PIN.";
    assert_eq!(answer, json!({ "error": { "code": "ContactIsUser", "message": message } }));

    let (_, answer, _) = answered(&workflow(), json!({}), &[ada(), (200, json!({ "mail": UPN }))]).await;
    let message = "The mail address of the manager (ada.l@contoso.example) is one of the addresses of the user, so one \
                   person would receive both key and PIN.";
    assert_eq!(answer, json!({ "error": { "code": "ManagerIsUser", "message": message } }));
}

/// Weakens the check in the definition, and expects the PIN to reach the user.
#[tokio::test]
async fn every_part_of_the_check_is_needed() {
    let cases = [
        ("toLower(", "trim(", "ADA@Contoso.example"),
        ("trim(", "toLower(", " ada@contoso.example "),
        ("'+'", "'#'", "ada+keys@contoso.example"),
        ("'smtp:'", "'x:'", "lovelace+x@contoso.example"),
        ("?['otherMails']", "?['others']", "ada@home.example"),
        ("?['proxyAddresses']", "?['proxies']", "lovelace+x@contoso.example"),
        ("?['userPrincipalName']", "?['name']", "ada.l@contoso.example"),
        ("createArray(triggerBody()?['user_id']", "createArray(''", "of old@contoso.example (200)"),
        ("triggerBody()?['user_id']", "'unknown'", "of ada.l@contoso.example (403)"),
        ("split(variables('addressee'), ';')", "createArray(variables('addressee'))", "desk@contoso.example"),
        ("length(body('Addressees_that_are_the_user'))", "length(json('[]'))", "manager {\"mail\":\"ada+"),
    ];
    for (part, weaker, leak) in cases {
        let text = workflow().to_string();
        assert!(text.contains(part), "{part}");
        let weakened = serde_json::from_str(&text.replace(part, weaker)).unwrap();
        let found = leaks(&weakened).await;
        assert!(found.iter().any(|found| found.contains(leak)), "{part}: {leak} is not in {found:?}");
    }
}
