//! What work in this process uses, from `/proc`.

use std::time::Instant;

/// Time, processor time and written bytes of some work.
pub(crate) struct Usage {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of all threads, in steps of a hundredth.
    pub(crate) cpu: f64,
    /// Bytes passed to `write` and the like, whether or not they reached a disk.
    pub(crate) written: u64,
}

impl Usage {
    /// Does the work, and returns its result and what this process used meanwhile.
    pub(crate) async fn of<T>(work: impl Future<Output = T>) -> (T, Self) {
        let (begin, cpu, written) = (Instant::now(), cpu_seconds(), written_bytes());
        let done = work.await;
        let usage =
            Self { wall: begin.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu, written: written_bytes() - written };
        (done, usage)
    }
}

/// Returns the resident memory.
pub(crate) fn memory_mib() -> f64 {
    field("/proc/self/status", "VmRSS:") as f64 / 1024.0
}

fn written_bytes() -> u64 {
    field("/proc/self/io", "wchar:")
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name of the program, in parentheses, may contain spaces.
    let numbers: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    numbers[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Returns the number after a name in a file of `/proc`.
fn field(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
