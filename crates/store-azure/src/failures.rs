//! What failures of Table Storage and Key Vault mean.

use keyferry_domain::{FailureClass, FailureTable, Party, Rule, When};

/// Failures of the store. Without it nothing can be done, so they are all an outage.
#[rustfmt::skip]
pub const FAILURES: FailureTable = FailureTable::new(Party::Store, &[
    Rule::new(When::Anything, FailureClass::Outage, "The store does not work: check its address, the roles of the identity, the firewall, and its log."),
]);
