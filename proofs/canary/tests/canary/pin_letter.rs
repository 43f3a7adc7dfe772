//! The letter with a PIN: neither the PIN nor name and address on the letter are in a log, answer, file or telemetry.

use keyferry_proof_support::{ADA, GRACE};

use crate::pin_page::Browser;
use crate::rig::Plan;

/// Parts of the letter that are stored nowhere.
const STREET: &str = "Zweibrückenstraße 4711";
const NAME: &str = "Wilhelmine Letterhead-Canary";

#[tokio::test]
async fn no_leak_by_pin_letter() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    for (name, value) in [("KEYFERRY_BIND", "127.0.0.1"), ("KEYFERRY_CONSOLE", "on"), ("KEYFERRY_PIN_LETTERS", "on")] {
        plan.set(name, value);
    }
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    rig.canary("street on the letter", STREET.as_bytes());
    rig.canary("name on the letter", NAME.as_bytes());
    let mut browser = Browser::new();
    let form = format!("{}/console/shipments/{shipment}/print-pin", rig.api);
    let page = browser.sign_in(&form, GRACE).await;
    assert_eq!(page.answer.status.as_u16(), 200, "{}", page.answer.text);
    let csrf = page.field("csrf");
    // Refused first: the error names the character, and nothing else of the letter.
    let wrong = format!("{NAME}\n{STREET}\n\u{738b}");
    for (address, expected) in [(wrong.as_str(), 400), (&format!("{NAME}\n{STREET}"), 200)] {
        let fields = [("csrf", csrf.as_str()), ("address", address), ("language", "en")];
        let answer = browser.send(browser.http.post(page.url.clone()).form(&fields)).await.answer;
        assert_eq!(answer.status.as_u16(), expected, "{}", answer.text);
        assert_eq!(answer.text.starts_with("%PDF-"), expected == 200);
    }
    for path in [format!("/v1/shipments/{shipment}"), "/v1/events?limit=500".to_owned()] {
        let answer = rig.api(reqwest::Method::GET, &path, None).await;
        assert!(answer.text.contains("pin_seen"), "{}", answer.text);
    }
    for (name, secret) in &browser.secrets {
        rig.canary(name, secret.as_bytes());
    }
    assert_eq!(rig.learn().await.0, 1);
    rig.assert_silent(&[&shipment]).await;
}
