use keyferry_domain::{AddressDraft, Directory as _, FailureClass, ObjectId, Operation, Profile, RecipientDraft};

use super::*;

const QUERY: &str = "$select=id,userPrincipalName,givenName,surname,mail,mobilePhone,companyName,streetAddress,city,\
                     state,postalCode,country";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn body() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity", "id": ID,
        "userPrincipalName": UPN, "givenName": "Ada", "surname": "Byron", "mail": "a.byron@contoso.example",
        "mobilePhone": "+1 555 0100", "companyName": "Contoso", "streetAddress": "1 Analytical Way",
        "city": "Springfield", "state": "IL", "postalCode": "62701", "country": "United States"
    })
}

/// Returns the profile that the adapter reads from a body with this member.
async fn with(member: &str, value: Value) -> Profile {
    let mut body = body();
    body[member] = value;
    World::new([say(200, body)]).await.entra.profile(&user(UPN)).await.unwrap()
}

#[tokio::test]
async fn reads_only_what_an_order_can_lack() {
    let world = World::new([say(200, body())]).await;
    let profile = world.entra.profile(&user(UPN)).await.unwrap();
    let expected = Profile {
        id: ObjectId::parse(ID).unwrap(),
        recipient: RecipientDraft {
            recipient_company: some("Contoso"),
            recipient_email: some("a.byron@contoso.example"),
            recipient_firstname: some("Ada"),
            recipient_lastname: some("Byron"),
            recipient_telephone: some("+1 555 0100"),
        },
        address: AddressDraft {
            street_line1: some("1 Analytical Way"),
            street_line2: None,
            city: some("Springfield"),
            region: some("IL"),
            postal_code: some("62701"),
            country_code_2: some("US"),
        },
    };
    assert_eq!(profile, expected);
    assert_eq!(world.lines(), [format!("GET /v1.0/users/ada%40contoso.example?{QUERY}")]);
}

#[tokio::test]
async fn countries_are_codes_or_names_in_several_languages() {
    for (text, code) in
        [("DE", some("DE")), ("deutschland", some("DE")), ("Allemagne", some("DE")), ("UK", some("GB")), ("Mars", None)]
    {
        assert_eq!(with("country", json!(text)).await.address.country_code_2, code, "{text}");
    }
}

#[tokio::test]
async fn values_that_no_order_could_contain_count_as_missing() {
    let long = "x".repeat(1025);
    for bad in [Value::Null, json!(""), json!(" \u{200b}"), json!("a\u{202e}b"), json!("a\tb"), json!(long)] {
        let city = with("city", bad.clone()).await.address.city;
        let name = with("surname", bad.clone()).await.recipient.recipient_lastname;
        assert_eq!((city, name), (None, None), "{bad}");
    }
    for bad in [json!("not an address"), json!("a@b@c.example")] {
        assert_eq!(with("mail", bad).await.recipient.recipient_email, None);
    }
    assert_eq!(with("city", json!(" Springfield ")).await.address.city, some("Springfield"));
}

#[tokio::test]
async fn street_of_several_lines_has_two() {
    for (text, lines) in [
        ("1 Way\r\nBuilding 3", (some("1 Way"), some("Building 3"))),
        ("1 Way\n\n Building 3\nFloor 2\n", (some("1 Way"), some("Building 3, Floor 2"))),
        ("1 Way\n", (some("1 Way"), None)),
        ("1 Way\nBuilding\u{7}3", (None, None)),
        ("\u{7}\nBuilding 3", (None, None)),
        ("\n", (None, None)),
    ] {
        let address = with("streetAddress", json!(text)).await.address;
        assert_eq!((address.street_line1, address.street_line2), lines, "{text:?}");
    }
}

#[tokio::test]
async fn profile_of_another_user_is_rejected() {
    let mut other = body();
    other["userPrincipalName"] = json!("eve@contoso.example");
    let failure = World::new([say(200, other)]).await.entra.profile(&user(UPN)).await.unwrap_err();
    assert_eq!(failure.class(), FailureClass::InvalidResponse);
    assert!(!failure.to_string().contains("Analytical"));
    for bad in [json!({"id": "7", "userPrincipalName": UPN}), json!({"id": ID, "userPrincipalName": UPN, "city": 7})] {
        let failure = World::new([say(200, bad)]).await.entra.profile(&user(UPN)).await.unwrap_err();
        assert_eq!(failure.class(), FailureClass::InvalidResponse);
    }
}

#[tokio::test]
async fn denial_names_the_permission() {
    let denied = refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    let world = World::new([denied, missing(UPN)]).await;
    let failure = world.entra.profile(&user(UPN)).await.unwrap_err();
    assert_eq!((failure.operation, failure.class()), (Operation::ReadProfile, FailureClass::Forbidden));
    assert!(failure.remedy().contains("User.Read.All"), "{}", failure.remedy());
    let unknown = world.entra.profile(&user(UPN)).await.unwrap_err();
    assert_eq!(unknown.class(), FailureClass::NotFound);
}
