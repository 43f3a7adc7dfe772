//! Actions on many shipments.

use crate::shipment::Verb;

/// Texts of the actions on many shipments.
pub(crate) struct BulkTexts {
    pub(crate) action: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) ticked: &'static str,
    pub(crate) matching: &'static str,
    pub(crate) offer_hint: &'static str,
    pub(crate) tick: &'static str,
    pub(crate) no_action: &'static str,
    pub(crate) none_ticked: &'static str,
    pub(crate) back: &'static str,
    pub(crate) dry_run: &'static str,
    pub(crate) for_ticked: &'static str,
    pub(crate) and_more: fn(u64) -> String,
    pub(crate) for_matching: &'static str,
    pub(crate) for_everything: &'static str,
    pub(crate) possible: fn(possible: &str, matched: &str) -> String,
    pub(crate) nothing_possible: &'static str,
    pub(crate) impossible: &'static str,
    pub(crate) and_unnamed: fn(u64) -> String,
    pub(crate) reason_hint: &'static str,
    pub(crate) no_reason: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) confirm_hint: &'static str,
    pub(crate) wrong_number: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) result: &'static str,
    pub(crate) running: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) unknown_title: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) left: fn(u64) -> String,
    pub(crate) again: &'static str,
    /// What a button does, with the number of shipments.
    pub(crate) act: fn(Verb, u64) -> String,
    /// What was done, with the number of shipments.
    pub(crate) done: fn(Verb, u64) -> String,
}

impl BulkTexts {
    pub(crate) fn and_more(&self, count: usize) -> String {
        (self.and_more)(count as u64)
    }

    pub(crate) fn and_unnamed(&self, count: &u64) -> String {
        (self.and_unnamed)(*count)
    }

    pub(crate) fn left(&self, count: &u64) -> String {
        (self.left)(*count)
    }

    pub(crate) fn act(&self, verb: &Verb, count: &u64) -> String {
        (self.act)(*verb, *count)
    }

    pub(crate) fn done(&self, verb: &Verb, count: &u64) -> String {
        (self.done)(*verb, *count)
    }
}

/// Returns the text for one, or for a number of them.
fn plural(count: u64, one: &str, several: &str) -> String {
    if count == 1 { one.to_owned() } else { several.replace('#', &count.to_string()) }
}

pub(in crate::messages) static EN: BulkTexts = BulkTexts {
    action: "Action",
    choose: "Choose an action",
    ticked: "For the ticked shipments",
    matching: "For all that match",
    offer_hint: "The next page shows what would happen. Nothing changes yet.",
    tick: "Tick",
    no_action: "Choose an action first.",
    none_ticked: "Tick the shipments that the action is for, or choose all that match.",
    back: "Back to the list",
    dry_run: "Nothing was changed yet.",
    for_ticked: "For these ticked shipments:",
    and_more: |count| format!("and {count} more"),
    for_matching: "For all shipments with:",
    for_everything: "The list has no condition: this is for all shipments.",
    possible: |possible, matched| format!("Possible for {possible} of {matched}."),
    nothing_possible: "The action is possible for none of these shipments.",
    impossible: "Not possible",
    and_unnamed: |count| plural(count, "1 more shipment is not listed.", "# more shipments are not listed."),
    reason_hint: "It is kept in the timeline of each shipment, with your name.",
    no_reason: "Enter a reason.",
    confirm: "Number of shipments",
    confirm_hint: "This cannot be undone. Enter the number of shipments to confirm it:",
    wrong_number: "Nothing was changed: the number that you entered is another one than the page named. Compare it \
                   with the number below.",
    changed: "Nothing was changed: in the meantime, the action became possible for another number of shipments. Check \
              the new number below.",
    result: "Result",
    running: "The action is in progress.",
    look_again: "Look again",
    unknown_title: "The result is not available",
    unknown: "The result of the action is no longer kept, or the connection ended before it was complete. The timeline \
              of each shipment contains what was done.",
    refused: "Not done",
    left: |count| {
        plural(
            count,
            "1 shipment was not reached in the time of a request.",
            "# shipments were not reached in the time of a request.",
        )
    },
    again: "Do it for the rest",
    act: |verb, count| match verb {
        Verb::Retry => plural(count, "Try 1 shipment again", "Try # shipments again"),
        Verb::Cancel => plural(count, "Cancel 1 order", "Cancel # orders"),
        Verb::Adopt => plural(count, "Adopt 1 order", "Adopt # orders"),
        Verb::Abandon => plural(count, "Abandon 1 order", "Abandon # orders"),
        Verb::Resolve => plural(count, "Set 1 shipment to complete", "Set # shipments to complete"),
        Verb::Recall => plural(count, "Confirm the return of 1 key", "Confirm the return of # keys"),
        Verb::Return => plural(count, "Mark 1 key as returned", "Mark # keys as returned"),
        Verb::ResendPin => plural(count, "Send 1 PIN again", "Send # PINs again"),
    },
    done: |verb, count| match verb {
        Verb::Retry => {
            plural(count, "1 shipment is processed with the next run.", "# shipments are processed with the next run.")
        }
        Verb::Cancel => plural(count, "1 order is cancelled.", "# orders are cancelled."),
        Verb::Adopt => plural(count, "1 order is adopted.", "# orders are adopted."),
        Verb::Abandon => plural(count, "1 order is abandoned.", "# orders are abandoned."),
        Verb::Resolve => plural(count, "1 shipment is complete.", "# shipments are complete."),
        Verb::Recall => plural(count, "1 key counts as taken back.", "# keys count as taken back."),
        Verb::Return => plural(count, "1 key counts as returned.", "# keys count as returned."),
        Verb::ResendPin => plural(count, "1 PIN was sent again.", "# PINs were sent again."),
    },
};

