//! Processes with a pacer each, and a party with a limit that they share, in a time that does not pass.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;

use super::*;

/// Period of the limits.
pub(super) const PER: Duration = Duration::from_secs(10);

/// How the party counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// The requests of the last period, as the sandbox does.
    Sliding,
    /// The same, and throttled requests count as well.
    SlidingWithThrottled,
    /// The requests since the period began. Periods follow each other.
    Fixed,
    /// A bucket for the requests of a period, which is filled all the time.
    Bucket,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) window: Window,
    /// Permitted requests in a period, from each second on.
    pub(super) limits: Vec<(u32, u32)>,
    /// Configured requests in a period and second of the start of each process.
    pub(super) processes: Vec<(u32, u32)>,
    /// Largest number of requests of a process at the same time.
    pub(super) workers: u32,
    /// Longest duration of a way to the party or back in milliseconds. The shortest is a fifth of it.
    pub(super) way: u64,
    /// How many of a hundred timers fire up to 80 milliseconds late.
    pub(super) late_of_100: u64,
    /// Whether the party states `Retry-After`.
    pub(super) retry_after: bool,
    /// Seconds in which all requests are throttled.
    pub(super) outage: Range<u32>,
    /// Beginning of the pseudo-random numbers.
    pub(super) seed: u64,
}

/// What the party wrote down. All ranges are seconds.
pub(super) struct Books {
    limits: Vec<(u32, u32)>,
    /// Time in seconds, process, and whether the request passed.
    calls: Vec<(f64, usize, bool)>,
}

impl Books {
    fn counted(&self, seconds: Range<u32>, counted: impl Fn(usize, bool) -> bool) -> f64 {
        let seconds = f64::from(seconds.start)..f64::from(seconds.end);
        let from = self.calls.partition_point(|(at, ..)| *at < seconds.start);
        let calls = self.calls.iter().skip(from).take_while(|(at, ..)| *at < seconds.end);
        calls.filter(|(_, process, passed)| counted(*process, *passed)).count() as f64
    }

    /// Returns the part of the permitted requests that passed, in percent.
    pub(super) fn used(&self, seconds: Range<u32>) -> f64 {
        let permitted: f64 = seconds.clone().map(|second| f64::from(limit(&self.limits, second)) / 10.0).sum();
        self.counted(seconds, |_, passed| passed) / permitted * 100.0
    }

    /// Returns the part of the requests that were throttled, in percent.
    pub(super) fn throttled(&self, seconds: Range<u32>) -> f64 {
        self.counted(seconds.clone(), |_, passed| !passed) / self.counted(seconds, |_, _| true).max(1.0) * 100.0
    }

    /// Returns the part of the passed requests that were those of the process, in percent.
    pub(super) fn share(&self, seconds: Range<u32>, process: usize) -> f64 {
        let own = self.counted(seconds.clone(), |of, passed| passed && of == process);
        own / self.counted(seconds, |_, passed| passed).max(1.0) * 100.0
    }

    /// Returns the number of throttled requests.
    pub(super) fn refused(&self, seconds: Range<u32>) -> f64 {
        self.counted(seconds, |_, passed| !passed)
    }
}

fn limit(limits: &[(u32, u32)], second: u32) -> u32 {
    limits.iter().rev().find(|(from, _)| *from <= second).unwrap().1
}

/// What happens, by its time in microseconds and a number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Wake { process: usize },
    Arrive { process: usize, sent: u64 },
    Answer { process: usize, sent: u64, retry_after: Option<u64>, passed: bool },
}

struct Process {
    schedule: Schedule,
    free: u32,
}

/// Pseudo-random numbers (xorshift), the same ones in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[derive(Default)]
struct Party {
    recent: VecDeque<u64>,
    filled: u64,
    level: f64,
    begun: bool,
}

const SECOND: u64 = 1_000_000;

impl Party {
    /// Returns the seconds to wait if the request is throttled.
    fn admit(&mut self, now: u64, limit: u32, window: Window) -> Option<u64> {
        let per = PER.as_secs() * SECOND;
        let full = f64::from(limit);
        if window == Window::Bucket {
            let gained = full * (now - self.filled) as f64 / per as f64;
            self.level = if self.begun { (self.level + gained).min(full) } else { full };
            (self.filled, self.begun) = (now, true);
            if self.level < 1.0 {
                return Some(1);
            }
            self.level -= 1.0;
            return None;
        }
        let from = if window == Window::Fixed { now / per * per } else { (now + 1).saturating_sub(per) };
        while self.recent.front().is_some_and(|first| *first < from) {
            self.recent.pop_front();
        }
        let until =
            if window == Window::Fixed { from + per } else { self.recent.front().copied().unwrap_or(now) + per };
        let is_full = self.recent.len() >= limit as usize;
        if !is_full || window == Window::SlidingWithThrottled {
            self.recent.push_back(now);
        }
        is_full.then(|| (until - now).div_ceil(SECOND).max(1))
    }
}

impl World {
    pub(super) fn run(&self, seconds: u32) -> Books {
        let begin = Instant::now();
        let at = |time: u64| begin + Duration::from_micros(time);
        let mut random = Random(self.seed);
        let mut party = Party::default();
        let mut books = Books { limits: self.limits.clone(), calls: Vec::new() };
        let mut events = BinaryHeap::new();
        let mut processes: Vec<_> = Vec::new();
        for (process, (configured, start)) in self.processes.iter().enumerate() {
            let (rate, start) = (Rate::new(PER / *configured, PER), u64::from(*start) * SECOND);
            let mut schedule = Schedule::new(rate, at(start));
            schedule.waiting = [0, 1];
            processes.push(Process { schedule, free: self.workers });
            events.push(Reverse((start, Event::Wake { process })));
        }
        while let Some(Reverse((now, event))) = events.pop() {
            if now >= u64::from(seconds) * SECOND {
                break;
            }
            let way = 1 + self.way * 200 + random.below(self.way * 800 + 1);
            match event {
                Event::Wake { process } => {
                    let this = &mut processes[process];
                    if this.free == 0 {
                        continue;
                    }
                    if this.schedule.take(Lane::Bulk, at(now)).is_some() {
                        this.free -= 1;
                        events.push(Reverse((now + way, Event::Arrive { process, sent: now })));
                    }
                    let next = this.schedule.next.saturating_duration_since(begin).as_micros() as u64;
                    // Timers fire up to two milliseconds late, and sometimes much later.
                    let late = match random.below(100) < self.late_of_100 {
                        true => random.below(80_000),
                        false => random.below(2_000),
                    };
                    events.push(Reverse((next.max(now) + late + 1, Event::Wake { process })));
                }
                Event::Arrive { process, sent } => {
                    let second = (now / SECOND) as u32;
                    let mut wait = party.admit(now, limit(&self.limits, second), self.window);
                    if self.outage.contains(&second) {
                        wait = Some(1);
                    }
                    books.calls.push((now as f64 / SECOND as f64, process, wait.is_none()));
                    let retry_after = wait.filter(|_| self.retry_after);
                    let answer = Event::Answer { process, sent, retry_after, passed: wait.is_none() };
                    events.push(Reverse((now + way, answer)));
                }
                Event::Answer { process, sent, retry_after, passed } => {
                    let this = &mut processes[process];
                    let status = if passed { 200 } else { 429 };
                    this.schedule.answered(Turn(at(sent)), status, retry_after.map(Duration::from_secs), at(now));
                    this.free += 1;
                    if this.free == 1 {
                        events.push(Reverse((now, Event::Wake { process })));
                    }
                }
            }
        }
        books
    }
}
