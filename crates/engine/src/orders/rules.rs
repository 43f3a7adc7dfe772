//! Rules of the settings about orders.

use keyferry_domain::{Order, OrderInfo};

use super::completion::Completion;
use super::error::CreateError;
use crate::context::Context;
use crate::pins::{OwnAddresses, check_contacts};

/// Checks the order against the settings, without any call.
pub(super) fn check_settings<R, A>(context: &Context, order: &Order<R, A>) -> Result<(), CreateError> {
    check_contacts(&context.settings, &order.enrollment_contacts, &OwnAddresses::of(&order.user))
        .map_err(CreateError::ContactNotAllowed)?;
    let least = context.settings.min_pin_length;
    match order.pin_length.get() < least.get() {
        true => Err(CreateError::PinTooShort { least }),
        false => Ok(()),
    }
}

/// Checks that the settings permit whom the order asks for the address.
pub(super) fn check_completion(context: &Context, info: &OrderInfo) -> Result<(), CreateError> {
    match Completion::of(&context.settings).permits(info.address_by) {
        true => Ok(()),
        false => Err(CreateError::AddressNotByPerson),
    }
}
