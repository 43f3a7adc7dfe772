//! Strategies for property tests of parsers: arbitrary values, and small changes to valid documents.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Map, Value};

/// Returns a configuration with a fixed seed, so that failures are reproducible. `PROPTEST_RNG_SEED` and
/// `PROPTEST_CASES` override seed and number of cases.
pub fn config(cases: u32) -> Config {
    let own = |name| std::env::var_os(name).is_some();
    let usual = Config::default();
    Config {
        cases: if own("PROPTEST_CASES") { usual.cases } else { cases },
        rng_seed: if own("PROPTEST_RNG_SEED") { usual.rng_seed } else { RngSeed::Fixed(1) },
        failure_persistence: None,
        ..usual
    }
}

/// One small change to bytes.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Flips the masked bits of one byte.
    Flip(Index, u8),
    /// Replaces one byte.
    Set(Index, u8),
    /// Inserts bytes.
    Insert(Index, Vec<u8>),
    /// Removes this number of bytes.
    Remove(Index, usize),
    /// Removes all bytes from here on.
    Cut(Index),
    /// Repeats this number of bytes.
    Repeat(Index, usize),
}

/// Strategy for one to three changes.
pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let edit = prop_oneof![
        4 => (at(), 0..8u8).prop_map(|(at, bit)| Edit::Flip(at, 1 << bit)),
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        2 => (at(), any_bytes(8)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        2 => (at(), 1..16usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => at().prop_map(Edit::Cut),
        1 => (at(), 1..64usize).prop_map(|(at, count)| Edit::Repeat(at, count)),
    ];
    prop::collection::vec(edit, 1..4)
}

/// Returns the bytes with the changes applied.
pub fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match edit {
            Edit::Flip(at, mask) => {
                let at = place(at);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= mask);
            }
            Edit::Set(at, value) => {
                let at = place(at);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = *value);
            }
            Edit::Insert(at, new) => {
                let at = place(at);
                bytes.splice(at..at, new.iter().copied());
            }
            Edit::Remove(at, count) => {
                let at = place(at);
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Edit::Cut(at) => {
                let at = place(at);
                bytes.truncate(at);
            }
            Edit::Repeat(at, count) => {
                let at = place(at);
                let piece = bytes[at..(at + count).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Strategy for up to `max` bytes.
pub fn any_bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..=max)
}

/// Strategy for any text. Characters that parsers often handle wrongly are more frequent.
pub fn any_text() -> impl Strategy<Value = String> {
    const SPECIAL: &str = "\0\r\n\t\u{7f}\u{85}\u{a0}\u{2028}\u{202e}\u{feff}\u{10ffff}@<>\"'\\/%&?#:;,.=+-_*$(){}[]|";
    let character = prop_oneof![
        4 => any::<char>(),
        4 => prop::char::range(' ', '~'),
        2 => prop::sample::select(SPECIAL.chars().collect::<Vec<_>>()),
    ];
    prop::collection::vec(character, 0..40).prop_map(|characters| characters.into_iter().collect())
}

/// Strategy for any JSON value of limited size.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// One change to a JSON document: a value anywhere in it is replaced, or removed if `None`.
pub type Change = (Index, Option<Value>);

/// Strategy for one or two changes to a JSON document.
pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((any::<Index>(), prop::option::weighted(0.75, any_json())), 1..3)
}

/// Returns the document with the changes applied.
pub fn changed(document: &Value, changes: &[Change]) -> Value {
    let mut document = document.clone();
    for (at, new) in changes {
        let mut left = at.index(size(&document));
        change(&mut document, &mut left, new);
    }
    document
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Applies the change if its place is within `value`, and returns whether it was.
fn change(value: &mut Value, left: &mut usize, new: &Option<Value>) -> bool {
    if *left == 0 {
        *value = new.clone().unwrap_or_default();
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change(item, left, new)),
        Value::Object(members) => {
            let Some(name) = members.iter_mut().find_map(|(name, member)| {
                let here = *left == 0;
                change(member, left, new).then(|| (name.clone(), here))
            }) else {
                return false;
            };
            if let ((name, true), None) = (name, new) {
                members.remove(&name);
            }
            true
        }
        _ => false,
    }
}
