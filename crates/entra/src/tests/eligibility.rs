//! Groups and privileged roles. The responses are those in Microsoft's documentation of the calls.

use keyferry_domain::{Directory as _, FailureClass, FailureKind, ObjectId, Operation};

use super::*;

const GROUPS: [&str; 2] = ["f448435d-3ca7-4073-8152-a1fd73c0fd09", "bd7c6263-4dd5-4ae8-8c96-556e1c0bece6"];
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const SERVICE_SUPPORT: &str = "f023fd81-a637-4b56-95fd-791ac0226033";
const ASSIGNMENTS: &str = "GET /beta/roleManagement/directory/transitiveRoleAssignments?$count=true&\
                           $filter=principalId%20eq%20%27a1000000-0000-4000-8000-000000000001%27&\
                           $select=roleDefinitionId";

fn ids(texts: &[&str]) -> Vec<ObjectId> {
    texts.iter().map(|text| ObjectId::parse(text).unwrap()).collect()
}

fn member_of(groups: &[&str]) -> Answer {
    let context = "https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)";
    say(200, json!({"@odata.context": context, "value": groups}))
}

fn assigned(roles: &[&str]) -> Answer {
    let assignment = |role: &&str| {
        json!({"id": "857708a7-b5e0-44f9-bfd7-53531d72a739", "principalId": ID, "directoryScopeId": "/",
            "roleDefinitionId": role})
    };
    let context = "https://graph.microsoft.com/beta/$metadata#roleManagement/directory/transitiveRoleAssignments";
    say(200, json!({"@odata.context": context, "value": roles.iter().map(assignment).collect::<Vec<_>>()}))
}

fn definition(role: &str, name: &str, privileged: Value) -> Answer {
    say(200, json!({"id": role, "displayName": name, "isPrivileged": privileged}))
}

