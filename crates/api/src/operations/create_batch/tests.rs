//! Tests through the router, with test doubles.

use axum::body::Body;
use axum::http::{Method, header};
use keyferry_engine::AddressRule;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, body, order, request};

const HEADER: &str = "Login;Vorname;Nachname;E-Mail;Telefon;Firma;Straße;Ort;Region;PLZ;Land";
const DEFAULTS: &str = r#"{"columns": {"Login": "user_id"}, "row_key": "Login", "defaults": {"product_id": 1,
    "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8}}"#;

fn row(user: &str) -> String {
    format!("{user};Adele;Vance;adele@contoso.example;5555555555;Contoso;1 Main Street;Seattle;WA;98101;US")
}

fn path(mapping: &str) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("name", "Berlin, December")
        .append_pair("mapping", mapping)
        .finish();
    format!("/v1/batches?{query}")
}

async fn post(world: &World, path: &str, media_type: &str, body: impl Into<Body>) -> String {
    let mut request = request(Method::POST, path, body);
    request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().unwrap());
    show(world.send(request).await).await
}

async fn upload(world: &World, rows: &[String]) -> Value {
    let file = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    let answer = post(world, &path(DEFAULTS), "text/csv", file).await;
    assert!(answer.starts_with("201"), "{answer}");
    body(&answer)
}

#[tokio::test]
async fn file_becomes_a_draft_with_findings() {
    let world = World::new();
    let rows = ["adele@contoso.example", "", "grace@contoso.example", "grace@contoso.example"].map(row);
    let mut rows = rows.to_vec();
    rows.push(row("linus@contoso.example").replace("98101", "9,81E+04"));
    let batch = upload(&world, &rows).await;
    assert_eq!((&batch["state"], &batch["name"]), (&json!("draft"), &json!("Berlin, December")));
    let (total, invalid, to_send) = (&batch["rows"]["total"], &batch["rows"]["invalid"], &batch["rows"]["to_send"]);
    assert_eq!((total, invalid, to_send), (&json!(5), &json!(4), &json!(1)), "{batch:#}");
    let used = batch["mapping"]["columns"].as_array().unwrap();
    let login = used.iter().find(|column| column["header"] == "Login").unwrap();
    assert_eq!(login["members"], json!(["user_id", "row_key"]));

    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    assert_eq!(body(&world.get(&path).await)["rows"], batch["rows"]);
    let found = body(&world.get(&format!("{path}/rows?findings=true")).await);
    let codes: Vec<_> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["row"].as_u64().unwrap(), row["findings"][0]["code"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [(3, "invalid-key"), (4, "repeated-key"), (5, "repeated-key"), (6, "damaged-number")];
    assert_eq!(codes, expected.map(|(row, code)| (row, code.to_owned())), "{found:#}");
    let page = body(&world.get(&format!("{path}/rows?limit=2")).await);
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["next_cursor"]), (2, &json!("3")));
    let rest = body(&world.get(&format!("{path}/rows?limit=9&cursor=3")).await);
    assert_eq!((rest["rows"].as_array().unwrap().len(), &rest["next_cursor"]), (3, &Value::Null));

    let listed = body(&world.get("/v1/batches?state=draft").await);
    assert_eq!((&listed["batches"][0]["id"], &listed["next_cursor"]), (&batch["id"], &Value::Null));
    assert_eq!(body(&world.get("/v1/batches?state=submitted,paused").await)["batches"], json!([]));
}

#[tokio::test]
async fn result_has_each_row_and_no_address() {
    let world = World::new();
    let batch = upload(&world, &[row("adele@contoso.example"), row("=cmd|x")]).await;
    let path = format!("/v1/batches/{}/result", batch["id"].as_str().unwrap());
    let csv = world.get(&path).await;
    assert!(csv.contains("text/csv"), "{csv}");
    let lines: Vec<_> = csv.lines().skip_while(|line| !line.starts_with("row,")).collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert!(lines[1].starts_with("2,adele@contoso.example,adele@contoso.example,ready,,,,,,"), "{csv}");
    assert!(lines[2].starts_with("3,'=cmd|x,'=cmd|x,"), "{csv}");
    assert!(!csv.contains("Main Street"), "{csv}");
    let mut request = request(Method::GET, &path, Body::empty());
    request.headers_mut().insert(header::ACCEPT, "application/jsonl".parse().unwrap());
    let json_lines = show(world.send(request).await).await;
    assert!(json_lines.contains("\"state\":\"ready\"") && !json_lines.contains("Main Street"), "{json_lines}");
}

