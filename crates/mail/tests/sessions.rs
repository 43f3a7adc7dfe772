//! Tests of several PIN mails in one session with a scripted mail server.
#![allow(clippy::disallowed_methods, reason = "measures real time")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
#[path = "common/mail_server.rs"]
mod mail_server;
#[allow(dead_code, reason = "not all is needed here")]
#[path = "common/smtp.rs"]
mod smtp;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use common::{deliver, deliver_as};
use keyferry_domain::{Effect, Failure, FailureKind, SecretBytes};
use keyferry_http::SecretSource;
use keyferry_mail::{MailTemplates, SmtpCredentials, SmtpDelivery, SmtpLimits, SmtpTls};
use mail_server::{MailServer, Script};
use smtp::{FixedClock, MANAGER, delivery, settings};

/// Longer than the time for which a session is used again without a probe.
const PROBED: Duration = Duration::from_millis(1200);

fn faulty() -> Script {
    Script { faults_after_mail: true, ..Script::default() }
}

fn sessions(server: &MailServer) -> usize {
    server.seen.lock().unwrap().sessions
}

async fn second(script: Script, pause: Duration) -> (Result<(), Failure>, MailServer) {
    second_within(Duration::from_secs(2), script, pause).await
}

/// Delivers two mails, the second one after a pause. Returns the result of the second one.
async fn second_within(limit: Duration, script: Script, pause: Duration) -> (Result<(), Failure>, MailServer) {
    let server = MailServer::start(script).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    settings.limits = SmtpLimits { idle: Duration::from_secs(30), ..settings.limits.at_most(limit) };
    let delivery = delivery(settings, Some("pass word"));
    deliver_as(&delivery, MANAGER, "first.0").await.unwrap();
    tokio::time::sleep(pause).await;
    (deliver_as(&delivery, MANAGER, "second.0").await, server)
}

#[tokio::test]
async fn second_mail_needs_neither_connection_nor_authentication() {
    for (pause, probe) in [(Duration::ZERO, None), (PROBED, Some("tls NOOP"))] {
        let (answer, server) = second(Script::default(), pause).await;
        answer.unwrap();
        let commands = server.commands();
        let again = ["tls MAIL FROM:<keys@contoso.example>", "tls RCPT TO:<grace@contoso.example>", "tls DATA"];
        let first_data = commands.iter().position(|command| command == "tls DATA").unwrap();
        let expected: Vec<_> = probe.into_iter().chain(again).collect();
        assert_eq!(commands[first_data + 1..], expected);
        assert_eq!((sessions(&server), server.mails().len()), (1, 2));
    }
}

/// Whatever ends the session before the message was sent, the mail is delivered, and delivered once.
#[tokio::test]
async fn failed_idle_session_neither_fails_nor_doubles_a_mail() {
    let mut cases = Vec::new();
    for command in ["NOOP", "MAIL FROM", "RCPT", "DATA"] {
        let pause = if command == "NOOP" { PROBED } else { Duration::ZERO };
        let mut scripts = vec![Script { dies_at: Some(command), ..faulty() }];
        for answer in ["421 4.4.2 timeout, closing", "250 one reply too many\r\n250 2.0.0 fine", "not an SMTP reply"] {
            scripts.push(Script { answers: vec![(command, answer)], ..faulty() });
        }
        if command == "NOOP" {
            scripts.push(Script { hangs_at: Some(command), ..faulty() });
        }
        for script in scripts {
            let about = format!("{command} {:?} {:?}", script.answers, script.hangs_at);
            cases.push(tokio::spawn(async move {
                // Many sessions begin at once, on a machine that may be busy.
                let (answer, server) = second_within(Duration::from_secs(8), script, pause).await;
                answer.unwrap_or_else(|failure| unreachable!("{about}: {failure}"));
                assert_eq!((sessions(&server), server.mails().len()), (2, 2), "{about}");
                assert!(server.mails()[1].contains("second.0@"), "{about}");
            }));
        }
    }
    for case in cases {
        case.await.unwrap();
    }
}

/// A reply to `MAIL FROM` or `DATA` may be about the session.
#[tokio::test]
async fn refusal_in_idle_session_is_decided_by_a_new_session() {
    for (command, answer) in [
        ("MAIL FROM", "530 5.7.0 authentication expired"),
        ("MAIL FROM", "452 4.5.3 too many messages in this session"),
        ("DATA", "451 4.7.1 too many messages in this session"),
    ] {
        let (answer, server) = second(Script { answers: vec![(command, answer)], ..faulty() }, Duration::ZERO).await;
        answer.unwrap();
        assert_eq!((sessions(&server), server.mails().len()), (2, 2), "{command}");
    }
}

#[tokio::test]
async fn refused_addressee_is_asked_for_once() {
    let script = Script { answers: vec![("RCPT", "550 5.1.1 unknown")], ..faulty() };
    let (answer, server) = second(script, Duration::ZERO).await;
    assert_eq!(answer.unwrap_err().status(), Some(550));
    assert_eq!((sessions(&server), server.mails().len()), (1, 1));
}

