//! System clock, system randomness, and protection against core dumps.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyferry_domain::{Clock, Entropy, Timestamp};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Clock of the system.
pub(crate) struct SystemClock;

/// Start of the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        std::time::SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        START.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Randomness of the kernel.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "this is the source of randomness; without it no key is secure"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("random bytes from the kernel");
    }
}

/// Disables core dumps of this process. A dump would contain PINs, response keys and the key that seals the secrets.
///
/// Call it before the first secret is read. Logging has not started then, so the caller logs the error later.
pub(crate) fn forbid_core_dumps() -> Result<(), rustix::io::Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // The limit does not apply if cores are piped to a program instead of a file (core(5)). This call also prevents
    // other processes of the same user from reading memory and environment of this process.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Logs that core dumps could not be disabled.
pub(crate) fn warn_of_core_dumps(forbidden: Result<(), rustix::io::Errno>) {
    if let Err(error) = forbidden {
        tracing::warn!(%error, "could not disable core dumps: a dump may contain PINs and keys");
    }
}

/// Raises this process's limit of open files to `wanted`, as far as its hard limit permits. Returns the limit.
///
/// The usual soft limit is 1024, for programs that use select(2).
pub(crate) fn raise_open_files(wanted: usize) -> usize {
    let wanted_limit = u64::try_from(wanted).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    let raised = wanted_limit.min(limit.maximum.unwrap_or(u64::MAX));
    let is_raised = raised > current && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok();
    usize::try_from(if is_raised { raised } else { current }).unwrap_or(usize::MAX)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    use super::*;

    #[test]
    fn core_dumps_are_disabled() {
        forbid_core_dumps().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
    }
}