fn denied() -> Answer {
    refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

#[tokio::test]
async fn asks_for_memberships_by_name_and_by_object_id() {
    let world = World::new([member_of(&GROUPS[1..]), member_of(&[])]).await;
    assert_eq!(world.entra.memberships(&user(UPN), &ids(&GROUPS)).await.unwrap(), ids(&GROUPS[1..]));
    assert_eq!(world.entra.memberships(&user(ID), &ids(&GROUPS)).await.unwrap(), []);
    assert_eq!(
        world.lines(),
        [
            "POST /v1.0/users/ada%40contoso.example/checkMemberGroups".to_owned(),
            format!("POST /v1.0/users/{ID}/checkMemberGroups")
        ]
    );
    let bodies: Vec<Value> = {
        let received = world.script.received.lock().unwrap();
        received.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
    };
    assert_eq!(bodies, [json!({"groupIds": GROUPS}), json!({"groupIds": GROUPS})]);
}

#[tokio::test]
async fn asks_for_at_most_20_groups_in_one_call() {
    let many: Vec<_> = (0..41).map(|number| format!("a1000000-0000-4000-8000-{number:012}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let world = World::new([member_of(&many[..1]), member_of(&[]), member_of(&many[40..])]).await;
    let found = world.entra.memberships(&user(ID), &ids(&many)).await.unwrap();
    assert_eq!(found, ids(&[many[0], many[40]]));
    let sizes: Vec<usize> = {
        let received = world.script.received.lock().unwrap();
        let size =
            |one: &Received| serde_json::from_slice::<Value>(&one.body).unwrap()["groupIds"].as_array().unwrap().len();
        received.iter().map(size).collect()
    };
    assert_eq!(sizes, [20, 20, 1]);
}

#[tokio::test]
async fn failures_of_memberships_name_user_or_permissions() {
    let ask = async |answer| World::new([answer]).await.entra.memberships(&user(UPN), &ids(&GROUPS)).await.unwrap_err();
    let unknown = ask(missing(UPN)).await;
    assert_eq!(
        (unknown.class(), unknown.message.as_str()),
        (FailureClass::NotFound, "Could not find user: ada@contoso.example")
    );
    let forbidden = ask(denied()).await;
    assert_eq!((forbidden.class(), forbidden.operation), (FailureClass::Forbidden, Operation::ReadGroups));
    for permission in ["GroupMember.Read.All", "User.Read.All"] {
        assert!(forbidden.remedy().contains(permission), "{}", forbidden.remedy());
    }
    assert_eq!(ask(say(503, json!({}))).await.class(), FailureClass::Unavailable);
    assert_eq!(ask(say(200, json!({"ids": []}))).await.kind, FailureKind::InvalidResponse);
    // An answer to a question about other groups.
    assert_eq!(ask(member_of(&[USER_ADMINISTRATOR])).await.code(), Some("answer-of-another-call"));
}

#[tokio::test]
async fn lists_privileged_roles_and_no_others() {
    let world = World::new([
        assigned(&[USER_ADMINISTRATOR, SERVICE_SUPPORT, USER_ADMINISTRATOR]),
        definition(SERVICE_SUPPORT, "Service Support Administrator", json!(false)),
        definition(USER_ADMINISTRATOR, "User Administrator", json!(true)),
    ])
    .await;
    assert_eq!(world.entra.privileged_roles(&user(ID)).await.unwrap(), ["User Administrator"]);
    let of =
        |role| format!("GET /beta/roleManagement/directory/roleDefinitions/{role}?$select=id,displayName,isPrivileged");
    assert_eq!(world.lines(), [ASSIGNMENTS.to_owned(), of(SERVICE_SUPPORT), of(USER_ADMINISTRATOR)]);
    let received = world.script.received.lock().unwrap();
    assert_eq!(received[0].headers["consistencylevel"], "eventual");
}

#[tokio::test]
async fn user_without_roles_costs_one_call_and_by_name_two() {
    let world = World::new([assigned(&[])]).await;
    assert!(world.entra.privileged_roles(&user(ID)).await.unwrap().is_empty());
    assert_eq!(world.lines(), [ASSIGNMENTS]);
    let world = World::new([say(200, json!({"id": ID, "userPrincipalName": UPN})), assigned(&[])]).await;
    assert!(world.entra.privileged_roles(&user(UPN)).await.unwrap().is_empty());
    assert_eq!(
        world.lines(),
        ["GET /v1.0/users/ada%40contoso.example?$select=id,userPrincipalName".to_owned(), ASSIGNMENTS.to_owned()]
    );
}

#[tokio::test]
async fn role_that_is_not_known_to_be_harmless_counts_as_privileged() {
    for (answer, name) in [
        (definition(USER_ADMINISTRATOR, "Custom", Value::Null), "Custom"),
        (say(200, json!({"id": USER_ADMINISTRATOR})), USER_ADMINISTRATOR),
        (missing(USER_ADMINISTRATOR), USER_ADMINISTRATOR),
    ] {
        let world = World::new([assigned(&[USER_ADMINISTRATOR]), answer]).await;
        assert_eq!(world.entra.privileged_roles(&user(ID)).await.unwrap(), [name]);
    }
    let page = say(200, json!({"value": [], "@odata.nextLink": "https://graph.microsoft.com/beta/next"}));
    let failure = World::new([page]).await.entra.privileged_roles(&user(ID)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
}

#[tokio::test]
async fn failures_of_roles_name_the_permission_and_never_the_user_as_missing() {
    let found = say(200, json!({"id": ID, "userPrincipalName": UPN}));
    for (name, answers) in [(ID, vec![denied()]), (UPN, vec![denied()]), (UPN, vec![found, denied()])] {
        let failure = World::new(answers).await.entra.privileged_roles(&user(name)).await.unwrap_err();
        assert_eq!((failure.class(), failure.operation), (FailureClass::Forbidden, Operation::ReadRoles));
        assert!(failure.remedy().contains("RoleManagement.Read.Directory"), "{}", failure.remedy());
    }
    let ask = async |name, answer| World::new([answer]).await.entra.privileged_roles(&user(name)).await.unwrap_err();
    assert_eq!(ask(ID, refuse(404, "NotFound", "")).await.class(), FailureClass::InvalidResponse);
    assert_eq!(ask(UPN, missing(UPN)).await.message, "Could not find user: ada@contoso.example");
    assert_eq!(ask(UPN, missing(UPN)).await.class(), FailureClass::NotFound);
    assert_eq!(ask(ID, say(503, json!({}))).await.class(), FailureClass::Unavailable);
}
