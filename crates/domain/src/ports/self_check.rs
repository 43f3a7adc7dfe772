//! Self-checks of adapters, run from the environment of the connector.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;

use super::claim::Claim;
use super::store::{LeaseStore, SecretName, SecretStore, ShipmentStore};
use crate::finding::Finding;
use crate::{Aaguid, DeliveryId, EmailAddress, SecretBytes, ShipmentId, Timestamp, UserRef};

/// Checks the external system of an adapter: whether it is reachable and set up, and whether Keyferry has the
/// permissions it needs.
#[async_trait]
pub trait SelfCheck: Send + Sync {
    /// Returns the findings, in the order in which the checks depend on each other.
    ///
    /// Does not order, register or change anything. Test data is removed again. A test mail is sent only if `request`
    /// has an address for it.
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding>;
}

/// Input of the checks.
#[derive(Debug)]
pub struct CheckRequest<'a> {
    /// Current time.
    pub now: Timestamp,
    /// Unique id for data that a check writes.
    pub probe: ShipmentId,
    /// User for whom checks may request creation options.
    pub user: Option<&'a UserRef>,
    /// Addressee of a test mail with a PIN that belongs to no key.
    pub send_test_mail: Option<&'a EmailAddress>,
    /// Required lifetime of a challenge.
    pub challenge_lifetime: Duration,
    /// Ids of ordered products, as far as known.
    pub products: &'a BTreeSet<i64>,
    /// Possible authenticator models of each product.
    pub product_models: &'a BTreeMap<i64, Vec<Aaguid>>,
    /// Shipment that exists in the delivery service.
    pub known_shipment: Option<&'a DeliveryId>,
}

/// Name of a lease that only this check uses.
const LEASE: &str = "doctor";

/// Checks that records can be read and written, and that a lease can be taken and released. `remedy` is the adapter's.
pub async fn check_records(
    shipments: &dyn ShipmentStore,
    leases: &dyn LeaseStore,
    request: &CheckRequest<'_>,
    remedy: &str,
) -> Finding {
    const CHECK: &str = "records";
    if let Err(error) = shipments.get(request.probe).await {
        return Finding::failed(CHECK, format!("could not read records: {error}"), remedy);
    }
    let holder = request.probe.to_string();
    let claim = Claim { holder: holder.clone(), until: request.now + TimeDelta::seconds(30) };
    let written = async {
        shipments.prove_write().await?;
        leases.take_lease(LEASE, &claim, request.now).await?;
        leases.release_lease(LEASE, &holder).await
    };
    match written.await {
        Ok(()) => Finding::ok(CHECK, "records can be read and written"),
        Err(error) => Finding::failed(CHECK, format!("records can be read, but not written: {error}"), remedy),
    }
}

/// Checks that a secret can be written, read and purged. `remedy` is the adapter's.
pub async fn check_secrets(secrets: &dyn SecretStore, request: &CheckRequest<'_>, remedy: &str) -> Finding {
    const CHECK: &str = "secrets";
    let name = SecretName::of(request.probe);
    let value = SecretBytes::new(b"a probe of keyferry doctor".to_vec());
    if let Err(error) = secrets.put(&name, &value).await {
        return Finding::failed(CHECK, format!("could not write secret {name}: {error}"), remedy);
    }
    let read = secrets.get(&name).await;
    // Purge even if the read failed. If the purge fails as well, the next clean-up deletes the secret.
    let purged = secrets.purge(&name).await;
    match (read, purged) {
        (Ok(Some(found)), Ok(())) if found.expose() == value.expose() => {
            Finding::ok(CHECK, "a test secret was written, read and purged")
        }
        (Ok(_), Ok(())) => {
            let todo = "Another program writes to this store, or the store is damaged. \
                        Do not place orders until you know the cause.";
            Finding::failed(CHECK, format!("secret {name} was written, but no value or another value was read"), todo)
        }
        (Err(error), _) => {
            Finding::failed(CHECK, format!("secret {name} was written, but could not be read: {error}"), remedy)
        }
        (Ok(_), Err(error)) => {
            Finding::failed(CHECK, format!("secret {name} was written, but could not be purged: {error}"), remedy)
        }
    }
}
