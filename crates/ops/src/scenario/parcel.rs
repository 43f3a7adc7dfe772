//! Steps 5 and 6: factory and parcel, advanced through the sandbox's control API.

use super::Trouble;
use super::answers::ParcelView;
use super::step::Steps;
use super::wire::{Wire, ask};

/// State "shipped" of the delivery service, and the state after it.
const SHIPPED: i64 = 103;
const DELIVERED: i64 = 104;
/// Upper bound: there are fewer states before "shipped".
const MOST_STATES: u32 = 10;

/// A shipped parcel, according to the delivery service and the factory.
pub(super) struct Parcel {
    pub(super) serial: String,
    pub(super) firmware: String,
    pub(super) aaguid: String,
    /// base64url.
    pub(super) credential_id: String,
    pub(super) tracking_number: String,
}

pub(super) async fn ship(wire: &Wire<'_>, steps: &mut Steps<'_>, id: &str) -> Result<Parcel, Trouble> {
    let mut view: ParcelView = wire.read("the parcel", &["control", "parcels", id]).await?;
    let mut moves = 0;
    while view.serial_number.is_none() {
        view = advance(wire, id, &view, &mut moves).await?;
    }
    let made = |member: &Option<String>, what| member.clone().ok_or(Trouble::Missing { whose: "the factory", what });
    let serial = made(&view.serial_number, "the serial number")?;
    let firmware = made(&view.firmware_version, "the firmware")?;
    let aaguid = made(&view.aaguid, "the AAGUID")?;
    let credential_id = made(&view.credential_id, "the credential id")?;
    steps.done(format!(
        "{} {serial}, firmware {firmware}, AAGUID {aaguid}, credential {credential_id}; state {}",
        view.product.as_deref().unwrap_or("key"),
        view.state_id
    ));
    while !(SHIPPED..=DELIVERED).contains(&view.state_id) {
        view = advance(wire, id, &view, &mut moves).await?;
    }
    let tracking_number = made(&view.tracking_number, "the tracking number")?;
    steps.done(format!(
        "state {}, {} {tracking_number}",
        view.state_id,
        view.carrier.as_deref().unwrap_or("carrier unknown")
    ));
    Ok(Parcel { serial, firmware, aaguid, credential_id, tracking_number })
}

/// Advances the parcel by one state. The parcel may also advance by itself.
async fn advance(wire: &Wire<'_>, id: &str, before: &ParcelView, moves: &mut u32) -> Result<ParcelView, Trouble> {
    let url = wire.sandbox(&["control", "parcels", id, "advance"])?;
    let after: ParcelView = ask("advancing the parcel", wire.http.post(&url), 200).await?;
    *moves += 1;
    if after.state_id == before.state_id || *moves > MOST_STATES {
        return Err(Trouble::NotShipped { state_id: after.state_id, message: after.message });
    }
    Ok(after)
}
