//! Reading the PIN in a mail, as a person would.

use keyferry_domain::pin::UnexpectedPin;
use keyferry_domain::{Pin, PinLength};
use zeroize::Zeroizing;

/// Why a person could not read the PIN. The text is never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing looks like it.
    #[error("nothing of {0} characters with a digit stands behind the word PIN")]
    Absent(u8),
    /// More than one thing looks like it.
    #[error("{0} different texts behind the word PIN look like one")]
    Ambiguous(usize),
    /// It looked like one, and is none.
    #[error(transparent)]
    Odd(#[from] UnexpectedPin),
}

/// The PIN in the text of a mail: what stands behind the word PIN in the same line, or alone in the next one.
pub(super) fn read(text: &str, length: PinLength, serial: &str) -> Result<Pin, Unreadable> {
    let mut found: Vec<&str> = Vec::new();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let Some(behind) = behind_label(line) else { continue };
        let here: Vec<_> = words(behind, length, serial).collect();
        let next = lines.peek().filter(|_| here.is_empty() && behind.chars().all(|c| !c.is_alphanumeric()));
        let alone = next.filter(|next| next.split_whitespace().count() == 1).map(|next| words(next, length, serial));
        for word in here.into_iter().chain(alone.into_iter().flatten()) {
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    match found.as_slice() {
        [] => Err(Unreadable::Absent(length.get())),
        [pin] => Ok(Pin::new(Zeroizing::new((*pin).to_owned()), length)?),
        several => Err(Unreadable::Ambiguous(several.len())),
    }
}

/// The PIN with its first character misread.
pub(super) fn misread(pin: &Pin) -> Zeroizing<String> {
    changed(pin.expose(), |index, _| index == 0)
}
