//! What work in this process uses.

use std::time::Instant;

use crate::usage::{Usage, resident};

/// Time, processor time and written bytes of some work.
pub(crate) struct Work {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of all threads, in steps of a hundredth.
    pub(crate) cpu: f64,
    /// Bytes passed to `write` and the like, whether or not they reached a disk.
    pub(crate) written: u64,
}

impl Work {
    /// Does the work, and returns its result and what this process used meanwhile.
    pub(crate) async fn of<T>(work: impl Future<Output = T>) -> (T, Self) {
        let (begin, before) = (Instant::now(), Usage::of(std::process::id()));
        let done = work.await;
        let used = Usage::of(std::process::id()).since(before);
        (done, Self { wall: begin.elapsed().as_secs_f64(), cpu: used.cpu.as_secs_f64(), written: used.passed })
    }
}

/// Returns the resident memory of this process, in MiB.
pub(crate) fn memory_mib() -> f64 {
    resident(std::process::id()) as f64 / 1024.0
}
