//! Tests of mail over real connections, with an independent client.
#![allow(clippy::disallowed_methods, reason = "the tests are clients of the sandbox and use their own client")]

use std::time::{Duration, Instant};

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Incoming, Via};
use crate::testing::{Bench, CONNECTOR, TEST_CLIENT, read};

fn transport(bench: &Bench, implicit: bool, password: &str, how: Mechanism) -> AsyncSmtpTransport<Tokio1Executor> {
    let ca = Certificate::from_pem(bench.sandbox.ca_pem().as_bytes()).unwrap();
    let parameters = TlsParameters::builder("localhost".to_owned()).add_root_certificate(ca).build().unwrap();
    let addresses = bench.sandbox.addresses();
    let (port, tls) = match implicit {
        true => (addresses.smtps.port(), Tls::Wrapper(parameters)),
        false => (addresses.smtp.port(), Tls::Required(parameters)),
    };
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .tls(tls)
        .credentials(Credentials::new("keys@contoso.onmicrosoft.com".to_owned(), password.to_owned()))
        .authentication(vec![how])
        .build()
}

fn mail(to: &str) -> Message {
    let address = |text: &str| text.parse::<Mailbox>().unwrap();
    Message::builder()
        .from(address("Schlüssel <keys@contoso.onmicrosoft.com>"))
        .to(address(to))
        .subject("PIN für Jürgen")
        .message_id(Some("<1@keyferry.example>".to_owned()))
        .multipart(MultiPart::alternative_plain_html("Hallo\n.\n..PIN 1\n".to_owned(), "<p>Hallo</p>".to_owned()))
        .unwrap()
}

async fn messages(bench: &Bench) -> Vec<Value> {
    bench.get("mailbox/messages").send().await.unwrap().json().await.unwrap()
}

const GOOD: &str = "sandbox-smtp-password";

#[tokio::test]
async fn accepts_mail_on_both_ports_with_both_mechanisms() {
    let bench = Bench::start().await;
    for (implicit, how) in [(false, Mechanism::Plain), (true, Mechanism::Plain), (true, Mechanism::Login)] {
        transport(&bench, implicit, GOOD, how).send(mail("grace@contoso.example")).await.unwrap();
    }
    let all = messages(&bench).await;
    assert_eq!(all.len(), 3);
    let first = &all[0];
    assert_eq!((first["via"].as_str(), first["to"][0].as_str()), (Some("smtp"), Some("grace@contoso.example")));
    assert_eq!(first["subject"], "PIN für Jürgen");
    let lines: Vec<_> = first["text"].as_str().unwrap().lines().collect();
    assert_eq!(lines[..3], ["Hallo", ".", "..PIN 1"]);
    assert_eq!(first["html"].as_str().unwrap().trim_end(), "<p>Hallo</p>");
    assert_eq!(first["message_id"], "<1@keyferry.example>");
    let page = bench.get("mailbox").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("PIN für Jürgen") && !page.contains("iframe"));
    let page = bench.get("mailbox/1").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("PIN für Jürgen") && page.contains("&lt;p&gt;Hallo"));
    bench.delete("mailbox/messages").send().await.unwrap();
    assert!(messages(&bench).await.is_empty());
}

#[tokio::test]
async fn refuses_wrong_password() {
    let bench = Bench::start().await;
    for how in [Mechanism::Plain, Mechanism::Login] {
        let error = transport(&bench, true, "wrong", how).send(mail("a@contoso.example")).await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(535));
    }
    assert!(messages(&bench).await.is_empty());
}

#[tokio::test]
async fn refuses_recipients_permanently_or_temporarily() {
    let bench = Bench::start().await;
    let sender = transport(&bench, true, GOOD, Mechanism::Plain);
    for (to, code) in [("a@bounce.example", 550), ("a@slow.example", 451)] {
        let error = sender.send(mail(to)).await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(code));
        assert_eq!(error.is_permanent(), code == 550);
    }
    assert!(messages(&bench).await.is_empty());
}

#[tokio::test]
async fn injects_faults_into_mails() {
    let bench = Bench::start().await;
    let sender = || transport(&bench, true, GOOD, Mechanism::Plain);
    for (kind, status, kept) in [("fail_before", 421, 0), ("reset", 0, 0), ("fail_after", 451, 1), ("fail_after", 0, 2)]
    {
        let mut fault = json!({ "endpoint": "smtp", "kind": kind, "times": 1 });
        if status != 0 {
            fault["status"] = json!(status);
        }
        assert!(bench.post("control/faults", &fault).send().await.unwrap().status().is_success());
        let error = sender().send(mail("a@contoso.example")).await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(status).filter(|status| *status != 0), "{kind}");
        assert_eq!(messages(&bench).await.len(), kept, "{kind}");
    }
    sender().send(mail("a@contoso.example")).await.unwrap();
}

