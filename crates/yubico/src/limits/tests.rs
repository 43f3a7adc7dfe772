use keyferry_domain::ports::{OrderToPlace, SealedKey};
use keyferry_domain::{CheckCode, MailingAddress, Member, Order, OrderFinding, PinLength, Product, Recipient, UserRef};

use crate::YubicoSettings;
use crate::wire::OrderBody;

fn settings(long_street_countries: &[&str]) -> YubicoSettings {
    let url = || "https://delivery.example/v1".parse().unwrap();
    let long_street_countries = long_street_countries.iter().map(|&country| country.to_owned()).collect();
    YubicoSettings { long_street_countries, ..YubicoSettings::new(url(), url(), url()) }
}

fn check(order: &Order) -> Vec<OrderFinding> {
    super::check(&settings(&[]), order)
}

fn order(country: &str) -> Order {
    Order {
        user: UserRef::Upn("adele@contoso.example".into()),
        pin_length: PinLength::try_from(8).unwrap(),
        enrollment_contacts: vec![],
        reseller_organization_id: None,
        delivery_type: 1,
        address_validation_bypass: false,
        recipient: Recipient {
            recipient_company: "Contoso".into(),
            recipient_email: "adele@contoso.example".into(),
            recipient_firstname: "Adele".into(),
            recipient_lastname: "Vance".into(),
            recipient_telephone: "+1 (555) 555-5555".into(),
        },
        mailing_address: MailingAddress {
            street_line1: "1 Main St. #2, c/o O'Neill & Co".into(),
            street_line2: None,
            city: "Örebro".into(),
            region: match country {
                "US" => Some("WA".into()),
                "CA" => Some("ON".into()),
                _ => None,
            },
            postal_code: match country {
                "US" => "98101".into(),
                "CA" => "K1A 0B1".into(),
                _ => "123 45".into(),
            },
            country_code_2: country.into(),
        },
        product: Product { product_id: 1, inventory_product_id: 18, customization_id: "CUSTID".into() },
    }
}

