//! Client-side rate limit.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::Error;

/// Rate limit: at most `requests` in each period `per`.
///
/// Requests are spaced evenly: five per ten seconds means one every two seconds. With bursts, five requests at once
/// followed by the regular pace would be up to ten requests in the first ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Number of requests.
    pub requests: u32,
    /// Length of the period.
    pub per: Duration,
}

/// Delays requests to comply with a [`Pacing`].
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
    fn delays_second_request() {
        let gate = Gate::new(Pacing { requests: 5, per: Duration::from_secs(10_000) }).unwrap();
        assert!(gate.0.check().is_ok());
        assert!(gate.0.check().is_err());
    }

    #[test]
    fn rejects_zero_requests_and_zero_period() {
        for (requests, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
            assert!(matches!(Gate::new(Pacing { requests, per }), Err(Error::Pacing { .. })));
        }
    }
}
