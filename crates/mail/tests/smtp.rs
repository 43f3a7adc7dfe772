//! Tests of PIN mails sent to a scripted mail server.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
#[path = "common/mail_server.rs"]
mod mail_server;
#[path = "common/smtp.rs"]
mod smtp;

use std::sync::Arc;

use common::{PIN, deliver, deliver_as};
use keyferry_domain::{Effect, Failure, FailureKind, Operation, Party};
use keyferry_mail::{Error, MailTemplates, SmtpDelivery, SmtpSettings, SmtpTls};
use mail_parser::MessageParser;
use mail_server::{MailServer, Script};
use smtp::{FixedClock, MANAGER, delivered, delivery, settings};

async fn failed(script: Script) -> (Failure, MailServer) {
    let (answer, server) = delivered(script).await;
    let failure = answer.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::PinDelivery, Operation::DeliverPin));
    (failure, server)
}

fn answered(status: u16, code: Option<&str>) -> FailureKind {
    FailureKind::Answered { status, code: code.map(str::to_owned) }
}

#[tokio::test]
async fn starttls_precedes_all_other_commands() {
    let (answer, server) = delivered(Script::default()).await;
    answer.unwrap();
    let commands = server.commands();
    let verbs: Vec<_> = commands.iter().map(|command| command.split("EHLO").next().unwrap_or_default()).collect();
    assert_eq!(verbs[..4], ["", "STARTTLS", "tls ", "tls AUTH PLAIN AGtleXNAY29udG9zby5leGFtcGxlAHBhc3Mgd29yZA=="]);
    assert_eq!(commands[4], "tls MAIL FROM:<keys@contoso.example>");
    assert_eq!(commands[5], "tls RCPT TO:<grace@contoso.example>");
    assert_eq!(commands[6..], ["tls DATA"]);
}

#[tokio::test]
async fn implicit_tls_sends_nothing_in_plaintext() {
    let server = MailServer::start(Script { implicit: true, ..Script::default() }).await;
    deliver(&delivery(settings(&server, SmtpTls::Implicit), None), MANAGER).await.unwrap();
    let commands = server.commands();
    assert!(commands.iter().all(|command| command.starts_with("tls ")), "{commands:?}");
    assert!(!commands.iter().any(|command| command.contains("AUTH")), "no authentication without credentials");
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn mail_has_expected_headers_and_body() {
    let server = MailServer::start(Script::default()).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), None);
    deliver(&delivery, &["grace@contoso.example", "desk@contoso.example"]).await.unwrap();
    let mails = server.mails();
    let [raw] = &mails[..] else { panic!("{} mails", mails.len()) };
    let mail = MessageParser::default().parse(raw).unwrap();

    assert_eq!(mail.subject(), Some("The PIN for the security key of Ada \"Countess\" Lovelace"));
    assert_eq!(mail.message_id(), Some("0196f0a0-0000-7000-8000-00000000000a.1@contoso.example"));
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-09-21T14:13:20Z");
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Security keys"), Some("keys@contoso.example")));
    let to: Vec<_> = mail.to().unwrap().iter().filter_map(|to| to.address()).collect();
    assert_eq!(to, ["grace@contoso.example", "desk@contoso.example"]);
    for header in ["Auto-Submitted: auto-generated\r\n", "X-Auto-Response-Suppress: All\r\n"] {
        assert!(raw.contains(header), "{header}");
    }
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    assert!(text.contains(PIN) && text.contains("20123456"), "{text}");
    assert!(html.contains(PIN) && html.contains("Ada &quot;Countess&quot; Lovelace"), "{html}");
    let head = raw.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains(PIN), "{head}");
    let recipients = server.commands().iter().filter(|command| command.contains("RCPT TO")).count();
    assert_eq!(recipients, 2);
}

#[tokio::test]
async fn retry_has_the_same_message_id() {
    let server = MailServer::start(Script::default()).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), None);
    for id in ["a.1", "a.1", "a.2"] {
        deliver_as(&delivery, MANAGER, id).await.unwrap();
    }
    let mails = server.mails();
    let ids: Vec<_> = mails
        .iter()
        .map(|mail| MessageParser::default().parse(mail).unwrap().message_id().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["a.1@contoso.example", "a.1@contoso.example", "a.2@contoso.example"]);
}

#[tokio::test]
async fn sends_nothing_without_starttls() {
    let (failure, server) = failed(Script { starttls: false, ..Script::default() }).await;
    assert_eq!((failure.kind, failure.effect), (FailureKind::Found("starttls-not-offered"), Effect::None));
    let commands = server.commands();
    assert!(!commands.iter().any(|command| command.contains("AUTH") || command.contains("MAIL")), "{commands:?}");
}

