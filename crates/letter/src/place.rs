//! Places on the page, in millimetres from its upper left corner: DIN 5008, form B, folded for an envelope DL.

/// Width of the page.
pub(crate) const WIDTH: f32 = 210.0;
/// Height of the page.
pub(crate) const HEIGHT: f32 = 297.0;
/// Left edge of text.
pub(crate) const LEFT: f32 = 25.0;
/// Width of text.
pub(crate) const TEXT_WIDTH: f32 = 165.0;
/// Folds.
pub(crate) const FOLDS: [f32; 2] = [105.0, 210.0];
/// Mark for a hole punch.
pub(crate) const PUNCH: f32 = 148.5;
/// Base line of the sender, above the address. The address field begins at 45 and is 85 by 45; the envelope's window
/// shows a little more than it.
pub(crate) const SENDER: f32 = 60.0;
/// Line below the sender.
pub(crate) const SENDER_RULE: f32 = 61.3;
/// First base line of the address.
pub(crate) const ADDRESS: f32 = 66.5;
/// Distance of the base lines of the address. Six lines end at 88.5, above the end of the field at 90.
pub(crate) const ADDRESS_STEP: f32 = 4.4;
/// Width of the address field from the left edge of text.
pub(crate) const ADDRESS_WIDTH: f32 = 80.0;
/// Left edge of date and reference, right of the window.
pub(crate) const INFO_LEFT: f32 = 125.0;
/// First base line of date and reference.
pub(crate) const INFO: f32 = 53.0;
/// Base line of the subject, below the first fold.
pub(crate) const SUBJECT: f32 = 117.0;
/// First base line of the text.
pub(crate) const TEXT: f32 = 127.0;
/// Distance of the base lines of the text.
pub(crate) const TEXT_STEP: f32 = 5.0;
/// Lowest base line of the text: below it, the cover of the PIN begins.
pub(crate) const TEXT_END: f32 = 184.0;
/// Distance from the second fold to the base line of the first label.
pub(crate) const LABEL_BELOW_FOLD: f32 = 11.0;
/// Distance from a label to the base line of its value.
pub(crate) const VALUE_BELOW_LABEL: f32 = 9.0;
/// Distance of keys.
pub(crate) const KEY_STEP: f32 = 24.0;
/// Left edge of PINs.
pub(crate) const PIN_LEFT: f32 = 75.0;
/// Width of a PIN.
pub(crate) const PIN_WIDTH: f32 = 115.0;

/// Returns millimetres in points.
pub(crate) fn points(millimetres: f32) -> f32 {
    millimetres * 72.0 / 25.4
}