/// Sends lines without TLS, and returns the code of the last line of each reply.
async fn codes(bench: &Bench, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(bench.sandbox.addresses().smtp).await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut heard = Vec::new();
    for line in std::iter::once(&"").chain(lines) {
        if !line.is_empty() {
            stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        }
        loop {
            let mut answer = String::new();
            if stream.read_line(&mut answer).await.unwrap() == 0 {
                heard.push("closed".to_owned());
                break;
            }
            if answer.as_bytes().get(3) == Some(&b' ') {
                heard.push(answer[..3].to_owned());
                break;
            }
        }
    }
    heard
}

#[tokio::test]
async fn accepts_no_mail_without_tls() {
    let bench = Bench::start().await;
    let said = ["EHLO me", "MAIL FROM:<a@b.example>", "AUTH PLAIN AGEAYg==", "DATA", "NOOP", "WHAT", "RSET", "QUIT"];
    let heard = codes(&bench, &said).await;
    assert_eq!(heard, ["220", "250", "530", "538", "530", "250", "500", "250", "221"]);
    // A command that is injected after STARTTLS is not processed as if it came over TLS.
    let heard = codes(&bench, &["EHLO me", "STARTTLS\r\nMAIL FROM:<a@b.example>", "NOOP"]).await;
    assert_eq!(heard[..3], ["220", "250", "220"]);
    assert_eq!(heard[3], "closed");
}

const INVOKE: &str =
    "workflows/0123/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0";