pub(in crate::messages) static DE: BulkTexts = BulkTexts {
    action: "Aktion",
    choose: "Aktion wählen",
    ticked: "Für die markierten Sendungen",
    matching: "Für alle passenden",
    offer_hint: "Die nächste Seite zeigt, was geschehen würde. Es ändert sich noch nichts.",
    tick: "Markieren",
    no_action: "Wählen Sie zuerst eine Aktion.",
    none_ticked: "Markieren Sie die Sendungen, für die die Aktion gilt, oder wählen Sie alle passenden.",
    back: "Zurück zur Liste",
    dry_run: "Es wurde noch nichts geändert.",
    for_ticked: "Für diese markierten Sendungen:",
    and_more: |count| format!("und {count} weitere"),
    for_matching: "Für alle Sendungen mit:",
    for_everything: "Die Liste hat keine Bedingung: Das gilt für alle Sendungen.",
    possible: |possible, matched| format!("Möglich für {possible} von {matched}."),
    nothing_possible: "Die Aktion ist für keine dieser Sendungen möglich.",
    impossible: "Nicht möglich",
    and_unnamed: |count| plural(count, "1 weitere Sendung ist nicht aufgeführt.", "# weitere sind nicht aufgeführt."),
    reason_hint: "Er bleibt mit Ihrem Namen im Verlauf jeder Sendung.",
    no_reason: "Geben Sie einen Grund ein.",
    confirm: "Anzahl der Sendungen",
    confirm_hint: "Das kann nicht rückgängig gemacht werden. Geben Sie zur Bestätigung die Anzahl der Sendungen ein:",
    wrong_number: "Es wurde nichts geändert: Sie haben eine andere Anzahl eingegeben, als die Seite nannte. \
                   Vergleichen Sie sie mit der Anzahl unten.",
    changed: "Es wurde nichts geändert: Inzwischen ist die Aktion für eine andere Anzahl von Sendungen möglich. Prüfen \
              Sie die neue Anzahl unten.",
    result: "Ergebnis",
    running: "Die Aktion wird gerade ausgeführt.",
    look_again: "Erneut nachsehen",
    unknown_title: "Das Ergebnis ist nicht verfügbar",
    unknown: "Das Ergebnis der Aktion ist nicht mehr gespeichert, oder die Verbindung endete vorher. Der Verlauf jeder \
              Sendung enthält, was ausgeführt wurde.",
    refused: "Nicht ausgeführt",
    left: |count| {
        plural(
            count,
            "1 Sendung wurde in der Zeit einer Anfrage nicht erreicht.",
            "# Sendungen wurden in der Zeit einer Anfrage nicht erreicht.",
        )
    },
    again: "Für die übrigen ausführen",
    act: |verb, count| match verb {
        Verb::Retry => plural(count, "1 Sendung erneut versuchen", "# Sendungen erneut versuchen"),
        Verb::Cancel => plural(count, "1 Bestellung stornieren", "# Bestellungen stornieren"),
        Verb::Adopt => plural(count, "1 Bestellung übernehmen", "# Bestellungen übernehmen"),
        Verb::Abandon => plural(count, "1 Bestellung aufgeben", "# Bestellungen aufgeben"),
        Verb::Resolve => plural(count, "1 Sendung abschließen", "# Sendungen abschließen"),
        Verb::Recall => plural(count, "Rückgabe von 1 Schlüssel bestätigen", "Rückgabe von # Schlüsseln bestätigen"),
        Verb::Return => plural(count, "1 Schlüssel zurücknehmen", "# Schlüssel zurücknehmen"),
        Verb::ResendPin => plural(count, "1 PIN erneut senden", "# PINs erneut senden"),
    },
    done: |verb, count| match verb {
        Verb::Retry => plural(
            count,
            "1 Sendung wird mit dem nächsten Lauf verarbeitet.",
            "# Sendungen werden mit dem nächsten Lauf verarbeitet.",
        ),
        Verb::Cancel => plural(count, "1 Bestellung ist storniert.", "# Bestellungen sind storniert."),
        Verb::Adopt => plural(count, "1 Bestellung ist übernommen.", "# Bestellungen sind übernommen."),
        Verb::Abandon => plural(count, "1 Bestellung ist aufgegeben.", "# Bestellungen sind aufgegeben."),
        Verb::Resolve => plural(count, "1 Sendung ist abgeschlossen.", "# Sendungen sind abgeschlossen."),
        Verb::Recall => plural(count, "1 Schlüssel gilt als zurückgenommen.", "# Schlüssel gelten als zurückgenommen."),
        Verb::Return => plural(count, "1 Schlüssel gilt als zurückgegeben.", "# Schlüssel gelten als zurückgegeben."),
        Verb::ResendPin => plural(count, "1 PIN wurde erneut gesendet.", "# PINs wurden erneut gesendet."),
    },
};
