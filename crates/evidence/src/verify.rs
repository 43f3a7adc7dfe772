//! Verification of a chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use keyferry_domain::ports::StoreError;
use keyferry_jose::JwkSet;
use serde_json::Value;

use crate::entry::sha256;
use crate::signer::{self, key_set};
use crate::{Checkpoint, DELETION, EvidenceStore, Head, Item, KnownKey, Link, Reading, SignedCheckpoint};

/// Members of an event that a repetition changes.
const REPETITION: [&str; 3] = ["correlation", "last_at", "times"];

/// First broken link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Position of the entry. The entries before it are intact. `None`: the manipulation has no position.
    pub position: Option<u64>,
    /// Shipment of the entry, and number of its event.
    pub event: Option<(String, u32)>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "entry {position}: ")?;
        }
        match &self.event {
            Some((shipment, DELETION)) => write!(f, "deletion of shipment {shipment}: ")?,
            Some((shipment, seq)) => write!(f, "event {seq} of shipment {shipment}: ")?,
            None => {}
        }
        f.write_str(&self.reason)
    }
}

/// Intact chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of entries.
    pub entries: u64,
    /// Number of deleted shipments.
    pub deleted: u64,
    /// Number of checkpoints.
    pub checkpoints: u64,
    /// Newest checkpoint. `None` for a chain without entries.
    pub newest: Option<Checkpoint>,
}

/// Verifies a chain item by item, in order.
#[derive(Debug)]
pub struct Verifier {
    keys: JwkSet,
    untrusted: Vec<String>,
    /// Heads that an auditor knows from elsewhere, by position.
    expected: BTreeMap<u64, String>,
    head: Head,
    /// Entries without content, by shipment: the first position and number. Legitimate if a deletion follows.
    missing: BTreeMap<String, (u64, u32)>,
    deleted: BTreeSet<String>,
    /// Number of the newest event of each shipment that is not deleted.
    events: BTreeMap<String, u32>,
    checkpoints: u64,
    /// Newest checkpoint, and the id of its key.
    newest: Option<(Checkpoint, String)>,
    /// Position at which the run of the newest checkpoint begins.
    since: u64,
}

impl Verifier {
    /// Creates a verifier that accepts checkpoints of keys that the store holds, and of keys whose id is `trusted`.
    /// `expected` are heads that the chain must contain, for example from an earlier verification.
    ///
    /// # Errors
    /// [`Broken`] if the stored keys are invalid.
    pub fn new(
        keys: &[KnownKey],
        trusted: &[String],
        expected: impl IntoIterator<Item = Head>,
    ) -> Result<Self, Broken> {
        let kid = |key: &KnownKey| key.jwk["kid"].as_str().unwrap_or_default().to_owned();
        let (accepted, other): (Vec<_>, Vec<_>) =
            keys.iter().partition(|key| key.is_held || trusted.contains(&kid(key)));
        let accepted: Vec<Value> = accepted.into_iter().map(|key| key.jwk.clone()).collect();
        let keys = key_set(&accepted).map_err(|error| Broken {
            position: None,
            event: None,
            reason: format!("its keys are invalid: {error}"),
        })?;
        // A key is identified by its thumbprint, whatever its `kid` is.
        if let Some(key) = keys.verification_keys().iter().find(|key| key.kid() != key.public_key().thumbprint()) {
            let reason = format!("the id of its key {} is not the key's thumbprint", key.kid());
            return Err(Broken { position: None, event: None, reason });
        }
        Ok(Self {
            keys,
            untrusted: other.into_iter().map(kid).collect(),
            expected: expected.into_iter().map(|head| (head.position, head.hash)).collect(),
            head: Head::start(),
            missing: BTreeMap::new(),
            deleted: BTreeSet::new(),
            events: BTreeMap::new(),
            checkpoints: 0,
            newest: None,
            since: 0,
        })
    }

    /// Verifies the next item.
    ///
    /// # Errors
    /// [`Broken`] if it does not follow on the items before.
    pub fn take(&mut self, item: &Item) -> Result<(), Broken> {
        match item {
            Item::Link(link) => self.link(link),
            Item::Checkpoint(signed) => self.checkpoint(signed),
        }
    }

    fn link(&mut self, link: &Link) -> Result<(), Broken> {
        let entry = &link.entry;
        let broken = |reason: &str| Broken {
            position: Some(entry.position),
            event: Some((entry.shipment.clone(), entry.seq)),
            reason: reason.to_owned(),
        };
        let next = self.head.position + 1;
        if entry.position != next {
            return Err(Broken { position: Some(next), event: None, reason: "it was deleted".to_owned() });
        }
        if entry.hash != entry.expected_hash(&self.head.hash) {
            return Err(broken("its hash does not follow from the entry before: one of both was changed or moved"));
        }
        match &link.content {
            Some(content) if sha256(content) != entry.digest => return Err(broken("its content was changed")),
            Some(content) => {
                let of = |text: &str| without_repetition(text);
                if link.latest.as_deref().is_some_and(|latest| of(latest).is_none() || of(latest) != of(content)) {
                    return Err(broken("its content was changed"));
                }
            }
            None if entry.seq == DELETION => return Err(broken("its content was deleted")),
            None => {
                self.missing.entry(entry.shipment.clone()).or_insert((entry.position, entry.seq));
            }
        }
        if entry.seq == DELETION {
            self.missing.remove(&entry.shipment);
            self.events.remove(&entry.shipment);
            self.deleted.insert(entry.shipment.clone());
        } else {
            let before = self.events.insert(entry.shipment.clone(), entry.seq).unwrap_or_default();
            if before.checked_add(1) != Some(entry.seq) {
                return Err(broken(&format!("the event of this shipment before it has number {before}")));
            }
        }
        if self.expected.remove(&entry.position).is_some_and(|hash| hash != entry.hash) {
            return Err(broken("its hash is another one than expected: the chain was replaced"));
        }
        self.head = entry.head();
        Ok(())
    }

