//! Holder of a parcel's key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::delivery::Parcel;
use crate::world::World;

/// Returns the user to whom the parcel's key belongs.
pub(super) fn holder(world: &World, parcel: &Parcel) -> Option<Uuid> {
    let handle = parcel.programmed.as_ref()?.user_handles().next()?;
    let handle = URL_SAFE_NO_PAD.decode(handle.trim_end_matches('=')).ok()?;
    world.ground.directory.lock().user_by_handle(&handle).map(|user| user.id)
}
