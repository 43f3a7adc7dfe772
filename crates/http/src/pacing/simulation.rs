//! The pacer against parties with different limits, in simulated time.

use super::*;
use world::{Books, Window, World};

mod world;

/// Seeds: the same rules must hold for each.
const SEEDS: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 1, 20_261_129];

/// A party as the sandbox is one.
fn world(limit: u32, processes: &[u32]) -> World {
    World {
        window: Window::Sliding,
        limits: vec![(0, limit)],
        processes: processes.iter().map(|configured| (*configured, 0)).collect(),
        workers: 16,
        way: 40,
        late_of_100: 1,
        retry_after: true,
        outage: 0..0,
        seed: SEEDS[0],
    }
}

/// Asserts that at least 95 % of the permitted rate is used, and under 1 % of the calls are throttled.
#[track_caller]
fn assert_target(name: &str, books: &Books, seconds: std::ops::Range<u32>) {
    let (used, throttled) = (books.used(seconds.clone()), books.throttled(seconds.clone()));
    let is_met = used >= 95.0 && throttled < 1.0;
    assert!(is_met, "{name}, seconds {seconds:?}: used {used:.1} %, throttled {throttled:.2} %");
}

/// Asserts that none of the processes has less than half of an equal share.
#[track_caller]
fn assert_fair(name: &str, books: &Books, processes: usize, seconds: std::ops::Range<u32>) {
    let least = 50.0 / processes as f64;
    let shares: Vec<_> = (0..processes).map(|one| books.share(seconds.clone(), one)).collect();
    assert!(shares.iter().all(|share| *share >= least), "{name}, seconds {seconds:?}: shares {shares:.0?}");
}

#[test]
fn one_process_meets_the_target_from_its_first_call_on() {
    for seed in SEEDS {
        // Ten minutes of a small limit are few calls: a single one is a part that counts.
        for (limit, seconds) in [(5, 1800), (20, 1200), (60, 600), (150, 600)] {
            for (times, way) in [(1, 40), (2, 40), (10, 40), (2, 300), (10, 300)] {
                let books = World { seed, way, ..world(limit, &[limit * times]) }.run(seconds);
                assert_target(&format!("{times} times {limit}, way {way}"), &books, 0..seconds);
            }
        }
    }
}

#[test]
fn replicas_that_share_a_limit_meet_the_target_from_their_first_call_on() {
    for seed in SEEDS {
        for limit in [60, 150] {
            for (times, count) in [(1, 2), (2, 2), (10, 2), (1, 3), (2, 3), (10, 3)] {
                let books = World { seed, ..world(limit, &vec![limit * times; count]) }.run(1200);
                let name = format!("{count} processes, {times} times {limit}");
                // The calls that are on their way when the first one is throttled.
                let begin = if (times, count) == (10, 3) { 10 } else { 0 };
                assert_target(&name, &books, begin..600);
                assert_target(&name, &books, 600..1200);
                assert_fair(&name, &books, count, 60..1200);
            }
        }
    }
}

/// Calls overtake each other: those that were on their way with the first throttled one may have passed or not.
#[test]
fn calls_on_their_way_are_counted() {
    for seed in SEEDS {
        for way in [40, 300] {
            let books = World { seed, way, ..world(25, &[500]) }.run(620);
            assert_target(&format!("way {way}"), &books, 20..620);
        }
    }
}

/// The machine is busy with other work.
#[test]
fn late_timers_do_not_slow_the_pace() {
    for seed in SEEDS {
        for limit in [60, 400] {
            for times in [1, 10] {
                let books = World { seed, late_of_100: 10, ..world(limit, &[limit * times]) }.run(900);
                assert_target(&format!("{times} times {limit}"), &books, 0..900);
            }
        }
    }
}

/// Five calls in ten seconds cannot be divided by two. Finding that out takes some calls of the few that there are.
#[test]
fn replicas_use_a_small_limit() {
    for seed in SEEDS {
        for (times, count) in [(1, 2), (2, 2), (10, 2), (1, 3), (2, 3), (10, 3)] {
            let books = World { seed, ..world(5, &vec![5 * times; count]) }.run(3600);
            let (used, throttled) = (books.used(0..3600), books.throttled(600..3600));
            assert!(used >= 90.0 && throttled < 1.0, "{count} processes, {times} times: {used:.1} %, {throttled:.2} %");
        }
    }
}

