//! Actions on one shipment.

use crate::shipment::Verb;

/// Texts of the actions on one shipment.
pub(crate) struct VerbTexts {
    pub(crate) actions: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) reason_hint: &'static str,
    pub(crate) delivery_id: &'static str,
    pub(crate) delivery_id_hint: &'static str,
    pub(crate) back: &'static str,
    pub(crate) not_done: &'static str,
    pub(crate) not_done_hint: &'static str,
    pub(crate) not_possible: &'static str,
    pub(crate) address: &'static str,
    pub(crate) address_intro: &'static str,
    pub(crate) address_not_possible: &'static str,
    pub(crate) override_title: &'static str,
    pub(crate) name: fn(Verb) -> &'static str,
    pub(crate) does: fn(Verb) -> &'static str,
    pub(crate) done: fn(Verb) -> &'static str,
}

impl VerbTexts {
    pub(crate) fn name(&self, verb: &Verb) -> &'static str {
        (self.name)(*verb)
    }

    pub(crate) fn does(&self, verb: &Verb) -> &'static str {
        (self.does)(*verb)
    }

    pub(crate) fn done(&self, verb: &Verb) -> &'static str {
        (self.done)(*verb)
    }
}

pub(in crate::messages) static EN: VerbTexts = VerbTexts {
    actions: "Actions",
    reason: "Reason",
    reason_hint: "It is kept in the timeline, with your name.",
    delivery_id: "The delivery service's id of the order",
    delivery_id_hint: "From the details of the order in the delivery service's console, for example \
                       8gYnYQk5vVqYzKqY1p2xTQ.",
    back: "Back to the shipment",
    not_done: "This was not done",
    not_done_hint: "The service answered:",
    not_possible: "This is not possible in the shipment's current state.",
    address: "Give the address",
    address_intro: "The order waits for the person to give the address. You can give it instead. It is stored sealed \
                    until the order is sent, and deleted then.",
    address_not_possible: "The order does not wait for an address, or the person objected to it.",
    override_title: "Release the PIN against the rule",
    name: |verb| match verb {
        Verb::Retry => "Try again now",
        Verb::Cancel => "Cancel the order",
        Verb::Adopt => "Adopt the order",
        Verb::Abandon => "Abandon the order",
        Verb::Resolve => "Set to complete",
        Verb::Recall => "Confirm that the key is back",
        Verb::Return => "Mark the key as returned",
        Verb::ResendPin => "Send the PIN again",
    },
    does: |verb| match verb {
        Verb::Retry => {
            "Keyferry processes the shipment again with the next run, within a minute, also if it had stopped."
        }
        Verb::Cancel => {
            "The order is cancelled at the delivery service. From now on its key is not registered and no PIN is sent, \
             also if the key is made or shipped all the same."
        }
        Verb::Adopt => {
            "You found the order in the delivery service's console. Keyferry continues with it as if the response had \
             not been lost."
        }
        Verb::Abandon => {
            "You looked in the delivery service's console, and the order is not there. Keyferry ends it. If it exists \
             all the same, a key is made that is never registered."
        }
        Verb::Resolve => {
            "No run processes the shipment any more. The registered key stays registered. Its PIN is not sent any more \
             by itself."
        }
        Verb::Recall => "The key of the cancelled order was taken back or destroyed. Keyferry stops watching it.",
        Verb::Return => {
            "The key was returned. Its passkey is deleted at the identity provider, and no PIN is released any more. \
             If a step fails, the next runs repeat it."
        }
        Verb::ResendPin => {
            "Keyferry fetches the PIN again and sends it to the addressee that was fixed when the key was registered. \
             You do not see the PIN."
        }
    },
    done: |verb| match verb {
        Verb::Retry => "The shipment is processed again with the next run.",
        Verb::Cancel => "The order is cancelled.",
        Verb::Adopt => "The order is adopted. Its processing continues.",
        Verb::Abandon => "The order is abandoned.",
        Verb::Resolve => "The shipment is complete.",
        Verb::Recall => "The key counts as taken back.",
        Verb::Return => "The key counts as returned.",
        Verb::ResendPin => "The PIN was sent again.",
    },
};

