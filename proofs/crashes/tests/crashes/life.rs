//! One life of the connector: a process of its own, which ends by SIGKILL.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::case::Death;
use crate::child::{CONNECTOR, Spec};

/// Why a life's work came to no end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It was killed, as it was meant to be.
    Killed,
    /// Something happened that must not, in words.
    Broken(String),
}

pub(crate) struct Life {
    shared: Arc<Shared>,
    pub(crate) api: String,
    commands: Mutex<ChildStdin>,
}

struct Shared {
    child: Mutex<Child>,
    killed: watch::Sender<bool>,
    clock: watch::Sender<i64>,
}

/// What was announced.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) counts: BTreeMap<String, u32>,
    /// The last step, and whether the process was killed standing at it.
    pub(crate) last: Option<String>,
    pub(crate) struck: bool,
}

impl Life {
    /// Starts the process and waits until it listens. Unless it dies at a step, it dies when its time has come.
    pub(crate) async fn start(
        spec: &Spec,
        environment: &[(&'static str, String)],
        log: &Path,
        death: Option<&Death>,
    ) -> (Arc<Mutex<Seen>>, Result<Arc<Self>, Stop>) {
        let own = std::env::current_exe().unwrap();
        let mut command = Command::new(own);
        command.args([CONNECTOR, &serde_json::to_string(spec).unwrap()]);
        command.env_clear().envs(environment.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let shared = Arc::new(Shared {
            child: Mutex::new(child),
            killed: watch::Sender::new(false),
            clock: watch::Sender::new(spec.offset),
        });
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (ready, listens) = oneshot::channel();
        let (log, hears, tells) = (log.to_owned(), shared.clone(), seen.clone());
        std::thread::spawn(move || keep_log(stdout.unwrap(), &log, ready));
        std::thread::spawn(move || hears.hear(stderr.unwrap(), &tells));
        if let Some(Death::Young(pause)) = death {
            shared.kill_after(*pause);
        }
        let listens = listens.await;
        if let Some(Death::After(pause)) = death {
            shared.kill_after(*pause);
        }
        let life = match listens {
            Ok(api) => Ok(Arc::new(Self { shared, api, commands: Mutex::new(stdin.unwrap()) })),
            Err(_) => Err(shared.why().await),
        };
        (seen, life)
    }

    pub(crate) fn is_killed(&self) -> bool {
        *self.shared.killed.borrow()
    }

    pub(crate) fn kill(&self) {
        self.shared.kill();
    }

    /// Returns once it was killed.
    pub(crate) async fn killed(&self) {
        drop(self.shared.killed.subscribe().wait_for(|killed| *killed).await);
    }

    /// What it means that the process does not answer.
    pub(crate) async fn why(&self) -> Stop {
        self.shared.why().await
    }

    /// Tells the process how late it is, and waits until it knows.
    pub(crate) async fn set_clock(&self, offset: i64) -> Result<(), Stop> {
        let told = writeln!(lock(&self.commands), "clock {offset}");
        let mut clock = self.shared.clock.subscribe();
        if told.is_ok() {
            tokio::select! {
                _ = clock.wait_for(|known| *known == offset) => return Ok(()),
                () = self.killed() => {}
            }
        }
        Err(self.why().await)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Shared {
    fn kill(&self) {
        let mut child = lock(&self.child);
        if !self.killed.send_replace(true) {
            // SIGKILL: the process does nothing more.
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn kill_after(self: &Arc<Self>, pause: Duration) {
        let shared = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            shared.kill();
        });
    }

    async fn why(&self) -> Stop {
        let mut killed = self.killed.subscribe();
        let killed = killed.wait_for(|killed| *killed);
        match tokio::time::timeout(Duration::from_secs(5), killed).await {
            Ok(_) => Stop::Killed,
            Err(_) => Stop::Broken("the connector does not answer although nobody killed it".to_owned()),
        }
    }

    fn hear(&self, stderr: ChildStderr, seen: &Mutex<Seen>) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let Some((what, rest)) = line.split_once(' ') else { continue };
            match what {
                "clock" => drop(self.clock.send_replace(rest.parse().unwrap())),
                "step" | "struck" => {
                    let struck = what == "struck";
                    {
                        let mut seen = lock(seen);
                        // Others may go a little further while it stands.
                        if !seen.struck {
                            seen.last = Some(rest.to_owned());
                        }
                        seen.struck |= struck;
                        *seen.counts.entry(rest.to_owned()).or_default() += 1;
                    }
                    if struck {
                        self.kill();
                    }
                }
                _ => {}
            }
        }
    }
}

/// Keeps what the process logs, and tells where it listens.
fn keep_log(stdout: ChildStdout, log: &Path, ready: oneshot::Sender<String>) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut ready = Some(ready);
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        writeln!(file, "{line}").unwrap();
        if line.contains("keyferry is ready")
            && let Ok(line) = serde_json::from_str::<Value>(&line)
            && let Some(address) = line["fields"]["api"].as_str()
            && let Some(ready) = ready.take()
        {
            drop(ready.send(format!("http://{address}")));
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
