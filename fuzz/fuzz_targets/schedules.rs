//! Fuzzes cron expressions.
#![no_main]

use keyferry_engine::Schedule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(schedule) = Schedule::parse(text) else { return };
    let again = Schedule::parse(&schedule.to_string()).expect("our own output");
    for now in [0, 1_709_164_799, 1_790_000_000, 4_102_444_799] {
        let now = chrono::DateTime::from_timestamp(now, 0).expect("a time");
        let next = schedule.next_as_spring(now);
        assert_eq!(again.next_as_spring(now), next);
        assert!(next.is_none_or(|next| next > now));
    }
});
