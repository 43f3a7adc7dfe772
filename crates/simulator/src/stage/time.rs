//! Simulated time of the stages of a thread: it advances when no task can run.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyferry_domain::Timestamp;
use keyferry_testkit::outside::VirtualClock;
use tokio::sync::Notify;

thread_local! {
    /// Clock of the stage that was set up last in this thread.
    static CLOCK: RefCell<Option<Arc<VirtualClock>>> = const { RefCell::new(None) };
}

/// Creates the clock of a stage. Its time advances within [`block_on`].
pub(super) fn clock(begin: Timestamp) -> Arc<VirtualClock> {
    let clock = VirtualClock::manual(begin);
    CLOCK.with_borrow_mut(|current| *current = Some(clock.clone()));
    clock
}

/// Runs the future, and what it spawns, in this thread. Panics if everything waits for ever.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let is_over = Arc::new(AtomicBool::new(false));
    let (over, pump) = (is_over.clone(), Arc::new(Notify::new()));
    let pumped = pump.clone();
    let advance = move || {
        // Whoever slept may have lost interest. Then nothing runs, and the runtime must come back here.
        pump.notify_one();
        let clock = CLOCK.with_borrow(Clone::clone);
        let woken = clock.is_some_and(|clock| clock.wake_next());
        assert!(woken || over.load(Ordering::SeqCst), "no task can run, and none sleeps");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(advance).build().unwrap();
    runtime.spawn(async move {
        loop {
            pumped.notified().await;
        }
    });
    let done = runtime.block_on(future);
    is_over.store(true, Ordering::SeqCst);
    // What is left are calls of dead processes, which never return.
    runtime.shutdown_background();
    done
}