#[tokio::test]
async fn refused_starttls_is_a_failure() {
    let (failure, server) =
        failed(Script { answers: vec![("STARTTLS", "454 4.7.0 not now")], ..Script::default() }).await;
    assert_eq!(failure.kind, answered(454, Some("4.7.0")));
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn rejects_certificate_of_unknown_ca() {
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit] {
        let server = MailServer::start(Script { implicit: tls == SmtpTls::Implicit, ..Script::default() }).await;
        let other = MailServer::start(Script::default()).await;
        let mut settings = settings(&server, tls);
        settings.extra_roots_pem = vec![other.ca_pem];
        let failure = deliver(&delivery(settings, Some("x")), MANAGER).await.unwrap_err();
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::Unreachable, Effect::None));
        assert!(failure.message.contains("certificate"), "{failure}");
        assert!(!server.commands().iter().any(|command| command.contains("AUTH")));
    }
}

#[tokio::test]
async fn untrusted_issuer_points_to_the_setting() {
    let server = MailServer::start(Script::default()).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    settings.extra_roots_pem = Vec::new();
    let failure = deliver(&delivery(settings, None), MANAGER).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    let advice = "add its certificate (PEM) to the file in KEYFERRY_EXTRA_CA_FILE";
    assert!(failure.message.ends_with(advice), "{failure}");
}

#[tokio::test]
async fn rejects_certificate_for_another_name() {
    let server = MailServer::start(Script::default()).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    settings.host = "127.0.0.2".into();
    let failure = deliver(&delivery(settings, None), MANAGER).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn closed_port_is_unreachable() {
    let server = MailServer::start(Script::default()).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    settings.port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let failure = deliver(&delivery(settings, None), MANAGER).await.unwrap_err();
    assert_eq!((failure.kind, failure.effect), (FailureKind::Unreachable, Effect::None));
}

#[tokio::test]
async fn failure_names_status_code_and_step() {
    for (command, answer, status, code, place) in [
        ("GREETING", "554 5.7.1 no service for you", 554, Some("5.7.1"), "while connecting"),
        ("AUTH", "535 5.7.8 bad credentials", 535, Some("5.7.8"), "check user and password"),
        ("MAIL FROM", "530 5.7.0 sign in first", 530, Some("5.7.0"), "MAIL FROM"),
        ("RCPT", "550 5.1.1 unknown", 550, Some("5.1.1"), "addressee grace@contoso.example"),
        ("RCPT", "450-4.2.0 greylisted\r\n450 4.2.0 come back", 450, Some("4.2.0"), "greylisted come back"),
        ("DATA", "421 shutting down", 421, None, "DATA"),
        ("MAIL-END", "554 5.6.0 looks like spam", 554, Some("5.6.0"), "after the mail"),
        ("MAIL-END", "452 4.3.1 disk full", 452, Some("4.3.1"), "after the mail"),
    ] {
        let (failure, _) = failed(Script { answers: vec![(command, answer)], ..Script::default() }).await;
        assert_eq!((&failure.kind, failure.effect), (&answered(status, code), Effect::None), "{command}");
        assert!(failure.message.contains(place), "{failure}");
        assert!(!failure.message.contains("pass word"), "{failure}");
    }
}

/// 550, 551 and 553 concern a mailbox. Only at RCPT TO it is the addressee's.
#[tokio::test]
async fn refused_sender_or_message_is_not_a_wrong_addressee() {
    for (command, status, code) in [
        ("GREETING", 550, "service-refused"),
        ("AUTH", 550, "service-refused"),
        ("MAIL FROM", 550, "sender-refused"),
        ("MAIL FROM", 551, "sender-refused"),
        ("MAIL FROM", 553, "sender-refused"),
        ("DATA", 550, "mail-refused"),
        ("MAIL-END", 550, "mail-refused"),
    ] {
        let answer = format!("{status} 5.7.1 not so");
        let (failure, _) =
            failed(Script { answers: vec![(command, Box::leak(answer.into_boxed_str()))], ..Script::default() }).await;
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::Found(code), Effect::None), "{command}");
        assert!(failure.message.contains(&format!("answered {status}")), "{failure}");
        assert!(failure.message.contains("5.7.1 not so"), "{failure}");
    }
}

/// An attacker on the network may append plaintext replies to the reply to STARTTLS (RFC 3207 section 6).
#[tokio::test]
async fn plaintext_replies_are_not_taken_for_tls_replies() {
    let injected = "220 go ahead\r\n250-mail.contoso.example\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 sender\r\n\
                    250 addressee\r\n354 go ahead";
    let (failure, server) = failed(Script { answers: vec![("STARTTLS", injected)], ..Script::default() }).await;
    assert_eq!((&failure.kind, failure.effect), (&FailureKind::Unreachable, Effect::None), "{failure}");
    assert!(!server.commands().iter().any(|command| command.starts_with("tls ")), "{:?}", server.commands());
}

#[tokio::test]
async fn unexpected_positive_reply_is_not_success() {
    for (command, answer, effect) in [
        ("AUTH", "354 go ahead", Effect::None),
        ("MAIL FROM", "354 go ahead", Effect::None),
        ("DATA", "250 fine", Effect::None),
        ("MAIL-END", "354 go ahead", Effect::Unknown),
    ] {
        let (failure, server) = failed(Script { answers: vec![(command, answer)], ..Script::default() }).await;
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::InvalidResponse, effect), "{command}: {failure}");
        assert_eq!(server.mails().len(), usize::from(command == "MAIL-END"));
    }
}

