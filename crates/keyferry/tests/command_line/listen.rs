//! `keyferry listen`, with npm `standardwebhooks` as the receiver that is being developed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use keyferry_proof_support::{ADA, ALAN, Process};
use serde_json::{Value, json};

use crate::shell::Shell;
use crate::support::{Connector, Demo, KEYFERRY, Receiver};

/// A command that runs until it is interrupted, and its output so far.
struct Running {
    process: Process,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let collected = text.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            collected.lock().unwrap().push_str(&format!("{}\n", line.unwrap()));
        }
    });
    text
}

impl Running {
    fn start(shell: &Shell, args: &[&str]) -> Self {
        let mut child = Command::new(KEYFERRY)
            .arg("listen")
            .args(args)
            .env_clear()
            .env("HOME", shell.home.path())
            .envs(shell.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (collect(child.stdout.take().unwrap()), collect(child.stderr.take().unwrap()));
        let running = Self { process: Process(child), out, err };
        running.until("Listening for", |running| running.err().contains("Listening for"));
        running
    }

    fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<Value> {
        self.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(40), "no {what}:\n{}{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Interrupts it. Returns its exit code, and the arguments of each command that it prints.
    fn interrupt(mut self) -> (i32, Vec<Vec<String>>, String) {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let code = self.process.0.wait().unwrap().code().unwrap();
        self.until("end", |running| running.err().contains("interrupted"));
        std::thread::sleep(Duration::from_millis(100));
        let commands = self.err();
        let commands = commands.split("interrupted").nth(1).unwrap().lines();
        let commands = commands.filter_map(|line| line.split("keyferry listen").nth(1)).map(|args| {
            let script = format!("printf '%s\\n' {args}");
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
        });
        (code, commands.collect(), format!("{}{}", self.out(), self.err()))
    }
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["data"]["event"].as_u64().unwrap()).collect()
}

fn headers(message: &Value) -> BTreeSet<&String> {
    message["headers"].as_object().unwrap().keys().collect()
}

fn payloads(received: &[Value]) -> Vec<Value> {
    received.iter().map(|message| message["payload"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_cannot_tell_the_difference() {
    let (Some(developed), Some(deployed)) = (Receiver::start(0), Receiver::start(0)) else { return };
    let demo = Demo::start().await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let created = shell.json(&["webhooks", "create", &deployed.url()]);
    deployed.set("secret", created["secret"].as_str().unwrap()).await;

    let listening = Running::start(&shell, &["--forward-to", &developed.url()]);
    let secret = listening.err().lines().find(|line| line.starts_with("whsec_")).unwrap().to_owned();
    developed.set("secret", &secret).await;
    let only = Running::start(&shell, &["--forward-to", &developed.url(), "--events", "completed", "--json"]);
    let printing = Running::start(&shell, &[]);
    let shipment = demo.complete_order(ADA).await;
    listening.until("event", |running| running.out().contains("  completed"));
    only.until("event", |running| running.lines().len() == 1);
    let (forwarded, sent) = (developed.received().await, deployed.until(&demo, "shipment.completed").await);

    // Verified by another ecosystem. The one event that both commands forwarded has the same id both times.
    assert!(forwarded.iter().all(|message| message["valid"] == true), "{forwarded:#?}");
    let ids: BTreeSet<_> = forwarded.iter().map(|message| message["headers"]["webhook-id"].as_str().unwrap()).collect();
    assert_eq!(ids.len() + 1, forwarded.len());
    let line = &only.lines()[0];
    let last = forwarded.last().unwrap();
    assert_eq!(line["forwarded"]["message_id"], last["headers"]["webhook-id"]);
    assert_eq!((&line["type"], &line["forwarded"]["status"]), (&json!("shipment.completed"), &json!(204)));
    // Headers and body are those of the webhook, to the byte.
    assert_eq!((headers(last), &last["body"]), (headers(&sent[0]), &sent.last().unwrap()["body"]));
    assert_eq!(last["payload"]["data"]["shipment_id"], json!(shipment));

    // One line for each event.
    let (out, count) = (listening.out(), sent.len());
    assert_eq!((out.lines().count(), out.matches("  204 ").count()), (count, count), "{out}");
    assert!(out.lines().all(|line| line.contains(ADA)), "{out}");
    printing.until("events", |running| running.out().lines().count() == count);
    let (code, resume, text) = printing.interrupt();
    assert!(code == 130 && resume == [["--after", &count.to_string()]], "{code} {text}");

    // The command that continues, with what happens meanwhile. Its secret is not printed again.
    let (code, resume, text) = listening.interrupt();
    assert!(code == 130 && resume.len() == 1 && resume[0].contains(&developed.url()), "{code} {text}");
    assert_eq!(text.matches("whsec_").count(), 1, "{text}");
    only.interrupt();
    demo.order(ALAN).await;
    let resume: Vec<&str> = resume[0].iter().map(String::as_str).collect();
    let listening = Running::start(&shell, &resume);
    listening.until("event", |running| running.out().contains("  accepted"));
    assert_eq!(listening.out().lines().count(), 2, "{}", listening.out());
    let received = developed.received().await;
    assert!(received.last().unwrap()["valid"] == true, "{received:#?}");
    let (_, _, text) = listening.interrupt();
    assert!(!text.contains("whsec_") && text.contains("signing-secret") && !demo.log().contains("whsec_"), "{text}");

    // A secret of the user is not printed at all, and is no argument.
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let file = shell.file("secret", own);
    developed.set("secret", own).await;
    let all = ["--forward-to", &developed.url(), "--secret-file", &file, "--after", ""];
    let listening = Running::start(&shell, &all);
    // A run on schedule may have looked at the parcel meanwhile.
    let of_orders = |out: String| out.lines().filter(|line| !line.contains("  state_changed  ")).count();
    listening.until("events", |running| of_orders(running.out()) == count + 2);
    let (_, _, text) = listening.interrupt();
    assert!(!text.contains("whsec_"), "{text}");
    assert!(developed.received().await.last().unwrap()["valid"] == true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_gets_all_events_when_it_is_up() {
    let Some(receiver) = Receiver::start(0) else { return };
    let demo = Demo::start().await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let (url, port) = (receiver.url(), receiver.port);
    drop(receiver);
    let listening = Running::start(&shell, &["--forward-to", &url]);
    let secret = listening.err().lines().find(|line| line.starts_with("whsec_")).unwrap().to_owned();
    let shipment = demo.order(ADA).await;
    listening.until("report", |running| running.err().contains("does not answer (no connection"));
    demo.complete(&shipment).await;
    assert_eq!(listening.out(), "", "what is not delivered is not printed as dealt with");
    let receiver = Receiver::restart(port, &secret);
    listening.until("event", |running| running.out().contains("  completed"));
    let events = payloads(&receiver.received().await);
    let count = events.len() as u64;
    assert_eq!(numbers(&events), (1..=count).collect::<Vec<_>>(), "each event once, in order");
    assert_eq!(listening.err().matches("does not answer").count(), 1, "{}", listening.err());
    assert!(listening.err().contains("answers again"), "{}", listening.err());

    // What the receiver refuses is not sent again, but named. The second command begins with it.
    receiver.set("answer", "500").await;
    demo.order(ALAN).await;
    listening.until("refusals", |running| running.out().matches("not accepted").count() >= 2);
    receiver.set("answer", "204").await;
    let (code, resume, text) = listening.interrupt();
    // A run on schedule may have looked at the parcel meanwhile, which is a third event.
    let refused = text.matches("ms not accepted").count();
    assert!(code == 130 && text.contains(&format!("{refused} events were not accepted")), "{text}");
    let [to_continue, again] = &resume[..] else { panic!("{text}") };
    let position = |args: &[String]| args.last().unwrap().parse::<u64>().unwrap();
    assert_eq!(position(again), count, "{text}");
    assert!(position(to_continue) >= count + 2, "{text}");
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let listening = Running::start(&shell, &again);
    listening.until("events", |running| running.out().matches("  204 ").count() >= 2);
    let received = receiver.received().await;
    let ids: Vec<_> = received.iter().map(|message| &message["headers"]["webhook-id"]).collect();
    let first = usize::try_from(count).unwrap();
    for refused in &ids[first..first + 2] {
        assert_eq!(ids.iter().filter(|id| *id == refused).count(), 2, "the same messages again: {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_restarts_costs_no_event() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let settings = [("KEYFERRY_API_PORT", free.as_str())];
    let mut connector = Connector::with(&settings).await;
    let mut shell = Shell::new();
    let api = format!("http://127.0.0.1:{free}");
    shell.variables = vec![("KEYFERRY_URL", api), ("KEYFERRY_TOKEN", connector.token.clone())];
    let listening = Running::start(&shell, &["--json"]);
    let shipment = connector.order(ADA).await;
    listening.until("event", |running| running.out().contains("shipment.accepted"));
    // A kill, not a stop: the waiting response breaks off.
    connector.process.0.kill().unwrap();
    connector.process.0.wait().unwrap();
    listening.until("report", |running| running.err().contains("Waiting for the API"));
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    drop(connector);
    std::thread::sleep(Duration::from_secs(2));
    let connector = Connector::at(sandbox, dir, &settings).await;
    connector.complete(&shipment).await;
    listening.until("event", |running| running.out().contains("shipment.completed"));
    let events = listening.lines();
    assert_eq!(numbers(&events), (1..=events.len() as u64).collect::<Vec<_>>(), "each event once, in order");
    assert_eq!(connector.get("/v1/events?limit=500").await.body["events"].as_array().unwrap().len(), events.len());
    let err = listening.err();
    assert_eq!((err.matches("Waiting for the API").count(), err.matches("answers again").count()), (1, 1), "{err}");
    assert!(!err.contains(&connector.token) && !err.contains("Bearer"), "{err}");
    let (code, resume, text) = listening.interrupt();
    assert!(code == 130 && resume[0].contains(&"--json".to_owned()), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_end_the_command() {
    let demo = Demo::start().await;
    let mut shell = Shell::new();
    shell.login(&demo);
    let listen = |shell: &mut Shell, code, args: &[&str]| shell.fails(code, &[&["listen"][..], args].concat());
    for url in ["http://hooks.example/", "localhost:3000", "ftp://localhost/"] {
        let err = listen(&mut shell, 2, &["--forward-to", url]);
        assert!(err.contains("expected an https URL"), "{err}");
    }
    let invalid = shell.file("invalid", "canary-of-a-secret");
    let err = listen(&mut shell, 2, &["--forward-to", "https://hooks.example/", "--secret-file", &invalid]);
    assert!(err.contains("whsec_") && !err.contains("canary"), "{err}");
    let err = listen(&mut shell, 2, &["--secret-file", &invalid]);
    assert!(err.contains("--forward-to"), "{err}");
    listen(&mut shell, 2, &["--secret", "x"]);
    let err = listen(&mut shell, 1, &["--after", "4711"]);
    assert!(err.contains("no position \"4711\"") && err.contains("--after ''"), "{err}");
    let err = listen(&mut shell, 1, &["--events", "nosuch"]);
    assert!(err.contains("shipment.nosuch"), "{err}");
    shell.variables = vec![("KEYFERRY_URL", "http://127.0.0.1:9".into()), ("KEYFERRY_TOKEN", "x".into())];
    listen(&mut shell, 6, &[]);
    shell.variables = vec![("KEYFERRY_URL", demo.announced["api"].as_str().unwrap().into())];
    shell.variables.push(("KEYFERRY_TOKEN", "x".into()));
    listen(&mut shell, 3, &[]);
}
