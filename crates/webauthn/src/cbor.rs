//! Strict CBOR parser and CTAP2 canonical serialiser.

use ciborium::Value;

use crate::Error;

/// Maximum nesting. An attestation object needs three levels.
const MAX_DEPTH: usize = 8;
/// Maximum size of an item, in bytes.
pub(crate) const MAX_SIZE: usize = 64 * 1024;

/// Parses one item. Rejects trailing bytes.
pub(crate) fn read_all(what: &'static str, bytes: &[u8]) -> Result<Value, Error> {
    let (value, rest) = read_first(what, bytes)?;
    if !rest.is_empty() {
        return Err(Error::Cbor { what, reason: format!("{} bytes follow it", rest.len()) });
    }
    Ok(value)
}

/// Parses the first item and returns the bytes that follow it.
pub(crate) fn read_first<'a>(what: &'static str, bytes: &'a [u8]) -> Result<(Value, &'a [u8]), Error> {
    if bytes.len() > MAX_SIZE {
        return Err(Error::TooLarge { what, length: bytes.len(), limit: MAX_SIZE });
    }
    let mut rest = bytes;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).map_err(|error| {
        let reason = match error {
            ciborium::de::Error::Io(_) => "unexpected end of input".to_owned(),
            ciborium::de::Error::Syntax(offset) => format!("syntax error at byte {offset}"),
            ciborium::de::Error::Semantic(_, text) => text,
            ciborium::de::Error::RecursionLimitExceeded => format!("nested deeper than {MAX_DEPTH} levels"),
        };
        Error::Cbor { what, reason }
    })?;
    reject_duplicates(what, &value)?;
    Ok((value, rest))
}

fn reject_duplicates(what: &'static str, value: &Value) -> Result<(), Error> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| reject_duplicates(what, item)),
        Value::Tag(_, inner) => reject_duplicates(what, inner),
        Value::Map(entries) => {
            // Keys are compared in canonical form, since CBOR can encode the same number in several ways.
            let mut keys: Vec<Vec<u8>> = entries.iter().map(|(key, _)| canonical(key)).collect();
            keys.sort_unstable();
            if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Error::Cbor { what, reason: "a map contains the same key twice".to_owned() });
            }
            entries.iter().try_for_each(|(key, value)| {
                reject_duplicates(what, key)?;
                reject_duplicates(what, value)
            })
        }
        _ => Ok(()),
    }
}

/// Returns the CTAP2 canonical encoding (CTAP 2.1 section 8): shortest forms, map keys sorted by major type, then
/// length, then bytes.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    #[expect(clippy::expect_used, reason = "writing a value tree into a Vec cannot fail")]
    ciborium::into_writer(&sorted(value), &mut out).expect("writing to a Vec cannot fail");
    out
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Tag(tag, inner) => Value::Tag(*tag, Box::new(sorted(inner))),
        Value::Map(entries) => {
            let mut entries: Vec<(Vec<u8>, (Value, Value))> =
                entries.iter().map(|(key, value)| (canonical(key), (sorted(key), sorted(value)))).collect();
            entries.sort_by(|(a, _), (b, _)| (major_type(a), a.len(), a).cmp(&(major_type(b), b.len(), b)));
            Value::Map(entries.into_iter().map(|(_, entry)| entry).collect())
        }
        other => other.clone(),
    }
}

fn major_type(encoded: &[u8]) -> u8 {
    encoded.first().map_or(0, |byte| byte >> 5)
}

/// Returns the value of a text key in a map.
pub(crate) fn get<'a>(map: &'a [(Value, Value)], key: &str) -> Option<&'a Value> {
    map.iter().find(|(candidate, _)| candidate.as_text() == Some(key)).map(|(_, value)| value)
}

/// Creates a map with text keys.
pub(crate) fn text_map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (Value::Text(key.to_owned()), value)).collect())
}

/// Returns the integer, or `None` if the value is not an integer of 64 bits.
pub(crate) fn as_i64(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|integer| i64::try_from(integer).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        match read_all("x", bytes) {
            Err(Error::Cbor { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rejects_duplicate_keys_at_every_level() {
        assert!(reason(&[0xa2, 0x01, 0x02, 0x01, 0x03]).contains("twice"));
        // The same number in a longer form, and as a bignum.
        assert!(reason(&[0xa2, 0x01, 0x02, 0x18, 0x01, 0x03]).contains("twice"));
        assert!(reason(&[0xa2, 0x01, 0x02, 0xc2, 0x41, 0x01, 0x03]).contains("twice"));
        assert!(reason(&[0x81, 0xa1, 0x00, 0xa2, 0x61, 0x61, 0x00, 0x61, 0x61, 0x00]).contains("twice"));
        // Under a tag.
        assert!(reason(&[0xc6, 0xa2, 0x01, 0x02, 0x01, 0x03]).contains("twice"));
    }

    #[test]
    fn read_all_rejects_and_read_first_returns_trailing_bytes() {
        assert!(reason(&[0xa0, 0x00]).contains("1 bytes follow"));
        let (_, rest) = read_first("x", &[0x82, 0x01, 0x02, 0xff, 0xfe]).unwrap();
        assert_eq!(rest, [0xff, 0xfe]);
    }

    #[test]
    fn limits_depth_and_size() {
        let mut deep = vec![0x81; 9];
        deep.push(0x00);
        assert!(reason(&deep).contains("deeper"));
        let bytes = |length: usize| canonical(&Value::Bytes(vec![0; length]));
        assert_eq!(bytes(65_533).len(), 65_536);
        assert!(read_all("x", &bytes(65_533)).is_ok());
        let error = read_all("x", &bytes(65_534)).unwrap_err();
        assert_eq!(error, Error::TooLarge { what: "x", length: 65_537, limit: 65_536 });
    }

    #[test]
    fn rejects_wrong_lengths() {
        for head in [0x5b_u8, 0x7b, 0x9b, 0xbb] {
            let mut bytes = vec![head];
            bytes.extend([0xff; 8]);
            bytes.extend([0x00; 16]);
            assert!(read_all("x", &bytes).is_err(), "{head:x}");
        }
        assert!(read_all("x", &[]).is_err());
        assert!(read_all("x", &[0x5f]).is_err());
    }

    #[test]
    fn sorts_keys_in_ctap2_order() {
        let map = Value::Map(vec![
            (Value::Text("authData".into()), Value::Null),
            (Value::Text("fmt".into()), Value::Null),
            (Value::Text("attStmt".into()), Value::Null),
            (Value::from(-1), Value::Null),
            (Value::from(300), Value::Null),
            (Value::from(3), Value::Null),
        ]);
        let (value, _) = read_first("x", &canonical(&map)).unwrap();
        let keys: Vec<String> = value.into_map().unwrap().iter().map(|(key, _)| format!("{key:?}")).collect();
        assert_eq!(keys.len(), 6);
        assert!(keys[0].contains('3') && keys[1].contains("300") && keys[2].contains("-1"), "{keys:?}");
        assert!(keys[3].contains("fmt") && keys[4].contains("attStmt") && keys[5].contains("authData"), "{keys:?}");
    }
}
