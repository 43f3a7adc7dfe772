//! Cursors of lists: opaque, and valid only for the filter and the order of the page that returned them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort};

/// Length of the check value, in bytes. It finds mistakes; a forged cursor gains nothing.
const CHECK: usize = 8;

fn check(cursor: &str, filter: &ShipmentFilter, sort: ShipmentSort) -> [u8; CHECK] {
    let hash = digest(&SHA256, format!("{sort:?}\n{filter:?}\n{cursor}").as_bytes());
    let mut check = [0; CHECK];
    check.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    check
}

/// Encodes a store's cursor.
pub fn encode(cursor: &Cursor, filter: &ShipmentFilter, sort: ShipmentSort) -> String {
    let check = check(&cursor.0, filter, sort);
    URL_SAFE_NO_PAD.encode([check.as_slice(), cursor.0.as_bytes()].concat())
}

/// Decodes a cursor that [`encode`] made for the same filter and order. Returns `None` for any other text.
pub fn decode(text: &str, filter: &ShipmentFilter, sort: ShipmentSort) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (expected, cursor) = bytes.split_at_checked(CHECK)?;
    let cursor = std::str::from_utf8(cursor).ok()?;
    (check(cursor, filter, sort) == expected).then(|| Cursor(cursor.to_owned()))
}

#[cfg(test)]
mod tests {
    use keyferry_domain::PhaseName;

    use super::*;

    #[test]
    fn cursor_belongs_to_its_filter_and_order() {
        let (filter, sort) = (ShipmentFilter::default(), ShipmentSort::Newest);
        let cursor = Cursor("2026-01-05 0196f0a0-0000-7000-8000-00000000000a".into());
        let text = encode(&cursor, &filter, sort);
        assert_eq!(decode(&text, &filter, sort), Some(cursor));
        assert_eq!(decode(&text, &filter, ShipmentSort::Updated), None);
        assert_eq!(decode(&text, &ShipmentFilter::phases(&[PhaseName::Accepted]), sort), None);
        for text in ["", "x", "AAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA", "ü"] {
            assert_eq!(decode(text, &filter, sort), None, "{text}");
        }
    }
}
