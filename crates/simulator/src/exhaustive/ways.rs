//! Ways in which a call can fail.

use std::fmt;
use std::time::Duration;

use keyferry_domain::FailureKind;
use keyferry_testkit::outside::trouble::status;
use keyferry_testkit::outside::{Call, Trouble};

/// Way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "see the display form")]
pub enum Fault {
    Refused,
    Rejected,
    Throttled,
    LostBefore,
    LostAfter,
    TimedOut,
    Late,
    Garbled,
    Twice,
    KilledBefore,
    KilledAfter,
}

impl Fault {
    /// Returns the fault of the testkit.
    pub fn trouble(self) -> Trouble {
        match self {
            Self::Refused => Trouble::Refuse(FailureKind::Answered { status: 503, code: None }),
            Self::Rejected => status(400),
            Self::Throttled => Trouble::Throttle(Duration::from_secs(30)),
            Self::LostBefore => Trouble::Lost { done: false },
            Self::LostAfter => Trouble::Lost { done: true },
            Self::TimedOut => Trouble::Slow(Duration::from_secs(60)),
            Self::Late => Trouble::Late(Duration::from_secs(700)),
            Self::Garbled => Trouble::Garbled,
            Self::Twice => Trouble::Twice,
            Self::KilledBefore => Trouble::Crash { done: false },
            Self::KilledAfter => Trouble::Crash { done: true },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused with 503",
            Self::Rejected => "rejected with 400",
            Self::Throttled => "throttled",
            Self::LostBefore => "lost before it had an effect",
            Self::LostAfter => "answer lost",
            Self::TimedOut => "timed out",
            Self::Late => "answered after 700 s",
            Self::Garbled => "answered with nonsense",
            Self::Twice => "repeated below, second answer",
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
        })
    }
}

/// Ways of one call.
#[derive(Clone, Copy, Debug)]
pub struct Ways(Call);

impl Ways {
    /// Returns the ways of this call.
    pub fn of(call: Call) -> Self {
        Self(call)
    }

    /// Returns whether the call changes something.
    fn writes(self) -> bool {
        use Call::{
            AppendJournal, Claim, Commit, Deliver, GiveBackLease, Insert, Order, PurgeSecret, PutSecret, Register,
            Release, ReleaseKey, ReplaceSecret, Reserve, Sweep, TakeLease, TakeOver,
        };
        matches!(
            self.0,
            AppendJournal
                | Claim
                | Commit
                | Deliver
                | GiveBackLease
                | Insert
                | Order
                | PurgeSecret
                | PutSecret
                | Register
                | Release
                | ReleaseKey
                | ReplaceSecret
                | Reserve
                | Sweep
                | TakeLease
                | TakeOver
        )
    }

    /// Returns whether a layer below the port may repeat the call. Nothing below repeats an order, a registration or a
    /// mail.
    fn may_be_repeated(self) -> bool {
        self.writes() && !matches!(self.0, Call::Order | Call::Register | Call::Deliver)
    }

    /// Returns all ways.
    pub fn all(self) -> Vec<Fault> {
        let mut ways = vec![
            Fault::Refused,
            Fault::Rejected,
            Fault::Throttled,
            Fault::LostBefore,
            Fault::TimedOut,
            Fault::Late,
            Fault::Garbled,
            Fault::KilledBefore,
        ];
        if self.writes() {
            ways.extend([Fault::LostAfter, Fault::KilledAfter]);
        }
        if self.may_be_repeated() {
            ways.push(Fault::Twice);
        }
        ways
    }

    /// Returns the ways that are worst: a kill, a refusal and a lost answer.
    pub fn worst(self) -> Vec<Fault> {
        match self.writes() {
            true => vec![Fault::Refused, Fault::LostAfter, Fault::KilledBefore, Fault::KilledAfter],
            false => vec![Fault::Refused, Fault::KilledBefore],
        }
    }
}
