//! Classification of failures of Table Storage and Key Vault.

use keyferry_domain::{FailureClass, FailureTable, Party, Rule, When};

/// Failures of the store. All are outages, because Keyferry cannot work without its store.
#[rustfmt::skip]
pub const FAILURES: FailureTable = FailureTable::new(Party::Store, &[
    Rule::new(When::Anything, FailureClass::Outage,
        "The store failed. Check its address, the roles of the identity, the firewall, and its log."),
]);
