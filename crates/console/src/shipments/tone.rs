//! Tone in which a phase is shown.

use keyferry_domain::PhaseName;

/// Returns the tone in which a phase is shown: the name of a class of the style sheet.
pub(crate) fn tone(phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Queued | PhaseName::Submitting => "quiet",
        PhaseName::Accepted | PhaseName::Fulfilled | PhaseName::Registered => "busy",
        PhaseName::Complete => "good",
        PhaseName::Unconfirmed | PhaseName::Refused => "bad",
        PhaseName::Cancelling | PhaseName::Cancelled => "off",
    }
}
