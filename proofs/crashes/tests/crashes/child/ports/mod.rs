//! Wrappers of all ports. The name of a step is port and method, with a suffix where one method has several kinds of
//! calls.

mod batches;
mod delivery;
mod idempotency;
mod identity;
mod journal;
mod pin_delivery;
mod secrets;
mod shipments;

use std::sync::Arc;

use super::planted::Planted;
use super::steps::Steps;

pub(super) struct Wrapped<P: ?Sized> {
    inner: Arc<P>,
    steps: Arc<Steps>,
    planted: Planted,
}

impl<P: ?Sized> Wrapped<P> {
    pub(super) fn around(inner: Arc<P>, steps: &Arc<Steps>, planted: &Planted) -> Arc<Self> {
        Arc::new(Self { inner, steps: steps.clone(), planted: planted.clone() })
    }
}
