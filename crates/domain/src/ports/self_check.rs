//! Adapters check themselves from where the connector stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;

use super::store::{Claim, LeaseStore, SecretName, SecretStore, ShipmentStore};
use crate::finding::Finding;
use crate::{Aaguid, DeliveryId, EmailAddress, SecretBytes, ShipmentId, Timestamp, UserRef};

/// Checks the external system of an adapter: can it be reached, is it set up, may the connector do what it will need to do.
#[async_trait]
pub trait SelfCheck: Send + Sync {
    /// The findings, in the order in which they are needed. Nothing is ordered, registered or changed; what a check writes, it takes away
    /// again, and a PIN mail is sent only where an address for it is given.
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding>;
}

/// What checks may use.
#[derive(Debug)]
pub struct CheckRequest<'a> {
    /// The present.
    pub now: Timestamp,
    /// An id that nothing else has, for what a check writes.
    pub probe: ShipmentId,
    /// A user for whom creation options may be asked.
    pub user: Option<&'a UserRef>,
    /// Who gets a mail with a PIN of no key.
    pub send_test_mail: Option<&'a EmailAddress>,
    /// How long a challenge must live.
    pub challenge_lifetime: Duration,
    /// Products that are ordered, as far as known.
    pub products: &'a BTreeSet<i64>,
    /// Authenticator models that products may turn out to be.
    pub product_models: &'a BTreeMap<i64, Vec<Aaguid>>,
    /// A shipment that the delivery service knows.
    pub known_shipment: Option<&'a DeliveryId>,
}

/// A lease that no connector takes.
const LEASE: &str = "doctor";

/// Reads records, and writes a lease and gives it back. `remedy` is the adapter's.
pub async fn check_records(
    shipments: &dyn ShipmentStore,
    leases: &dyn LeaseStore,
    request: &CheckRequest<'_>,
    remedy: &str,
) -> Finding {
    const CHECK: &str = "records";
    if let Err(error) = shipments.ping().await {
        return Finding::failed(CHECK, format!("they cannot be read: {error}"), remedy);
    }
    let holder = request.probe.to_string();
    let claim = Claim { holder: holder.clone(), until: request.now + TimeDelta::seconds(30) };
    let written = async {
        leases.take_lease(LEASE, &claim, request.now).await?;
        leases.give_back_lease(LEASE, &holder).await
    };
    match written.await {
        Ok(()) => Finding::ok(CHECK, "they can be read and written"),
        Err(error) => Finding::failed(CHECK, format!("they can be read, and not written: {error}"), remedy),
    }
}

/// Writes a secret, reads it and purges it. `remedy` is the adapter's.
pub async fn check_secrets(secrets: &dyn SecretStore, request: &CheckRequest<'_>, remedy: &str) -> Finding {
    const CHECK: &str = "secrets";
    let name = SecretName::of(request.probe);
    let value = SecretBytes::new(b"a probe of keyferry doctor".to_vec());
    if let Err(error) = secrets.put(&name, &value).await {
        return Finding::failed(CHECK, format!("none can be written: {error}"), remedy);
    }
    let read = secrets.get(&name).await;
    // Taken away whatever the look at it brought; what stays, the next sweep takes.
    let purged = secrets.purge(&name).await;
    match (read, purged) {
        (Ok(Some(found)), Ok(())) if found.expose() == value.expose() => {
            Finding::ok(CHECK, "one was written, read and purged")
        }
        (Ok(_), Ok(())) => {
            let todo = "Somebody else writes to it, or it is broken: order nothing before this is understood.";
            Finding::failed(CHECK, format!("the secret {name} was written, and another or none was read"), todo)
        }
        (Err(error), _) => Finding::failed(CHECK, format!("one was written, and cannot be read: {error}"), remedy),
        (Ok(_), Err(error)) => {
            Finding::failed(CHECK, format!("{name} was written, and cannot be purged: {error}"), remedy)
        }
    }
}