fn limit(country: &str, change: impl FnOnce(&mut Order)) -> OrderFinding {
    let mut order = order(country);
    change(&mut order);
    let mut findings = check(&order);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

fn refusal(country: &str, change: impl FnOnce(&mut Order)) -> String {
    limit(country, change).message
}

#[test]
fn accepts_valid_address_in_every_country() {
    for country in ["US", "CA", "SE", "DE", "BR", "ZA"] {
        assert_eq!(check(&order(country)), [], "{country}");
    }
}

#[test]
fn matches_example_of_integration_guide() {
    assert_eq!(
        refusal("US", |order| order.recipient.recipient_lastname = "x".repeat(21)),
        "Input for Last Name exceeded limit of 20 characters"
    );
}

/// The path must lead to the value in the order as it is sent.
#[test]
fn names_the_member_that_exceeds_its_limit() {
    let sealed = SealedKey { pin_request: String::new(), credential_requests: vec![] };
    let request = crate::testing::fakes::shipment(1);
    let place = OrderToPlace { request, order: &order("US"), sealed: &sealed };
    let sent = serde_json::to_value(OrderBody::new(&place)).unwrap();
    for field in &super::field::FIELDS {
        let at = format!("/{}", field.path.replace('.', "/"));
        let value = (field.value)(&order("US")).map(str::to_owned);
        assert_eq!(sent.pointer(&at).and_then(|value| value.as_str().map(str::to_owned)), value, "{at}");
    }
    let region = limit("US", |order| order.mailing_address.region = None);
    assert_eq!(region.member, Some(Member::Parcel("mailing_address.region")));
    let phone = limit("BR", |order| order.recipient.recipient_telephone = "call me".into());
    assert_eq!(phone.member, Some(Member::Parcel("recipient.recipient_telephone")));
}

#[test]
fn short_limits_apply_only_in_restricted_countries() {
    let long = |length: usize| move |order: &mut Order| order.mailing_address.city = "x".repeat(length);
    assert_eq!(refusal("DE", long(61)), "Input for City exceeded limit of 60 characters");
    assert_eq!(refusal("BR", long(256)), "Input for City exceeded limit of 255 characters");
    let mut brazil = order("BR");
    brazil.mailing_address.city = "x".repeat(255);
    assert_eq!(check(&brazil), []);
    assert_eq!(
        refusal("BR", |order| order.recipient.recipient_telephone = "5".repeat(41)),
        "Input for Telephone exceeded limit of 40 characters"
    );
}

#[test]
fn letters_with_diacritics_count_as_several_characters() {
    let mut swede = order("SE");
    swede.recipient.recipient_firstname = "ååååååå".into();
    assert_eq!(check(&swede), []);
    assert!(refusal("SE", |order| order.recipient.recipient_firstname = "å".repeat(8)).contains("limit of 15"));
}

#[test]
fn forms_are_checked() {
    let refusals = [
        refusal("US", |order| order.mailing_address.region = None),
        refusal("CA", |order| order.mailing_address.region = Some("Ontario".into())),
        refusal("US", |order| order.mailing_address.region = Some("ZZ".into())),
        refusal("US", |order| order.mailing_address.postal_code = "9810".into()),
        refusal("US", |order| order.mailing_address.postal_code = "98101-12".into()),
        refusal("CA", |order| order.mailing_address.postal_code = "k1a 0b1".into()),
        refusal("JP", |order| order.mailing_address.city = "東京".into()),
        refusal("DE", |order| order.recipient.recipient_company = "A_B".into()),
        refusal("DE", |order| order.recipient.recipient_telephone = "call me".into()),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn all_limits_are_reported() {
    let mut bad = order("DE");
    bad.recipient.recipient_lastname = "x".repeat(21);
    bad.recipient.recipient_telephone = "call me".into();
    bad.mailing_address.city = "東京".into();
    bad.mailing_address.street_line2 = Some("Postfach 10 01".into());
    let found: Vec<_> = check(&bad).into_iter().map(|finding| (finding.code, finding.member)).collect();
    let expected = [
        (CheckCode::TooLong, "recipient.recipient_lastname"),
        (CheckCode::InvalidCharacters, "recipient.recipient_telephone"),
        (CheckCode::InvalidCharacters, "mailing_address.city"),
        (CheckCode::PostOfficeBox, "mailing_address.street_line2"),
    ];
    assert_eq!(found, expected.map(|(code, path)| (code, Some(Member::Parcel(path)))));
}

#[test]
fn both_street_lines_have_a_common_limit() {
    let mut brazil = order("BR");
    (brazil.mailing_address.street_line1, brazil.mailing_address.street_line2) =
        ("x".repeat(100), Some("x".repeat(20)));
    assert_eq!(check(&brazil), []);
    brazil.mailing_address.street_line2 = Some("x".repeat(21));
    let found = check(&brazil);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code, found[0].message.as_str()),
        (
            CheckCode::StreetTooLong,
            "Input for Street Line 1 and Street Line 2 together exceeded limit of 120 characters"
        )
    );
    assert_eq!(super::check(&settings(&["BR"]), &brazil), []);
    let mut german = order("DE");
    (german.mailing_address.street_line1, german.mailing_address.street_line2) =
        ("x".repeat(255), Some("x".repeat(255)));
    assert_eq!(super::check(&settings(&["DE"]), &german), []);
    german.mailing_address.city = "x".repeat(61);
    assert_eq!(super::check(&settings(&["DE"]), &german)[0].code, CheckCode::TooLong, "only streets are long");
}

#[test]
fn post_office_boxes_work_only_in_the_united_states() {
    let boxed = |order: &mut Order| order.mailing_address.street_line1 = "P.O. Box 12".into();
    assert_eq!(limit("SE", boxed).code, CheckCode::PostOfficeBox);
    let mut american = order("US");
    boxed(&mut american);
    assert_eq!(check(&american), []);
}
