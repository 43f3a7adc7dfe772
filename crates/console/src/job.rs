//! Work in the background: one at a time, within a time limit, and its last result is kept.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Clock, Timestamp};
use tokio::sync::watch;

/// Work whose result pages show. Clones share it.
pub(crate) struct Job<T>(watch::Sender<State<T>>);

/// Work in progress, and the last result.
pub(crate) struct State<T> {
    pub(crate) running_since: Option<Timestamp>,
    pub(crate) last: Option<Done<T>>,
}

/// Work that ended.
pub(crate) struct Done<T> {
    pub(crate) began_at: Timestamp,
    pub(crate) ended_at: Timestamp,
    /// `None`: it did not end within the time limit, or failed.
    pub(crate) result: Option<Arc<T>>,
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

// Derived, these would require that the result can be cloned.
impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self { running_since: self.running_since, last: self.last.clone() }
    }
}

impl<T> Clone for Done<T> {
    fn clone(&self) -> Self {
        Self { began_at: self.began_at, ended_at: self.ended_at, result: self.result.clone() }
    }
}

impl<T> Default for Job<T> {
    fn default() -> Self {
        Self(watch::Sender::new(State { running_since: None, last: None }))
    }
}

impl<T: Send + Sync + 'static> Job<T> {
    /// Starts the work, unless it is in progress. It continues when the request that started it ends.
    pub(crate) fn start(
        &self,
        clock: &Arc<dyn Clock>,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) {
        let began_at = clock.now();
        let is_new = self.0.send_if_modified(|state| {
            let is_new = state.running_since.is_none();
            state.running_since.get_or_insert(began_at);
            is_new
        });
        if !is_new {
            return;
        }
        let (sender, clock) = (self.0.clone(), clock.clone());
        // In a task of its own, so that a panic of the work does not leave it in progress for ever.
        let work = tokio::spawn(tokio::time::timeout(limit, work));
        tokio::spawn(async move {
            let result = work.await.ok().and_then(Result::ok).map(Arc::new);
            let last = Some(Done { began_at, ended_at: clock.now(), result });
            sender.send_replace(State { running_since: None, last });
        });
    }

    /// Starts the work if the last result is older than `age`, or from the future.
    pub(crate) fn refresh(
        &self,
        clock: &Arc<dyn Clock>,
        age: Duration,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) {
        let is_fresh = |done: &Done<T>| (clock.now() - done.ended_at).to_std().is_ok_and(|passed| passed < age);
        if !self.0.borrow().last.as_ref().is_some_and(is_fresh) {
            self.start(clock, limit, work);
        }
    }

    /// Returns whether there is a result, also an old one.
    pub(crate) fn has_ended_once(&self) -> bool {
        self.0.borrow().last.is_some()
    }

    /// Waits until the work is not in progress, at most for `patience`. Returns its state then.
    pub(crate) async fn wait(&self, patience: Duration) -> State<T> {
        let mut changes = self.0.subscribe();
        drop(tokio::time::timeout(patience, changes.wait_for(|state| state.running_since.is_none())).await);
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use tokio::sync::Notify;

    use super::*;

    struct Stopped;

    #[async_trait]
    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, _: Duration) {}
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn one_at_a_time_and_the_result_is_kept() {
        let clock: Arc<dyn Clock> = Arc::new(Stopped);
        let (job, begun, go) = (Job::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let work = || {
            let (begun, go) = (begun.clone(), go.clone());
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                go.notified().await;
                7
            }
        };
        job.start(&clock, LONG, work());
        job.start(&clock, LONG, work());
        let waiting = job.wait(Duration::from_millis(20)).await;
        assert!(waiting.running_since.is_some() && waiting.last.is_none());
        go.notify_one();
        let done = job.wait(LONG).await;
        assert_eq!(done.last.and_then(|done| done.result).as_deref(), Some(&7));
        job.refresh(&clock, LONG, LONG, work());
        assert_eq!((begun.load(Ordering::SeqCst), job.wait(LONG).await.running_since), (1, None));
        job.refresh(&clock, Duration::ZERO, LONG, work());
        assert!(job.wait(Duration::from_millis(20)).await.running_since.is_some());
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn work_that_takes_too_long_or_panics_ends_without_a_result() {
        let clock: Arc<dyn Clock> = Arc::new(Stopped);
        let job = Job::<()>::default();
        job.start(&clock, Duration::from_millis(1), std::future::pending());
        assert!(job.wait(LONG).await.last.is_some_and(|done| done.result.is_none()));
        let job = Job::<()>::default();
        job.start(&clock, LONG, async { panic!("work") });
        assert!(job.wait(LONG).await.last.is_some_and(|done| done.result.is_none()));
    }
}