#[test]
fn other_ways_of_counting_meet_the_target_after_the_first_minute() {
    for seed in SEEDS {
        for window in [Window::Fixed, Window::Bucket, Window::SlidingWithThrottled] {
            for (times, count) in [(1, 1), (2, 1), (10, 1), (1, 2), (10, 2)] {
                let books = World { seed, window, ..world(60, &vec![60 * times; count]) }.run(1200);
                assert_target(&format!("{window:?}, {count} processes, {times} times"), &books, 60..1200);
            }
        }
    }
}

#[test]
fn party_without_retry_after_is_used_as_well() {
    for seed in SEEDS {
        for (times, count) in [(2, 1), (10, 1), (1, 2), (10, 2)] {
            let books = World { seed, retry_after: false, ..world(60, &vec![60 * times; count]) }.run(1200);
            assert_target(&format!("{count} processes, {times} times"), &books, 60..1200);
            assert!(books.throttled(0..60) < 6.0, "{:.2} %", books.throttled(0..60));
        }
    }
}

#[test]
fn replica_that_starts_later_gets_its_share() {
    for seed in SEEDS {
        for limit in [60, 150] {
            for times in [1, 2, 10] {
                let processes = vec![(limit * times, 0), (limit * times, 300)];
                let books = World { seed, processes, ..world(limit, &[]) }.run(1500);
                let name = format!("{times} times {limit}");
                assert_target(&name, &books, 300..1500);
                let share = books.share(320..380, 1);
                assert!((10.0..80.0).contains(&share), "{name}: {share:.0} % after twenty seconds");
                assert_fair(&name, &books, 2, 1200..1500);
            }
        }
    }
}

#[test]
fn higher_limit_is_found_within_minutes() {
    for seed in SEEDS {
        for (higher, minutes) in [(72, 3), (120, 4), (300, 5)] {
            let books = World { seed, limits: vec![(0, 60), (400, higher)], ..world(60, &[600]) }.run(1600);
            let found = 400 + minutes * 60;
            assert_target(&format!("60 to {higher}"), &books, found..1600);
        }
    }
}

#[test]
fn lower_limit_is_found_at_once() {
    for seed in SEEDS {
        for lower in [50, 30, 6] {
            let books = World { seed, limits: vec![(0, 60), (400, lower)], ..world(60, &[600]) }.run(1600);
            let refused = books.refused(400..460);
            assert!(refused <= 12.0, "60 to {lower}: {refused} throttled in the first minute");
            assert_target(&format!("60 to {lower}"), &books, 460..1600);
        }
    }
}

/// During an outage, calls are few. After it, the pace is soon what it was.
#[test]
fn outage_causes_no_storm_and_does_not_change_the_pace() {
    for seed in SEEDS {
        for (limit, window) in [(60, Window::Sliding), (60, Window::SlidingWithThrottled), (150, Window::Sliding)] {
            let books = World { seed, window, outage: 400..520, ..world(limit, &[limit * 10; 2]) }.run(1200);
            let refused = books.refused(402..520);
            assert!(refused <= 24.0, "{limit}, {window:?}: {refused} throttled");
            // A pause of a minute can begin at the end of the outage.
            let used = books.used(580..640);
            assert!(used >= 75.0, "{limit}, {window:?}: {used:.0} % after a minute");
            assert_target(&format!("{limit}, {window:?}"), &books, 640..1200);
        }
    }
}

/// Pauses become longer, so that throttled calls that count do not use the limit up for ever.
#[test]
fn throttled_calls_that_count_never_block_all() {
    for seed in SEEDS {
        for count in [1, 2, 3] {
            let window = Window::SlidingWithThrottled;
            let books = World { seed, window, ..world(5, &vec![50; count]) }.run(1200);
            let used = books.used(600..1200);
            assert!(used >= 60.0, "{count} processes: {used:.0} %");
        }
    }
}
