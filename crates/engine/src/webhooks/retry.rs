//! When a delivery is sent again.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Entropy;

/// Time after the first attempt in which a delivery is sent again.
pub(super) const PATIENCE: TimeDelta = TimeDelta::days(3);

/// Pauses after the attempts, in seconds. The last one repeats.
const PAUSES: [u64; 9] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800];

/// Longest pause of a webhook of which all attempts fail: one message shows whether it works again.
const LONGEST_HOLD: Duration = Duration::from_secs(300);

/// Returns the pause after this number of failed attempts, with up to 20 % jitter, and never shorter than the receiver
/// asked for.
pub(super) fn pause_after(attempts: u32, asked: Option<Duration>, entropy: &dyn Entropy) -> TimeDelta {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let mut chance = [0; 1];
    entropy.fill(&mut chance);
    let millis = PAUSES.get(index).copied().unwrap_or(28_800) * (1000 + u64::from(chance[0]) * 200 / 255);
    let pause = Duration::from_millis(millis).max(asked.unwrap_or_default());
    TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(8))
}

/// Returns the pause of a webhook of which this number of attempts failed in a row.
pub(super) fn hold_after(failures: u32) -> Duration {
    Duration::from_secs(5).saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST_HOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn pauses_grow_to_eight_hours_and_honour_the_receiver() {
        let seconds = |attempts| pause_after(attempts, None, &Fixed(0)).num_seconds();
        assert_eq!([1, 2, 3, 9, 10, u32::MAX].map(seconds), [5, 30, 120, 28_800, 28_800, 28_800]);
        assert_eq!(pause_after(2, None, &Fixed(255)).num_seconds(), 36);
        assert_eq!(pause_after(1, Some(Duration::from_secs(90)), &Fixed(0)).num_seconds(), 90);
    }

    #[test]
    fn a_delivery_is_tried_at_least_ten_times_in_three_days() {
        let (mut at, mut attempts) = (TimeDelta::zero(), 1);
        while at < PATIENCE {
            at += pause_after(attempts, None, &Fixed(255));
            attempts += 1;
        }
        assert!((10..30).contains(&attempts), "{attempts}");
    }

    #[test]
    fn hold_grows_to_five_minutes() {
        assert_eq!([1, 2, 6, 7, u32::MAX].map(|failures| hold_after(failures).as_secs()), [5, 10, 160, 300, 300]);
    }
}
