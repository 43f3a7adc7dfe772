//! Threads with a bounded queue of work.
//!
//! A caller waits for a place in the queue for at most [`PATIENCE`]. When work fails because another process holds the
//! lock, all work that was waiting before it began fails, too: it has waited just as long. A held lock therefore delays
//! each caller by at most two times the busy timeout, however long the queue is.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use keyferry_domain::ports::StoreError;
use tokio::sync::{Semaphore, oneshot};

use crate::failure::Failure;

/// How long a caller waits for a place in a full queue.
const PATIENCE: Duration = Duration::from_secs(1);

/// Order in which work is taken. Each lane has its own places.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    /// Work that must not wait behind a burst of requests. Taken first.
    First = 0,
    /// All other work.
    Second = 1,
}

/// Runs a job with the thread's state, or fails it with an error. Returns the error if it also applies to waiting jobs.
type Run<C> = Box<dyn FnOnce(Result<&mut C, StoreError>) -> Option<StoreError> + Send>;

struct Job<C> {
    number: u64,
    run: Run<C>,
}

/// Options of a pool.
pub(crate) struct PoolOptions<C> {
    /// Names the threads, and the queue in errors: `reads` or `writes`.
    pub(crate) name: &'static str,
    /// Places of each lane.
    pub(crate) places: usize,
    /// Whether work is skipped if its caller does not wait for it any more.
    pub(crate) skip_abandoned: bool,
    /// Called when the queue becomes empty.
    pub(crate) rest: fn(&mut C),
}

/// Threads that take work from one queue. Each has a state, for example a connection. Dropping the pool runs the
/// waiting work, and waits for the threads.
pub(crate) struct Pool<C> {
    queue: Arc<Queue<C>>,
    threads: Vec<JoinHandle<()>>,
}

struct Queue<C> {
    options: PoolOptions<C>,
    places: [Arc<Semaphore>; 2],
    lanes: Mutex<Lanes<C>>,
    ready: Condvar,
}

struct Lanes<C> {
    jobs: [VecDeque<Job<C>>; 2],
    next_number: u64,
    closed: bool,
}

impl<C: Send + 'static> Pool<C> {
    /// Starts one thread for each state.
    pub(crate) fn start(options: PoolOptions<C>, states: Vec<C>) -> io::Result<Self> {
        let places = [(); 2].map(|()| Arc::new(Semaphore::new(options.places)));
        let jobs = [VecDeque::new(), VecDeque::new()];
        let lanes = Mutex::new(Lanes { jobs, next_number: 0, closed: false });
        let queue = Arc::new(Queue { options, places, lanes, ready: Condvar::new() });
        let mut pool = Self { queue, threads: Vec::new() };
        for mut state in states {
            let queue = Arc::clone(&pool.queue);
            let thread = thread::Builder::new().name(format!("sqlite-{}", pool.queue.options.name));
            pool.threads.push(thread.spawn(move || queue.serve(&mut state))?);
        }
        Ok(pool)
    }

    /// Runs work on a thread of the pool. The work is done even if the caller is dropped, unless abandoned work is
    /// skipped. `action` states in errors what was tried.
    pub(crate) async fn run<T, W>(&self, lane: Lane, action: String, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, Failure> + Send + 'static,
    {
        let queue = &self.queue;
        let PoolOptions { name, places, skip_abandoned, .. } = queue.options;
        let place = Arc::clone(&queue.places[lane as usize]).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(PATIENCE, place).await else {
            return Err(StoreError::Unavailable(format!(
                "{places} {name} are waiting for the database, and none finished within a second. Send fewer requests \
                 at a time, and check the load of the disk"
            )));
        };
        let (answer, answered) = oneshot::channel();
        let run: Run<C> = Box::new(move |state| {
            drop(place);
            if skip_abandoned && answer.is_closed() {
                return None;
            }
            let (result, locked) = match state {
                Ok(state) => guarded(|| work(state), &action),
                Err(error) => (Err(error), false),
            };
            let error = result.as_ref().err().filter(|_| locked).cloned();
            // Without a receiver, the caller was dropped.
            let _ = answer.send(result);
            error
        });
        queue.push(lane, run);
        answered.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the database is closed".to_owned())))
    }
}

impl<C> Drop for Pool<C> {
    fn drop(&mut self) {
        self.queue.lanes().closed = true;
        self.queue.ready.notify_all();
        for thread in self.threads.drain(..) {
            // A panic of work does not end its thread.
            let _ = thread.join();
        }
    }
}

