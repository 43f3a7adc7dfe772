//! What a mail server answers, and settings of the mail as people write them, by property.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::deliver;
use keyferry_domain::{Clock, Effect, Timestamp};
use keyferry_mail::{MailTemplates, PinRequestTemplate, SendPinUrl, SmtpDelivery, SmtpSettings, SmtpTls};
use keyferry_testkit::loopback::RUNTIME;
use keyferry_testkit::mutation::{any_bytes, any_text, config, edited, edits};
use proptest::prelude::*;
use tempfile::tempdir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

fn way(settings: SmtpSettings) -> Result<SmtpDelivery, keyferry_mail::Error> {
    SmtpDelivery::new(settings, None, MailTemplates::load(None).unwrap(), Arc::new(Still))
}

proptest! {
    // Each reads the system's roots, which takes its time.
    #![proptest_config(config(16))]

    /// A server that has shown no certificate gets no mail, whatever it says.
    #[test]
    fn nothing_that_is_said_in_clear_is_a_delivery(bytes in any_bytes(100), edits in edits()) {
        let whole = b"220 mail ESMTP\r\n250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n220 go\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n";
        for answers in [bytes, edited(whole, &edits), whole.to_vec()] {
            let failure = RUNTIME.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                tokio::spawn(async move {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let _ = stream.write_all(&answers).await;
                    let _ = stream.shutdown().await;
                    // What was sent is read, so that the answers are not lost with the connection.
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                });
                let mut settings = SmtpSettings::new("127.0.0.1", SmtpTls::StartTls, "keys@contoso.example");
                (settings.port, settings.timeout) = (port, Duration::from_secs(5));
                deliver(&way(settings).unwrap(), &["grace@contoso.example"]).await.err()
            });
            let failure = failure.ok_or_else(|| TestCaseError::fail("delivered"))?;
            prop_assert_eq!(failure.effect, Effect::None);
            prop_assert!(!failure.to_string().chars().any(char::is_control), "{:?}", failure.to_string());
        }
    }

    #[test]
    fn senders_and_hosts_are_refused_or_harmless(from in any_text(), local in any_text(), host in any_text()) {
        for from in [from, format!("{local}@contoso.example"), format!("Keys <{local}@contoso.example>"), format!("{local} <keys@contoso.example>")] {
            let _ = way(SmtpSettings::new("mail.contoso.example", SmtpTls::StartTls, from));
        }
        if way(SmtpSettings::new(host.clone(), SmtpTls::StartTls, "keys@contoso.example")).is_ok() {
            prop_assert!(!host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control()), "{:?}", host);
        }
    }

}

proptest! {
    #![proptest_config(config(64))]

    /// The address is a secret from its query on, and a refusal shows nothing of it.
    #[test]
    fn a_logic_apps_address_never_shows_its_query(edits in edits(), text in any_text()) {
        let valid = "https://prod-01.example/workflows/w/invoke?api-version=1&sig=HUSH-canary";
        for text in [String::from_utf8_lossy(&edited(valid.as_bytes(), &edits)).into_owned(), text, valid.to_owned()] {
            match SendPinUrl::parse(&text) {
                Ok(url) => {
                    let shown = format!("{url:?}");
                    prop_assert!(!shown.to_lowercase().contains("sig="), "{}", shown);
                    let without = url.without_query();
                    prop_assert!(without.starts_with("https://") || without.starts_with("http://"), "{}", without);
                    prop_assert!(!without.contains(['?', '#', '@']) || !text.contains('?'), "{}", without);
                }
                Err(error) => prop_assert!(!error.to_string().contains("HUSH-canary"), "{}", error),
            }
        }
    }

    /// A template that is taken at start shows the PIN where it must and nowhere else.
    #[test]
    fn a_template_is_refused_or_shows_the_pin(
        text in any_text(),
        piece in "(a|\\{\\{ (pin|serial|user_name|x) \\}\\}|\\{% (if change_on_first_use|endif|else|for x in pin|endfor) %\\}|\\n){0,8}",
        name in prop::sample::select(vec!["pin.subject.txt", "pin.txt", "pin.html", "send-pin.json"]),
    ) {
        let folder = tempdir().unwrap();
        for text in [text, piece, "{ \"a\": {{ pin }} }".to_owned()] {
            fs::write(folder.path().join(name), &text).unwrap();
            if name == "send-pin.json" {
                let _ = PinRequestTemplate::load(Some(folder.path()));
            } else if MailTemplates::load(Some(folder.path())).is_ok() {
                prop_assert_eq!(text.contains("pin"), name != "pin.subject.txt", "{}: {:?}", name, text);
            }
        }
    }
}