#[tokio::test]
async fn message_without_reply_is_not_sent_again() {
    for (script, kind) in [
        (Script { dies_at: Some("MAIL-END"), ..faulty() }, FailureKind::ConnectionLost),
        (Script { hangs_at: Some("MAIL-END"), ..faulty() }, FailureKind::TimedOut),
        (Script { answers: vec![("MAIL-END", "354 go ahead")], ..faulty() }, FailureKind::InvalidResponse),
    ] {
        let (answer, server) = second(script, Duration::ZERO).await;
        let failure = answer.unwrap_err();
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::Unknown), "{failure}");
        assert_eq!((sessions(&server), server.mails().len()), (1, 2), "{failure}");
    }
}

#[tokio::test]
async fn hanging_server_costs_one_time_limit() {
    let begin = Instant::now();
    let (answer, server) = second(Script { hangs_at: Some("RCPT"), ..faulty() }, Duration::ZERO).await;
    let failure = answer.unwrap_err();
    assert_eq!((&failure.kind, failure.effect), (&FailureKind::TimedOut, Effect::None), "{failure}");
    assert!(begin.elapsed() < Duration::from_millis(3500), "{:?}", begin.elapsed());
    assert_eq!((sessions(&server), server.mails().len()), (1, 1));
}

#[test]
fn silent_server_keeps_a_run_waiting_for_15_seconds() {
    let limits = SmtpLimits::default();
    assert_eq!([limits.connect, limits.command, limits.message].map(|limit| limit.as_secs()), [15, 30, 60]);
}

/// A session whose mail was cancelled halfway would send the rest of that mail as commands.
#[tokio::test]
async fn session_of_cancelled_mail_is_not_used_again() {
    let server = MailServer::start(Script { hangs_at: Some("MAIL-END"), ..faulty() }).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), None);
    deliver_as(&delivery, MANAGER, "first.0").await.unwrap();
    let cancelled = tokio::time::timeout(Duration::from_millis(500), deliver_as(&delivery, MANAGER, "second.0")).await;
    cancelled.unwrap_err();
    deliver_as(&delivery, MANAGER, "third.0").await.unwrap();
    assert_eq!(sessions(&server), 2);
    assert!(server.mails()[2].contains("third.0@"));
}

#[tokio::test]
async fn parallel_mails_use_a_session_each_and_keep_them() {
    let server = MailServer::start(Script::default()).await;
    let delivery = delivery(settings(&server, SmtpTls::StartTls), Some("pass word"));
    for _ in 0..2 {
        let all = tokio::join!(deliver(&delivery, MANAGER), deliver(&delivery, MANAGER), deliver(&delivery, MANAGER));
        let _: [(); 3] = [all.0.unwrap(), all.1.unwrap(), all.2.unwrap()];
    }
    assert_eq!((sessions(&server), server.mails().len()), (3, 6));
}

async fn wait_for_quit(server: &MailServer) {
    let begin = Instant::now();
    while !server.commands().contains(&"tls QUIT".to_owned()) {
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", server.commands());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn idle_session_is_closed_with_quit() {
    let server = MailServer::start(Script::default()).await;
    let mut settings = settings(&server, SmtpTls::StartTls);
    settings.limits.idle = Duration::from_millis(200);
    let delivery = delivery(settings, None);
    for mails in 1..=2 {
        deliver(&delivery, MANAGER).await.unwrap();
        wait_for_quit(&server).await;
        assert_eq!((sessions(&server), server.mails().len()), (mails, mails));
        server.seen.lock().unwrap().commands.clear();
    }
}

struct Rotating(Mutex<&'static str>);

#[async_trait]
impl SecretSource for Rotating {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.lock().unwrap().as_bytes().to_vec()))
    }
}

#[tokio::test]
async fn rotated_password_ends_sessions_of_the_old_one() {
    let server = MailServer::start(Script::default()).await;
    let password = Arc::new(Rotating(Mutex::new("old")));
    let credentials = SmtpCredentials { user: "keys@contoso.example".into(), password: password.clone() };
    let templates = MailTemplates::load(None).unwrap();
    let delivery =
        SmtpDelivery::new(settings(&server, SmtpTls::StartTls), Some(credentials), templates, Arc::new(FixedClock))
            .unwrap();
    deliver(&delivery, MANAGER).await.unwrap();
    *password.0.lock().unwrap() = "new";
    deliver(&delivery, MANAGER).await.unwrap();
    wait_for_quit(&server).await;
    assert_eq!((sessions(&server), server.mails().len()), (2, 2));
    let commands = server.commands();
    let signed_in: Vec<_> = commands.iter().filter(|command| command.contains("AUTH")).collect();
    assert_eq!(
        signed_in,
        ["tls AUTH PLAIN AGtleXNAY29udG9zby5leGFtcGxlAG9sZA==", "tls AUTH PLAIN AGtleXNAY29udG9zby5leGFtcGxlAG5ldw=="]
    );
}
