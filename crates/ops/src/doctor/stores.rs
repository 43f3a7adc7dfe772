//! Table and vault, or the data directory: read, and written to.

use chrono::TimeDelta;
use keyferry_domain::ports::{Claim, SecretName};
use keyferry_domain::{SecretBytes, ShipmentId};

use super::{Finding, Patient};

/// A lease that no connector takes.
const LEASE: &str = "doctor";

pub(super) async fn all(patient: &Patient) -> [Finding; 2] {
    [records(patient).await, secrets(patient).await]
}

async fn records(patient: &Patient) -> Finding {
    const CHECK: &str = "records";
    let ports = &patient.ports;
    if let Err(error) = ports.shipments.ping().await {
        return Finding::of_store(CHECK, "they cannot be read", &error);
    }
    let now = ports.clock.now();
    let holder = ShipmentId::new(now, ports.entropy.as_ref()).to_string();
    let claim = Claim { holder: holder.clone(), until: now + TimeDelta::seconds(30) };
    let written = async {
        ports.leases.take_lease(LEASE, &claim, now).await?;
        ports.leases.give_back_lease(LEASE, &holder).await
    };
    match written.await {
        Ok(()) => Finding::ok(CHECK, "they can be read and written"),
        Err(error) => Finding::of_store(CHECK, "they can be read, and not written", &error),
    }
}

async fn secrets(patient: &Patient) -> Finding {
    const CHECK: &str = "secrets";
    let ports = &patient.ports;
    let name = SecretName::of(ShipmentId::new(ports.clock.now(), ports.entropy.as_ref()));
    let value = SecretBytes::new(b"a probe of keyferry doctor".to_vec());
    if let Err(error) = ports.secrets.put(&name, &value).await {
        return Finding::of_store(CHECK, "none can be written", &error);
    }
    let read = ports.secrets.get(&name).await;
    // Taken away whatever the look at it brought; what stays, the next sweep takes.
    let purged = ports.secrets.purge(&name).await;
    match (read, purged) {
        (Ok(Some(found)), Ok(())) if found.expose() == value.expose() => {
            Finding::ok(CHECK, "one was written, read and purged")
        }
        (Ok(_), Ok(())) => {
            let todo = "Somebody else writes to it, or it is broken: order nothing before this is understood.";
            Finding::failed(CHECK, format!("the secret {name} was written, and another or none was read"), todo)
        }
        (Err(error), _) => Finding::of_store(CHECK, "one was written, and cannot be read", &error),
        (Ok(_), Err(error)) => Finding::of_store(CHECK, &format!("{name} was written, and cannot be purged"), &error),
    }
}
