//! Open orders beside the directory: whether the parcel still goes to where the person is, and whether the PIN still
//! has an addressee.
//!
//! Of an address, a record keeps only the country. So a person who moved within a country is not found.

use keyferry_domain::ports::{StoreError, Summary};
use keyferry_domain::{Directory, EmailAddress, Failure, FailureClass, Party, Shipment, UserRef};

use super::difference::{Difference, DifferenceKind};
use super::slice::Slice;
use crate::context::Context;
use crate::pins::{Addressees, OrderAddresses};

const COUNTRIES: &str = "countries of people with open orders";
const ADDRESSEES: &str = "addressees of PINs of open orders";

/// Compares the open orders of a person, with one call for the country and one for the addressee of each PIN. The inner
/// error: a rate limit is reached.
pub(super) async fn compare_reaching(
    context: &Context,
    user: &UserRef,
    open: &[&Summary],
    slice: &mut Slice,
) -> Result<Result<(), Failure>, StoreError> {
    let directory = match context.directory(context.ports.providers.default_id()) {
        Ok(directory) => directory,
        Err(failure) => {
            slice.not_compared(ADDRESSEES, &failure, 1);
            return Ok(Ok(()));
        }
    };
    if let Err(failure) = compare_countries(directory, user, open, slice).await {
        return Ok(Err(failure));
    }
    let addressees = Addressees { context, directory, refuses_disabled: false };
    let mut known: Vec<(Vec<EmailAddress>, Option<EmailAddress>, Found)> = Vec::new();
    for summary in open {
        let stored = match context.ports.shipments.get(summary.id).await {
            Ok(Some(stored)) => stored,
            // A record that cannot be read is named with the records.
            Ok(None) | Err(StoreError::Broken { .. } | StoreError::Damaged(_)) => continue,
            Err(error) => return Err(error),
        };
        let shipment = stored.shipment();
        if shipment.withdrawal().is_some() || shipment.key_revoked_at().is_some() {
            continue;
        }
        let (contacts, recipient) = (shipment.enrollment_contacts().to_vec(), shipment.recipient_email().cloned());
        let same = known.iter().find(|known| known.0 == contacts && known.1 == recipient);
        let found = match same {
            Some((.., found)) => found.clone(),
            None => {
                slice.compared.calls += 1;
                match addressee(&addressees, shipment, user, slice).await {
                    Ok(found) => found,
                    Err(throttled) => return Ok(Err(throttled)),
                }
            }
        };
        slice.differences.extend(found.as_ref().map(|(kind, detail)| Difference::of(summary, *kind, detail.clone())));
        known.push((contacts, recipient, found));
    }
    Ok(Ok(()))
}

/// Kind and detail of a difference.
type Found = Option<(DifferenceKind, String)>;

/// Compares the countries. An error: a rate limit is reached.
async fn compare_countries(
    directory: &dyn Directory,
    user: &UserRef,
    open: &[&Summary],
    slice: &mut Slice,
) -> Result<(), Failure> {
    if open.iter().all(|summary| summary.country.is_none()) {
        return Ok(());
    }
    slice.compared.calls += 1;
    let now = match directory.profile(user).await {
        Ok(profile) => profile.address.country_code_2,
        Err(failure) if failure.class() == FailureClass::Throttled => return Err(failure),
        Err(failure) => {
            slice.not_compared(COUNTRIES, &failure, 1);
            return Ok(());
        }
    };
    // Without a country in the directory, nothing shows that the person moved.
    let Some(now) = now else { return Ok(()) };
    let differs = |summary: &&Summary| -> Option<Difference> {
        let country = summary.country.as_ref().filter(|country| !country.eq_ignore_ascii_case(&now))?;
        let phase = summary.phase.shown();
        let detail = format!("the parcel goes to {country}, but the directory has {now} for the person; phase {phase}");
        Some(Difference::of(summary, DifferenceKind::ParcelToAnotherCountry, detail))
    };
    slice.differences.extend(open.iter().filter_map(differs));
    Ok(())
}

/// Finds the addressee as a release of the PIN does. An error: a rate limit is reached.
async fn addressee(
    addressees: &Addressees<'_>,
    shipment: &Shipment,
    user: &UserRef,
    slice: &mut Slice,
) -> Result<Found, Failure> {
    let named = shipment.user().unwrap_or(user);
    match addressees.of(OrderAddresses::from(&**shipment), user, named).await {
        Ok(resolved) if resolved.is_disabled() => {
            let detail = "the PIN is for the manager, whose account is disabled, so it is not sent".to_owned();
            Ok(Some((DifferenceKind::PinAddresseeDisabled, detail)))
        }
        Ok(_) => Ok(None),
        Err(failure) if failure.class() == FailureClass::Throttled => Err(failure),
        // The rules find none.
        Err(failure) if failure.party == Party::PinDelivery => {
            Ok(Some((DifferenceKind::PinAddresseeMissing, failure.message.clone())))
        }
        Err(failure) => {
            slice.not_compared(ADDRESSEES, &failure, 1);
            Ok(None)
        }
    }
}
