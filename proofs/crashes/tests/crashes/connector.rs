//! One connector process, which ends by SIGKILL.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::case::PlannedKill;
use crate::child::{CONNECTOR, Spec};

/// Why the work with a connector process stopped early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The harness killed the process as planned.
    Killed,
    /// Something happened that must not happen; the description.
    Broken(String),
}

pub(crate) struct Connector {
    shared: Arc<Shared>,
    pub(crate) api: String,
    commands: Mutex<ChildStdin>,
}

struct Shared {
    child: Mutex<Child>,
    killed: watch::Sender<bool>,
    clock: watch::Sender<i64>,
    refused: AtomicBool,
    /// Whether the first refused write kills the process.
    is_killed_when_refused: bool,
}

/// The steps that a process announced.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) counts: BTreeMap<String, u32>,
    /// The last step. `stopped`: the process stopped and was killed there.
    pub(crate) last: Option<String>,
    pub(crate) stopped: bool,
}

impl Connector {
    /// Starts the process and waits until it is ready. A kill by time is scheduled here; a kill at a step happens when
    /// the process announces the step.
    pub(crate) async fn start(
        spec: &Spec,
        environment: &[(&'static str, String)],
        log: &Path,
        kill: Option<&PlannedKill>,
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
            refused: AtomicBool::default(),
            is_killed_when_refused: matches!(kill, Some(PlannedKill::Refused { answered: false, .. })),
        });
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (ready, listens) = oneshot::channel();
        let (log, reader, announced) = (log.to_owned(), shared.clone(), seen.clone());
        std::thread::spawn(move || keep_log(stdout.unwrap(), &log, ready));
        std::thread::spawn(move || reader.read_steps(stderr.unwrap(), &announced));
        if let Some(PlannedKill::AfterStart(pause)) = kill {
            shared.kill_after(*pause);
        }
        let listens = listens.await;
        if let Some(PlannedKill::AfterReady(pause)) = kill {
            shared.kill_after(*pause);
        }
        let connector = match listens {
            Ok(api) => Ok(Arc::new(Self { shared, api, commands: Mutex::new(stdin.unwrap()) })),
            Err(_) => Err(shared.stop_reason().await),
        };
        (seen, connector)
    }

    pub(crate) fn is_killed(&self) -> bool {
        *self.shared.killed.borrow()
    }

    /// Returns whether the store refused a write.
    pub(crate) fn is_refused(&self) -> bool {
        self.shared.refused.load(Ordering::SeqCst)
    }

    pub(crate) fn kill(&self) {
        self.shared.kill();
    }

    /// Waits until the process was killed.
    pub(crate) async fn killed(&self) {
        drop(self.shared.killed.subscribe().wait_for(|killed| *killed).await);
    }

    /// Returns why the process does not answer.
    pub(crate) async fn stop_reason(&self) -> Stop {
        self.shared.stop_reason().await
    }

    /// Sets the clock of the process, and waits until the process confirms it.
    pub(crate) async fn set_clock(&self, offset: i64) -> Result<(), Stop> {
        let sent = writeln!(lock(&self.commands), "clock {offset}");
        let mut clock = self.shared.clock.subscribe();
        if sent.is_ok() {
            tokio::select! {
                _ = clock.wait_for(|known| *known == offset) => return Ok(()),
                () = self.killed() => {}
            }
        }
        Err(self.stop_reason().await)
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Shared {
    fn kill(&self) {
        let mut child = lock(&self.child);
        if !self.killed.send_replace(true) {
            // `kill` sends SIGKILL, so the process runs no more code.
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

    async fn stop_reason(&self) -> Stop {
        let mut killed = self.killed.subscribe();
        let killed = killed.wait_for(|killed| *killed);
        match tokio::time::timeout(Duration::from_secs(5), killed).await {
            Ok(_) => Stop::Killed,
            Err(_) => Stop::Broken("the connector does not answer, although it was not killed".to_owned()),
        }
    }

    fn read_steps(&self, stderr: ChildStderr, seen: &Mutex<Seen>) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let Some((what, rest)) = line.split_once(' ') else { continue };
            match what {
                "clock" => drop(self.clock.send_replace(rest.parse().unwrap())),
                "step" | "stopped" | "refused" => {
                    self.refused.fetch_or(what == "refused", Ordering::SeqCst);
                    let stopped = what == "stopped" || (what == "refused" && self.is_killed_when_refused);
                    {
                        let mut seen = lock(seen);
                        // Other tasks may announce steps after the stop: the step of the kill must stay the last.
                        if !seen.stopped {
                            seen.last = Some(rest.to_owned());
                        }
                        seen.stopped |= stopped;
                        *seen.counts.entry(rest.to_owned()).or_default() += 1;
                    }
                    if stopped {
                        self.kill();
                    }
                }
                _ => {}
            }
        }
    }
}

/// Writes the log of the process to a file, and sends the API's address once the process is ready.
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
