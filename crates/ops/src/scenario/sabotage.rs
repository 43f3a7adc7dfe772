//! Faults that the scenario must detect.

use keyferry_domain::Pin;

use super::order::Ordered;
use super::registration::{self, Method};
use super::wire::Wire;
use super::{Trouble, pin};

/// Fault to inject, to verify that the scenario detects it. Applied before step 14, with a browser before step 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// No fault.
    #[default]
    None,
    /// Misreads one digit of the PIN in the mail.
    CorruptPin,
    /// Deletes the method from Graph before the sign-in, as an administrator could.
    DeleteMethod,
    /// Releases the PIN again, so that a page shows it twice. Only in [`run_person`](super::run_person).
    ShowPinAgain,
    /// Has the identity provider fail when the method of the lost key is deleted. Only in
    /// [`run_person`](super::run_person).
    KeepLostKey,
}

/// Injects the fault. Returns the misread PIN for [`Sabotage::CorruptPin`].
pub(super) async fn spoil(
    wire: &Wire<'_>,
    sabotage: Sabotage,
    ordered: &Ordered,
    method: &Method,
    pin: &Pin,
) -> Result<Option<Pin>, Trouble> {
    match sabotage {
        Sabotage::None | Sabotage::ShowPinAgain | Sabotage::KeepLostKey => Ok(None),
        Sabotage::CorruptPin => Ok(Some(pin::misread(pin, ordered.pin_length)?)),
        Sabotage::DeleteMethod => registration::delete(wire, method).await.map(|()| None),
    }
}
