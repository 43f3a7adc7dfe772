//! Which failures became visible: in a history, an obstacle, a message to a caller, or the log.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use keyferry_domain::{Party, ShipmentId, Timestamp};
use keyferry_testkit::outside::Call;

/// Time after which a failure must be visible.
const PATIENCE: TimeDelta = TimeDelta::hours(26);

/// Time around a logged outage of a party, in which its failures are visible by it.
const OUTAGE: TimeDelta = TimeDelta::hours(2);

/// Failure that is not visible yet.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// When it was returned to the connector.
    pub at: Timestamp,
    /// The call.
    pub call: Call,
    /// Replica that called.
    pub replica: usize,
    /// Shipment of the call.
    pub shipment: Option<ShipmentId>,
}

/// Failures that were injected.
#[derive(Debug, Default)]
pub struct Noticed {
    hidden: BTreeMap<u64, Hidden>,
    /// Times at which the log named a party, by party.
    outages: BTreeMap<Party, Vec<Timestamp>>,
}

impl Noticed {
    /// Adds a failure that a replica got.
    pub fn add(&mut self, number: u64, hidden: Hidden) {
        self.hidden.insert(number, hidden);
    }

    /// Removes all failures that a text names.
    pub fn read(&mut self, text: &str) {
        for part in text.split("fault-").skip(1) {
            if let Some((number, _)) = part.split_once('.')
                && let Ok(number) = number.parse()
            {
                self.hidden.remove(&number);
            }
        }
    }

    /// Reads a line of the log.
    pub fn read_log(&mut self, line: &str, now: Timestamp) {
        self.read(line);
        for party in [
            Party::IdentityProvider,
            Party::DeliveryService,
            Party::PinDelivery,
            Party::Factory,
            Party::Store,
            Party::TokenEndpoint,
        ] {
            if line.contains(&party.to_string()) {
                self.outages.entry(party).or_default().push(now);
            }
        }
    }

    /// Forgets the failures of a replica that died: it could not report them.
    pub fn died(&mut self, replica: usize, now: Timestamp) {
        self.hidden.retain(|_, hidden| hidden.replica != replica || now - hidden.at > TimeDelta::minutes(15));
    }

    /// Returns the failures that should be visible by now, and are not.
    pub fn overdue(&mut self, now: Timestamp, is_end: bool) -> Vec<(u64, Hidden)> {
        let is_due = |hidden: &Hidden| is_end || now - hidden.at >= PATIENCE;
        let outages = &self.outages;
        let is_outage = |hidden: &Hidden| {
            outages.get(&hidden.call.party()).is_some_and(|times| {
                let next = times.partition_point(|at| *at < hidden.at - OUTAGE);
                times.get(next).is_some_and(|at| *at <= hidden.at + OUTAGE)
            })
        };
        let due: Vec<_> =
            self.hidden.iter().filter(|(_, hidden)| is_due(hidden)).map(|(n, hidden)| (*n, hidden.clone())).collect();
        for (number, _) in &due {
            self.hidden.remove(number);
        }
        due.into_iter().filter(|(_, hidden)| !is_outage(hidden)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(call: Call) -> Hidden {
        Hidden { at: Timestamp::UNIX_EPOCH, call, replica: 0, shipment: None }
    }

    #[test]
    fn a_failure_is_visible_by_its_number_or_by_an_outage_of_its_party() {
        let mut noticed = Noticed::default();
        for number in 0..4 {
            noticed.add(number, hidden(Call::Status));
        }
        noticed.add(40, hidden(Call::Find));
        noticed.read("at Status fault-0., and (client-request-id: fault-2.)");
        let later = Timestamp::UNIX_EPOCH + PATIENCE;
        noticed.read_log("the identity provider does not answer", Timestamp::UNIX_EPOCH + TimeDelta::minutes(5));
        let found: Vec<_> = noticed.overdue(later, false).into_iter().map(|(number, _)| number).collect();
        assert_eq!(found, [1, 3]);
        assert!(noticed.overdue(later, true).is_empty(), "each is reported once");
    }

    #[test]
    fn a_dead_replica_cannot_report() {
        let mut noticed = Noticed::default();
        noticed.add(1, hidden(Call::Status));
        noticed.died(1, Timestamp::UNIX_EPOCH);
        assert_eq!(noticed.hidden.len(), 1);
        noticed.died(0, Timestamp::UNIX_EPOCH);
        assert!(noticed.hidden.is_empty());
    }
}
