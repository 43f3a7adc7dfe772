//! Property tests of mail server replies and of mail settings.
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

struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

fn delivery(settings: SmtpSettings) -> Result<SmtpDelivery, keyferry_mail::Error> {
    SmtpDelivery::new(settings, None, MailTemplates::load(None).unwrap(), Arc::new(FixedClock))
}

proptest! {
    // Few cases, because each case loads the system's root certificates, which is slow.
    #![proptest_config(config(16))]

    /// A server that has not presented a certificate never receives a mail.
    #[test]
    fn plaintext_replies_never_count_as_delivery(bytes in any_bytes(100), edits in edits()) {
        let whole = b"220 mail ESMTP\r\n250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n220 go\r\n250 ok\r\n250 ok\r\n\
            354 go\r\n250 taken\r\n";
        for answers in [bytes, edited(whole, &edits), whole.to_vec()] {
            let failure = RUNTIME.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                tokio::spawn(async move {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let _ = stream.write_all(&answers).await;
                    let _ = stream.shutdown().await;
                    // Closing a socket with unread data would reset the connection and discard the answers.
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                });
                let mut settings = SmtpSettings::new("127.0.0.1", SmtpTls::StartTls, "keys@contoso.example");
                settings.port = port;
                settings.limits = settings.limits.at_most(Duration::from_secs(5));
                deliver(&delivery(settings).unwrap(), &["grace@contoso.example"]).await.err()
            });
            let failure = failure.ok_or_else(|| TestCaseError::fail("delivered"))?;
            prop_assert_eq!(failure.effect, Effect::None);
            prop_assert!(!failure.to_string().chars().any(char::is_control), "{:?}", failure.to_string());
        }
    }

    #[test]
    fn rejects_unusable_senders_and_hosts(from in any_text(), local in any_text(), host in any_text()) {
        for from in [
            from,
            format!("{local}@contoso.example"),
            format!("Keys <{local}@contoso.example>"),
            format!("{local} <keys@contoso.example>"),
        ] {
            let _ = delivery(SmtpSettings::new("mail.contoso.example", SmtpTls::StartTls, from));
        }
        if delivery(SmtpSettings::new(host.clone(), SmtpTls::StartTls, "keys@contoso.example")).is_ok() {
            let unusable = host.contains(|c: char| c.is_whitespace() || c.is_control());
            prop_assert!(!host.is_empty() && !unusable, "{:?}", host);
        }
    }

}

proptest! {
    #![proptest_config(config(64))]

    /// The query of the URL is a secret: neither the parsed URL nor an error shows it.
    #[test]
    fn logic_app_url_never_shows_its_query(edits in edits(), text in any_text()) {
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

    /// An accepted template contains the PIN in the body and not in the subject.
    #[test]
    fn accepted_templates_contain_the_pin_in_the_body_only(
        text in any_text(),
        piece in "(a|\\{\\{ (pin|serial|user_name|x) \\}\\}|\
            \\{% (if change_on_first_use|endif|else|for x in pin|endfor) %\\}|\\n){0,8}",
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
