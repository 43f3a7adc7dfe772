//! Letter with a PIN.

/// Texts of the form of a letter.
pub(crate) struct PrintTexts {
    pub(crate) title: &'static str,
    pub(crate) does: &'static str,
    pub(crate) alone: &'static str,
    pub(crate) address: &'static str,
    pub(crate) address_hint: &'static str,
    pub(crate) user_name: &'static str,
    pub(crate) user_name_hint: &'static str,
    pub(crate) language: &'static str,
    pub(crate) button: &'static str,
    pub(crate) after: &'static str,
    pub(crate) not_possible: &'static str,
}

pub(in crate::messages) static EN: PrintTexts = PrintTexts {
    title: "Print the PIN",
    does: "Keyferry fetches the PIN again, and makes a letter with it for a window envelope. From then on the PIN \
           counts as delivered, and earlier links to it do not work any more. The timeline shows that you printed it.",
    alone: "You can read the PIN on the letter. Print it where no other person does, fold it at once, and delete the \
            file.",
    address: "Name and address in the window",
    address_hint: "At most six lines. They are printed, and stored nowhere.",
    user_name: "Name of the user of the key",
    user_name_hint: "Only if the letter shall show another name than the directory.",
    language: "Language of the letter",
    button: "Print the PIN",
    after: "The browser saves the letter as a file, and stays on this page. Another letter is another release.",
    not_possible: "A PIN can be printed when its key is registered and not revoked, and if the setting \
                   KEYFERRY_PIN_LETTERS allows it.",
};

pub(in crate::messages) static DE: PrintTexts = PrintTexts {
    title: "PIN drucken",
    does: "Keyferry holt die PIN erneut und erzeugt damit einen Brief für einen Fensterumschlag. Danach gilt die PIN \
           als zugestellt, und frühere Links zu ihr funktionieren nicht mehr. Im Verlauf steht, dass Sie sie gedruckt \
           haben.",
    alone: "Sie können die PIN auf dem Brief lesen. Drucken Sie ihn, wo niemand sonst es kann, falten Sie ihn sofort, \
            und löschen Sie die Datei.",
    address: "Name und Anschrift im Fenster",
    address_hint: "Höchstens sechs Zeilen. Sie werden gedruckt und nirgends gespeichert.",
    user_name: "Name der Person mit dem Schlüssel",
    user_name_hint: "Nur wenn der Brief einen anderen Namen zeigen soll als das Verzeichnis.",
    language: "Sprache des Briefes",
    button: "PIN drucken",
    after: "Der Browser speichert den Brief als Datei und bleibt auf dieser Seite. Ein weiterer Brief ist eine weitere \
            Freigabe.",
    not_possible: "Eine PIN kann gedruckt werden, wenn ihr Schlüssel registriert und nicht gesperrt ist und die \
                   Einstellung KEYFERRY_PIN_LETTERS es erlaubt.",
};