#[tokio::test]
async fn json_rows_and_json_lines_are_orders() {
    let world = World::new();
    let mut one = order();
    one["row_key"] = json!("4711");
    let mut other = order();
    other["yubico_shipment_request"]["mailing_address"]["city"] = json!("");
    let document = json!({"name": "Two", "rows": [one, other]});
    let batch = body(&post(&world, "/v1/batches", "application/json", document.to_string()).await);
    assert_eq!((&batch["rows"]["to_send"], &batch["rows"]["invalid"]), (&json!(1), &json!(1)), "{batch:#}");
    let rows = body(&world.get(&format!("/v1/batches/{}/rows", batch["id"].as_str().unwrap())).await);
    assert_eq!((&rows["rows"][0]["row_key"], &rows["rows"][0]["row"]), (&json!("4711"), &json!(1)));
    let member = "yubico_shipment_request.mailing_address.city";
    assert_eq!(rows["rows"][1]["findings"][0]["member"], json!(member), "{rows:#}");

    let lines = format!("{one}\n{other}\n\nnonsense\n");
    let batch = body(&post(&world, "/v1/batches", "application/x-ndjson", lines).await);
    assert_eq!((&batch["rows"]["to_send"], &batch["rows"]["invalid"]), (&json!(1), &json!(2)), "{batch:#}");
}

#[tokio::test]
async fn file_arrives_in_pieces_of_any_size() {
    let world = World::new();
    let rows: Vec<_> = (0..250).map(|number| row(&format!("jürgen{number}@contoso.example"))).collect();
    let file = format!("\u{feff}{HEADER}\n{}", rows.join("\n"));
    let pieces: Vec<_> = file.as_bytes().chunks(7).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let answer = post(&world, &path(DEFAULTS), "text/csv", Body::from_stream(futures::stream::iter(pieces))).await;
    assert_eq!(body(&answer)["rows"]["to_send"], json!(250), "{answer}");
}

#[tokio::test]
async fn unusable_requests_store_nothing() {
    let world = World::new();
    let broken = [Ok(format!("{HEADER}\n{}\n", row("a")).into_bytes()), Err(std::io::Error::other("gone"))];
    for (path, media_type, body, expected) in [
        (path("{}"), "text/csv", Body::from("Vorname;Nachname\nAda;King\n"), "missing-columns"),
        (path("{}"), "text/csv", Body::from(""), "empty-file"),
        (path("{\"colums\": {}}"), "text/csv", Body::from(""), "\"field\": \"mapping\""),
        (path("{}"), "application/xml", Body::from(""), "Content-Type must be"),
        (path(DEFAULTS), "text/csv", Body::from(format!("{HEADER}\n\"open")), "stray-quote"),
        (path(DEFAULTS), "text/csv", Body::from_stream(futures::stream::iter(broken)), "interrupted"),
        ("/v1/batches?nam=x".to_owned(), "text/csv", Body::from(""), "unknown parameter"),
        ("/v1/batches".to_owned(), "application/json", Body::from("{\"rows\": []}"), "\"field\": \"rows\""),
    ] {
        let answer = post(&world, &path, media_type, body).await;
        assert!(answer.starts_with("400") && answer.contains(expected), "{expected}: {answer}");
    }
    assert_eq!(body(&world.get("/v1/batches").await)["batches"], json!([]));
}

