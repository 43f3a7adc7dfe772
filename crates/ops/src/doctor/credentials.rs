//! When the connector's own credentials end.

use chrono::TimeDelta;

use super::{Finding, Patient};

const CHECK: &str = "ends of credentials";
const SOON: TimeDelta = TimeDelta::days(30);

/// Of those that were read while everything else was looked at.
pub(super) fn ends(patient: &Patient) -> Vec<Finding> {
    let now = patient.ports.clock.now();
    let known = patient.expiries.known();
    if known.is_empty() {
        let todo = "Give the secrets in the vault an expiry date, and remember that the API token lives for a year: the connector warns then.";
        return vec![Finding::not_examined(CHECK, "no credential tells when it ends", todo)];
    }
    let told = known.into_iter().map(|(name, ends)| {
        let (days, at) = ((ends - now).num_days(), ends.format("%Y-%m-%d"));
        let todo = "Put a new one in its place (how-to pages on rotation); the old one stays good meanwhile.";
        if ends <= now {
            Finding::failed(CHECK, format!("{name} ended on {at}"), todo)
        } else if ends - now < SOON {
            Finding::warning(CHECK, format!("{name} ends on {at}, in {days} days"), todo)
        } else {
            Finding::ok(CHECK, format!("{name} ends on {at}, in {days} days"))
        }
    });
    told.collect()
}
