//! Addresses of the list and of what belongs to it.

/// The list.
pub(super) const LIST: &str = "/console/shipments";

/// File with all matches.
pub(super) const EXPORT: &str = "/console/shipments.csv";

/// Actions on many shipments.
pub(super) const ACTIONS: &str = "/console/shipments/actions";
