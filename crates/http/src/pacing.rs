//! Not asking faster than the other side likes.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::Error;

/// At most so many requests in so much time.
///
/// Requests are spaced evenly: five per ten seconds means one every two seconds. A burst of five followed by the
/// regular pace would put ten into the first ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Requests.
    pub requests: u32,
    /// Time.
    pub per: Duration,
}

/// Lets requests through one by one.
pub(crate) struct Gate(DefaultDirectRateLimiter);

impl Gate {
    pub(crate) fn new(pacing: Pacing) -> Result<Self, Error> {
        let Pacing { requests, per } = pacing;
        per.checked_div(requests)
            .and_then(Quota::with_period)
            .map(|quota| Self(RateLimiter::direct(quota.allow_burst(NonZeroU32::MIN))))
            .ok_or(Error::Pacing { requests, per })
    }

    pub(crate) async fn pass(&self) {
        self.0.until_ready().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_within_the_space_has_to_wait() {
        let gate = Gate::new(Pacing { requests: 5, per: Duration::from_secs(10_000) }).unwrap();
        assert!(gate.0.check().is_ok());
        assert!(gate.0.check().is_err());
    }

    #[test]
    fn a_pace_of_nothing_is_refused() {
        for (requests, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
            assert!(matches!(Gate::new(Pacing { requests, per }), Err(Error::Pacing { .. })));
        }
    }
}
