//! Fuzzes single strings: addresses, ids, names, URLs.
#![no_main]

use keyferry_domain::{Aaguid, CredentialId, EmailAddress, ObjectId, PhaseName, Pin, PinLength, ShipmentId, UserRef};
use keyferry_engine::DisplayName;
use keyferry_http::{UrlExt as _, clean, encode_segment};
use keyferry_mail::SendPinUrl;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    if let Ok(address) = EmailAddress::parse(text) {
        assert!(text.len() <= 254 && text.matches('@').count() == 1 && address.as_str() == text);
        assert!(!text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c)));
    }
    if let Some(UserRef::Upn(upn)) = UserRef::parse(text) {
        assert!(upn.len() <= 1024 && !upn.chars().any(char::is_control));
    }
    if let Some(id) = ShipmentId::parse(text) {
        assert_eq!(id.to_string(), text.to_lowercase());
    }
    if let Some(id) = ObjectId::parse(text) {
        assert_eq!(id.to_string(), text.to_lowercase());
    }
    if let Ok(id) = CredentialId::from_base64url(text) {
        assert_eq!(id.to_base64url(), text);
    }
    let _ = (text.parse::<Aaguid>(), PhaseName::parse(text), DisplayName::new(text));
    let _ = Pin::new(text.to_owned().into(), PinLength::try_from(6).expect("a length"));

    let cleaned = clean(text);
    assert!(cleaned.chars().count() <= 501 && !cleaned.chars().any(char::is_control));
    assert!(!encode_segment(text).contains(['/', '?', '#', '\\', ' ']));
    let base = Url::parse("https://api.example/v1").expect("a URL");
    if let Ok(url) = base.join_segments(["a", text, "b"]) {
        assert_eq!(url.path_segments().map(Iterator::count), Some(4), "{url}");
        assert!(url.query().is_none() && url.fragment().is_none());
    }
    if let Ok(url) = SendPinUrl::parse(text) {
        assert!(!format!("{url:?}").to_lowercase().contains("sig="));
    }
});
