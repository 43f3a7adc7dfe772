//! Reasons why a letter cannot be printed.

/// Reason why a letter cannot be printed. Its message never contains a PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// The font of the letter does not have a character.
    #[error(
        "{what} contains {shown}, which the letter's font does not have. It has the letters of the Latin, Greek, \
         Cyrillic, Armenian and Georgian scripts. Write it in one of them"
    )]
    Character {
        /// Part of the letter.
        what: &'static str,
        /// The character with its code point, or only the code point if it is invisible.
        shown: String,
    },
    /// The PIN contains a character that the letter's font does not have. The character is not named.
    #[error("the PIN contains a character that the letter's font does not have")]
    Pin,
    /// A line does not fit.
    #[error("{what} is wider than its {millimetres} mm on the letter. Shorten it")]
    Wide {
        /// Part of the letter.
        what: &'static str,
        /// Width in millimetres.
        millimetres: u16,
    },
    /// The number of lines of the address is wrong.
    #[error("the address has {0} lines: expected 1 to 6, of which none is empty")]
    Lines(usize),
    /// The number of keys is wrong.
    #[error("the shipment has {0} keys: a letter has space for 1 to 3")]
    Keys(usize),
    /// A font that the program contains cannot be read, which is a defect of the program.
    #[error("a font of the program cannot be read")]
    Font,
}