/// A server that has not presented a certificate must not be able to exhaust our memory.
#[tokio::test]
async fn limits_bytes_read_before_tls() {
    let endless: &'static str = Box::leak("220-".to_owned().repeat(1024 * 1024).into_boxed_str());
    let (failure, _) = failed(Script { answers: vec![("GREETING", endless)], ..Script::default() }).await;
    assert_eq!((&failure.kind, failure.effect), (&FailureKind::Unreachable, Effect::None), "{failure}");
    assert!(failure.message.contains("sent more than"), "{failure}");
}

#[tokio::test]
async fn one_refused_addressee_stops_the_mail() {
    let script = Script { answers: vec![("RCPT TO:<DESK", "550 5.1.1 unknown")], ..Script::default() };
    let server = MailServer::start(script).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), None);
    let failure = deliver(&delivery, &["grace@contoso.example", "desk@contoso.example"]).await.unwrap_err();
    assert!(failure.message.contains("desk@contoso.example"), "{failure}");
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn effect_is_unknown_only_after_the_message_was_sent() {
    let mut cases = Vec::new();
    for (command, effect) in [
        ("GREETING", Effect::None),
        ("STARTTLS", Effect::None),
        ("AUTH", Effect::None),
        ("RCPT", Effect::None),
        ("DATA", Effect::None),
        ("MAIL-END", Effect::Unknown),
    ] {
        cases.push(tokio::spawn(async move {
            let (failure, _) = failed(Script { dies_at: Some(command), ..Script::default() }).await;
            let lost = matches!(failure.kind, FailureKind::ConnectionLost | FailureKind::Unreachable);
            assert!(lost, "{command}: {failure:?}");
            assert_eq!(failure.effect, effect, "{command}");

            let (failure, _) = failed(Script { hangs_at: Some(command), ..Script::default() }).await;
            assert_eq!((&failure.kind, failure.effect), (&FailureKind::TimedOut, effect), "{command}: {failure}");
        }));
    }
    for case in cases {
        case.await.unwrap();
    }
}

#[tokio::test]
async fn invalid_reply_is_not_success() {
    let (failure, _) = failed(Script { answers: vec![("MAIL-END", "fine, thanks")], ..Script::default() }).await;
    assert_eq!((failure.kind, failure.effect), (FailureKind::InvalidResponse, Effect::Unknown));
}

#[tokio::test]
async fn redacts_pin_quoted_by_the_server() {
    let answers = vec![("MAIL-END", "554 5.7.1 policy: \"PIN: 48213799\" \u{1b}[31mseen")];
    let (failure, _) = failed(Script { answers, ..Script::default() }).await;
    assert!(failure.message.contains("\"PIN: (secret)\""), "{failure}");
    assert!(!failure.message.contains('\u{1b}'), "{failure}");
}

#[tokio::test]
async fn credentials_require_a_supported_mechanism() {
    let (failure, _) = failed(Script { offers: vec!["AUTH GSSAPI"], ..Script::default() }).await;
    assert_eq!(failure.kind, FailureKind::Found("sign-in-not-offered"));
}

#[tokio::test]
async fn international_addresses_require_smtputf8() {
    let addressee: &[&str] = &["jürgen@contoso.example"];
    let server = MailServer::start(Script::default()).await;
    let failure = deliver(&delivery(settings(&server, SmtpTls::StartTls), None), addressee).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("smtputf8-not-offered"));

    let server = MailServer::start(Script { offers: vec!["8BITMIME", "SMTPUTF8"], ..Script::default() }).await;
    deliver(&delivery(settings(&server, SmtpTls::StartTls), None), addressee).await.unwrap();
    let commands = server.commands();
    assert!(commands.iter().any(|command| command.contains("SMTPUTF8")), "{commands:?}");
    assert!(commands.iter().any(|command| command.contains("RCPT TO:<jürgen@contoso.example>")), "{commands:?}");
}

#[tokio::test]
async fn rejects_message_id_with_line_break() {
    let server = MailServer::start(Script::default()).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), None);
    let failure = deliver_as(&delivery, MANAGER, "x>\r\nBcc: eve@evil.example\r\n").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("wrong-request"));
    assert_eq!(server.commands().len(), 0);
}

#[tokio::test]
async fn rejects_invalid_settings_at_start() {
    let server = MailServer::start(Script::default()).await;
    let good = || settings(&server, SmtpTls::StartTls);
    for (settings, what) in [
        (SmtpSettings { from: "nobody".into(), ..good() }, "nobody"),
        (SmtpSettings { from: "a@b\r\nBcc: c@d".into(), ..good() }, "sender"),
        (SmtpSettings { host: String::new(), ..good() }, "mail server"),
        (SmtpSettings { host: "smtp.example:25/x".into(), ..good() }, "smtp.example:25/x"),
        (SmtpSettings { extra_roots_pem: vec![b"not PEM".to_vec()], ..good() }, "PEM"),
    ] {
        let error = SmtpDelivery::new(settings, None, MailTemplates::load(None).unwrap(), Arc::new(FixedClock));
        let error = error.err().unwrap();
        assert!(matches!(error, Error::Setting { .. }), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
    }
}
