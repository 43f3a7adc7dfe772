//! Tests of several mails in one session.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Failure, SecretBytes};
use keyferry_http::SecretSource;
use keyferry_mail::{SmtpDelivery, SmtpTls};

use super::sender::{Notice, default_delivery, deliver, sender, sender_with, settings};
use super::server::{Exim, PASSWORD, Setup};

async fn deliver_numbered(delivery: &SmtpDelivery, number: usize) -> Result<(), Failure> {
    let message_id = &format!("{number}.0");
    deliver(delivery, Notice { message_id, ..Notice::default() }).await
}

/// Returns the message ids of the mails that exim accepted, in order, and the number of processes that accepted them.
/// Each process serves one connection.
fn accepted(log: &str) -> (Vec<String>, usize) {
    let arrivals: Vec<_> = log.lines().filter(|line| line.contains(" <= ")).collect();
    let word = |line: &str, begin: &str| line.split(' ').find_map(|word| word.strip_prefix(begin)).unwrap().to_owned();
    let processes: BTreeSet<_> = arrivals.iter().map(|line| word(line, "[")).collect();
    (arrivals.iter().map(|line| word(line, "id=")).collect(), processes.len())
}

fn expected(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| format!("{number}.0@contoso.example")).collect()
}

/// More mails than the commands outside of mails that exim permits in a session (10).
#[tokio::test]
async fn sends_all_mails_of_a_run_in_one_session() {
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit] {
        let setup = Setup { implicit_tls: tls == SmtpTls::Implicit, ..Setup::default() };
        let Some(exim) = Exim::start(setup) else { return };
        let delivery = sender(settings(&exim, tls), Some(PASSWORD));
        for number in 0..25 {
            deliver_numbered(&delivery, number).await.unwrap();
        }
        drop(delivery);
        let log = exim.log();
        assert_eq!(accepted(&log), (expected(0..25), 1), "{log}");
    }
}

#[tokio::test]
async fn delivers_once_after_exim_closed_the_idle_session() {
    let Some(exim) = Exim::start(Setup { more: "smtp_receive_timeout = 1s", ..Setup::default() }) else { return };
    let delivery = default_delivery(&exim);
    for number in 0..3 {
        deliver_numbered(&delivery, number).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }
    drop(delivery);
    let log = exim.log();
    assert_eq!(accepted(&log), (expected(0..3), 3), "{log}");
    assert_eq!(exim.mails().len(), 3);
    assert!(log.contains("SMTP command timeout"), "{log}");
}

/// exim answers 421 to `MAIL FROM` and closes the session.
#[tokio::test]
async fn delivers_once_when_exim_limits_the_mails_of_a_session() {
    let more = "smtp_accept_max_per_connection = 2";
    let Some(exim) = Exim::start(Setup { more, ..Setup::default() }) else { return };
    let delivery = default_delivery(&exim);
    for number in 0..5 {
        deliver_numbered(&delivery, number).await.unwrap();
    }
    drop(delivery);
    let log = exim.log();
    assert_eq!(accepted(&log), (expected(0..5), 3), "{log}");
    assert_eq!(exim.mails().len(), 5);
}

struct Rotating(Mutex<&'static str>);

#[async_trait]
impl SecretSource for Rotating {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.lock().unwrap().as_bytes().to_vec()))
    }
}

/// A session of an earlier password sends no mail of a later one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mail_is_sent_with_the_password_of_its_time() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let password = Arc::new(Rotating(Mutex::new(PASSWORD)));
    let delivery = sender_with(settings(&exim, SmtpTls::StartTls), Some(password.clone()));
    deliver_numbered(&delivery, 0).await.unwrap();
    *password.0.lock().unwrap() = "wr0ng-horse battery";
    let failure = deliver_numbered(&delivery, 1).await.unwrap_err();
    assert_eq!(failure.status(), Some(535), "{failure}");
    *password.0.lock().unwrap() = PASSWORD;
    deliver_numbered(&delivery, 2).await.unwrap();
    drop(delivery);
    let log = exim.log();
    assert_eq!(accepted(&log), (vec!["0.0@contoso.example".into(), "2.0@contoso.example".into()], 2), "{log}");
}
