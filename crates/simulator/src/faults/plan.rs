//! Faults that are planned when a run begins: weather, and blows to replicas.

use chrono::TimeDelta;
use keyferry_domain::{Party, Timestamp};
use keyferry_testkit::SeededRandom;

use super::weather::{Kind, Weather};

/// Blow to replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The process of a replica is killed.
    Kill(usize),
    /// A replica does not run for this many seconds.
    Pause(usize, u64),
    /// The clock of a replica differs by this many seconds from now on.
    Clock(usize, i64),
    /// All replicas are killed at once.
    PowerLoss,
    /// A backup of the stores is made.
    Backup,
    /// All replicas are killed, and the stores are restored from the last backup.
    Restore,
}

/// Planned blow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    /// Number of the fault.
    pub(crate) number: u64,
    /// Time.
    pub(crate) at: Timestamp,
    /// Blow.
    pub(crate) blow: Blow,
}

/// Returns weather and blows of a run, by time, and the number of the next fault.
pub(crate) fn plan(seed: u64, begin: Timestamp, days: u64, replicas: usize) -> (Vec<Weather>, Vec<Planned>, u64) {
    let chance = SeededRandom::new(seed ^ 0xb10e_0000_0000_0002);
    let (mut weather, mut blows, mut number) = (Vec::new(), Vec::new(), 0);
    let mut next = || {
        number += 1;
        number - 1
    };
    let within = |day: u64| begin + TimeDelta::seconds(i64::try_from(day * 86_400 + chance.below(86_400)).unwrap());
    for day in 0..days {
        for _ in 0..=chance.below(3) {
            let from = within(day);
            let kind = kind(&chance);
            let until = from + TimeDelta::seconds(i64::try_from(300 + chance.below(7_000)).unwrap());
            weather.push(Weather { number: next(), from, until, kind });
        }
        for _ in 0..=chance.below(4) {
            let replica = usize::try_from(chance.below(replicas as u64)).unwrap();
            let blow = match chance.below(12) {
                0..4 => Blow::Kill(replica),
                4..8 => Blow::Pause(replica, 20 + chance.below(900)),
                8..11 => Blow::Clock(replica, jump(&chance)),
                _ => Blow::PowerLoss,
            };
            blows.push(Planned { number: next(), at: within(day), blow });
        }
    }
    // Once in a run of some days, an old backup is restored.
    if days >= 4 {
        let day = 1 + chance.below(days - 2);
        let (at, later) = (within(day), chance.below(20 * 3600));
        let later = at + TimeDelta::seconds(i64::try_from(1_800 + later).unwrap());
        blows.push(Planned { number: next(), at, blow: Blow::Backup });
        blows.push(Planned { number: next(), at: later, blow: Blow::Restore });
    }
    weather.sort_by_key(|weather| weather.from);
    blows.sort_by_key(|planned| planned.at);
    (weather, blows, number)
}

fn kind(chance: &SeededRandom) -> Kind {
    let party = *chance.pick(&[Party::IdentityProvider, Party::DeliveryService, Party::PinDelivery]);
    match chance.below(10) {
        0..3 => Kind::Down(party),
        3 => Kind::TokenRefused(party),
        4 => Kind::Throttling(party),
        5 => Kind::StoreFull,
        6 => Kind::Down(Party::Store),
        7 => Kind::NoStock,
        8 => Kind::ReceiversDown,
        _ => Kind::KeysRotated,
    }
}

/// Returns an error of a clock: mostly small, sometimes hours, forwards or back.
fn jump(chance: &SeededRandom) -> i64 {
    let size = match chance.below(4) {
        0 => chance.below(3),
        1 => chance.below(50),
        2 => chance.below(600),
        _ => chance.below(8_000),
    };
    let size = i64::try_from(size).unwrap();
    if chance.percent(50) { size } else { -size }
}
