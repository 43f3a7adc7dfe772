//! Orders in Chromium: look-up while the user types, checks while the user fills in, a file with rows that are
//! corrected in place, and progress without a reload. With pictures, light and dark, narrow and wide.

use std::path::Path;

use keyferry_proof_support::{ADA, ALAN, GRACE};
use reqwest::Method;

use super::chromium::Driver;
use super::support::Demo;

const WIDTHS: [u32; 2] = [360, 1440];

const HEADER: &str = "user_id;Vorname;Nachname;E-Mail;Telefon;Firma;Straße;Ort;Bundesland;PLZ;Land";

async fn pictures(driver: &Driver, name: &str) {
    for width in WIDTHS {
        driver.picture(name, width).await;
    }
}

async fn sign_in(driver: &Driver, address: &str) {
    driver.open(address).await;
    driver.fill("input[name=login]", GRACE).await;
    driver.fill("input[name=passwd]", "sandbox-password").await;
    driver.click("button[type=submit], button").await;
    driver.until_at(address.split("//").nth(1).unwrap().split_once('/').unwrap().1).await;
    // A page that is loaded anew loses this.
    driver.run("window.kept = true").await;
}

async fn set(driver: &Driver, name: &str, value: &str) {
    driver.run(&format!("document.getElementById('{name}').value = ''")).await;
    driver.fill(&format!("#{name}"), value).await;
    driver
        .run(&format!("document.getElementById('{name}').dispatchEvent(new Event('change', {{bubbles: true}}))"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_ordered_in_chromium() {
    for (dark, scheme) in [(false, "light"), (true, "dark")] {
        let demo = Demo::with(&["--people", "300", "--seed", "5", "--address-by", "order"]).await;
        let Some(driver) = Driver::start(dark).await else { return };
        let console = demo.announced["console"].as_str().unwrap().to_owned();
        order(&demo, &driver, &console, scheme).await;
        file(&demo, &driver, &console, scheme).await;
    }
}

async fn order(demo: &Demo, driver: &Driver, console: &str, scheme: &str) {
    let people = demo.sandbox(Method::GET, "/control/people.csv?rows=3", None).await.text;
    let user = people.lines().nth(1).unwrap().split(',').nth(1).unwrap().to_owned();
    sign_in(driver, &format!("{console}/order")).await;
    pictures(driver, &format!("order-{scheme}")).await;
    // While the user types, without a reload.
    driver.fill("#user_id", &user[..6]).await;
    driver.until("return document.querySelectorAll('#found .pick').length > 0").await;
    assert_eq!(driver.run("return window.kept && document.activeElement.id").await, "user_id");
    pictures(driver, &format!("order-found-{scheme}")).await;
    driver.click(&format!(".pick[value='{user}']")).await;
    driver.until("return !window.kept && document.getElementById('city').value !== ''").await;
    assert!(!driver.address().await.contains('?'), "{}", driver.address().await);
    driver.run("window.kept = true").await;
    // What the person gives is not asked for.
    let has_city = "return document.getElementById('city').offsetParent !== null";
    driver.click("#address_by option[value=person]").await;
    assert_eq!(driver.run(has_city).await, false);
    driver.until("return document.querySelectorAll('.htmx-request').length === 0").await;
    pictures(driver, &format!("order-by-person-{scheme}")).await;
    driver.click("#address_by option[value='']").await;
    assert_eq!(driver.run(has_city).await, true);
    // What is still empty is no mistake yet.
    set(driver, "recipient_telephone", "").await;
    driver.until("return document.querySelectorAll('.htmx-request').length === 0").await;
    assert_eq!(driver.run("return document.querySelectorAll('.finding').length").await, 0);
    for (name, value) in [("recipient_telephone", "5555555555"), ("customization_id", "CUSTID")] {
        set(driver, name, value).await;
    }
    for (name, value) in [("product_id", "1"), ("inventory_product_id", "106")] {
        let script = format!(
            "let it = document.getElementById('{name}'); it.value = '{value}'; \
                              it.dispatchEvent(new Event('change', {{bubbles: true}}))"
        );
        driver.run(&script).await;
    }
    set(driver, "recipient_email", "no address").await;
    driver.until("return document.querySelector('#e-recipient_email .bad') !== null").await;
    driver.until("return document.getElementById('recipient_email').ariaInvalid === 'true'").await;
    assert_eq!(driver.run("return window.kept").await, true);
    pictures(driver, &format!("order-wrong-{scheme}")).await;
    set(driver, "recipient_email", "parcel@contoso.example").await;
    driver.until("return document.querySelector('#e-recipient_email .bad') === null").await;
    driver.click("button[value=confirm]:not(.unseen)").await;
    driver.until("return document.querySelector('button[value=order]') !== null").await;
    pictures(driver, &format!("order-confirm-{scheme}")).await;
    driver.click("button[value=order]").await;
    driver.until("return location.pathname.startsWith('/console/shipments/')").await;
    assert!(driver.run("return document.body.innerText").await.as_str().unwrap().contains(&user));
}

async fn file(demo: &Demo, driver: &Driver, console: &str, scheme: &str) {
    let row = |user: &str, city: &str| {
        format!("{user};Ada;Lovelace;parcel@contoso.example;5555555555;Contoso;1 Way;{city};CA;94301;US")
    };
    let rows = [row(ADA, "Palo Alto"), row("stranger@contoso.onmicrosoft.com", "Palo Alto"), row(ALAN, "")];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    std::fs::write(&path, format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))).unwrap();
    driver.open(&format!("{console}/batches")).await;
    pictures(driver, &format!("batches-empty-{scheme}")).await;
    driver.open(&format!("{console}/batches/new")).await;
    pictures(driver, &format!("batch-new-{scheme}")).await;
    choose(driver, &path).await;
    driver.click("button[formaction]").await;
    driver.until("return document.getElementById('target.0') !== null").await;
    pictures(driver, &format!("batch-columns-{scheme}")).await;
    choose(driver, &path).await;
    driver.fill("#name", "Berlin, December").await;
    for (name, value) in [("product_id", "1"), ("inventory_product_id", "106"), ("customization_id", "CUSTID")] {
        driver.run(&format!("document.getElementById('default.{name}').value = '{value}'")).await;
    }
    driver.click("main button:not([formaction])").await;
    driver.until("return document.querySelectorAll('.correct a').length === 2").await;
    driver.until("return document.querySelector('[data-events]') === null").await;
    pictures(driver, &format!("batch-checked-{scheme}")).await;
    let batch = driver.run("return location.pathname").await.as_str().unwrap().to_owned();
    let id = batch.rsplit('/').next().unwrap().to_owned();

    // The form opens in the row, and only one at a time.
    driver.run("window.kept = true").await;
    driver.click("#row-3 .correct a").await;
    driver.until("return document.querySelector('#mend-3 #mend') !== null").await;
    driver.click("#row-4 .correct a").await;
    driver.until("return document.querySelector('#mend-4 #mend') !== null").await;
    assert_eq!(driver.run("return window.kept && document.querySelectorAll('#mend').length").await, 1);
    pictures(driver, &format!("batch-correct-{scheme}")).await;
    driver.fill("#city", "Palo Alto").await;
    driver.click("#mend button").await;
    driver.until("return location.search === '?done=row'").await;
    assert_eq!(driver.run("return document.querySelectorAll('#row-4').length").await, 0, "the row has no errors");

    driver.open(&format!("{console}/batches/{id}/rows/3")).await;
    driver.click("#mend button").await;
    driver.until("return document.querySelector('.mistakes') !== null").await;
    pictures(driver, &format!("batch-row-{scheme}")).await;
    driver.open(&format!("{console}/batches/{id}/submit")).await;
    pictures(driver, &format!("batch-submit-{scheme}")).await;
    driver.fill("#confirm", "2").await;
    driver.click("main button").await;
    driver.until("return location.search === '?done=submit'").await;
    driver.run("window.kept = true").await;
    // The page follows the orders, without a reload.
    driver.until("return document.querySelector('[data-events]') === null").await;
    assert_eq!(driver.run("return window.kept").await, true);
    driver.open(&format!("{console}/batches/{id}?show=all")).await;
    pictures(driver, &format!("batch-finished-{scheme}")).await;
    driver.open(&format!("{console}/batches")).await;
    pictures(driver, &format!("batches-{scheme}")).await;
    assert_eq!(demo.get(&format!("/v1/batches/{id}")).await.body["rows"]["sent"], 2);
}

async fn choose(driver: &Driver, path: &Path) {
    driver.fill("#file", path.to_str().unwrap()).await;
}
