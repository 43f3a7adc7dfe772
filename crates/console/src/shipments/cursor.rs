//! Positions in lists: opaque, and valid only for the conditions and the order of the page that named them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort};

/// Length of the check value, in bytes. It finds mistakes; a forged position gains nothing.
const CHECK: usize = 8;

fn check(cursor: &str, filter: &ShipmentFilter, sort: ShipmentSort) -> [u8; CHECK] {
    let hash = digest(&SHA256, format!("{sort:?}\n{filter:?}\n{cursor}").as_bytes());
    let mut check = [0; CHECK];
    check.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    check
}

/// Encodes a store's position.
pub(super) fn encode(cursor: &Cursor, filter: &ShipmentFilter, sort: ShipmentSort) -> String {
    let check = check(&cursor.0, filter, sort);
    URL_SAFE_NO_PAD.encode([check.as_slice(), cursor.0.as_bytes()].concat())
}

/// Decodes a position of the same conditions and order. `None` for any other text.
pub(super) fn decode(text: &str, filter: &ShipmentFilter, sort: ShipmentSort) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (expected, cursor) = bytes.split_at_checked(CHECK)?;
    let cursor = std::str::from_utf8(cursor).ok()?;
    (check(cursor, filter, sort) == expected).then(|| Cursor(cursor.to_owned()))
}