impl<C> Queue<C> {
    fn lanes(&self) -> MutexGuard<'_, Lanes<C>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, lane: Lane, run: Run<C>) {
        let mut lanes = self.lanes();
        let number = lanes.next_number;
        lanes.next_number += 1;
        lanes.jobs[lane as usize].push_back(Job { number, run });
        drop(lanes);
        self.ready.notify_one();
    }

    /// Waits for the next job. Also returns the number that the next job to come will have. Returns `None` when the
    /// pool is closed and all work is done.
    fn next(&self) -> Option<(Job<C>, u64)> {
        let mut lanes = self.lanes();
        loop {
            if let Some(job) = lanes.jobs.iter_mut().find_map(VecDeque::pop_front) {
                return Some((job, lanes.next_number));
            }
            if lanes.closed {
                return None;
            }
            lanes = self.ready.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn serve(&self, state: &mut C) {
        while let Some((job, later)) = self.next() {
            if let Some(error) = (job.run)(Ok(state)) {
                for waiting in self.take_before(later) {
                    (waiting.run)(Err(error.clone()));
                }
            }
            if self.lanes().jobs.iter().all(VecDeque::is_empty) {
                (self.options.rest)(state);
            }
        }
    }

    /// Removes and returns the waiting jobs with a lower number.
    fn take_before(&self, number: u64) -> Vec<Job<C>> {
        let mut lanes = self.lanes();
        let mut taken = Vec::new();
        for jobs in &mut lanes.jobs {
            let count = jobs.iter().take_while(|job| job.number < number).count();
            taken.extend(jobs.drain(..count));
        }
        taken
    }
}

/// Runs the work and converts its failure. Also returns whether another process held the lock.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>, action: &str) -> (Result<T, StoreError>, bool) {
    // Unwinding rolls back the transaction of the work, so the connection is usable afterwards.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => (Ok(value), false),
        Ok(Err(failure)) => {
            let locked = failure.is_locked();
            (Err(failure.into_store_error(action)), locked)
        }
        // The panic message is not repeated, because it may contain a secret.
        Err(_) => {
            let text = format!("a database task panicked (it was to {action}); report this bug in Keyferry");
            (Err(StoreError::Unavailable(text)), false)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use rusqlite::ffi;

    use super::*;

    fn pool(places: usize) -> Pool<Vec<u32>> {
        let options = PoolOptions { name: "writes", places, skip_abandoned: false, rest: |_| () };
        Pool::start(options, vec![Vec::new()]).unwrap()
    }

    /// Occupies the thread until the sender is dropped.
    fn occupy(pool: &Arc<Pool<Vec<u32>>>) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let pool = Arc::clone(pool);
        tokio::spawn(async move {
            let work = move |_: &mut Vec<u32>| {
                begun.send(()).unwrap();
                let _ = released.recv();
                Ok(())
            };
            pool.run(Lane::Second, "wait".into(), work).await
        });
        begins.recv().unwrap();
        release
    }

    fn note(pool: &Arc<Pool<Vec<u32>>>, lane: Lane, number: u32) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let pool = Arc::clone(pool);
        tokio::spawn(async move {
            let work = move |noted: &mut Vec<u32>| {
                noted.push(number);
                Ok(())
            };
            pool.run(lane, format!("note {number}"), work).await
        })
    }

    async fn waiting(pool: &Arc<Pool<Vec<u32>>>, count: usize) {
        while pool.queue.lanes().jobs.iter().map(VecDeque::len).sum::<usize>() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn full_queue_refuses_after_a_second_but_not_in_the_first_lane() {
        let pool = Arc::new(pool(2));
        let release = occupy(&pool);
        // Spawned tasks may begin in any order, so the second is spawned when the first has its place.
        let one = note(&pool, Lane::Second, 1);
        waiting(&pool, 1).await;
        let waited = [one, note(&pool, Lane::Second, 2)];
        waiting(&pool, 2).await;
        let error = note(&pool, Lane::Second, 3).await.unwrap().unwrap_err();
        let expected = "the store is unavailable: 2 writes are waiting for the database, and none finished within a \
                        second. Send fewer requests at a time, and check the load of the disk";
        assert_eq!(error.to_string(), expected);
        let first = note(&pool, Lane::First, 4);
        waiting(&pool, 3).await;
        drop(release);
        for work in waited.into_iter().chain([first]) {
            work.await.unwrap().unwrap();
        }
        let order = pool.run(Lane::Second, "read".into(), |noted| Ok(noted.clone())).await.unwrap();
        assert_eq!(order, [4, 1, 2], "by lane, then in order");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn lock_of_another_process_fails_all_that_waited_for_it() {
        let pool = Arc::new(pool(10));
        let release = occupy(&pool);
        let (go, gone) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let locked = Arc::clone(&pool);
        let locked = tokio::spawn(async move {
            let work = move |_: &mut Vec<u32>| -> Result<(), Failure> {
                begun.send(()).unwrap();
                let _ = gone.recv();
                Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None).into())
            };
            locked.run(Lane::First, "write".into(), work).await
        });
        waiting(&pool, 1).await;
        let before = note(&pool, Lane::Second, 1);
        waiting(&pool, 2).await;
        drop(release);
        begins.recv().unwrap();
        let after = note(&pool, Lane::Second, 2);
        waiting(&pool, 2).await;
        drop(go);
        let error = locked.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("another process has held the database locked for a second"), "{error}");
        assert_eq!(before.await.unwrap(), Err(error));
        assert_eq!(after.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn panic_is_reported_and_leaves_the_thread_alive() {
        let pool = Arc::new(pool(2));
        let work = |_: &mut Vec<u32>| -> Result<(), Failure> { panic!("a secret") };
        let error = pool.run(Lane::Second, "list shipments".into(), work).await.unwrap_err().to_string();
        assert!(error.contains("a database task panicked (it was to list shipments)"), "{error}");
        assert!(!error.contains("a secret"), "{error}");
        note(&pool, Lane::Second, 1).await.unwrap().unwrap();
    }
}
