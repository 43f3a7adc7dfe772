//! Pause between two attempts for a shipment.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Entropy;

/// Returns the pause before the next attempt: it doubles from one minute to one hour, plus up to 20 % random jitter,
/// and is never shorter than `retry_after`. The jitter spreads shipments that failed together.
pub(super) fn pause_before(attempts: u32, retry_after: Option<Duration>, entropy: &dyn Entropy) -> TimeDelta {
    // 2^6 minutes are already more than the limit of one hour; a larger exponent could overflow.
    let doubled = 60 * 2_u64.pow(attempts.saturating_sub(1).min(6));
    let mut chance = [0; 1];
    entropy.fill(&mut chance);
    let millis = doubled.min(3600) * 1000 * (1000 + u64::from(chance[0]) * 200 / 255) / 1000;
    let pause = Duration::from_millis(millis).max(retry_after.unwrap_or_default());
    TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1))
}