#[tokio::test]
async fn acts_follow_the_state() {
    let world = World::new();
    let batch = upload(&world, &[row("adele@contoso.example")]).await;
    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    let act = async |act: &str, body: Value| world.call(Method::POST, &format!("{path}/{act}"), body.to_string()).await;
    for (name, body) in
        [("submit", json!({"confirm": 1})), ("pause", json!({"reason": "x"})), ("resume", json!({"reason": "x"}))]
    {
        let answer = act(name, body).await;
        assert!(answer.starts_with("409") && answer.contains("the batch is draft"), "{name}: {answer}");
    }
    assert!(act("submit", json!({"confirm": 0})).await.starts_with("400"));
    assert!(act("pause", json!({"reason": " "})).await.starts_with("400"));
    let checking = act("check", json!({})).await;
    assert!(checking.starts_with("202") && checking.contains("\"state\": \"checking\""), "{checking}");
    assert!(act("check", json!({})).await.starts_with("409"));
    let cancelled = act("cancel", json!({"reason": "wrong file"})).await;
    assert!(cancelled.starts_with("200") && cancelled.contains("\"state\": \"cancelling\""), "{cancelled}");
    let history = body(&cancelled)["history"].clone();
    assert_eq!((&history[2]["act"], &history[2]["reason"]), (&json!("cancel_requested"), &json!("wrong file")));
    for unknown in ["x", "019ac0de-0000-7000-8000-00000000000a"] {
        for rest in ["", "/rows", "/result"] {
            let answer = world.get(&format!("/v1/batches/{unknown}{rest}")).await;
            assert!(answer.starts_with("404") && answer.contains("Could not find batch"), "{answer}");
        }
    }
    let template = world.get("/v1/batches/template.csv").await;
    let file = template.split_once('\u{feff}').unwrap().1.to_owned();
    let stored = body(&post(&world, "/v1/batches", "text/csv", file).await);
    assert_eq!((&stored["rows"]["to_send"], &stored["findings"]), (&json!(1), &json!([])), "{stored:#}");
}

/// Rows state who gives their address: in a column, or as a default for rows without one.
#[tokio::test]
async fn rows_without_an_address_ask_their_persons() {
    let file = "user_id;address_by;Vorname;Nachname;E-Mail;Telefon;Firma;Straße;Ort;Region;PLZ;Land\r\n\
        ada;Person;Ada;L;a@b.example;1;C;;;;;\r\n\
        bea;person;;;;;;;;;;US\r\n\
        cyd;person;C;D;a@b.example;1;C;1 Main Street;Seattle;WA;98101;US\r\n\
        dan;;D;D;a@b.example;1;C;;;;;\r\n\
        eve;manager;E;E;a@b.example;1;C;;;;;\r\n\
        fox;;F;F;a@b.example;1;C;1 Main Street;Seattle;WA;98101;US\r\n";
    let defaults = json!({"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8});
    for (rule, default, ready) in [
        (AddressRule::Order, None, vec![2, 3, 7]),
        // The default is for rows without an address.
        (AddressRule::Order, Some("person"), vec![2, 3, 5, 7]),
        (AddressRule::Person, None, vec![2, 3, 5, 7]),
        (AddressRule::Caller, None, vec![7]),
    ] {
        let world = World::with(|settings| settings.address_by = rule);
        let mut mapping = json!({ "defaults": defaults });
        if let Some(default) = default {
            mapping["defaults"]["address_by"] = json!(default);
        }
        let answer = post(&world, &path(&mapping.to_string()), "text/csv", file).await;
        assert!(answer.starts_with("201"), "{answer}");
        let id = body(&answer)["id"].as_str().unwrap().to_owned();
        let rows = body(&world.get(&format!("/v1/batches/{id}/rows")).await)["rows"].as_array().unwrap().clone();
        let found: Vec<_> =
            rows.iter().filter(|row| row["state"] == "ready").map(|row| row["row"].as_u64().unwrap()).collect();
        assert_eq!(found, ready, "{rule:?} {default:?} {rows:#?}");
        for row in rows.iter().filter(|row| row["state"] != "ready") {
            assert!(row["findings"].to_string().contains("address"), "{rule:?} {row:#}");
        }
    }
    // Without such a column, the file as a whole lacks what each order needs.
    let short = "user_id\r\nada\r\n";
    let mapping = json!({ "defaults": defaults }).to_string();
    let world = World::with(|settings| settings.address_by = AddressRule::Order);
    let answer = post(&world, &path(&mapping), "text/csv", short).await;
    assert!(answer.starts_with("400") && answer.contains("missing-columns"), "{answer}");
    let world = World::with(|settings| settings.address_by = AddressRule::Person);
    assert!(post(&world, &path(&mapping), "text/csv", short).await.starts_with("201"));
}
