//! Property tests of the parsers for external text.

use keyferry_domain::text::is_invisible;
use keyferry_domain::{Aaguid, CredentialId, EmailAddress, ObjectId, PhaseName, Pin, PinLength, ShipmentId, UserRef};
use keyferry_testkit::mutation::{any_bytes, any_text, config, edited, edits};
use proptest::prelude::*;

fn address_like() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text(),
        (any_text(), any_text()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        edits().prop_map(|edits| String::from_utf8_lossy(&edited(b"o'brien+x@contoso.example", &edits)).into_owned()),
        "[a-z.]{1,70}@[a-z.]{1,250}",
    ]
}

fn uuid_like() -> impl Strategy<Value = String> {
    let some: &[u8] = b"0196f0a0-0000-7000-8000-00000000000a";
    prop_oneof![
        any_text(),
        "[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        edits().prop_map(|edits| String::from_utf8_lossy(&edited(some, &edits)).into_owned()),
    ]
}

proptest! {
    #![proptest_config(config(256))]

    /// Accepted addresses are within the limits of RFC 5321 and allow no header or command injection.
    #[test]
    fn accepts_only_single_mail_address(text in address_like()) {
        let json = serde_json::from_value::<EmailAddress>(text.clone().into());
        let Ok(address) = EmailAddress::parse(&text) else {
            prop_assert!(json.is_err());
            return Ok(());
        };
        prop_assert_eq!(address.as_str(), &text);
        prop_assert_eq!(json.ok(), Some(address.clone()));
        prop_assert!(text.len() <= 254);
        let (local, domain) = text.split_once('@').unwrap();
        prop_assert!(!local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        prop_assert_eq!(address.domain(), domain.to_lowercase());
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c);
        prop_assert!(!text.chars().any(forbidden), "{:?}", text);
    }

    #[test]
    fn parses_user_as_id_or_bounded_name(text in prop_oneof![uuid_like(), address_like(), "a{1020,1028}"]) {
        let forbidden = |c: char| c.is_control() || is_invisible(c);
        match UserRef::parse(&text) {
            Some(UserRef::ObjectId(id)) => prop_assert_eq!(id.to_string(), text.to_lowercase()),
            Some(UserRef::Upn(upn)) => {
                prop_assert_eq!(&upn, &text);
                prop_assert!(text.len() <= 1024 && !text.trim().is_empty() && !text.chars().any(forbidden));
            }
            None => prop_assert!(text.trim().is_empty() || text.len() > 1024 || text.chars().any(forbidden)),
        }
    }

    /// A parsed id displays in its canonical form.
    #[test]
    fn displays_parsed_ids_in_canonical_form(text in uuid_like()) {
        if let Some(id) = ShipmentId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
            prop_assert_eq!(&text[14..15], "7");
        }
        if let Some(id) = ObjectId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
        }
        if let Ok(aaguid) = text.parse::<Aaguid>() {
            prop_assert_eq!(aaguid.to_string().parse::<Aaguid>().ok(), Some(aaguid));
        }
        if let Some(phase) = PhaseName::parse(&text) {
            prop_assert_eq!(phase.as_str(), text);
        }
    }

    #[test]
    fn accepts_only_strict_base64url_as_credential_id(
        text in prop_oneof![any_text(), "[A-Za-z0-9_-]{0,90}={0,2}"],
        bytes in any_bytes(64),
    ) {
        if let Ok(id) = CredentialId::from_base64url(&text) {
            prop_assert_eq!(id.to_base64url(), text);
        }
        let id = CredentialId::from_bytes(bytes);
        prop_assert_eq!(CredentialId::from_base64url(&id.to_base64url()).ok(), Some(id));
    }

    /// An accepted PIN has the requested length. The error of a rejected one does not contain it.
    #[test]
    fn accepts_only_pin_of_requested_length(text in prop_oneof![any_text(), "[0-9]{3,8}"], length in 4..64i64) {
        let expected = PinLength::try_from(length).unwrap();
        match Pin::new(text.clone().into(), expected) {
            Ok(pin) => {
                prop_assert_eq!(pin.expose(), text.as_str());
                prop_assert_eq!(text.chars().count(), usize::from(expected.get()));
                prop_assert!(!text.chars().any(|c| c.is_control() || c.is_whitespace()));
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                prop_assert!(text.chars().count() < 8 || !shown.contains(&text), "{}", shown);
            }
        }
    }

    #[test]
    fn accepts_pin_lengths_from_4_to_63(length in prop_oneof![any::<i64>(), -2..70i64]) {
        prop_assert_eq!(PinLength::try_from(length).is_ok(), (4..=63).contains(&length));
        prop_assert_eq!(serde_json::from_value::<PinLength>(length.into()).is_ok(), (4..=63).contains(&length));
    }
}
