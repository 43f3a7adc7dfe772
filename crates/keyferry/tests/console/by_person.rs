//! Orders whose persons give the address, in the console, without scripts.

use keyferry_proof_support::{ADA, ALAN};
use serde_json::json;

use super::batches::{act, correct, id_of, until, upload};
use super::browser::Browser;
use super::order::{Form, shipments};
use super::pages::assert_page;
use super::support::Demo;

const DOLORES: &str = "$dollar@contoso.onmicrosoft.com";

const BY_PERSON: (&str, &str) = ("address_by", "person");

async fn demo() -> Demo {
    Demo::with(&["--address-by", "order", "--verbose"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn order_for_one_person_leaves_the_address_out() {
    let demo = demo().await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("/order").await;
    assert!(page.text.contains("<option value=\"person\">The person gives the address</option>"), "{}", page.text);
    browser.language = "de";
    let page = browser.get("/order").await;
    assert!(page.text.contains("Die Person gibt die Anschrift an"), "{}", page.text);
    browser.language = "en";
    let form = Form::open(&mut browser).await;

    // The fields of the address may be filled in from the directory: they are not used.
    let confirm = form.post(&mut browser, &[("user_id", ADA), BY_PERSON, ("step", "confirm")]).await;
    assert_page(&confirm);
    assert!(confirm.status == 200 && confirm.text.contains("gets a link for that by mail"), "{}", confirm.text);
    assert!(confirm.text.contains("1 person will be asked for the address"), "{}", confirm.text);
    assert!(!confirm.text.contains("Analytical Way") && !confirm.text.contains("94301"), "{}", confirm.text);
    let ordered = form.post(&mut browser, &[("user_id", ADA), BY_PERSON, ("step", "order")]).await;
    assert!(ordered.leads_to().is_some(), "{} {}", ordered.status, ordered.text);
    let stored = shipments(&demo).await;
    let details = demo.details(stored[0]["id"].as_str().unwrap()).await;
    assert_eq!((stored.len(), &details["phase"]), (1, &json!("queued")), "{details}");
    assert!(details["history"].to_string().contains("waits for the address"), "{details}");

    // Without the choice, a missing address is a mistake as before.
    let form = Form::open(&mut browser).await;
    let fields = [("user_id", ALAN), ("street_line1", ""), ("city", ""), ("postal_code", ""), ("step", "confirm")];
    let page = form.post(&mut browser, &fields).await;
    assert_eq!(page.status, 422, "{}", page.text);
}

/// Where persons give no addresses, there is no choice, and a forged form is refused.
#[tokio::test(flavor = "multi_thread")]
async fn choice_exists_only_where_the_setting_permits_it() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    for path in ["/order", "/batches/new"] {
        let page = browser.get(path).await;
        assert!(!page.text.contains("address_by"), "{}", page.text);
    }
    let form = Form::open(&mut browser).await;
    let forged = form.post(&mut browser, &[("user_id", ADA), BY_PERSON, ("step", "order")]).await;
    assert!(forged.status == 400 && forged.text.contains("persons give no addresses here"), "{}", forged.text);
    assert!(shipments(&demo).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn file_leaves_addresses_to_its_persons() {
    let demo = demo().await;
    let mut browser = Browser::grace(&demo).await;
    let file = format!(
        "user_id,first name,last name,email,phone,company,street,city,state,zip,country\r\n\
         {ADA},Ada,Lovelace,parcel@contoso.example,5555555555,Contoso,,,,,\r\n\
         {ALAN},Alan,Turing,parcel@contoso.example,5555555555,Contoso,1 Analytical Way,Palo Alto,CA,94301,US\r\n\
         {DOLORES},Dolores,Dollar,parcel@contoso.example,5555555555,Contoso,2 Way,,,,\r\n"
    );
    // The default is for rows without an address. A part of an address is none.
    let page = upload(&mut browser, &[("default.address_by", "person")], "people.csv", file.as_bytes()).await;
    let id = id_of(&page);
    let checked = until(&demo, &id, "checked").await;
    assert_eq!((&checked["rows"]["to_send"], &checked["rows"]["errors"]), (&json!(2), &json!(1)), "{checked}");
    assert!(checked["findings"].to_string().contains("1 person will be asked for the address"), "{checked}");
    let page = browser.get(&format!("/batches/{id}")).await;
    assert_page(&page);
    assert!(page.text.contains("1 person will be asked for the address"), "{}", page.text);
    // The choice in the row itself.
    correct(&mut browser, &id, 4, &[BY_PERSON]).await;
    let checked = until(&demo, &id, "checked").await;
    assert_eq!((&checked["rows"]["to_send"], &checked["rows"]["errors"]), (&json!(3), &json!(0)), "{checked}");
    act(&mut browser, &id, "submit", &[("confirm", "3")]).await;
    demo.until("the mails", async || demo.get(&format!("/v1/batches/{id}")).await.body["rows"]["sent"] == 1).await;
    let rows = demo.get(&format!("/v1/batches/{id}")).await.body["rows"].clone();
    assert_eq!((&rows["awaiting_address"], &rows["waiting"]), (&json!(2), &json!(2)), "{rows}");
    let page = browser.get(&format!("/batches/{id}?show=all")).await;
    assert_page(&page);
    assert_eq!(page.text.matches("waits for address").count(), 2, "{}", page.text);
    let result = demo.get(&format!("/v1/batches/{id}/result")).await.text;
    let lines: Vec<_> = result.lines().collect();
    assert!(lines[0].ends_with(",waits_for") && lines[1].ends_with(",address"), "{result}");
    assert!(lines[2].ends_with(",") && !result.contains("Analytical Way"), "{result}");
}
