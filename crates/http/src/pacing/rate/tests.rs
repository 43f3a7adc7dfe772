use super::*;

const PER: Duration = Duration::from_secs(10);

fn rate(interval: Duration) -> Rate {
    Rate::new(interval, PER)
}

/// Returns the time between two requests at this interval of the limit.
fn spaced(interval: Duration) -> Duration {
    interval.mul_f64(1.0 + SPARE)
}

#[test]
fn without_a_429_the_pace_is_the_configured_limit() {
    let mut rate = rate(Duration::from_secs(2));
    rate.succeeded(Instant::now());
    assert_eq!(rate.interval(), spaced(Duration::from_secs(2)));
}

#[test]
fn continues_right_below_what_passed() {
    let start = Instant::now();
    let mut rate = rate(Duration::from_millis(20));
    // Fifty in a second: the limit of ten seconds, as the other side states.
    for number in 0..50 {
        rate.sent(start + Duration::from_millis(20) * number);
    }
    let now = start + Duration::from_secs(1);
    let pause = rate.throttled(now, now, Some(Duration::from_secs(9)));
    assert_eq!(pause, Duration::from_secs(9));
    assert!((4.7..4.9).contains(&rate.pace()), "{}", rate.pace());
}

#[test]
fn a_single_429_of_a_process_with_little_work_does_not_stop_it() {
    let mut rate = rate(Duration::from_millis(20));
    let start = Instant::now();
    let at = |number: u32| start + Duration::from_millis(500) * number;
    for number in 0..40 {
        rate.idled(Duration::from_millis(480));
        rate.sent(at(number));
    }
    rate.throttled(at(40), at(40), Some(Duration::from_secs(1)));
    assert!(rate.pace() > 10.0, "five times what it uses: {}", rate.pace());
}

/// It started while others used the limit: what passed is no sign of its share.
#[test]
fn a_process_that_has_just_started_halves_its_pace() {
    let start = Instant::now();
    let mut rate = rate(Duration::from_millis(20));
    for number in 0..10 {
        rate.sent(start + Duration::from_millis(20) * number);
    }
    let now = start + Duration::from_millis(200);
    rate.throttled(now, now, Some(Duration::from_secs(1)));
    assert!((24.0..26.0).contains(&rate.pace()), "{}", rate.pace());
}

#[test]
fn answers_to_requests_before_the_change_do_not_change_it_again() {
    let mut rate = rate(Duration::from_secs(1));
    let sent = Instant::now();
    let now = sent + Duration::from_secs(2);
    rate.throttled(sent, now, None);
    let pace = rate.pace();
    for _ in 0..10 {
        assert_eq!(rate.throttled(sent, now, None), spaced(Duration::from_secs(2)));
    }
    assert!(pace < 0.51 && (rate.pace() - pace).abs() < 1e-9, "{pace}, then {}", rate.pace());
}

#[test]
fn pauses_in_a_row_become_longer() {
    let mut now = Instant::now();
    let mut pauses = |retry_after: Option<u64>| {
        let mut rate = rate(Duration::from_millis(200));
        let mut pause = || {
            let pause = rate.throttled(now, now, retry_after.map(Duration::from_secs));
            now += pause;
            pause.as_secs()
        };
        (0..9).map(|_| pause()).collect::<Vec<_>>()
    };
    assert_eq!(pauses(None), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(pauses(Some(3)), [3, 3, 3, 3, 4, 8, 16, 32, 60]);
    assert_eq!(pauses(Some(600))[0], 60);
}

#[test]
fn reaches_the_configured_limit_again_and_never_exceeds_it() {
    let interval = Duration::from_secs(2);
    let mut rate = rate(interval);
    let mut now = Instant::now();
    for _ in 0..50 {
        now += Duration::from_secs(1);
        rate.throttled(now, now, None);
    }
    assert!(rate.interval() > interval * 5 / 4 && rate.interval() < interval * 5 / 2, "{:?}", rate.interval());
    for _ in 0..2_000 {
        now += rate.interval();
        rate.succeeded(now);
        assert!(rate.interval() >= spaced(interval));
    }
    assert_eq!(rate.interval(), spaced(interval));
}

#[test]
fn time_without_requests_does_not_speed_up() {
    let mut rate = rate(Duration::from_millis(100));
    let mut now = Instant::now();
    rate.throttled(now, now, None);
    let before = rate.pace();
    for _ in 0..10 {
        now += Duration::from_secs(3_600);
        rate.succeeded(now);
    }
    assert!(rate.pace() < before * 1.5, "{} after {before}", rate.pace());
}
