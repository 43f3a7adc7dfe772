//! A letter with a PIN, printed in the console.

use keyferry_proof_support::{ADA, GRACE_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use super::pages::assert_page;
use super::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn operator_prints_a_pin() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get(&format!("/shipments/{shipment}")).await;
    assert!(page.text.contains("/print-pin\">Print the PIN</a>"), "{}", page.text);
    let path = format!("/shipments/{shipment}/print-pin");
    let form = browser.get(&path).await;
    assert_page(&form);
    assert!(form.status == 200 && form.text.contains("name=\"address\""), "{}", form.text);
    let csrf = form.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("address", "Grace Hopper\r\n王\r\n"), ("language", "en")];
    let refused = browser.post(&path, &fields).await;
    assert_page(&refused);
    assert!(refused.status == 400 && refused.text.contains("王 (U+738B)"), "{} {}", refused.status, refused.text);
    assert!(refused.text.contains("Grace Hopper\r\n王"), "the form keeps what was entered: {}", refused.text);

    let fields = [("csrf", csrf.as_str()), ("address", "Grace Hopper\r\n\r\nMain Street 1\r\n"), ("language", "de")];
    let forged = browser.post_with(&path, &fields, ("sec-fetch-site", "cross-site")).await;
    assert_eq!(forged.status, 403);
    let letter = browser.post(&path, &fields).await;
    assert_eq!((letter.status, letter.header("content-type")), (200, "application/pdf"), "{}", letter.text);
    assert_eq!(letter.header("cache-control"), "no-store");
    assert!(letter.header("content-disposition").starts_with("attachment"));
    assert!(letter.text.starts_with("%PDF-"));
    let history = demo.details(&shipment).await["history"].to_string();
    assert!(history.contains("printed on a letter") && history.contains(GRACE_ID), "{history}");
    assert!(!history.contains("Main Street") && !demo.log().contains("Main Street"));

    // Without the role for PINs, there is no button and no form.
    let roles = json!({ "appRoles": ["Keyferry.Read", "Keyferry.Operate", "Keyferry.Admin"] });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &roles).await;
    let mut browser = Browser::grace(&demo).await;
    assert!(!browser.get(&format!("/shipments/{shipment}")).await.text.contains("print-pin"));
    assert_eq!(browser.get(&path).await.status, 403);
}
