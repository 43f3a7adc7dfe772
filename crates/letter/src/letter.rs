//! Content of a letter.

use chrono::NaiveDate;

/// Most lines of an address.
pub const MOST_LINES: usize = 6;

/// Language of the letter's texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Returns the language with this tag (BCP 47). `None` if the letter has no texts in it.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// Content of a letter. Not `Debug`, so that it cannot be logged.
#[expect(missing_debug_implementations, reason = "it contains a PIN")]
pub struct Letter<'a> {
    /// Sender, in one line above the address. `None`: no sender.
    pub sender: Option<&'a str>,
    /// Name and address in the window, 1 to [`MOST_LINES`] lines.
    pub address: &'a [String],
    /// Name of the user of the keys.
    pub user_name: &'a str,
    /// Reference of the order.
    pub reference: &'a str,
    /// Date of the letter.
    pub date: NaiveDate,
    /// Keys, 1 to 3.
    pub keys: &'a [LetterKey<'a>],
    /// Language of the texts.
    pub language: Language,
}

/// Key with its PIN. Not `Debug`, so that it cannot be logged.
#[expect(missing_debug_implementations, reason = "it contains a PIN")]
pub struct LetterKey<'a> {
    /// Serial number.
    pub serial: &'a str,
    /// PIN.
    pub pin: &'a str,
    /// Whether the key requires a new PIN before its first use.
    pub change_on_first_use: bool,
}
