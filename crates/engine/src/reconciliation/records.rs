//! Records beside the identity provider: person by person.

use std::sync::Arc;

use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{Failure, FailureClass, IdentityProvider, PhaseName, UserRef};

use super::difference::{Difference, DifferenceKind};
use super::reaching::compare_reaching;
use super::slice::{Position, Slice};
use crate::context::Context;
use crate::failures::explain;
use crate::people::{self, Examined, Passkey, Standing, identity_of};
use crate::views::Views;

/// Shipments of one step. Small, because a step that a rate limit interrupts is repeated.
const STEP: u32 = 3;

const ACCOUNTS: &str = "accounts of people with open orders";
const PASSKEYS: &str = "passkeys of people";
const RECORDS: &str = "records that cannot be read";

/// Phases of orders that may still end in a registered key or a delivered PIN.
fn is_open(phase: PhaseName) -> bool {
    matches!(
        phase,
        PhaseName::Queued
            | PhaseName::Submitting
            | PhaseName::Unconfirmed
            | PhaseName::Accepted
            | PhaseName::Fulfilled
            | PhaseName::Registered
    )
}

/// Compares the next shipments, and the people whose first shipment is among them.
pub(super) async fn compare(context: &Arc<Context>, after: Option<&Cursor>) -> Result<Slice, StoreError> {
    let all = ShipmentFilter::default();
    let page = context.ports.shipments.query(&all, ShipmentSort::Id, after, STEP).await?;
    let mut slice = Slice { next: page.next.clone().map(|next| Position::Records(Some(next))), ..Slice::default() };
    for (_, reason) in &page.broken {
        slice.add_not_compared(RECORDS, reason.clone(), 1);
    }
    let provider = context.ports.providers.get(context.ports.providers.default_id());
    let identity = provider.and_then(|provider| identity_of(&provider.registration));
    for summary in &page.items {
        slice.compared.shipments += 1;
        slice.differences.extend(not_registered(context, summary));
        let Some(user) = user_of(summary) else { continue };
        let shipments = Views::new(context.clone()).person(&user, None).await?.items;
        // A person is compared with the first of the person's shipments.
        if shipments.last().is_some_and(|first| first.id != summary.id) {
            continue;
        }
        let Some(identity) = identity else {
            let why = "The identity provider manages its passkeys itself. Compare them in its console.";
            slice.add_not_compared(PASSKEYS, why.to_owned(), 1);
            continue;
        };
        match compare_person(context, identity, &user, &shipments, &mut slice).await? {
            Ok(()) => slice.compared.people += 1,
            // Nothing of this step is returned: it is repeated after the pause.
            Err(throttled) => {
                let pause = throttled.retry_after.map_or(5, |pause| pause.as_secs().max(1));
                let next = Some(Position::Records(after.cloned()));
                return Ok(Slice { next, pause: Some(pause), ..Slice::default() });
            }
        }
    }
    Ok(slice)
}

fn user_of(summary: &Summary) -> Option<UserRef> {
    summary.object_id.map(UserRef::ObjectId).or_else(|| UserRef::parse(summary.user.as_deref()?))
}

/// Returns the difference if the key was made and is not registered, although a run tried.
fn not_registered(context: &Context, summary: &Summary) -> Option<Difference> {
    let is_waiting = context.now() - summary.updated_at < chrono::TimeDelta::hours(1);
    if summary.phase != PhaseName::Fulfilled || (summary.obstacle.is_none() && is_waiting) {
        return None;
    }
    let why = match &summary.obstacle {
        Some((_, code)) => format!("the obstacle is {code}"),
        None => "no run has processed it for an hour".to_owned(),
    };
    Some(Difference::of(
        summary,
        DifferenceKind::ShippedNotRegistered,
        format!("the key was made, but is not registered: {why}"),
    ))
}

