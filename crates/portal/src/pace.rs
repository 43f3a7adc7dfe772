//! Pace of users. A link cannot be guessed; this keeps a user from causing load.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyferry_domain::ObjectId;

/// Requests of one user within a window.
const MOST: u32 = 30;

/// Length of a window.
const WINDOW: Duration = Duration::from_secs(600);

/// Requests of each user in this process. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<HashMap<ObjectId, Window>>>);

struct Window {
    begin: Duration,
    requests: u32,
}

impl Pace {
    /// Counts a request of a user at this time of the monotonic clock. Returns whether it is within the limit.
    pub(crate) fn admits(&self, user: ObjectId, now: Duration) -> bool {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Memory stays bounded by the users of one window.
        windows.retain(|_, window| now.saturating_sub(window.begin) < WINDOW);
        let window = windows.entry(user).or_insert(Window { begin: now, requests: 0 });
        window.requests = window.requests.saturating_add(1);
        window.requests <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_each_user_alone() {
        let user = |text: &str| ObjectId::parse(text).unwrap();
        let ada = user("a1000000-0000-4000-8000-000000000001");
        let (pace, now) = (Pace::default(), Duration::from_secs(1000));
        assert!((0..MOST).all(|_| pace.admits(ada, now)));
        assert!(!pace.admits(ada, now));
        assert!(pace.admits(user("a1000000-0000-4000-8000-000000000002"), now));
        assert!(!pace.admits(ada, now + WINDOW - Duration::from_secs(1)));
        assert!(pace.admits(ada, now + WINDOW));
    }
}
