//! Reconciliation: the last comparison of records, delivery service and identity provider.

mod route;
mod row;

pub(crate) use self::route::{reconcile, start};
