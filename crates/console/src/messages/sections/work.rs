//! Work list: what needs a human.

use super::count;

/// Texts of the work list.
pub(crate) struct WorkTexts {
    pub(crate) nav: &'static str,
    pub(crate) title: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) unconfirmed_title: &'static str,
    pub(crate) unconfirmed_what: &'static str,
    pub(crate) what_happened: &'static str,
    pub(crate) unconfirmed_look: &'static str,
    pub(crate) unconfirmed_found: &'static str,
    pub(crate) unconfirmed_missing: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) adopt: &'static str,
    pub(crate) abandon: &'static str,
    pub(crate) shipped_despite: &'static str,
    pub(crate) recall: &'static str,
    pub(crate) since: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) again_title: &'static str,
    pub(crate) again_reason: &'static str,
    pub(crate) back: &'static str,
    pub(crate) all: fn(u64) -> String,
    pub(crate) again: fn(u64) -> String,
    pub(crate) changed: fn(u64) -> String,
    pub(crate) done: fn(again: u64, refused: u64, left: u64) -> String,
}

impl WorkTexts {
    pub(crate) fn all(&self, number: &u64) -> String {
        (self.all)(*number)
    }

    pub(crate) fn again(&self, number: &u64) -> String {
        (self.again)(*number)
    }

    pub(crate) fn changed(&self, number: &u64) -> String {
        (self.changed)(*number)
    }

    pub(crate) fn done(&self, again: &Option<u64>, refused: &u64, left: &u64) -> String {
        (self.done)(again.unwrap_or_default(), *refused, *left)
    }
}

pub(in crate::messages) static EN: WorkTexts = WorkTexts {
    nav: "Needs a human",
    title: "Needs a human",
    nothing: "Nothing is stuck. Every key is on its way or with its owner.",
    unconfirmed_title: "Orders without an answer",
    what_happened: "What happened",
    unconfirmed_what: "Keyferry sent these orders, and the answer was lost. Each may exist or not, so Keyferry does \
                       not order again: a second order is a second key in the post. Decide for each order:",
    unconfirmed_look: "Open the delivery service's console, and look for the order: by the name and address of the \
                       recipient, among those that were created within some minutes after the time below.",
    unconfirmed_found: "If you find it, copy its id and adopt the order. Keyferry then continues as if the answer had \
                        arrived: it watches the parcel, registers the key and sends the PIN.",
    unconfirmed_missing: "If it is not there half an hour after it was sent, abandon the order. Keyferry ends it and \
                          registers nothing for it. Then order again.",
    sent: "Sent",
    adopt: "I found it: adopt",
    abandon: "It is not there: abandon",
    shipped_despite: "Shipped although cancelled",
    recall: "The key is back",
    since: "Since",
    detail: "In this case",
    again_title: "Look again now",
    again_reason: "the cause is fixed",
    back: "Back to the work list",
    all: |number| format!("All {} in the list of shipments", count(number, ',')),
    again: |number| match number {
        1 => "Look again now at 1 shipment".to_owned(),
        _ => format!("Look again now at all {}", count(number, ',')),
    },
    changed: |number| match number {
        0 => "Meanwhile no shipment is stuck for this reason any more. Nothing was changed.".to_owned(),
        1 => "Meanwhile it is 1 shipment. Nothing was changed yet.".to_owned(),
        _ => format!("Meanwhile it is {} shipments. Nothing was changed yet.", count(number, ',')),
    },
    done: |again, refused, left| {
        let mut text = match again {
            1 => "The next run looks at 1 shipment again, within a minute.".to_owned(),
            _ => format!("The next run looks at {} shipments again, within a minute.", count(again, ',')),
        };
        if refused > 0 {
            text.push_str(&format!(" {} could not be changed and are still in the list.", count(refused, ',')));
        }
        if left > 0 {
            text.push_str(&format!(" There was no time for {}: repeat the action.", count(left, ',')));
        }
        text
    },
};

pub(in crate::messages) static DE: WorkTexts = WorkTexts {
    nav: "Braucht einen Menschen",
    title: "Braucht einen Menschen",
    nothing: "Nichts steckt fest. Jeder Schlüssel ist unterwegs oder bei seiner Besitzerin.",
    unconfirmed_title: "Bestellungen ohne Antwort",
    what_happened: "Was geschehen ist",
    unconfirmed_what: "Keyferry hat diese Bestellungen gesendet, und die Antwort ging verloren. Jede kann existieren \
                       oder nicht. Keyferry bestellt deshalb nicht erneut: eine zweite Bestellung ist ein zweiter \
                       Schlüssel in der Post. Entscheiden Sie für jede Bestellung:",
    unconfirmed_look: "Öffnen Sie die Konsole des Lieferdienstes, und suchen Sie die Bestellung: nach Name und Adresse \
                       der Person, unter denen, die wenige Minuten nach der unten genannten Zeit angelegt wurden.",
    unconfirmed_found: "Wenn Sie sie finden, kopieren Sie ihre Id und übernehmen die Bestellung. Keyferry fährt dann \
                        fort, als wäre die Antwort angekommen: Es beobachtet das Paket, registriert den Schlüssel und \
                        sendet die PIN.",
    unconfirmed_missing: "Wenn sie eine halbe Stunde nach dem Senden nicht da ist, geben Sie die Bestellung auf. \
                          Keyferry beendet sie und registriert nichts dafür. Bestellen Sie danach neu.",
    sent: "Gesendet",
    adopt: "Ich habe sie gefunden: übernehmen",
    abandon: "Sie ist nicht da: aufgeben",
    shipped_despite: "Versandt trotz Stornierung",
    recall: "Der Schlüssel ist zurück",
    since: "Seit",
    detail: "In diesem Fall",
    again_title: "Jetzt erneut ansehen",
    again_reason: "die Ursache ist behoben",
    back: "Zurück zur Arbeitsliste",
    all: |number| format!("Alle {} in der Liste der Sendungen", count(number, '.')),
    again: |number| match number {
        1 => "Diese Sendung jetzt erneut ansehen".to_owned(),
        _ => format!("Alle {} jetzt erneut ansehen", count(number, '.')),
    },
    changed: |number| match number {
        0 => "Inzwischen steckt keine Sendung mehr aus diesem Grund fest. Es wurde nichts geändert.".to_owned(),
        1 => "Inzwischen ist es 1 Sendung. Es wurde noch nichts geändert.".to_owned(),
        _ => format!("Inzwischen sind es {} Sendungen. Es wurde noch nichts geändert.", count(number, '.')),
    },
    done: |again, refused, left| {
        let mut text = match again {
            1 => "Der nächste Lauf sieht 1 Sendung erneut an, innerhalb einer Minute.".to_owned(),
            _ => format!("Der nächste Lauf sieht {} Sendungen erneut an, innerhalb einer Minute.", count(again, '.')),
        };
        if refused > 0 {
            text.push_str(&format!(" {} konnten nicht geändert werden und bleiben in der Liste.", count(refused, '.')));
        }
        if left > 0 {
            text.push_str(&format!(" Für {} fehlte die Zeit: Wiederholen Sie die Aktion.", count(left, '.')));
        }
        text
    },
};
