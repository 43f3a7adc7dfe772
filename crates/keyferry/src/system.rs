//! Time and chance of the real world, and what the system may do with our memory.

use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Entropy, Timestamp};
use rustix::process::{Resource, Rlimit, setrlimit};

/// The system's clock.
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        std::time::SystemTime::now().into()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The kernel's randomness.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "this is the randomness; without it nothing is safe"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the kernel gives random bytes");
    }
}

/// A dump of this process would hold what no file may hold: PINs, response keys, the key that seals the secrets.
///
/// Called before the first secret is read. The error, for the log that starts later, says what could not be forbidden.
pub(crate) fn forbid_core_dumps() -> Result<(), rustix::io::Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Where cores go to a program instead of a file, that limit does not hold (core(5)). This also keeps other
    // processes of the same user from reading our memory and our environment.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Says in the log that dumps could not be forbidden.
pub(crate) fn warn_of_core_dumps(forbidden: Result<(), rustix::io::Errno>) {
    if let Err(error) = forbidden {
        tracing::warn!(%error, "core dumps cannot be switched off here: one could hold PINs and keys");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn nothing_is_dumped_into_a_file_or_a_program() {
        forbid_core_dumps().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
    }
}
