//! Calls to authentication methods at the real pacer, and the limit of the other side.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{
    Account, CreationOptions, CredentialId, Failure, FailureKind, HeldMethod, IdentityProvider, Lane, MethodDeletion,
    NewCredential, RegisteredMethod, UserRef,
};
use keyferry_http::{Pacer, QueueFull};
use keyferry_testkit::outside::{About, Call, Ended, Fate, Meddler, Node, Outside, lock};

/// Period of the limit.
pub(super) const PER: Duration = Duration::from_secs(10);

/// Call of an authentication method: its time since the start, and whether it was within the limit.
pub(super) type Called = (Duration, bool);

/// Identity provider whose calls of authentication methods wait for the pacer and are subject to a limit.
pub(super) struct Graph {
    outside: Arc<Outside>,
    node: Arc<Node>,
    pacer: Pacer,
    /// Permitted calls in any ten seconds.
    permitted: usize,
    begin: Duration,
    /// Times of the calls of the last period that were within the limit.
    recent: Mutex<VecDeque<Duration>>,
    calls: Mutex<Vec<Called>>,
}

impl Graph {
    pub(super) fn new(outside: &Arc<Outside>, node: &Arc<Node>, pacer: Pacer, permitted: usize) -> Self {
        let (outside, node, begin) = (outside.clone(), node.clone(), outside.clock.monotonic());
        Self { outside, node, pacer, permitted, begin, recent: Mutex::default(), calls: Mutex::default() }
    }

    /// Takes the calls since the last time.
    pub(super) fn take_calls(&self) -> Vec<Called> {
        std::mem::take(&mut *lock(&self.calls))
    }

    /// Makes a call. `limited`: it fails rather than wait for long if a caller waits for it.
    async fn call<T>(
        &self,
        call: Call,
        limited: bool,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let lane = Lane::current();
        let later = |status, wait| {
            let mut failure = call.failure(FailureKind::Answered { status, code: None });
            failure.retry_after = Some(wait);
            failure
        };
        let turn = self.pacer.pass(lane, limited && lane == Lane::Interactive).await;
        let turn = turn.map_err(|QueueFull { retry_after }| later(503, retry_after))?;
        self.way().await;
        let refused = self.admit();
        let answer = match refused {
            None => work.await,
            Some(wait) => Err(later(429, wait)),
        };
        self.way().await;
        self.pacer.answered(turn, if refused.is_some() { 429 } else { 200 }, refused);
        answer
    }

    /// Lets a call travel in one direction.
    async fn way(&self) {
        self.outside.clock.sleep(between(&self.outside, 25, 200)).await;
    }

    /// Returns the whole seconds to wait if the limit is used up. Throttled calls do not count.
    fn admit(&self) -> Option<Duration> {
        let now = self.outside.clock.monotonic() - self.begin;
        let mut recent = lock(&self.recent);
        while recent.front().is_some_and(|first| *first + PER <= now) {
            recent.pop_front();
        }
        let refused = (recent.len() >= self.permitted).then(|| recent[0] + PER - now);
        if refused.is_none() {
            recent.push_back(now);
        }
        lock(&self.calls).push((now, refused.is_none()));
        refused.map(|wait| Duration::from_secs(wait.as_millis().div_ceil(1000) as u64))
    }
}

/// Returns a pseudo-random time between these numbers of milliseconds.
fn between(outside: &Outside, least: u64, most: u64) -> Duration {
    Duration::from_millis(least + outside.chance.below(most - least))
}

#[async_trait]
impl IdentityProvider for Graph {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        self.call(Call::CreationOptions, true, self.node.creation_options(user, lifetime)).await
    }

    fn max_credentials(&self) -> Option<usize> {
        self.node.max_credentials()
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        self.node.account(user).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.call(Call::Register, false, self.node.register(user, credential)).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        self.call(Call::Find, false, self.node.find(user, credential)).await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.call(Call::ListMethods, true, self.node.methods(user)).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        self.call(Call::DeleteMethod, false, self.node.delete_method(user, method_id)).await
    }
}

/// Lets all other calls to the outside take their time.
pub(super) struct Delays(pub(super) Arc<Outside>);

impl Meddler for Delays {
    fn fate(&self, _: usize, call: Call, _: About<'_>) -> Fate {
        let delay = match call {
            Call::Account | Call::Person | Call::Manager => between(&self.0, 25, 150),
            Call::Status => between(&self.0, 25, 200),
            Call::Order | Call::Deliver => between(&self.0, 100, 500),
            _ => Duration::ZERO,
        };
        Fate { delay, ..Fate::default() }
    }

    fn done(&self, _: usize, _: Call, _: About<'_>, _: &Outside) {}

    fn ended(&self, _: usize, _: Call, _: About<'_>, _: Option<(u64, &'static str)>, _: Ended) {}
}
