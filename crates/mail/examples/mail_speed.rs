//! Prints the time of a PIN mail with and without reuse of sessions, against the scripted mail server of the tests.
//!
//! `cargo run --release -p keyferry-mail --example mail_speed`
#![allow(clippy::disallowed_methods, reason = "measures real time")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not part of the product")]

#[allow(dead_code, reason = "not all is needed here")]
#[path = "../tests/common/mod.rs"]
mod common;
#[allow(dead_code, reason = "not all is needed here")]
#[path = "../tests/common/mail_server.rs"]
mod mail_server;
#[allow(dead_code, reason = "not all is needed here")]
#[path = "../tests/common/smtp.rs"]
mod smtp;

use std::time::{Duration, Instant};

use keyferry_mail::{SmtpLimits, SmtpTls};

const MAILS: u32 = 50;

#[tokio::main]
async fn main() {
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit] {
        for (name, idle) in [("a session for each mail", Duration::ZERO), ("sessions reused", Duration::from_secs(15))]
        {
            let script = mail_server::Script { implicit: tls == SmtpTls::Implicit, ..Default::default() };
            let server = mail_server::MailServer::start(script).await;
            let mut settings = smtp::settings(&server, tls);
            settings.limits = SmtpLimits { idle, ..settings.limits };
            let delivery = smtp::delivery(settings, Some("pass word"));
            let begin = Instant::now();
            for _ in 0..MAILS {
                common::deliver(&delivery, smtp::MANAGER).await.unwrap();
            }
            println!("{tls:?}, {name}: {:.1} ms per mail", begin.elapsed().as_secs_f64() * 1000.0 / f64::from(MAILS));
        }
    }
}
