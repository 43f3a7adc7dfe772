//! Sample order.

use keyferry_domain::{MailingAddress, Order, PinLength, Product, Recipient, UserRef};

/// Returns an order of one key for Ada Byron, whose user at the identity provider is `user`. Tests may modify it.
pub fn order(user: UserRef) -> Order {
    Order {
        user,
        pin_length: PinLength::try_from(6).unwrap(),
        enrollment_contacts: Vec::new(),
        reseller_organization_id: None,
        delivery_type: 1,
        address_validation_bypass: false,
        recipient: Recipient {
            recipient_company: "Contoso".into(),
            recipient_email: "ada@contoso.example".into(),
            recipient_firstname: "Ada".into(),
            recipient_lastname: "Byron".into(),
            recipient_telephone: "+1 555 0100".into(),
        },
        mailing_address: MailingAddress {
            street_line1: "1 Analytical Way".into(),
            street_line2: None,
            city: "Springfield".into(),
            region: Some("IL".into()),
            postal_code: "62701".into(),
            country_code_2: "US".into(),
        },
        product: Product { product_id: 29, inventory_product_id: 106, customization_id: "RXJN83".into() },
    }
}
