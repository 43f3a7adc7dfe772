//! The log of sending a PIN mail.
//!
//! This test needs its own process: `tracing` caches the interest in each callsite for all threads, so that other
//! tests could disable a log line here.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
#[path = "common/mail_server.rs"]
mod mail_server;
#[path = "common/smtp.rs"]
mod smtp;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use common::PIN;
use mail_server::Script;
use smtp::delivered;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn trace_log_contains_neither_pin_nor_password() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let (answer, server) = delivered(Script::default()).await;
    answer.unwrap();
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("handed PIN mail to mail server"), "{text}");
    let sent = format!("{:?}{:?}", server.commands(), server.mails());
    for secret in [PIN, "AGtleXNAY29udG9zby5leGFtcGxlAHBhc3Mgd29yZA"] {
        assert!(sent.contains(secret), "{sent}");
    }
    for secret in [PIN, "pass word", "AGtleXNAY29udG9zby5leGFtcGxlAHBhc3Mgd29yZA"] {
        assert!(!text.contains(secret), "{text}");
    }
}
