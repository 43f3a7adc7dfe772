//! Texts of the letter.

use crate::letter::Language;

/// Texts in one language.
pub(crate) struct Texts {
    pub(crate) title: &'static str,
    pub(crate) date: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) date_format: &'static str,
    pub(crate) intro: fn(user: &str) -> String,
    /// What to do. The last one depends on whether the key requires a new PIN.
    pub(crate) steps: [&'static str; 4],
    pub(crate) new_pin: &'static str,
    pub(crate) keep_pin: &'static str,
    pub(crate) fold: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) pin: &'static str,
}

const ENGLISH: Texts = Texts {
    title: "The PIN of a security key",
    date: "Date",
    reference: "Order",
    date_format: "%-d %B %Y",
    intro: |user| {
        format!(
            "This letter contains the PIN of the security key for {user}. The key comes separately. The PIN is on the \
             lowest part of this sheet, below the fold."
        )
    },
    steps: [
        "Check that the envelope was closed and undamaged.",
        "Compare the serial number below with the one on the back of the key.",
        "If the envelope was open, the numbers differ, or no key arrives, do not use the key. Contact your IT service \
         desk.",
        "If the key is for another person, hand this letter over in person. Do not send the PIN in a mail or a chat.",
    ],
    new_pin: "The key requires a new PIN when it is used for the first time. Then destroy this letter.",
    keep_pin: "Memorise the PIN, then destroy this letter.",
    fold: "The PIN is below this fold.",
    serial: "Serial number",
    pin: "PIN",
};

const GERMAN: Texts = Texts {
    title: "Die PIN eines Sicherheitsschlüssels",
    date: "Datum",
    reference: "Bestellung",
    date_format: "%d.%m.%Y",
    intro: |user| {
        format!(
            "Dieser Brief enthält die PIN des Sicherheitsschlüssels für {user}. Der Schlüssel kommt getrennt. Die PIN \
             steht im untersten Teil dieses Blattes, unterhalb der Faltlinie."
        )
    },
    steps: [
        "Prüfen Sie, ob der Umschlag verschlossen und unbeschädigt war.",
        "Vergleichen Sie die Seriennummer unten mit der auf der Rückseite des Schlüssels.",
        "Wenn der Umschlag offen war, die Nummern verschieden sind oder kein Schlüssel ankommt, verwenden Sie den \
         Schlüssel nicht. Wenden Sie sich an Ihren IT-Service.",
        "Wenn der Schlüssel für eine andere Person ist, übergeben Sie ihr diesen Brief persönlich. Senden Sie die PIN \
         nicht in einer E-Mail oder einem Chat.",
    ],
    new_pin: "Der Schlüssel verlangt bei der ersten Verwendung eine neue PIN. Vernichten Sie danach diesen Brief.",
    keep_pin: "Merken Sie sich die PIN, und vernichten Sie dann diesen Brief.",
    fold: "Die PIN steht unterhalb dieser Faltlinie.",
    serial: "Seriennummer",
    pin: "PIN",
};

impl Language {
    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}
