//! The page of a temporary access pass in Chromium, with pictures, light in English and dark in German, narrow and
//! wide. Each picture is checked with axe-core.

use keyferry_proof_support::{ADA, GRACE};

use super::chromium::Driver;
use super::portal_chromium::{assert_gone, pictures, show, sign_in, text};
use super::portal_pass::{demo, link_to, report};

/// The manager sees the pass once, and hides it.
async fn seen_once(scheme: &str, used: &str) {
    let demo = demo("manager").await;
    demo.complete_order(ADA).await;
    report(&demo).await;
    let link = link_to(&demo, GRACE).await;
    let Some(driver) = Driver::start(scheme == "dark").await else { return };
    sign_in(&driver, GRACE, &link).await;
    assert!(text(&driver).await.contains(ADA));
    pictures(&driver, "pass-ask", scheme).await;
    let pass = show(&driver).await;
    assert!(!demo.log().contains(&pass));
    pictures(&driver, "pass-shown", scheme).await;
    driver.click(".hide").await;
    assert_gone(&driver, "/me/pass-closed", &pass).await;
    pictures(&driver, "pass-closed", scheme).await;
    driver.open(&link).await;
    assert!(text(&driver).await.contains(used));
    pictures(&driver, "pass-used", scheme).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_sees_the_pass_in_chromium() {
    seen_once("light", "The pass was shown already").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_sees_the_pass_in_chromium_in_german() {
    seen_once("dark", "Der Code wurde schon gezeigt").await;
}
