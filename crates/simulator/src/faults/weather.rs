//! Periods in which a party fails for everyone.

use std::time::Duration;

use keyferry_domain::{FailureKind, Party, Timestamp};
use keyferry_testkit::outside::{Call, Trouble};

/// Period of failures.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// Number of the fault.
    pub(crate) number: u64,
    /// Begin.
    pub(crate) from: Timestamp,
    /// End.
    pub(crate) until: Timestamp,
    /// What fails.
    pub(crate) kind: Kind,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Most calls of the party.
    Down(Party),
    /// The party refuses the connector's token.
    TokenRefused(Party),
    /// The party throttles most calls.
    Throttling(Party),
    /// The store accepts no writes.
    StoreFull,
    /// The delivery service refuses orders: stock ran out.
    NoStock,
    /// Receivers of webhooks do not answer.
    ReceiversDown,
    /// The keys that verify responses were rotated, and the new ones are not published yet.
    KeysRotated,
}

impl Kind {
    /// Returns what the weather does to a call, if anything. `roll` is below a million.
    pub(super) fn trouble(self, call: Call, roll: u64) -> Option<(Trouble, &'static str)> {
        let answered = |status| Trouble::Refuse(FailureKind::Answered { status, code: None });
        let often = roll < 700_000;
        match self {
            Self::Down(party) if call.party() == party && call != Call::Send && often => {
                Some((answered(503), "party is down"))
            }
            Self::TokenRefused(party) if call.party() == party => Some((answered(401), "token refused")),
            Self::Throttling(party) if call.party() == party && often => {
                Some((Trouble::Throttle(Duration::from_secs(60)), "throttling"))
            }
            Self::StoreFull if writes(call) => Some((answered(507), "store is full")),
            Self::NoStock if call == Call::Order => Some((answered(422), "no stock")),
            Self::ReceiversDown if call == Call::Send => Some((answered(503), "receiver is down")),
            Self::KeysRotated if matches!(call, Call::OpenCredential | Call::OpenPin) => {
                Some((answered(503), "signing key is unknown"))
            }
            _ => None,
        }
    }
}

fn writes(call: Call) -> bool {
    use Call::{
        AddRows, AppendJournal, Claim, Commit, CommitBatch, Delete, DropOrders, Enqueue, Insert, InsertBatch,
        InsertWebhook, ProveWrite, PutSecret, ReplaceRow, ReplaceSecret, Reserve, TakeLease, TakeOver, UpdateDelivery,
        UpdateRows, UpdateWebhook,
    };
    matches!(
        call,
        AddRows
            | AppendJournal
            | Claim
            | Commit
            | CommitBatch
            | Delete
            | DropOrders
            | Enqueue
            | Insert
            | InsertBatch
            | InsertWebhook
            | ProveWrite
            | PutSecret
            | ReplaceRow
            | ReplaceSecret
            | Reserve
            | TakeLease
            | TakeOver
            | UpdateDelivery
            | UpdateRows
            | UpdateWebhook
    )
}
