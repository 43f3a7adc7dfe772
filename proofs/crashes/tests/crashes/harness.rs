//! Runs cases in parallel, each in its own directory. Keeps the directory if a promise was broken.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{OnceCell, mpsc};
use tokio::task::JoinSet;

use crate::case::{Case, PinBy, Work};
use crate::case_run::{self, Outcome, SmallDisk};
use crate::child::Refusal;
use crate::connector::lock;
use crate::queue_run;
use crate::world::World;
use keyferry_testkit::SeededRandom;

pub(crate) struct Harness {
    pub(crate) seed: u64,
    /// Number of kills at random moments.
    pub(crate) kills: usize,
    /// Only steps whose name contains this.
    pub(crate) only_step: String,
    pub(crate) quiet: bool,
    /// Whether faults are tried at every step instead of a sample.
    pub(crate) all_faults: bool,
    /// Whether queued orders and batches are killed at every position instead of a sample.
    pub(crate) all_positions: bool,
    /// What can refuse writes here.
    pub(crate) refusals: Vec<Refusal>,
    root: PathBuf,
    worlds: Arc<Vec<World>>,
    cases: AtomicUsize,
    pub(crate) clean: OnceCell<Vec<(PinBy, Outcome)>>,
    /// Steps of runs of queued orders without a kill, with their counts.
    pub(crate) clean_queue: Mutex<Vec<(Work, BTreeMap<String, u32>)>>,
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns whether queued orders and batches are killed at every position.
pub(crate) fn is_long_form() -> bool {
    setting("KEYFERRY_CRASH_QUEUE").is_some_and(|positions| positions == "all")
}

fn number(name: &str, otherwise: u64) -> u64 {
    setting(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is not a number")))
}

/// Returns what can refuse writes: a full disk only if this process may mount one.
fn refusals(trial: &Path) -> Vec<Refusal> {
    match SmallDisk::mount(trial) {
        Some(_disk) => vec![Refusal::FullDisk, Refusal::Lock],
        None => {
            println!("SKIPPED: full disks, because this process may not mount a file system");
            vec![Refusal::Lock]
        }
    }
}

impl Harness {
    pub(crate) async fn new(quiet: bool) -> Self {
        let root = setting("KEYFERRY_CRASH_DIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").to_owned());
        let root = PathBuf::from(root).join(format!("crashes-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let mut worlds = Vec::new();
        for _ in 0..number("KEYFERRY_CRASH_SIDE_BY_SIDE", 8) {
            worlds.push(World::start().await);
        }
        Self {
            seed: number("KEYFERRY_CRASH_SEED", 1),
            kills: usize::try_from(number("KEYFERRY_CRASH_KILLS", 120)).unwrap(),
            only_step: setting("KEYFERRY_CRASH_STEP").unwrap_or_default(),
            quiet,
            all_faults: setting("KEYFERRY_CRASH_FAULTS").is_some_and(|faults| faults == "all"),
            all_positions: is_long_form(),
            refusals: refusals(&root.join("disk")),
            root,
            worlds: Arc::new(worlds),
            cases: AtomicUsize::new(0),
            clean: OnceCell::new(),
            clean_queue: Mutex::default(),
        }
    }

    pub(crate) fn chance(&self, salt: u64) -> SeededRandom {
        SeededRandom::new(self.seed.wrapping_mul(1_000_003).wrapping_add(salt))
    }

    /// Returns the folder of the databases and its file system.
    pub(crate) fn place(&self) -> String {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let real = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        let fields = mounts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let holds = fields.filter(|fields| fields.len() > 2 && real.starts_with(fields[1]));
        let nearest = holds.max_by_key(|fields| fields[1].len());
        let on = nearest.map_or("an unknown file system".to_owned(), |fields| {
            let warning = if fields[2] == "tmpfs" { ", which is NOT a disk: set KEYFERRY_CRASH_DIR" } else { "" };
            format!("{} ({}){warning}", fields[2], fields[0])
        });
        format!("{} on {on}", self.root.display())
    }

    /// Runs all cases. Calls `each` for each outcome as it arrives, with the directory if it was kept. `Break` ends the
    /// run early.
    pub(crate) async fn run(
        &self,
        cases: Vec<Case>,
        mut each: impl FnMut(&Case, Outcome, Option<&Path>) -> ControlFlow<()>,
    ) {
        let queue = Arc::new(Mutex::new(VecDeque::from(cases)));
        let (done, mut outcomes) = mpsc::channel(1);
        let mut workers = JoinSet::new();
        for worker in 0..self.worlds.len() {
            let (queue, worlds, done) = (queue.clone(), self.worlds.clone(), done.clone());
            let first = self.cases.fetch_add(10_000, Ordering::Relaxed);
            let root = self.root.clone();
            workers.spawn(async move {
                for number in first.. {
                    let Some(case) = lock(&queue).pop_front() else { break };
                    let dir = root.join(format!("case-{number}"));
                    let outcome = match case.work {
                        Work::Single => case_run::run(&case, &worlds[worker], &dir).await,
                        _ => queue_run::run(&case, &worlds[worker], &dir).await,
                    };
                    let keep = !outcome.broken.is_empty() && case.planted.is_none();
                    if !keep {
                        std::fs::remove_dir_all(&dir).unwrap();
                    }
                    if done.send((case, outcome, keep.then_some(dir))).await.is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        while let Some((case, outcome, kept)) = outcomes.recv().await {
            if each(&case, outcome, kept.as_deref()).is_break() {
                lock(&queue).clear();
                break;
            }
        }
        drop(outcomes);
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
    }

    /// Removes the root directory, unless it contains kept directories.
    pub(crate) fn tidy(&self) {
        drop(std::fs::remove_dir(self.root.join("disk")));
        drop(std::fs::remove_dir(&self.root));
    }
}
