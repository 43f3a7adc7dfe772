//! Simulated time, which advances when no task can run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyferry_testkit::outside::VirtualClock;
use tokio::sync::Notify;

/// Runs the future, and what it spawns, in this thread, in the time of the clock.
pub(super) fn block_on<T>(clock: &Arc<VirtualClock>, future: impl Future<Output = T>) -> T {
    let (clock, over, pump) = (clock.clone(), Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let (is_over, pumped) = (over.clone(), pump.clone());
    let advance = move || {
        // Whoever slept may have lost interest. Then nothing runs, and the runtime must come back here.
        pump.notify_one();
        assert!(clock.wake_next() || is_over.load(Ordering::SeqCst), "no task can run, and none sleeps");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(advance).build().unwrap();
    runtime.spawn(async move {
        loop {
            pumped.notified().await;
        }
    });
    let done = runtime.block_on(future);
    over.store(true, Ordering::SeqCst);
    runtime.shutdown_background();
    done
}
