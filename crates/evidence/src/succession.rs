//! The next checkpoint: what a store signs when it appends entries.

use keyferry_domain::Timestamp;

use crate::{Checkpoint, Head, Signer, SignerError};

/// Newest checkpoint of a store before it appends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Previous {
    /// There is none.
    Missing,
    /// Signed with a key that the store holds.
    Signed(Checkpoint),
    /// Not signed with a key that the store holds, for example because the key was lost.
    Foreign,
    /// The store contains less than this process read or wrote before.
    RolledBack,
}

impl Previous {
    /// Returns where the run begins that continues `head`, the newest entry. `None` if Keyferry did not sign it.
    fn run(&self, head: &Head) -> Option<u64> {
        match self {
            Self::Missing => (*head == Head::start()).then_some(0),
            Self::Signed(checkpoint) => (checkpoint.head() == *head).then_some(checkpoint.since),
            Self::Foreign | Self::RolledBack => None,
        }
    }

    /// Returns whether the store keeps this checkpoint beside `next`.
    fn is_kept_before(&self, next: &Checkpoint) -> bool {
        match self {
            Self::Missing => false,
            Self::Signed(checkpoint) => checkpoint.is_kept_before(next),
            Self::Foreign | Self::RolledBack => true,
        }
    }
}

/// Checkpoint that becomes the newest one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCheckpoint {
    /// JWS in compact serialisation.
    pub jws: String,
    /// Whether the checkpoint before is kept. Otherwise it is replaced.
    pub keeps_previous: bool,
    /// The checkpoint before, if it is kept and was signed by this store.
    kept: Option<Checkpoint>,
    /// Position of the newest entry before, if it is not what the store signed.
    unsigned: Option<(u64, Previous)>,
    kid: String,
}

impl NextCheckpoint {
    /// Signs `head`, to which a commit extended the chain from `before`.
    ///
    /// If Keyferry did not sign the newest entry before, a new run begins, and this checkpoint and all later ones say
    /// where. The commit succeeds, because a shipment must not be lost for it.
    ///
    /// # Errors
    /// [`SignerError`] if the cryptographic library fails.
    pub fn sign(
        signer: &Signer,
        before: &Head,
        head: Head,
        previous: &Previous,
        at: Timestamp,
    ) -> Result<Self, SignerError> {
        let run = previous.run(before);
        let (jws, checkpoint) = signer.sign(head, at, run.unwrap_or(before.position))?;
        let keeps_previous = previous.is_kept_before(&checkpoint);
        let kept = match previous {
            Previous::Signed(kept) if keeps_previous => Some(kept.clone()),
            _ => None,
        };
        let unsigned = run.is_none().then(|| (before.position, previous.clone()));
        Ok(Self { jws, keeps_previous, kept, unsigned, kid: signer.kid().to_owned() })
    }

    /// Logs a manipulation, and a checkpoint that is kept. A copy of the log proves later that the chain was not
    /// replaced as a whole.
    pub fn log(&self) {
        match &self.unsigned {
            None => {}
            Some((entry, Previous::Foreign)) => tracing::error!(
                entry,
                remedy = "run `keyferry audit verify`; if the signing key was lost, pass its id with `--trust`",
                "event chain is not signed with a key that Keyferry holds"
            ),
            Some((entry, _)) => tracing::error!(
                entry,
                remedy = "run `keyferry audit verify`, and keep a copy of the stored data",
                "event chain was changed by somebody else: its newest entry is not the one that Keyferry signed"
            ),
        }
        if let Some(kept) = &self.kept {
            tracing::info!(
                entries = kept.position,
                hash = kept.hash,
                at = %kept.at.to_rfc3339(),
                kid = self.kid,
                "kept checkpoint of the event chain"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;

    #[test]
    fn run_continues_only_after_a_signed_entry() {
        let signer = Signer::generate().unwrap();
        let at = |seconds: i64| Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap();
        let next = |head: &Head| head.next(&Content { shipment: "s", seq: 1, text: "{}" }).head();
        let (first, other) = (next(&Head::start()), Head { position: 1, hash: "0".repeat(64) });
        let (_, signed) = signer.sign(first.clone(), at(0), 0).unwrap();
        let (_, later_run) = signer.sign(first.clone(), at(0), 1).unwrap();
        for (before, previous, since, kept) in [
            (Head::start(), Previous::Missing, 0, false),
            (first.clone(), Previous::Missing, 1, false),
            (first.clone(), Previous::Signed(signed.clone()), 0, false),
            (first.clone(), Previous::Signed(later_run), 1, false),
            (other, Previous::Signed(signed.clone()), 1, true),
            (next(&first), Previous::Signed(signed), 2, true),
            (first.clone(), Previous::Foreign, 1, true),
            (first, Previous::RolledBack, 1, true),
        ] {
            let head = next(&before);
            let next = NextCheckpoint::sign(&signer, &before, head.clone(), &previous, at(1)).unwrap();
            let checkpoint = signer.open(&next.jws).unwrap();
            assert_eq!((checkpoint.head(), checkpoint.since), (head, since), "{before:?} {previous:?}");
            assert_eq!(next.keeps_previous, kept, "{before:?} {previous:?}");
        }
    }
}
