//! What a process has used, from outside of it (Linux: `/proc`, `strace`).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ticks per second in `/proc/<pid>/stat` (`USER_HZ`, 100 on every architecture that Linux is built for).
const TICKS: u64 = 100;

/// Used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Time on a processor, of all threads, also of those that ended. Exact to 10 ms.
    pub(crate) cpu: Duration,
    /// Bytes passed to `write` and its relatives: files, sockets and the log.
    pub(crate) passed: u64,
    /// Bytes that the file system has to write to the disk.
    pub(crate) written: u64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> Self {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The second field is the program's name, which may contain spaces.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        let io = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
        let number = |name| field(&io, name).unwrap_or_default();
        let cpu = Duration::from_millis(ticks * 1000 / TICKS);
        Self { cpu, passed: number("wchar:"), written: number("write_bytes:") }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu - before.cpu, passed: self.passed - before.passed, written: self.written - before.written }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.passed += other.passed;
        self.written += other.written;
    }
}

/// Returns the memory that a process occupies, in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    status(pid, "VmRSS:")
}

/// Returns the part of this memory that is not a copy of a file, in KiB. Copies are mostly the program itself, and the
/// kernel drops them when it needs the memory.
pub(crate) fn anonymous(pid: u32) -> u64 {
    status(pid, "RssAnon:")
}

/// Returns the most memory that a process occupied, in KiB.
pub(crate) fn peak(pid: u32) -> u64 {
    status(pid, "VmHWM:")
}

/// Makes the peak what the process occupies now.
pub(crate) fn reset_peak(pid: u32) {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
}

fn status(pid: u32, name: &str) -> u64 {
    field(&std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap(), name).unwrap()
}

/// Returns the time that the calling thread was on a processor.
pub(crate) fn of_this_thread() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Counts a process's calls of `fsync` and `fdatasync` with `strace`, which slows the process down. So what is counted
/// is not timed.
pub(crate) struct Syncs {
    strace: Child,
    output: PathBuf,
}

impl Syncs {
    /// Starts counting, or returns `None` without `strace`.
    pub(crate) async fn of(pid: u32) -> Option<Self> {
        let output = std::env::temp_dir().join(format!("keyferry-bench-{pid}.strace"));
        let mut command = Command::new("strace");
        command.args(["-f", "-q", "-e", "trace=fsync,fdatasync,msync", "-p", &pid.to_string(), "-o"]).arg(&output);
        let strace = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        // Until it is attached to all threads.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some(Self { strace, output })
    }

    /// Returns the number of calls so far.
    pub(crate) async fn count(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let lines = std::fs::read_to_string(&self.output).unwrap_or_default();
        lines.lines().filter(|line| line.contains("sync(")).count()
    }
}

impl Drop for Syncs {
    fn drop(&mut self) {
        // SIGINT detaches from the process. SIGKILL could leave it stopped.
        drop(Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status());
        drop(self.strace.wait());
        drop(std::fs::remove_file(&self.output));
    }
}