pub(in crate::messages) static DE: VerbTexts = VerbTexts {
    actions: "Aktionen",
    reason: "Grund",
    reason_hint: "Er bleibt mit Ihrem Namen im Verlauf.",
    delivery_id: "Kennung der Bestellung beim Lieferdienst",
    delivery_id_hint: "Aus den Einzelheiten der Bestellung in der Konsole des Lieferdienstes, zum Beispiel \
                       8gYnYQk5vVqYzKqY1p2xTQ.",
    back: "Zurück zur Sendung",
    not_done: "Das wurde nicht ausgeführt",
    not_done_hint: "Der Dienst hat geantwortet:",
    not_possible: "Das ist im jetzigen Zustand der Sendung nicht möglich.",
    address: "Adresse angeben",
    address_intro: "Die Bestellung wartet darauf, dass die Person die Adresse angibt. Sie können das an ihrer Stelle \
                    tun. Die Adresse bleibt verschlüsselt, bis die Bestellung gesendet ist, und wird dann gelöscht.",
    address_not_possible: "Die Bestellung wartet nicht auf eine Adresse, oder die Person hat widersprochen.",
    override_title: "Die PIN gegen die Regel freigeben",
    name: |verb| match verb {
        Verb::Retry => "Jetzt erneut versuchen",
        Verb::Cancel => "Bestellung stornieren",
        Verb::Adopt => "Bestellung übernehmen",
        Verb::Abandon => "Bestellung aufgeben",
        Verb::Resolve => "Als abgeschlossen kennzeichnen",
        Verb::Recall => "Rückgabe des Schlüssels bestätigen",
        Verb::Return => "Schlüssel als zurückgegeben kennzeichnen",
        Verb::ResendPin => "PIN erneut senden",
    },
    does: |verb| match verb {
        Verb::Retry => {
            "Keyferry verarbeitet die Sendung mit dem nächsten Lauf erneut, innerhalb einer Minute, auch wenn sie \
             angehalten war."
        }
        Verb::Cancel => {
            "Die Bestellung wird beim Lieferdienst storniert. Ab jetzt wird ihr Schlüssel nicht registriert und keine \
             PIN gesendet, auch wenn der Schlüssel trotzdem hergestellt oder versandt wird."
        }
        Verb::Adopt => {
            "Sie haben die Bestellung in der Konsole des Lieferdienstes gefunden. Keyferry fährt mit ihr fort, als \
             wäre die Antwort nicht verloren gegangen."
        }
        Verb::Abandon => {
            "Sie haben in der Konsole des Lieferdienstes nachgesehen, und die Bestellung ist dort nicht. Keyferry \
             beendet sie. Gibt es sie trotzdem, wird ein Schlüssel hergestellt, den niemand registriert."
        }
        Verb::Resolve => {
            "Kein Lauf verarbeitet die Sendung mehr. Der registrierte Schlüssel bleibt registriert. Seine PIN wird \
             nicht mehr von selbst gesendet."
        }
        Verb::Recall => {
            "Der Schlüssel der stornierten Bestellung wurde zurückgenommen oder vernichtet. Keyferry beobachtet ihn \
             nicht mehr."
        }
        Verb::Return => {
            "Der Schlüssel wurde zurückgegeben. Sein Passkey wird beim Identitätsanbieter gelöscht, und keine PIN wird \
             mehr herausgegeben. Schlägt ein Schritt fehl, wiederholen ihn die nächsten Läufe."
        }
        Verb::ResendPin => {
            "Keyferry holt die PIN erneut und sendet sie an den Empfänger, der bei der Registrierung des Schlüssels \
             festgelegt wurde. Sie sehen die PIN nicht."
        }
    },
    done: |verb| match verb {
        Verb::Retry => "Die Sendung wird mit dem nächsten Lauf erneut verarbeitet.",
        Verb::Cancel => "Die Bestellung ist storniert.",
        Verb::Adopt => "Die Bestellung ist übernommen. Ihre Verarbeitung geht weiter.",
        Verb::Abandon => "Die Bestellung ist aufgegeben.",
        Verb::Resolve => "Die Sendung ist abgeschlossen.",
        Verb::Recall => "Der Schlüssel gilt als zurückgenommen.",
        Verb::Return => "Der Schlüssel gilt als zurückgegeben.",
        Verb::ResendPin => "Die PIN wurde erneut gesendet.",
    },
};
