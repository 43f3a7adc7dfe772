//! A secret with its encodings, and how it is found.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::OnceLock;

use memchr::memmem;
use zeroize::Zeroizing;

use super::forms::forms;

/// Length of the shortest secret, in bytes. Shorter strings occur in ordinary text by chance.
pub(super) const SHORTEST: usize = 4;

/// Parts of secrets to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    /// Only complete secrets. For data: tokens and challenges can have long pieces in common, for example the tenant
    /// id, and a challenge must not be changed.
    Whole,
    /// Also pieces of at least [`PIECE`] bytes. For text that only humans read.
    Pieces,
}

/// Length of the shortest piece of a secret that is removed, in bytes.
pub(super) const PIECE: usize = 12;

/// Length of a secret above which only every [`PIECE`]th piece is searched, in bytes. In such a long secret, for
/// example an access token, a piece is found reliably only if it has at least `2 * PIECE - 1` bytes.
const LONG: usize = 128;

/// Length of the beginning of a secret that is searched for, in bytes. Long enough to be rare: all JSON Web Tokens
/// begin with the same bytes.
const BEGINNING: usize = 32;

/// A secret in all encodings.
pub(super) struct Secret {
    /// The first is the secret itself.
    forms: Vec<Zeroizing<Vec<u8>>>,
    /// Few responses need it.
    pieces: OnceLock<Pieces>,
}

/// Places of pieces in the encodings, by hash. It contains no part of the secret.
struct Pieces {
    hasher: RandomState,
    places: HashMap<u64, Vec<(usize, usize)>>,
    filter: Filter,
}

/// Set of hashes that are quick to calculate. It excludes most texts, so that few need the other hash.
struct Filter {
    key: u64,
    bits: Vec<u64>,
}

impl Filter {
    /// Number of bits, as the exponent of a power of two: 8 KiB. An access token sets about one bit in 40.
    const BITS: u32 = 16;

    fn new(hasher: &RandomState) -> Self {
        Self { key: hasher.hash_one(Self::BITS) | 1, bits: vec![0; 1 << (Self::BITS - 6)] }
    }

    /// Returns the place of a piece's bit: the word, and the bit in it.
    fn place(&self, piece: &[u8]) -> (usize, u64) {
        let first = piece.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let hash = first.wrapping_mul(self.key) >> (u64::BITS - Self::BITS);
        (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
    }

    fn insert(&mut self, piece: &[u8]) {
        let (word, bit) = self.place(piece);
        self.bits[word] |= bit;
    }

    fn may_contain(&self, piece: &[u8]) -> bool {
        let (word, bit) = self.place(piece);
        self.bits[word] & bit != 0
    }
}

impl Secret {
    pub(super) fn new(secret: &str) -> Self {
        let itself = Zeroizing::new(secret.as_bytes().to_vec());
        let mut all = vec![itself];
        for form in forms(secret) {
            if form.len() >= SHORTEST && !all.contains(&form) {
                all.push(form);
            }
        }
        Self { forms: all, pieces: OnceLock::new() }
    }

    /// Returns whether this is the secret.
    pub(super) fn is(&self, secret: &str) -> bool {
        self.forms.first().is_some_and(|itself| itself.as_slice() == secret.as_bytes())
    }

    /// Adds the ranges of a text that contain the secret.
    pub(super) fn find(&self, text: &[u8], find: Find, places: &mut Vec<Range<usize>>) {
        for form in &self.forms {
            if find == Find::Whole || form.len() < PIECE {
                find_whole(text, form, places);
            }
        }
        if find == Find::Pieces && text.len() >= PIECE {
            self.find_pieces(text, places);
        }
    }

    fn find_pieces(&self, text: &[u8], places: &mut Vec<Range<usize>>) {
        let pieces = self.pieces.get_or_init(|| Pieces::of(&self.forms));
        if pieces.places.is_empty() {
            return;
        }
        let windows = text.windows(PIECE).enumerate().filter(|(_, window)| pieces.filter.may_contain(window));
        for (at, window) in windows {
            for &(form, offset) in pieces.places.get(&pieces.hasher.hash_one(window)).into_iter().flatten() {
                let form = &self.forms[form];
                if form[offset..offset + PIECE] == *window {
                    let before = common(text[..at].iter().rev(), form[..offset].iter().rev());
                    let after = common(text[at..].iter(), form[offset..].iter());
                    places.push(at - before..at + after);
                }
            }
        }
    }
}

impl Pieces {
    fn of(forms: &[Zeroizing<Vec<u8>>]) -> Self {
        let (hasher, mut places) = (RandomState::new(), HashMap::<_, Vec<_>>::new());
        let mut filter = Filter::new(&hasher);
        for (number, form) in forms.iter().enumerate() {
            let step = if form.len() > LONG { PIECE } else { 1 };
            for (offset, piece) in form.windows(PIECE).enumerate().step_by(step) {
                places.entry(hasher.hash_one(piece)).or_default().push((number, offset));
                filter.insert(piece);
            }
        }
        Self { hasher, places, filter }
    }
}

/// Finds also places that overlap.
///
/// Only the beginning is searched for, and the rest is compared: preparing a search takes as long as the searched text
/// has bytes, which an access token has more of than most responses.
fn find_whole(text: &[u8], form: &[u8], places: &mut Vec<Range<usize>>) {
    if form.len() > text.len() {
        return;
    }
    let beginning = memmem::Finder::new(&form[..form.len().min(BEGINNING)]);
    let mut begin = 0;
    while let Some(found) = beginning.find(&text[begin..]) {
        let at = begin + found;
        if text[at..].starts_with(form) {
            places.push(at..at + form.len());
        }
        begin = at + 1;
    }
}

fn common<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}
