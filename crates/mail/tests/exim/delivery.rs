//! Tests of successful deliveries.

use std::collections::BTreeSet;

use keyferry_mail::SmtpTls;

use super::sender::{Notice, PIN, default_delivery, deliver, sender, settings};
use super::server::{Exim, PASSWORD, Setup};
use super::stored::{assert_complete, read};

#[tokio::test]
async fn delivers_with_each_tls_mode_and_auth_mechanism() {
    for (tls, sign_in) in [
        (SmtpTls::StartTls, "PLAIN"),
        (SmtpTls::StartTls, "LOGIN"),
        (SmtpTls::Implicit, "PLAIN"),
        (SmtpTls::Implicit, "LOGIN"),
    ] {
        let setup = Setup { implicit_tls: tls == SmtpTls::Implicit, sign_in, ..Setup::default() };
        let Some(exim) = Exim::start(setup) else { return };
        deliver(&sender(settings(&exim, tls), Some(PASSWORD)), Notice::default()).await.unwrap();

        let log = exim.log();
        let arrival = log.lines().find(|line| line.contains(" <= ")).unwrap();
        // exim's protocol name for submission with TLS and authentication (RFC 3848), and the authenticated user.
        assert!(arrival.contains("P=esmtpsa"), "{arrival}");
        assert!(arrival.contains("X=TLS1.3") || arrival.contains("X=TLS1.2"), "{arrival}");
        assert!(arrival.contains("A=only:keys@contoso.example"), "{arrival}");
        let mails = exim.mails();
        assert_eq!(mails.len(), 1);
        let Some(read) = read(&mails) else { return };
        assert_complete(&read[0], &["grace@contoso.example"], sign_in);
        assert_eq!(read[0]["subject"], "The PIN for the security key of Ada Lovelace");
        assert_eq!(read[0]["date"], "2026-09-21T14:13:20+00:00");
        for part in &read[0]["parts"].as_array().unwrap()[1..] {
            let text = part["text"].as_str().unwrap();
            assert!(text.contains(PIN) && text.contains("20123456") && text.contains("Ada Lovelace"), "{text}");
        }
    }
}

#[tokio::test]
async fn sends_one_mail_to_two_addressees() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let addressees = &["grace@contoso.example", "desk@contoso.example"];
    deliver(&default_delivery(&exim), Notice { addressees, ..Notice::default() }).await.unwrap();
    let Some(read) = read(&exim.mails()) else { return };
    assert_eq!(read.len(), 1);
    assert_complete(&read[0], addressees, "two");
}

#[tokio::test]
async fn delivers_to_international_address() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let addressees = &["jürgen@weiß.example"];
    deliver(&default_delivery(&exim), Notice { addressees, ..Notice::default() }).await.unwrap();
    let Some(read) = read(&exim.mails()) else { return };
    assert_complete(&read[0], addressees, "international");
}

/// The engine's message ids: shipment and key for automatic attempts, and a third part for a resend by an operator.
#[tokio::test]
async fn retries_share_a_message_id_and_resends_do_not() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let delivery = default_delivery(&exim);
    let ids = ["0196f0a0-0000-7000-8000-00000000000a.0", "0196f0a0-0000-7000-8000-00000000000a.0.0196f0a1"];
    for message_id in [ids[0], ids[0], ids[1]] {
        deliver(&delivery, Notice { message_id, ..Notice::default() }).await.unwrap();
    }
    drop(delivery);
    let log = exim.log();
    let seen: Vec<_> = log
        .lines()
        .filter(|line| line.contains(" <= "))
        .filter_map(|line| line.split(' ').find_map(|word| word.strip_prefix("id=")))
        .collect();
    let expected = [ids[0], ids[0], ids[1]].map(|id| format!("{id}@contoso.example"));
    assert_eq!(seen, expected, "{log}");
    let Some(read) = read(&exim.mails()) else { return };
    let stored: BTreeSet<_> = read.iter().map(|mail| mail["message_id"].as_str().unwrap()).collect();
    assert_eq!(stored.len(), 2, "{stored:?}");
}
