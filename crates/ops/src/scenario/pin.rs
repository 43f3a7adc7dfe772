//! Finds the PIN in the text of a mail, as a reader would.

use keyferry_domain::pin::UnexpectedPin;
use keyferry_domain::{Pin, PinLength};
use zeroize::Zeroizing;

/// Reason why no PIN was found. Contains no text of the mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No candidate.
    #[error("no text of {0} characters with a digit follows the word PIN")]
    Absent(u8),
    /// More than one candidate.
    #[error("{0} different texts after the word PIN look like a PIN")]
    Ambiguous(usize),
    /// The candidate is not a valid PIN.
    #[error(transparent)]
    Odd(#[from] UnexpectedPin),
}

/// Returns the PIN in the text of a mail: the word after the label `PIN` in the same line, or alone in the next line.
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

/// Returns the PIN with its first character changed.
pub(super) fn misread(pin: &Pin, length: PinLength) -> Result<Pin, Unreadable> {
    changed(pin, length, |index| index == 0)
}

/// Returns a wrong PIN: the last character is changed.
pub(super) fn wrong(pin: &Pin, length: PinLength) -> Result<Pin, Unreadable> {
    let last = usize::from(length.get()) - 1;
    changed(pin, length, |index| index == last)
}

/// Returns the new PIN for a key that requires a change: every character is changed.
pub(super) fn chosen(pin: &Pin, length: PinLength) -> Result<Pin, Unreadable> {
    changed(pin, length, |_| true)
}

fn changed(pin: &Pin, length: PinLength, which: impl Fn(usize) -> bool) -> Result<Pin, Unreadable> {
    let other = |c: char| match c {
        '9' => '0',
        '0'..='8' => char::from(c as u8 + 1),
        'x' => 'y',
        _ => 'x',
    };
    let characters = pin.expose().chars().enumerate();
    let text = characters.map(|(index, c)| if which(index) { other(c) } else { c }).collect();
    Ok(Pin::new(Zeroizing::new(text), length)?)
}

/// Returns the rest of the line after the last word `PIN`.
fn behind_label(line: &str) -> Option<&str> {
    let part_of_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let labels = line.match_indices("PIN").filter_map(|(at, label)| {
        let (before, behind) = (&line[..at], &line[at + label.len()..]);
        (!part_of_word(before.chars().next_back()) && !part_of_word(behind.chars().next())).then_some(behind)
    });
    labels.last()
}

/// Returns words of the right length that contain a digit and are not the key's serial number.
fn words<'a>(text: &'a str, length: PinLength, serial: &'a str) -> impl Iterator<Item = &'a str> {
    text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).filter(move |word| {
        *word != serial
            && word.chars().count() == usize::from(length.get())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && word.contains(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIAL: &str = "31415926";

    fn length(length: i64) -> PinLength {
        PinLength::try_from(length).unwrap()
    }

    fn read_8(text: &str) -> Result<String, Unreadable> {
        read(text, length(8), SERIAL).map(|pin| pin.expose().to_owned())
    }

    #[test]
    fn finds_pin_in_every_mail_form() {
        for text in [
            "Key (serial number on its back):  31415926\nPIN:                              48213790\n\n\
             1. Tell Ada Lovelace the PIN in person or by phone.\n\nThe key asks for a new PIN when it is used.",
            "The security key with serial number 31415926 for Ada Lovelace has the PIN 48213790\n",
            "PIN of the security key 31415926: 48213790.",
            "Your PIN\n\n   48213790\n\nKeep it.",
            "PIN:\n48213790",
            "PIN: 48213790\nAgain, the PIN: 48213790",
        ] {
            assert_eq!(read_8(text).as_deref(), Ok("48213790"), "{text}");
        }
        assert_eq!(read("PIN: a1b2c", length(5), SERIAL).unwrap().expose(), "a1b2c");
    }

    #[test]
    fn finds_no_pin_in_similar_text() {
        for text in [
            "",
            "Serial: 31415926",
            "PIN: 31415926",
            "PIN: 4821379",
            "PIN: 482137901",
            "PIN to identify yourself",
            "PINS: 48213790",
            "Order 48213790: the PIN comes later",
            "PIN\nsee order 48213790",
            "Keep the PIN secret\n48213790",
        ] {
            assert_eq!(read_8(text), Err(Unreadable::Absent(8)), "{text}");
        }
    }

    #[test]
    fn two_candidates_are_ambiguous() {
        let error = read_8("PIN: 48213790\nPIN: 58213790").unwrap_err();
        assert_eq!(error, Unreadable::Ambiguous(2));
        assert!(!error.to_string().contains("48213790"));
    }

    #[test]
    fn changes_only_selected_characters() {
        let pin = read("PIN: 4x213799", length(8), SERIAL).unwrap();
        assert_eq!(misread(&pin, length(8)).unwrap().expose(), "5x213799");
        assert_eq!(wrong(&pin, length(8)).unwrap().expose(), "4x213790");
        assert_eq!(chosen(&pin, length(8)).unwrap().expose(), "5y324800");
    }
}
