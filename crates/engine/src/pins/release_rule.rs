//! Rules that forbid the plain release of a PIN.

use std::fmt;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{DeliveryStatus, Progress};

use crate::settings::EngineSettings;

/// Request of a caller to release a PIN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Reason, as given by the caller.
    pub reason: Option<String>,
    /// Whether the caller has the right to release the PIN against the rules. It also needs a reason.
    pub may_override: bool,
}

impl Release {
    /// Returns whether the rules do not apply: the caller may override them, and gives a reason.
    pub fn is_override(&self) -> bool {
        self.may_override && self.reason.is_some()
    }
}

/// Rule that forbids the plain release of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleaseRule {
    /// The addressee is not the one that was fixed when the key was registered.
    AddresseeChanged,
    /// No rule for the addressee finds one. A mail is not sent then; a letter can be.
    NoAddressee,
    /// The shipment is complete, but its secret names no addressee: it was restored from a backup.
    AddresseeUnknown,
    /// The parcel failed or was lost, so another person may have the key.
    ParcelFailed,
    /// The parcel is not delivered, and the settings hold the PIN until it is.
    ParcelNotDelivered,
    /// The PIN was sent for the first time longer ago than the release window.
    WindowOver,
}

impl ReleaseRule {
    /// All rules.
    pub const ALL: [Self; 6] = [
        Self::NoAddressee,
        Self::AddresseeChanged,
        Self::AddresseeUnknown,
        Self::ParcelFailed,
        Self::ParcelNotDelivered,
        Self::WindowOver,
    ];

    /// Returns the stable code, kebab-case.
    pub fn code(self) -> &'static str {
        match self {
            Self::AddresseeChanged => "addressee-changed",
            Self::NoAddressee => "no-addressee",
            Self::AddresseeUnknown => "addressee-unknown",
            Self::ParcelFailed => "parcel-failed",
            Self::ParcelNotDelivered => "parcel-not-delivered",
            Self::WindowOver => "release-window-over",
        }
    }
}

impl fmt::Display for ReleaseRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddresseeChanged => "the addressee changed since the key was registered",
            Self::NoAddressee => "the rules for the addressee of a PIN find none",
            Self::AddresseeUnknown => "it is not known to whom the PIN was sent first",
            Self::ParcelFailed => "the delivery of the parcel failed, so another person may have the key",
            Self::ParcelNotDelivered => "the parcel is not delivered yet",
            Self::WindowOver => "the PIN was first sent longer ago than the release window",
        })
    }
}

/// Returns the rules that the state of the parcel and the release window violate. `window`: start of the window, if it
/// has started.
pub(super) fn violated(
    settings: &EngineSettings,
    status: &DeliveryStatus,
    window: Option<Timestamp>,
    now: Timestamp,
) -> Vec<ReleaseRule> {
    let failed = status.progress == Progress::Failed;
    let waits = settings.hold_pin_until_delivered && !status.delivered && !failed;
    let rules = [
        (failed, ReleaseRule::ParcelFailed),
        (waits, ReleaseRule::ParcelNotDelivered),
        (window.is_some_and(|start| is_window_over(settings, start, now)), ReleaseRule::WindowOver),
    ];
    rules.into_iter().filter(|(violated, _)| *violated).map(|(_, rule)| rule).collect()
}

/// Returns whether the release window that started at `start` is over.
pub(crate) fn is_window_over(settings: &EngineSettings, start: Timestamp, now: Timestamp) -> bool {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let window = TimeDelta::from_std(DAY * settings.pin_release_window_days).unwrap_or(TimeDelta::MAX);
    settings.pin_release_window_days > 0 && start.checked_add_signed(window).is_some_and(|end| end < now)
}
