//! Which call meets which fault. All draws come from one sequence: a fault that is left out does not move the others.

mod plan;
mod weather;

use std::collections::BTreeSet;
use std::time::Duration;

use keyferry_domain::{FailureKind, Party, Timestamp};
use keyferry_testkit::SeededRandom;
use keyferry_testkit::outside::{Call, Fate, Trouble};

pub(crate) use self::plan::{Blow, Planned, plan};
pub(crate) use self::weather::Weather;

/// Faults per million calls of an outside party.
const OUTSIDE: [(u64, Name); 11] = [
    (1_500, Name::Unavailable),
    (1_200, Name::Lost),
    (300, Name::Throttled),
    (800, Name::Late),
    (300, Name::Twice),
    (300, Name::Another),
    (200, Name::Nonsense),
    (200, Name::Garbled),
    (400, Name::TimedOut),
    (60, Name::Odd),
    (60, Name::Crash),
];

/// Faults per million calls of a store.
const STORE: [(u64, Name); 4] = [(50, Name::Unavailable), (60, Name::Lost), (100, Name::Late), (15, Name::Crash)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Unavailable,
    Lost,
    Throttled,
    Late,
    Twice,
    Another,
    Nonsense,
    Garbled,
    TimedOut,
    Odd,
    Crash,
}

/// Faults of a run.
pub(crate) struct Faults {
    chance: SeededRandom,
    on: bool,
    weather: Vec<Weather>,
    /// Weather that is over, from the front.
    over: usize,
    only: Option<BTreeSet<u64>>,
    next: u64,
    /// Numbers of the faults that were injected.
    pub(crate) injected: BTreeSet<u64>,
}

impl Faults {
    /// Starts the sequence. Numbers of faults begin at `next`; `weather` is sorted by its begin.
    pub(crate) fn new(seed: u64, on: bool, weather: Vec<Weather>, only: Option<BTreeSet<u64>>, next: u64) -> Self {
        let chance = SeededRandom::new(seed ^ 0xfa17_0000_0000_0001);
        Self { chance, on, weather, over: 0, only, next, injected: BTreeSet::new() }
    }

    /// Ends all faults.
    pub(crate) fn heal(&mut self) {
        self.on = false;
    }

    fn is_wanted(&self, number: u64) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&number))
    }

    /// Returns whether a planned fault with this number is to happen.
    pub(crate) fn allows(&mut self, number: u64) -> bool {
        let allowed = self.on && self.is_wanted(number);
        if allowed {
            self.injected.insert(number);
        }
        allowed
    }

    /// Returns what happens to a call.
    pub(crate) fn fate(&mut self, call: Call, now: Timestamp) -> Fate {
        let (roll, detail) = (self.chance.below(1_000_000), self.chance.next());
        let is_store = call.party() == Party::Store && call != Call::Send;
        // Most calls of a store take no time, because every wake-up costs real time.
        let delay = match is_store {
            true if detail % 8 != 0 => 0,
            true => 1 + detail % 5,
            false => 20 + detail % 300,
        };
        let delay = Duration::from_millis(delay);
        if !self.on {
            return Fate { delay, ..Fate::default() };
        }
        if let Some((number, trouble, what)) = self.of_weather(call, now, roll) {
            self.injected.insert(number);
            return Fate { delay, trouble: Some(trouble), fault: Some((number, what)) };
        }
        let rates: &[(u64, Name)] = if is_store { &STORE } else { &OUTSIDE };
        let mut left = roll;
        let drawn = rates.iter().find_map(|(rate, name)| {
            let hit = left < *rate;
            left = left.saturating_sub(*rate);
            hit.then_some(*name)
        });
        let Some((trouble, what)) = drawn.and_then(|name| trouble(name, call, detail)) else {
            return Fate { delay, ..Fate::default() };
        };
        let number = self.next;
        self.next += 1;
        if !self.is_wanted(number) {
            return Fate { delay, ..Fate::default() };
        }
        self.injected.insert(number);
        Fate { delay, trouble: Some(trouble), fault: Some((number, what)) }
    }

    fn of_weather(&mut self, call: Call, now: Timestamp, roll: u64) -> Option<(u64, Trouble, &'static str)> {
        while self.weather.get(self.over).is_some_and(|weather| weather.until <= now) {
            self.over += 1;
        }
        let current = self.weather[self.over..].iter().take_while(|weather| weather.from <= now);
        let mut current = current.filter(|weather| weather.until > now && self.is_wanted(weather.number));
        current.find_map(|weather| {
            let (trouble, what) = weather.kind.trouble(call, roll)?;
            Some((weather.number, trouble, what))
        })
    }
}

fn trouble(name: Name, call: Call, detail: u64) -> Option<(Trouble, &'static str)> {
    let answered = |status| Trouble::Refuse(FailureKind::Answered { status, code: None });
    let seconds = Duration::from_secs;
    let is_store = call.party() == Party::Store && call != Call::Send;
    let some = match name {
        Name::Unavailable => (answered(503), "unavailable"),
        Name::Lost if detail.is_multiple_of(2) => (Trouble::Lost { done: true }, "done, answer lost"),
        Name::Lost => (Trouble::Lost { done: false }, "connection lost"),
        Name::Throttled => (Trouble::Throttle(seconds(10 + detail % 120)), "throttled"),
        Name::Late if is_store => (Trouble::Late(seconds(1 + detail % 20)), "late"),
        Name::Late => (Trouble::Late(seconds(5 + detail % 90)), "late"),
        Name::Twice if repeats(call) => (Trouble::Twice, "arrives twice"),
        Name::Another if reads_one(call) => (Trouble::Another, "answer of another"),
        Name::Twice | Name::Another => return None,
        Name::Nonsense => (Trouble::Refuse(FailureKind::InvalidResponse), "nonsense"),
        Name::Garbled => (Trouble::Garbled, "done, then nonsense"),
        Name::TimedOut => (Trouble::Slow(seconds(30)), "timed out"),
        Name::Odd => match (call, detail % 3) {
            (Call::Register, 0) => (answered(409), "conflict"),
            (Call::Register, _) => (answered(403), "forbidden"),
            (Call::Deliver, _) => (answered(404), "no such address"),
            (Call::Status | Call::CreationOptions, 0) => (answered(404), "not found"),
            _ => (answered(400), "rejected"),
        },
        Name::Crash if detail.is_multiple_of(2) => (Trouble::Crash { done: true }, "done, then the process dies"),
        Name::Crash => (Trouble::Crash { done: false }, "the process dies"),
    };
    Some(some)
}

/// Returns whether a request of this call can arrive twice without harm by the other side.
fn repeats(call: Call) -> bool {
    reads_one(call) || matches!(call, Call::Register | Call::DeleteMethod | Call::Cancel)
}

fn reads_one(call: Call) -> bool {
    use Call::{Account, CreationOptions, Find, Groups, ListMethods, Manager, Person, Profile, Roles, Status};
    matches!(
        call,
        CreationOptions | Account | Find | ListMethods | Person | Manager | Profile | Groups | Roles | Status
    )
}
