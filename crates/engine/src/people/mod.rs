//! A person's keys: the records beside the passkeys that the identity provider holds.

mod compare;
mod deletion;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Aaguid, Account, DirectoryEntry, Failure, FailureClass, IdentityProvider, UserRef};

use self::compare::{Held, compare};
pub(crate) use self::deletion::{Holder, NotDeleted, delete_passkey};
use self::records::Record;
pub(crate) use self::records::records;
use crate::context::Context;
use crate::failures::explain;
use crate::providers::Registration;

pub use self::compare::{Passkey, Standing};

/// Longest wait for the identity provider, for which a human waits.
const PATIENCE: Duration = Duration::from_secs(8);

/// Most passkeys that are looked up one by one.
const MOST_LOOK_UPS: usize = 10;

/// A person's passkeys, and what the directory contains about the person.
#[derive(Clone, Debug)]
pub struct PersonPasskeys {
    /// Account at the default identity provider. `None` if it cannot be read.
    pub account: Option<Account>,
    /// Directory entry, with the manager. `None` if it cannot be read.
    pub entry: Option<DirectoryEntry>,
    /// Passkeys of the records and of the identity provider: first those of records, newest first.
    pub passkeys: Vec<Passkey>,
    /// What the identity provider returned.
    pub listing: Listing,
}

/// What the identity provider returned about a person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// All passkeys.
    Complete,
    /// Only those of records: the app's permissions do not allow listing the others. The text states what to do.
    OnlyOwn(String),
    /// Nothing. The text states why.
    Failed(String),
}

/// Reads persons' passkeys. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct People(Arc<Context>);

impl People {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns a person's passkeys. Asks the identity provider for at most some seconds. What it does not answer is
    /// missing in the result.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn passkeys(&self, user: &UserRef) -> Result<PersonPasskeys, StoreError> {
        let context = &self.0;
        let records = records(context, user).await?;
        let provider = context.ports.providers.get(context.ports.providers.default_id());
        let (identity, directory) = match provider {
            Some(provider) => (identity_of(&provider.registration), Some(provider.directory.as_ref())),
            None => (None, None),
        };
        let account = async { identity?.account(user).await.ok().flatten() };
        let entry = async { directory?.entry(user, true).await.ok() };
        let held = async {
            match identity {
                Some(identity) => held(context, identity, user, &records).await,
                None => (Held::Unknown, Listing::Failed("The identity provider does not list passkeys.".to_owned())),
            }
        };
        let (account, entry, (held, listing)) = tokio::join!(within(context, account), within(context, entry), async {
            within(context, async { Some(held.await) }).await.unwrap_or_else(too_late)
        },);
        let passkeys = compare(records, held, account.as_ref().map(|account| account.id), &models(context));
        Ok(PersonPasskeys { account, entry, passkeys, listing })
    }
}

fn too_late() -> (Held, Listing) {
    (Held::Unknown, Listing::Failed("The identity provider did not answer in time. Try again.".to_owned()))
}

pub(crate) fn identity_of(registration: &Registration) -> Option<&dyn IdentityProvider> {
    match registration {
        Registration::CreationOptions(identity) => Some(identity.as_ref()),
        Registration::Own(_) => None,
    }
}

async fn within<T>(context: &Context, work: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => done,
        () = context.ports.clock.sleep(PATIENCE) => None,
    }
}

/// Passkeys of a person that were read without a time limit.
pub(crate) struct Examined {
    pub(crate) passkeys: Vec<Passkey>,
    /// Why only the passkeys of records were looked up.
    pub(crate) incomplete: Option<Failure>,
}

/// Compares a person's passkeys with the records, in the background. The inner error: the identity provider failed.
pub(crate) async fn examine(
    context: &Arc<Context>,
    identity: &dyn IdentityProvider,
    user: &UserRef,
) -> Result<Result<Examined, Failure>, StoreError> {
    let records = records(context, user).await?;
    let (held, incomplete) = match identity.methods(user).await {
        Ok(methods) => (Held::All(methods), None),
        Err(failure) if failure.class() == FailureClass::Forbidden => {
            match look_up(context, identity, &records).await {
                Ok(found) => (Held::Own(found), Some(failure)),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Err(failure) => return Ok(Err(failure)),
    };
    Ok(Ok(Examined { passkeys: compare(records, held, None, &models(context)), incomplete }))
}

/// Asks for all passkeys of the user, or else for those of the records.
async fn held(
    context: &Context,
    identity: &dyn IdentityProvider,
    user: &UserRef,
    records: &[Record],
) -> (Held, Listing) {
    let failure = match identity.methods(user).await {
        Ok(methods) => return (Held::All(methods), Listing::Complete),
        Err(failure) => failure,
    };
    if failure.class() != FailureClass::Forbidden {
        return (Held::Unknown, Listing::Failed(explain(&failure)));
    }
    match look_up(context, identity, records).await {
        Ok(found) => (Held::Own(found), Listing::OnlyOwn(explain(&failure))),
        Err(failure) => (Held::Unknown, Listing::Failed(explain(&failure))),
    }
}

/// Looks up the passkeys of the records. Returns for each looked-up method whether it exists.
async fn look_up(
    context: &Context,
    identity: &dyn IdentityProvider,
    records: &[Record],
) -> Result<BTreeMap<String, bool>, Failure> {
    let default = context.ports.providers.default_id();
    let mut found = BTreeMap::new();
    for record in records.iter().filter(|record| record.provider == *default).take(MOST_LOOK_UPS) {
        let Some(id) = &record.credential.credential_id else { continue };
        let method = identity.find(&record.user, id).await?;
        found.insert(record.credential.method_id.clone(), method.is_some());
    }
    Ok(found)
}

/// Returns the models of the products that can be ordered.
fn models(context: &Context) -> BTreeSet<String> {
    context.settings.product_aaguids.values().flatten().map(Aaguid::to_string).collect()
}
