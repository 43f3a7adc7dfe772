//! Passes of a run. A PIN delivery that hangs does not delay registrations: PINs have workers of their own during the
//! first pass, and shipments that were registered before the run come in the second one.

use keyferry_domain::PhaseName;

/// Pass of a run over its shipments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// All phases up to the registration.
    Keys,
    /// Delivery of PINs: of the keys that the run registers, beside the first pass, and then of all others.
    Pins,
}

impl Pass {
    /// Returns whether the pass processes shipments in this phase.
    pub(super) fn covers(self, phase: PhaseName) -> bool {
        (self == Self::Pins) == (phase == PhaseName::Registered)
    }

    /// Returns the open phases of the pass.
    pub(super) fn phases(self) -> Vec<PhaseName> {
        PhaseName::OPEN.into_iter().filter(|phase| self.covers(*phase)).collect()
    }
}
