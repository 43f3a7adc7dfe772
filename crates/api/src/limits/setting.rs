//! The setting of the check.

/// Whether the limits are checked here. The delivery service checks its own in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShipmentLimits {
    /// Checked before anything is asked of anybody.
    #[default]
    Checked,
    /// Left to the delivery service.
    LeftToTheService,
}