    fn checkpoint(&mut self, signed: &SignedCheckpoint) -> Result<(), Broken> {
        let broken = |reason: String| Broken { position: Some(signed.position), event: None, reason };
        if signed.position > self.head.position {
            let reason = format!("it was deleted: a checkpoint for {} entries exists", signed.position);
            return Err(Broken { position: Some(self.head.position + 1), event: None, reason });
        }
        let (checkpoint, kid) = signer::open(&signed.jws, &self.keys).map_err(|reason| {
            let hint = if self.untrusted.is_empty() {
                String::new()
            } else {
                format!(
                    ". The store does not hold these keys: {}. If one was lost with its key file, trust it with \
                     --trust",
                    self.untrusted.join(", ")
                )
            };
            broken(format!("the signature of its checkpoint is invalid: {reason}{hint}"))
        })?;
        if checkpoint.head() != self.head {
            return Err(broken("its hash is not the one that was signed: the chain was computed anew".to_owned()));
        }
        // A run begins with the chain. Another one continues it only if the key of the one before was lost.
        let continues = |(newest, of): &(Checkpoint, String)| newest.position == checkpoint.since && *of != kid;
        if checkpoint.since != self.since && !self.newest.as_ref().is_some_and(continues) {
            return Err(broken(format!(
                "Keyferry wrote it at {}, or entries before it since entry {}, after entries that Keyferry had not \
                 signed",
                checkpoint.at.to_rfc3339(),
                checkpoint.since + 1
            )));
        }
        self.since = checkpoint.since;
        self.checkpoints += 1;
        self.newest = Some((checkpoint, kid));
        Ok(())
    }

    /// Ends the verification.
    ///
    /// # Errors
    /// [`Broken`] if the end of the chain is not signed, an event without a deletion is missing, or an expected entry
    /// is.
    pub fn finish(self) -> Result<Summary, Broken> {
        let first = self.missing.iter().min_by_key(|(_, (position, _))| *position);
        if let Some((shipment, (position, seq))) = first {
            let event = Some((shipment.clone(), *seq));
            return Err(Broken { position: Some(*position), event, reason: "its content was deleted".to_owned() });
        }
        let signed = self.newest.as_ref().map_or(0, |(newest, _)| newest.position);
        if signed != self.head.position {
            let reason = "no checkpoint signs this or a later entry: it was not written by Keyferry, or a checkpoint \
                          was deleted"
                .to_owned();
            return Err(Broken { position: Some(signed + 1), event: None, reason });
        }
        if let Some(position) = self.expected.keys().next() {
            let reason = "it was deleted: an earlier verification found it".to_owned();
            return Err(Broken { position: Some(*position), event: None, reason });
        }
        Ok(Summary {
            entries: self.head.position,
            deleted: self.deleted.len() as u64,
            checkpoints: self.checkpoints,
            newest: self.newest.map(|(newest, _)| newest),
        })
    }
}

/// Verifies the chain of a store.
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub async fn verify(
    store: &dyn EvidenceStore,
    trusted: &[String],
    expected: Vec<Head>,
) -> Result<Result<Summary, Broken>, StoreError> {
    verify_counting(store, trusted, expected, |_| {}).await
}

/// The same, and passes the number of the entries that are verified so far to `count`, now and then.
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub async fn verify_counting(
    store: &dyn EvidenceStore,
    trusted: &[String],
    expected: Vec<Head>,
    count: impl Fn(u64),
) -> Result<Result<Summary, Broken>, StoreError> {
    loop {
        let keys = store.signing_keys().await?;
        let found = verify_with(store, &keys, trusted, &expected, &count).await?;
        // A running service may have created a key since the keys were read.
        if found.is_ok() || store.signing_keys().await? == keys {
            return Ok(found);
        }
    }
}

async fn verify_with(
    store: &dyn EvidenceStore,
    keys: &[KnownKey],
    trusted: &[String],
    expected: &[Head],
    count: &impl Fn(u64),
) -> Result<Result<Summary, Broken>, StoreError> {
    let mut verifier = match Verifier::new(keys, trusted, expected.iter().cloned()) {
        Ok(verifier) => verifier,
        Err(broken) => return Ok(Err(broken)),
    };
    let mut reading = Reading::default();
    while let Some(items) = reading.next(store).await? {
        if let Err(broken) = items.iter().try_for_each(|item| verifier.take(item)) {
            return Ok(Err(broken));
        }
        count(verifier.head.position);
    }
    if let Some(event) = store.event_without_entry().await? {
        let reason = "it is not in the chain: it was not written by Keyferry, or its entry was deleted".to_owned();
        return Ok(Err(Broken { position: None, event: Some(event), reason }));
    }
    Ok(verifier.finish())
}

/// Returns the members of an event that a repetition does not change. `None` if the text is not written as Keyferry
/// writes it: with a member twice, other readers could see another value than this one.
pub(crate) fn without_repetition(text: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    if value.to_string().len() != text.len() {
        return None;
    }
    let members = value.as_object_mut()?;
    members.retain(|name, _| !REPETITION.contains(&name.as_str()));
    Some(value)
}
