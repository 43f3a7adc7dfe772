//! Seal, open and verify of `keyferry-jose`, with JSON, base64 and all checks, against the JDK's bare primitives.

use std::process::Command;
use std::time::Duration;

use keyferry_jose::{ContentEncryption, JwkSet, KeyManagement, PrivateKey, SigningKey, jwe, jws};
use keyferry_outsiders as outsiders;

use crate::usage::of_this_thread;

const REPETITIONS: u32 = 500;
const STEPS: [&str; 3] = ["seal", "open", "verify"];

pub(crate) fn run() {
    let ours = ours();
    let jdk = jdk();
    println!("CPU microseconds, {REPETITIONS} repetitions\n");
    println!("| | keyferry-jose | JDK | ratio |\n| --- | --- | --- | --- |");
    for (number, step) in STEPS.iter().enumerate() {
        let own = ours[number].as_secs_f64() * 1e6 / f64::from(REPETITIONS);
        match &jdk {
            Some(jdk) => println!("| {step} | {own:.0} | {:.0} | {:.1} |", jdk[number], jdk[number] / own),
            None => println!("| {step} | {own:.0} | no `java` | |"),
        }
    }
    let own = PrivateKey::generate().unwrap();
    let stored = own.to_secret_bytes().unwrap();
    let parse = timed(|| drop(PrivateKey::from_secret_bytes(&stored).unwrap()));
    let generate = timed(|| drop(PrivateKey::generate().unwrap()));
    for (name, time) in [("generate a private key", generate), ("parse a private key", parse)] {
        println!("| {name} | {:.0} | | |", time.as_secs_f64() * 1e6 / f64::from(REPETITIONS));
    }
}

fn ours() -> [Duration; 3] {
    let recipient = PrivateKey::generate().unwrap();
    let message = vec![b'x'; 1500];
    let seal = || {
        let alg = KeyManagement::EcdhEsA256Kw;
        jwe::encrypt(&message, recipient.public_key(), alg, ContentEncryption::A256Gcm, Some("text/plain")).unwrap()
    };
    let sealed = seal();
    let signer = SigningKey::generate("signer").unwrap();
    let published = serde_json::json!({ "keys": [signer.public_key().to_json()] }).to_string();
    let published = JwkSet::parse(published.as_bytes()).unwrap();
    let signed = jws::sign_es384(&message, &signer, None).unwrap();
    [
        timed(|| drop(seal())),
        timed(|| drop(jwe::decrypt(&sealed, &recipient, &jwe::Policy::default()).unwrap())),
        timed(|| drop(jws::verify(signed.as_bytes(), &published, &jws::Policy::default()).unwrap())),
    ]
}

fn timed(step: impl Fn()) -> Duration {
    step();
    let begin = of_this_thread();
    (0..REPETITIONS).for_each(|_| step());
    of_this_thread() - begin
}

/// Returns the JDK's figures in microseconds, or `None` without `java`.
fn jdk() -> Option<Vec<f64>> {
    let script = outsiders::folder().join("scripts").join("Primitives.java");
    let output = Command::new("java").arg(script).arg(REPETITIONS.to_string()).output().ok()?;
    let line = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = line.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    (figures.len() == STEPS.len()).then_some(figures)
}
