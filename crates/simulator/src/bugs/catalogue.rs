//! Names and descriptions of the planted bugs.

macro_rules! bugs {
    ($($bug:ident $name:literal $description:literal)*) => {
        /// Planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "see `Bug::description`")]
        pub enum Bug {
            $($bug,)*
        }

        impl Bug {
            /// All bugs.
            pub const ALL: &'static [Self] = &[$(Self::$bug,)*];

            /// Returns the name for the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$bug => $name,)*
                }
            }

            /// Describes the mistake in one sentence.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$bug => $description,)*
                }
            }
        }
    };
}

bugs! {
    ClaimWithoutExpiry "claim-without-expiry" "The claim of a worker that crashed is never taken over."
    ClaimWithoutCompareAndSwap "claim-without-compare-and-swap" "A worker takes a record that another worker claimed."
    QueueWithoutClaim "queue-without-claim" "Two dispatchers send the same queued order."
    ConflictSwallowed "conflict-swallowed" "A write that lost against another worker counts as done."
    LastWriteWins "last-write-wins" "A write ignores the version and overwrites an edit by hand."
    StaleRead "stale-read" "A record is read from a cache that no write invalidates."
    HandEditIgnored "hand-edit-ignored" "A record that an operator set to complete is processed all the same."
    EventOutsideTransaction "event-outside-transaction" "The record is committed first and its events afterwards."
    ObstacleSwallowed "obstacle-swallowed" "A failure of a shipment is not recorded."
    EventsSwapped "events-swapped" "The list of all events has neighbours in the wrong order."
    EventSkipped "event-skipped" "A reader of events skips the first one after its cursor."
    FirstPageOnly "first-page-only" "A run reads only the first page of open shipments."
    PauseIgnored "pause-ignored" "A shipment that failed is processed again without a pause."
    CountsCached "counts-cached" "The counts of shipments are those of the start of the process."
    OpenOrderNotLookedUp "open-order-not-looked-up" "A second open order for the same user is accepted."
    SecretPurgedEarly "secret-purged-early" "The response key is deleted before the PIN is sent."
    SecretKept "secret-kept" "The response key of a cancelled or refused order is never deleted."
    OrphansWithoutAge "orphans-without-age" "Clean-up deletes the secret of an order that is being placed."
    OrderRepeated "order-repeated" "The order is posted again after its response was lost."
    LossTakenAsRefusal "loss-taken-as-refusal" "An order whose response was lost counts as refused."
    UnknownStateReady "unknown-state-ready" "An unknown state of the delivery service counts as ready."
    ReleaseWithoutRule "release-without-rule" "The PIN of a lost parcel is sent."
    ReleaseWithoutWindow "release-without-window" "The PIN is sent again long after its release window."
    CancelForgets "cancel-forgets" "A cancelled order counts as deleted, and the delivery service is never asked."
    RetryAfterIgnored "retry-after-ignored" "A throttled call is repeated at once, many times."
    StatusCached "status-cached" "The first status of a shipment is kept for ever."
    RegistrationNotLookedUp "registration-not-looked-up" "A credential is registered again without a look-up."
    RegistrationRepeated "registration-repeated" "A registration is repeated at once after its response was lost."
    RegistrationAssumed "registration-assumed" "A failed registration counts as done."
    LostKeyKept "lost-key-kept" "A lost key counts as revoked, and the identity provider is never asked."
    PinBeforeRegistration "pin-before-registration" "The registration runs in the background, after the PIN was sent."
    ResponseByPosition "response-by-position" "A credential is registered for the user of the previous response."
    LookUpOfAnother "look-up-of-another" "A look-up is answered from a cache with the method of another credential."
    UserNotPinned "user-not-pinned" "The user is identified by a name that may belong to someone else by now."
    ShortChallengeAccepted "short-challenge-accepted" "The requested lifetime of a challenge is used, not the granted."
    AddresseeByName "addressee-by-name" "The manager is that of the first user with a similar name."
    AddresseeCached "addressee-cached" "The manager of one user is used for all."
    AddresseeFallback "addressee-fallback" "A user without a manager receives the own PIN."
    PinByPosition "pin-by-position" "The PIN is that of the previously opened response."
    PinFailureIgnored "pin-failure-ignored" "A PIN that could not be sent counts as sent."
    PinInFailure "pin-in-failure" "The message of a failed PIN delivery contains the PIN."
    MessageIdPerAttempt "message-id-per-attempt" "Each automatic attempt to send a PIN has another message id."
    ResendWithSameId "resend-with-same-id" "A resent PIN has the message id of the first one."
    KeyForgotten "key-forgotten" "A repeated request with the same idempotency key places another order."
    KeyShared "key-shared" "Idempotency keys of different callers are the same."
    KeysSweptEarly "keys-swept-early" "Clean-up deletes idempotency keys that are still valid."
    LeaseFromFuture "lease-from-future" "A lease that a wrong clock took for years is honoured."
    LeaseWithoutExpiry "lease-without-expiry" "The lease of a replica that crashed is never taken over."
    JournalNotWritten "journal-not-written" "Accepted orders are not written to the journal."
    JournalNotRead "journal-not-read" "A restored backup of the database is not noticed."
    CursorBeforeDelivery "cursor-before-delivery" "The position of a webhook advances before its messages are stored."
    MessageDropped "message-dropped" "A message that a receiver refused counts as delivered."
    WallClockTrusted "wall-clock-trusted" "Pauses are measured by the wall clock, which is set back."
    RowFedTwice "row-fed-twice" "A row of a batch gets the id of its shipment when it is fed."
}

impl Bug {
    /// Returns the bug with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }
}