/// Compares one person, with one call for the passkeys if they can be listed, and a few for each open order. The inner
/// error: a rate limit is reached.
async fn compare_person(
    context: &Arc<Context>,
    identity: &dyn IdentityProvider,
    user: &UserRef,
    shipments: &[Summary],
    slice: &mut Slice,
) -> Result<Result<(), Failure>, StoreError> {
    let open: Vec<_> = shipments.iter().filter(|summary| is_open(summary.phase)).collect();
    if !open.is_empty() {
        slice.compared.calls += 1;
        let kind = match identity.account(user).await {
            Ok(Some(account)) if account.enabled == Some(false) => {
                Some((DifferenceKind::OpenOrderOfDisabledUser, "the account is disabled"))
            }
            Ok(Some(account)) if account.enabled.is_some() => None,
            Ok(_) => {
                let why = "Keyferry may not read whether accounts are enabled. Grant the permission to read users.";
                slice.add_not_compared(ACCOUNTS, why.to_owned(), 1);
                None
            }
            Err(failure) if failure.class() == FailureClass::NotFound => {
                Some((DifferenceKind::OpenOrderOfMissingUser, "the directory has no such user"))
            }
            Err(failure) if failure.class() == FailureClass::Throttled => return Ok(Err(failure)),
            Err(failure) => {
                slice.not_compared(ACCOUNTS, &failure, 1);
                None
            }
        };
        match kind {
            Some((kind, what)) => slice.differences.extend(
                open.iter()
                    .map(|summary| Difference::of(summary, kind, format!("{what}; phase {}", summary.phase.shown()))),
            ),
            // Of a person who left, more would only repeat it.
            None => {
                if let Err(throttled) = compare_reaching(context, user, &open, slice).await? {
                    return Ok(Err(throttled));
                }
            }
        }
    }
    let registered = |summary: &Summary| matches!(summary.phase, PhaseName::Registered | PhaseName::Complete);
    if !shipments.iter().any(registered) {
        return Ok(Ok(()));
    }
    slice.compared.calls += 1;
    let Examined { passkeys, incomplete } = match people::examine(context, identity, user).await? {
        Ok(examined) => examined,
        // The user was deleted, and the passkeys with the user.
        Err(failure) if failure.class() == FailureClass::NotFound => return Ok(Ok(())),
        Err(failure) if failure.class() == FailureClass::Throttled => return Ok(Err(failure)),
        Err(failure) => {
            slice.not_compared(PASSKEYS, &failure, 1);
            return Ok(Ok(()));
        }
    };
    if let Some(failure) = incomplete {
        let why = format!("Only passkeys of records were looked up. {}", explain(&failure));
        slice.add_not_compared(PASSKEYS, why, 1);
    }
    for passkey in passkeys {
        let found = compare_passkey(context, passkey).await?;
        slice.differences.extend(found.map(|found| Difference { user: Some(user.to_string()), ..found }));
    }
    Ok(Ok(()))
}

async fn compare_passkey(context: &Context, passkey: Passkey) -> Result<Option<Difference>, StoreError> {
    let name = passkey.display_name.clone().unwrap_or_else(|| "without a name".to_owned());
    let (kind, detail) = match passkey.standing {
        Standing::Registered | Standing::Revoked(_) | Standing::Unchecked => return Ok(None),
        Standing::Missing => {
            (DifferenceKind::MethodGone, format!("the record has passkey {name}, but the identity provider does not"))
        }
        Standing::OtherAccount => {
            (DifferenceKind::NameReassigned, format!("passkey {name} belongs to another account than the user name"))
        }
        Standing::WithoutRecord | Standing::WithoutRecordOfOurModel => {
            let known = of_known_serial(context, &passkey).await?;
            let detail = match known {
                Some(Known::Recorded) => return Ok(None),
                Some(Known::Serial(id)) => {
                    format!("passkey {name} has the serial number of the key of shipment {id}")
                }
                None if passkey.standing == Standing::WithoutRecord => return Ok(None),
                None => format!("passkey {name} is on a model that is ordered through Keyferry"),
            };
            (DifferenceKind::MethodWithoutRecord, detail)
        }
    };
    Ok(Some(Difference {
        shipment: passkey.shipment.map(|(id, _)| id),
        method_id: Some(passkey.method_id),
        serial: passkey.serial,
        ..Difference::new(kind, detail)
    }))
}

/// Result of the search for the serial number in the name of a passkey.
enum Known {
    /// A record of another name of the person has the passkey.
    Recorded,
    /// The shipment of the key with the serial number. Its record does not have the passkey.
    Serial(String),
}

/// Searches for the numbers in the passkey's name, which by default contains the serial number.
async fn of_known_serial(context: &Context, passkey: &Passkey) -> Result<Option<Known>, StoreError> {
    let name = passkey.display_name.as_deref().unwrap_or_default();
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|part| (6..=12).contains(&part.len()));
    for number in numbers.take(2) {
        let filter =
            ShipmentFilter { serial: Some(keyferry_domain::SerialNumber::new(number)), ..ShipmentFilter::default() };
        let found = context.ports.shipments.query(&filter, ShipmentSort::Id, None, 5).await?;
        let mut with_serial = None;
        for summary in found.items {
            let stored = match context.ports.shipments.get(summary.id).await {
                Ok(Some(stored)) => stored,
                Ok(None) | Err(StoreError::Broken { .. }) => continue,
                Err(error) => return Err(error),
            };
            let registered = stored.shipment().phase().registered();
            let mut methods = registered.into_iter().flat_map(|registered| registered.credentials.iter().flatten());
            if methods.any(|one| one.method_id == passkey.method_id) {
                return Ok(Some(Known::Recorded));
            }
            with_serial = Some(Known::Serial(summary.id.to_string()));
        }
        if with_serial.is_some() {
            return Ok(with_serial);
        }
    }
    Ok(None)
}
