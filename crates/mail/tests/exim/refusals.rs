//! Tests of servers that must not receive a mail, and of servers that refuse one.

use keyferry_domain::{Effect, Failure, FailureKind};
use keyferry_mail::{SmtpSettings, SmtpTls};

use super::certificates::{Flaw, identity};
use super::documented::documented;
use super::sender::{Notice, default_delivery, deliver, sender, settings};
use super::server::{Exim, PASSWORD, Setup};

#[track_caller]
fn assert_documented(failure: &Failure, obstacle: &str, scope: &str) {
    assert_eq!(failure.effect, Effect::None, "{failure}");
    assert_eq!(documented(failure), (obstacle.to_owned(), scope.to_owned()), "{failure:?}");
}

#[tokio::test]
async fn server_without_starttls_receives_neither_password_nor_mail() {
    // This server would accept the password in plaintext.
    let Some(exim) = Exim::start(Setup { starttls: false, ..Setup::default() }) else { return };
    let failure = deliver(&default_delivery(&exim), Notice::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("starttls-not-offered"));
    assert_documented(&failure, "attention", "run");
    assert!(!exim.received_mail_or_credentials(), "{}", exim.log());
    let log = exim.log();
    let commands = log.lines().find_map(|line| line.split_once(" C=")).unwrap().1;
    assert!(["EHLO", "EHLO,QUIT"].contains(&commands), "{log}");
    assert_eq!(exim.mails().len(), 0);
}

#[tokio::test]
async fn implicit_tls_does_not_fall_back_to_plaintext() {
    let Some(exim) = Exim::start(Setup { starttls: false, ..Setup::default() }) else { return };
    let failure =
        deliver(&sender(settings(&exim, SmtpTls::Implicit), Some(PASSWORD)), Notice::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable, "{failure}");
    assert!(!exim.received_mail_or_credentials(), "{}", exim.log());
}

#[tokio::test]
async fn verifies_certificate_before_sending_password_or_mail() {
    for implicit_tls in [false, true] {
        for (flaw, foreign, reason) in [
            (Flaw::None, true, "UnknownIssuer"),
            (Flaw::Expired, false, "expired"),
            (Flaw::NotYetValid, false, "not valid yet"),
            (Flaw::OtherName, false, "not valid for name"),
        ] {
            let Some(exim) = Exim::start(Setup { implicit_tls, flaw, ..Setup::default() }) else { return };
            let tls = if implicit_tls { SmtpTls::Implicit } else { SmtpTls::StartTls };
            let mut settings = settings(&exim, tls);
            if foreign {
                settings.extra_roots_pem = vec![identity(Flaw::None).authority.into_bytes()];
            }
            let failure = deliver(&sender(settings, Some(PASSWORD)), Notice::default()).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Unreachable, "{failure}");
            assert!(failure.message.contains(reason), "{reason}: {failure}");
            assert_documented(&failure, "retry", "shipment");
            assert!(!exim.received_mail_or_credentials(), "{}", exim.log());
            assert_eq!(exim.mails().len(), 0);
        }
    }
}

#[tokio::test]
async fn wrong_password_is_a_refused_credential() {
    for sign_in in ["PLAIN", "LOGIN"] {
        let Some(exim) = Exim::start(Setup { sign_in, ..Setup::default() }) else { return };
        let delivery = sender(settings(&exim, SmtpTls::StartTls), Some("wr0ng-horse battery"));
        let failure = deliver(&delivery, Notice::default()).await.unwrap_err();
        assert_eq!(failure.status(), Some(535), "{failure}");
        let shown = format!("{failure} {failure:?}");
        // Neither in plaintext nor in base64, as sent to the server.
        for secret in ["wr0ng-horse", "d3IwbmctaG9yc2U", "AGtleXNAY29udG9zby5leGFtcGxlAHdyMG5n"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_documented(&failure, "attention", "run");
        assert_eq!(exim.mails().len(), 0);
    }
}

#[tokio::test]
async fn missing_authentication_is_not_a_refused_mail() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let failure = deliver(&sender(settings(&exim, SmtpTls::StartTls), None), Notice::default()).await.unwrap_err();
    assert_eq!(failure.status(), Some(530), "{failure}");
    assert_documented(&failure, "attention", "run");
}

#[tokio::test]
async fn refused_addressees_match_the_documentation() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    for (addressee, status, code, obstacle) in [
        ("nobody@contoso.example", 550, Some("5.1.1"), "attention"),
        ("grace@elsewhere.example", 550, None, "attention"),
        ("left@contoso.example", 551, Some("5.1.6"), "attention"),
        ("full@contoso.example", 552, Some("5.2.2"), "attention"),
        ("odd@contoso.example", 553, Some("5.1.3"), "attention"),
        ("spam@contoso.example", 554, Some("5.7.1"), "attention"),
        ("grey@contoso.example", 451, Some("4.2.0"), "retry"),
        ("busy@contoso.example", 450, Some("4.2.1"), "retry"),
        ("disk@contoso.example", 452, Some("4.3.1"), "retry"),
    ] {
        let addressees = &["grace@contoso.example", addressee];
        let failure = deliver(&default_delivery(&exim), Notice { addressees, ..Notice::default() }).await.unwrap_err();
        let kind = FailureKind::Answered { status, code: code.map(str::to_owned) };
        assert_eq!(failure.kind, kind, "{addressee}: {failure}");
        assert!(failure.message.contains(addressee), "{failure}");
        assert_documented(&failure, obstacle, "shipment");
    }
    assert_eq!(exim.mails().len(), 0, "the other addressee must not receive the mail");
}

#[tokio::test]
async fn oversized_mail_is_not_retried() {
    let Some(exim) = Exim::start(Setup { largest: "1K", ..Setup::default() }) else { return };
    let failure = deliver(&default_delivery(&exim), Notice::default()).await.unwrap_err();
    assert_eq!(failure.status(), Some(552), "{failure}");
    assert_documented(&failure, "attention", "shipment");
    assert_eq!(exim.mails().len(), 0);
}

/// exim answers 550 in all of these cases. Only at RCPT TO it concerns the addressee.
#[tokio::test]
async fn meaning_of_550_depends_on_the_command() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let from = SmtpSettings { from: "ghost@contoso.example".into(), ..settings(&exim, SmtpTls::StartTls) };
    let failure = deliver(&sender(from, Some(PASSWORD)), Notice::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("sender-refused"), "{failure}");
    assert!(failure.message.contains("answered 550") && failure.message.contains("ghost@"), "{failure}");
    assert_documented(&failure, "attention", "run");

    let addressees = &["filtered@contoso.example"];
    let failure = deliver(&default_delivery(&exim), Notice { addressees, ..Notice::default() }).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("mail-refused"), "{failure}");
    assert_documented(&failure, "attention", "shipment");

    let more = "acl_smtp_helo = deny";
    let Some(exim) = Exim::start(Setup { more, ..Setup::default() }) else { return };
    let failure = deliver(&default_delivery(&exim), Notice::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("service-refused"), "{failure}");
    assert_documented(&failure, "attention", "run");
}
