use keyferry_domain::ports::{LimitExceeded, OrderToPlace, SealedKey};
use keyferry_domain::{MailingAddress, Order, PinLength, Product, Recipient, UserRef};

use super::check;
use crate::wire::OrderBody;

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
            region: matches!(country, "US" | "CA").then(|| "WA".into()),
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

fn limit(country: &str, change: impl FnOnce(&mut Order)) -> LimitExceeded {
    let mut order = order(country);
    change(&mut order);
    check(&order).unwrap_err()
}

fn refusal(country: &str, change: impl FnOnce(&mut Order)) -> String {
    limit(country, change).message
}

#[test]
fn accepts_valid_address_in_every_country() {
    for country in ["US", "CA", "SE", "DE", "BR", "ZA"] {
        assert_eq!(check(&order(country)), Ok(()), "{country}");
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
    assert_eq!(region.field, "mailing_address.region");
    let phone = limit("BR", |order| order.recipient.recipient_telephone = "call me".into());
    assert_eq!(phone.field, "recipient.recipient_telephone");
}

#[test]
fn short_limits_apply_only_in_restricted_countries() {
    let long = |length: usize| move |order: &mut Order| order.mailing_address.city = "x".repeat(length);
    assert_eq!(refusal("DE", long(61)), "Input for City exceeded limit of 60 characters");
    assert_eq!(refusal("BR", long(256)), "Input for City exceeded limit of 255 characters");
    let mut brazil = order("BR");
    brazil.mailing_address.city = "x".repeat(255);
    assert_eq!(check(&brazil), Ok(()));
    assert_eq!(
        refusal("BR", |order| order.recipient.recipient_telephone = "5".repeat(41)),
        "Input for Telephone exceeded limit of 40 characters"
    );
}

#[test]
fn letters_with_diacritics_count_as_several_characters() {
    let mut swede = order("SE");
    swede.recipient.recipient_firstname = "ååååååå".into();
    assert_eq!(check(&swede), Ok(()));
    assert!(refusal("SE", |order| order.recipient.recipient_firstname = "å".repeat(8)).contains("limit of 15"));
}

#[test]
fn forms_are_checked() {
    let refusals = [
        refusal("US", |order| order.mailing_address.region = None),
        refusal("CA", |order| order.mailing_address.region = Some("Ontario".into())),
        refusal("US", |order| order.mailing_address.postal_code = "9810".into()),
        refusal("US", |order| order.mailing_address.postal_code = "98101-12".into()),
        refusal("CA", |order| order.mailing_address.postal_code = "k1a 0b1".into()),
        refusal("JP", |order| order.mailing_address.city = "東京".into()),
        refusal("DE", |order| order.recipient.recipient_company = "A_B".into()),
        refusal("DE", |order| order.recipient.recipient_telephone = "call me".into()),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}
