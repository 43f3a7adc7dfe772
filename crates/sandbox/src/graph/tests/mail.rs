use reqwest::Method;
use serde_json::{Value, json};

use crate::testing::{Bench, CONNECTOR, GUIDE_CONNECTOR, read};

const SEND: &str = "v1.0/users/keys@contoso.onmicrosoft.com/sendMail";

fn mail(to: &str, keep: Option<Value>) -> Value {
    let mut body = json!({"message": {
        "subject": "Your key", "body": {"contentType": "HTML", "content": "<p>4711 08</p>"},
        "toRecipients": [{"emailAddress": {"address": to}}],
    }});
    if let Some(keep) = keep {
        body["saveToSentItems"] = keep;
    }
    body
}

#[tokio::test]
async fn delivers_mail_to_the_mailbox() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let body = mail("grace.hopper@contoso.onmicrosoft.com", Some(json!(false)));
    assert_eq!(bench.graph(&token, Method::POST, SEND, Some(&body)).await, (202, json!("")));
    let (_, messages) = read(bench.get("mailbox/messages")).await;
    assert_eq!(messages[0]["via"], "graph");
    assert_eq!(messages[0]["to"], json!(["grace.hopper@contoso.onmicrosoft.com"]));
    assert_eq!(messages[0]["from"], "keys@contoso.onmicrosoft.com");
    assert_eq!(messages[0]["html"], "<p>4711 08</p>");
}

#[tokio::test]
async fn keeps_a_sent_item_by_default() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    for keep in [Some(json!(false)), Some(json!("false")), None] {
        let body = mail("a@b.c", keep);
        assert_eq!(bench.graph(&token, Method::POST, SEND, Some(&body)).await.0, 202);
    }
    let (_, kept) = read(bench.get("control/sent-items")).await;
    assert_eq!(kept.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn refuses_invalid_senders_and_recipients() {
    let bench = Bench::start().await;
    let (token, guide) = (bench.graph_token(CONNECTOR).await, bench.graph_token(GUIDE_CONNECTOR).await);
    let good = mail("a@b.c", None);
    let code = async |token: &str, path: &str, body: &Value| {
        let (status, body) = bench.graph(token, Method::POST, path, Some(body)).await;
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code(&guide, SEND, &good).await, (403, "ErrorAccessDenied".to_owned()));
    assert_eq!(code(&token, "v1.0/users/nobody@x.y/sendMail", &good).await, (404, "ErrorInvalidUser".to_owned()));
    let no_mailbox = "v1.0/users/ada.lovelace@contoso.onmicrosoft.com/sendMail";
    assert_eq!(code(&token, no_mailbox, &good).await, (404, "MailboxNotEnabledForRESTAPI".to_owned()));
    assert_eq!(code(&token, SEND, &mail("nobody", None)).await, (400, "ErrorInvalidRecipients".to_owned()));
    assert_eq!(code(&token, SEND, &json!({})).await, (400, "ErrorInvalidRequest".to_owned()));
}

#[tokio::test]
async fn keeps_custom_headers_and_refuses_others() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let with = |names: &[&str]| {
        let mut body = mail("grace.hopper@contoso.onmicrosoft.com", Some(json!(false)));
        let headers: Vec<_> = names.iter().map(|name| json!({"name": name, "value": "a.0"})).collect();
        body["message"]["internetMessageHeaders"] = headers.into();
        body
    };
    for (names, code) in [
        (&["Auto-Submitted"][..], "InvalidInternetMessageHeader"),
        (&["x-1", "x-2", "x-3", "x-4", "x-5", "x-6"], "InvalidInternetMessageHeaderCollection"),
    ] {
        let (status, body) = bench.graph(&token, Method::POST, SEND, Some(&with(names))).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(code)));
    }
    assert_eq!(bench.graph(&token, Method::POST, SEND, Some(&with(&["X-Trace"]))).await.0, 202);
    let (_, messages) = read(bench.get("mailbox/messages")).await;
    assert_eq!(messages.as_array().unwrap().len(), 1);
    assert_eq!(messages[0]["headers"], json!([{"name": "X-Trace", "value": "a.0"}]));
}