async fn invoke(bench: &Bench, sig: &str, body: &Value) -> (u16, Value) {
    let answer = bench.post(&format!("{INVOKE}&sig={sig}"), body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn pin_for(user: &str) -> Value {
    json!({ "user_id": user, "serial_number": "30000001", "pin": "830516" })
}

const SIGNATURE: &str = "sandbox-logic-app-signature";

async fn sync(bench: &Bench, on: bool) {
    let answer = bench.put("control/settings", &json!({ "logic_app_sync": on })).send().await.unwrap();
    assert!(answer.status().is_success());
}

#[tokio::test]
async fn logic_app_mails_the_manager() {
    let bench = Bench::start().await;
    sync(&bench, true).await;
    let by_name = "ada.lovelace@contoso.onmicrosoft.com";
    for user in ["a1000000-0000-4000-8000-000000000001", by_name] {
        assert_eq!(invoke(&bench, SIGNATURE, &pin_for(user)).await.0, 200);
    }
    let all = messages(&bench).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["to"], json!(["grace.hopper@contoso.onmicrosoft.com"]));
    assert_eq!(all[0]["via"], "logic-app");
    assert!(all[0]["text"].as_str().unwrap().contains("830516"));

    let mut body = pin_for(by_name);
    body["contacts"] = json!({ "emails_to": ["b@contoso.example"] });
    invoke(&bench, SIGNATURE, &body).await;
    assert_eq!(messages(&bench).await[2]["to"], json!(["b@contoso.example"]));
}

#[tokio::test]
async fn logic_app_with_policy_accepts_tokens_of_the_connector_only() {
    let bench = Bench::start().await;
    bench.set("settings", json!({ "logic_app_policy": true })).await;
    const AZURE: &str = "https://management.azure.com/.default";
    let ours = bench.token(CONNECTOR, AZURE).await;
    let call = async |query: &str, token: Option<&str>| {
        let request = bench.post(&format!("{INVOKE}{query}"), &pin_for("ada.lovelace@contoso.onmicrosoft.com"));
        let (status, body) = read(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await;
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let signed = format!("&sig={SIGNATURE}");
    for (query, token, status, code) in [
        ("", Some(ours.clone()), 200, ""),
        (&signed, Some(ours), 401, "DirectApiRequestHasMoreThanOneAuthorization"),
        (&signed, None, 401, "DirectApiInvalidAuthorizationScheme"),
        ("", None, 401, "DirectApiAuthorizationRequired"),
        ("", Some("not.a.token".to_owned()), 403, "MisMatchingOAuthClaims"),
        // Another application of the tenant, and another audience.
        ("", Some(bench.token(TEST_CLIENT, AZURE).await), 403, "MisMatchingOAuthClaims"),
        ("", Some(bench.graph_token(CONNECTOR).await), 403, "MisMatchingOAuthClaims"),
    ] {
        assert_eq!(call(query, token.as_deref()).await, (status, code.to_owned()), "{query}");
    }
    assert_eq!(messages(&bench).await.len(), 1);
}

#[tokio::test]
async fn logic_app_reports_failures_only_if_synchronous() {
    let bench = Bench::start().await;
    sync(&bench, true).await;
    for user in ["nomanager", "nomail", "nobody"] {
        let (status, body) = invoke(&bench, SIGNATURE, &pin_for(&format!("{user}@contoso.onmicrosoft.com"))).await;
        assert_eq!(status, 502, "{user}");
        assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string());
        assert!(!body.to_string().contains("830516"));
    }
    sync(&bench, false).await;
    assert_eq!(invoke(&bench, SIGNATURE, &pin_for("nomanager@contoso.onmicrosoft.com")).await.0, 202);
    assert!(messages(&bench).await.is_empty());
    assert_eq!(invoke(&bench, SIGNATURE, &pin_for("ada.lovelace@contoso.onmicrosoft.com")).await.0, 202);
    assert_eq!(messages(&bench).await.len(), 1);
}

#[tokio::test]
async fn logic_app_requires_signature_and_json() {
    let bench = Bench::start().await;
    assert_eq!(invoke(&bench, "wrong", &pin_for("x")).await.0, 401);
    let unsigned = bench.post(INVOKE, &pin_for("x")).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    assert_eq!(invoke(&bench, SIGNATURE, &json!("text")).await.0, 400);
    assert!(messages(&bench).await.is_empty());
}

#[tokio::test]
async fn one_mail_has_a_page_of_its_own() {
    let bench = Bench::start().await;
    for to in ["grace@contoso.example", "boss@contoso.example"] {
        transport(&bench, true, GOOD, Mechanism::Plain).send(mail(to)).await.unwrap();
    }
    let page = bench.get("mailbox/2").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("boss@contoso.example") && !page.contains("grace@contoso.example"), "{page}");
    assert_eq!(bench.get("mailbox/3").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_mailbox_is_paged_and_searched() {
    let bench = Bench::start().await;
    sync(&bench, true).await;
    for number in 0..30 {
        let mut body = pin_for("ada.lovelace@contoso.onmicrosoft.com");
        body["contacts"] = json!([format!("number{number}@contoso.example")]);
        assert_eq!(invoke(&bench, SIGNATURE, &body).await.0, 200);
    }
    let page = async |query: &str| bench.get(&format!("mailbox?{query}")).send().await.unwrap().text().await.unwrap();
    let newest = page("").await;
    assert_eq!(newest.matches("<article").count(), 25);
    assert!(newest.contains("1–25 of 30") && newest.contains("number29@") && !newest.contains("number4@"), "{newest}");
    assert!(newest.contains(r#"rel="next" href="/mailbox?page=2""#) && !newest.contains("rel=\"prev\""), "{newest}");
    let oldest = page("page=2").await;
    assert!(
        oldest.contains("26–30 of 30") && oldest.contains("number0@") && !oldest.contains("rel=\"next\""),
        "{oldest}"
    );
    let found = page("q=NUMBER17%40").await;
    assert_eq!(found.matches("<article").count(), 1, "{found}");
    assert!(found.contains("number17@"), "{found}");
    let many = page("q=contoso.example").await;
    assert!(many.contains("/mailbox?page=2&amp;q=contoso.example"), "{many}");
    assert!(page("q=absent").await.contains("No mail matches this search"));
    assert_eq!(page("page=99").await, oldest);
    assert_eq!(bench.get("mailbox?page=x").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn mails_are_found_by_recipient_and_subject() {
    let bench = Bench::start().await;
    let mail = |number: usize, subject: &str| Incoming {
        via: Via::Smtp,
        to: vec![format!("person{number}@contoso.example")],
        from: "keys@contoso.example".to_owned(),
        subject: subject.to_owned(),
        text: Some("sent to person3@contoso.example".to_owned()),
        html: None,
        message_id: None,
        headers: Vec::new(),
    };
    for number in 1..=5 {
        bench.sandbox.world().mailbox.deliver(mail(number, if number > 3 { "A & B" } else { "Other" }));
    }
    let ids = async |query: &str| {
        let (_, mails) = read(bench.get(&format!("mailbox/messages?{query}"))).await;
        mails.as_array().unwrap().iter().map(|mail| mail["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [1, 2, 3, 4, 5]);
    assert_eq!(ids("to=PERSON3").await, [3]);
    assert_eq!(ids("q=person3").await, [1, 2, 3, 4, 5]);
    assert_eq!(ids("subject=a+%26+b").await, [4, 5]);
    assert_eq!(ids("subject=other&to=person2").await, [2]);
    assert_eq!(ids("after=2&limit=2").await, [3, 4]);
    let page = bench.get("mailbox?subject=A+%26+B&to=person5").send().await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("<article").count(), 1, "{page}");
    assert!(page.contains("value=\"A &amp; B\"") && page.contains("value=\"person5\""), "{page}");
}

#[tokio::test]
async fn twenty_thousand_mails_are_searched_at_once() {
    let bench = Bench::start().await;
    let line = "Your new security key is on its way. Keep this PIN until it arrives.\n";
    for number in 0..20_000 {
        bench.sandbox.world().mailbox.deliver(Incoming {
            via: Via::Smtp,
            to: vec![format!("person{number}@contoso.example")],
            from: "keys@contoso.example".to_owned(),
            subject: "Your PIN".to_owned(),
            text: Some(line.repeat(20)),
            html: Some(format!("<p>{}</p>", line.repeat(40))),
            message_id: None,
            headers: Vec::new(),
        });
    }
    for query in ["mailbox", "mailbox?page=800", "mailbox?to=person19999", "mailbox?q=person123@", "mailbox/777"] {
        let before = Instant::now();
        let page = bench.get(query).send().await.unwrap().text().await.unwrap();
        let took = before.elapsed();
        println!("{query}: {took:?}");
        assert!(page.contains("person"), "{page}");
        // Without optimization, on a busy machine. Linear work of this size takes a tenth of it.
        assert!(took < Duration::from_secs(5), "{query}: {took:?}");
    }
}
