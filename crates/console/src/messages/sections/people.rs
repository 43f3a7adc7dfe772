//! People: one person's keys and passkeys.

use keyferry_domain::WithdrawalStep;
use keyferry_engine::Standing;

use super::count;

/// Texts of the pages about a person.
pub(crate) struct PeopleTexts {
    pub(crate) nav: &'static str,
    pub(crate) title: &'static str,
    pub(crate) search: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) show: &'static str,
    pub(crate) wrong_title: &'static str,
    pub(crate) wrong_user: &'static str,
    pub(crate) enabled: &'static str,
    pub(crate) disabled: &'static str,
    pub(crate) guest: &'static str,
    pub(crate) user_name: &'static str,
    pub(crate) object_id: &'static str,
    pub(crate) manager: &'static str,
    pub(crate) without_mail: &'static str,
    pub(crate) no_account: &'static str,
    pub(crate) keys_title: &'static str,
    pub(crate) no_keys: &'static str,
    pub(crate) not_made: &'static str,
    pub(crate) passkeys_title: &'static str,
    pub(crate) no_passkeys: &'static str,
    pub(crate) incomplete: &'static str,
    pub(crate) name: &'static str,
    pub(crate) nameless: &'static str,
    pub(crate) model: &'static str,
    pub(crate) created: &'static str,
    pub(crate) standing_title: &'static str,
    pub(crate) method_id: &'static str,
    pub(crate) revoke: &'static str,
    pub(crate) revoke_title: &'static str,
    pub(crate) revoke_does: &'static str,
    pub(crate) replace: &'static str,
    pub(crate) stop_title: &'static str,
    pub(crate) nothing_to_stop: &'static str,
    pub(crate) offboard_title: &'static str,
    pub(crate) offboard_does: &'static str,
    pub(crate) offboard_done: &'static str,
    pub(crate) offboard_partly: &'static str,
    pub(crate) offboard_shipment: &'static str,
    pub(crate) offboard_step: &'static str,
    pub(crate) offboard_revoked: &'static str,
    pub(crate) offboard_cancelled: &'static str,
    pub(crate) offboard_nothing: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) lost_title: &'static str,
    pub(crate) lost_does: &'static str,
    pub(crate) lost_next: &'static str,
    pub(crate) lost_like: &'static str,
    pub(crate) lost_none: &'static str,
    pub(crate) lost_elsewhere: &'static str,
    pub(crate) lost_pass: &'static str,
    pub(crate) lost_pass_requested: &'static str,
    pub(crate) lost_done: &'static str,
    pub(crate) lost_left: &'static str,
    pub(crate) lost_repeated: &'static str,
    pub(crate) lost_replacement: &'static str,
    pub(crate) withdrawal_step: fn(WithdrawalStep, bool) -> &'static str,
    pub(crate) changed: &'static str,
    pub(crate) back: &'static str,
    pub(crate) done_revoked: &'static str,
    pub(crate) done_gone: &'static str,
    pub(crate) done_stopped: &'static str,
    pub(crate) done_partly: &'static str,
    pub(crate) standing: fn(Standing) -> &'static str,
    pub(crate) meaning: fn(Standing) -> Option<&'static str>,
    pub(crate) differences: fn(u64) -> String,
    pub(crate) stop: fn(u64) -> String,
    pub(crate) stop_does: fn(u64) -> String,
}

impl PeopleTexts {
    pub(crate) fn differences(&self, number: &u64) -> String {
        (self.differences)(*number)
    }

    pub(crate) fn stop(&self, number: &u64) -> String {
        (self.stop)(*number)
    }

    pub(crate) fn stop_does(&self, number: &u64) -> String {
        (self.stop_does)(*number)
    }
}

pub(in crate::messages) static EN: PeopleTexts = PeopleTexts {
    nav: "People",
    title: "People",
    search: "User name or object id",
    search_hint: "For example ada.lovelace@contoso.example. Upper and lower case are the same.",
    show: "Show keys",
    wrong_title: "The person could not be looked up",
    wrong_user: "Enter a user name or an object id without invisible characters.",
    enabled: "Account enabled",
    disabled: "Account disabled",
    guest: "Guest",
    user_name: "User name",
    object_id: "Object id",
    manager: "Manager, who receives the PIN",
    without_mail: "without a mail address",
    no_account: "Keyferry could not read the account: the directory does not know this person, or Keyferry may not \
                 read users. The records below are complete.",
    keys_title: "Keys that Keyferry ordered",
    no_keys: "No key was ordered for this person.",
    not_made: "not made yet",
    passkeys_title: "Passkeys at the identity provider",
    no_passkeys: "This person has no passkey.",
    incomplete: "This list is incomplete.",
    name: "Name",
    nameless: "without a name",
    model: "Model",
    created: "Registered",
    standing_title: "Compared with the records",
    method_id: "Id of the method",
    revoke: "Revoke",
    revoke_title: "Revoke the passkey",
    revoke_does: "The passkey is deleted at the identity provider. From then on, it cannot be used to sign in, and \
                  it cannot be registered again. If its PIN was not delivered yet, the shipment is cancelled.",
    replace: "Replace",
    stop_title: "Stop the open orders",
    nothing_to_stop: "This person has no order that can be stopped.",
    offboard_title: "Offboard the person",
    offboard_does: "The passkeys that Keyferry registered for this person are deleted at the identity provider, and \
                    all open orders are cancelled. From then on, no PIN is released. Other passkeys stay. If a step \
                    fails, the next runs repeat it.",
    offboard_done: "Everything that Keyferry did for this person has ended.",
    offboard_partly: "Something is left to do. Keyferry continues with the next runs; if you do it again, it continues \
                      at once.",
    offboard_shipment: "Shipment",
    offboard_step: "Done",
    offboard_revoked: "Passkey revoked",
    offboard_cancelled: "Cancelled",
    offboard_nothing: "Nothing to do",
    lost: "Lost",
    lost_title: "Report the key as lost",
    lost_does: "Its passkey is deleted at the identity provider at once, and no PIN is released for it any more. A key \
                that is not registered yet will not be. If a step fails, the next runs repeat it.",
    lost_next: "The next key",
    lost_like: "Order the same product, to the address in the directory or from the person",
    lost_none: "Order no key",
    lost_elsewhere: "Enter another address for the next key",
    lost_pass: "Request a temporary access pass for the meantime. Its addressee gets a mail with a link to a page, \
                which shows it once; you do not see it.",
    lost_pass_requested: "A temporary access pass is requested. Its addressee gets a mail with a link to it.",
    lost_done: "The key counts as lost.",
    lost_left: "Something is left to do. Keyferry continues with the next runs; if you do it again, it continues at \
                once.",
    lost_repeated: "It was reported before. Nothing was ordered again.",
    lost_replacement: "The shipment of the next key",
    withdrawal_step: |step, is_done| match (step, is_done) {
        (WithdrawalStep::RemovePasskey, true) => "The passkey is revoked",
        (WithdrawalStep::RemovePasskey, false) => "The passkey is not revoked yet",
        (WithdrawalStep::CancelOrder, true) => "The order is cancelled",
        (WithdrawalStep::CancelOrder, false) => "The order is not cancelled yet",
        (WithdrawalStep::QueueReplacement, true) => "The next key is ordered",
        (WithdrawalStep::QueueReplacement, false) => "The next key is not ordered yet",
        (WithdrawalStep::RemoveAccessPass, true) => "The temporary access pass is deleted",
        (WithdrawalStep::RemoveAccessPass, false) => "The temporary access pass is not deleted yet",
    },
    changed: "Meanwhile the number changed. Nothing was cancelled yet.",
    back: "Back to the person",
    done_revoked: "The passkey is revoked.",
    done_gone: "The identity provider did not have the passkey any more. It counts as revoked.",
    done_stopped: "The open orders are cancelled.",
    done_partly: "Some orders could not be cancelled. Look at those that are still open.",
    standing: |standing| match standing {
        Standing::Registered => "As recorded",
        Standing::Missing => "Missing",
        Standing::Revoked(_) => "Revoked",
        Standing::WithoutRecord => "Not from Keyferry",
        Standing::WithoutRecordOfOurModel => "Not recorded",
        Standing::OtherAccount => "Other account",
        Standing::Unchecked => "Not checked",
    },
    meaning: |standing| match standing {
        Standing::Registered | Standing::Revoked(_) | Standing::Unchecked => None,
        Standing::Missing => {
            Some("Keyferry registered it, and the identity provider does not have it any more: it was deleted there.")
        }
        Standing::WithoutRecord => Some("Keyferry did not register it: a phone, or a key that the person added."),
        Standing::WithoutRecordOfOurModel => {
            Some("No record names it, although its model is one that Keyferry orders. Ask the person about it.")
        }
        Standing::OtherAccount => Some("It belongs to another account: the user name was given to another person."),
    },
    differences: |number| match number {
        1 => "1 difference".to_owned(),
        _ => format!("{} differences", count(number, ',')),
    },
    stop: |number| match number {
        1 => "Stop 1 open order".to_owned(),
        _ => format!("Stop {} open orders", count(number, ',')),
    },
    stop_does: |number| {
        let what = match number {
            1 => "1 order is cancelled at the delivery service.".to_owned(),
            _ => format!("{} orders are cancelled at the delivery service.", count(number, ',')),
        };
        format!(
            "{what} From then on nothing is registered and no PIN is sent, also if a key is made or shipped all the \
             same. Keys that are registered stay: revoke their passkeys."
        )
    },
};

pub(in crate::messages) static DE: PeopleTexts = PeopleTexts {
    nav: "Personen",
    title: "Personen",
    search: "Benutzername oder Objekt-Id",
    search_hint: "Zum Beispiel ada.lovelace@contoso.example. Groß- und Kleinschreibung sind gleich.",
    show: "Schlüssel zeigen",
    wrong_title: "Die Person konnte nicht gesucht werden",
    wrong_user: "Geben Sie einen Benutzernamen oder eine Objekt-Id ohne unsichtbare Zeichen ein.",
    enabled: "Konto aktiv",
    disabled: "Konto deaktiviert",
    guest: "Gast",
    user_name: "Benutzername",
    object_id: "Objekt-Id",
    manager: "Führungskraft, an die die PIN geht",
    without_mail: "ohne Mailadresse",
    no_account: "Keyferry konnte das Konto nicht lesen: Das Verzeichnis kennt die Person nicht, oder Keyferry darf \
                 keine Benutzer lesen. Die Datensätze unten sind vollständig.",
    keys_title: "Schlüssel, die Keyferry bestellt hat",
    no_keys: "Für diese Person wurde kein Schlüssel bestellt.",
    not_made: "noch nicht hergestellt",
    passkeys_title: "Passkeys beim Identitätsanbieter",
    no_passkeys: "Diese Person hat keinen Passkey.",
    incomplete: "Diese Liste ist unvollständig.",
    name: "Name",
    nameless: "ohne Namen",
    model: "Modell",
    created: "Registriert",
    standing_title: "Verglichen mit den Datensätzen",
    method_id: "Id der Methode",
    revoke: "Widerrufen",
    revoke_title: "Passkey widerrufen",
    revoke_does: "Der Passkey wird beim Identitätsanbieter gelöscht. Danach kann sich niemand mehr mit ihm anmelden, \
                  und er kann nicht erneut registriert werden. Wurde seine PIN noch nicht zugestellt, wird die Sendung \
                  storniert.",
    replace: "Ersetzen",
    stop_title: "Offene Bestellungen stoppen",
    nothing_to_stop: "Diese Person hat keine Bestellung, die gestoppt werden kann.",
    offboard_title: "Austritt der Person",
    offboard_does: "Die Passkeys, die Keyferry für diese Person registriert hat, werden beim Identitätsanbieter \
                    gelöscht, und alle offenen Bestellungen werden storniert. Danach wird keine PIN mehr \
                    herausgegeben. Andere Passkeys bleiben. Schlägt ein Schritt fehl, wiederholen ihn die nächsten \
                    Läufe.",
    offboard_done: "Alles, was Keyferry für diese Person getan hat, ist beendet.",
    offboard_partly: "Etwas ist noch zu tun. Keyferry macht mit den nächsten Läufen weiter; wenn Sie es wiederholen, \
                      sofort.",
    offboard_shipment: "Sendung",
    offboard_step: "Erledigt",
    offboard_revoked: "Passkey widerrufen",
    offboard_cancelled: "Storniert",
    offboard_nothing: "Nichts zu tun",
    lost: "Verloren",
    lost_title: "Schlüssel als verloren melden",
    lost_does: "Sein Passkey wird sofort beim Identitätsanbieter gelöscht, und für ihn wird keine PIN mehr \
                herausgegeben. Ein noch nicht registrierter Schlüssel wird nicht mehr registriert. Schlägt ein Schritt \
                fehl, wiederholen ihn die nächsten Läufe.",
    lost_next: "Der nächste Schlüssel",
    lost_like: "Dasselbe Produkt bestellen, an die Adresse im Verzeichnis oder von der Person",
    lost_none: "Keinen Schlüssel bestellen",
    lost_elsewhere: "Eine andere Adresse für den nächsten Schlüssel eingeben",
    lost_pass: "Für die Zwischenzeit einen befristeten Zugangscode anfordern. Die zuständige Person erhält eine E-Mail \
                mit einem Link zu einer Seite, die ihn einmal zeigt; Sie sehen ihn nicht.",
    lost_pass_requested: "Ein befristeter Zugangscode ist angefordert. Die zuständige Person erhält eine E-Mail mit \
                          einem Link dazu.",
    lost_done: "Der Schlüssel gilt als verloren.",
    lost_left: "Etwas ist noch zu tun. Keyferry macht mit den nächsten Läufen weiter; wenn Sie es wiederholen, sofort.",
    lost_repeated: "Er war schon gemeldet. Es wurde nicht erneut bestellt.",
    lost_replacement: "Die Sendung des nächsten Schlüssels",
    withdrawal_step: |step, is_done| match (step, is_done) {
        (WithdrawalStep::RemovePasskey, true) => "Der Passkey ist widerrufen",
        (WithdrawalStep::RemovePasskey, false) => "Der Passkey ist noch nicht widerrufen",
        (WithdrawalStep::CancelOrder, true) => "Die Bestellung ist storniert",
        (WithdrawalStep::CancelOrder, false) => "Die Bestellung ist noch nicht storniert",
        (WithdrawalStep::QueueReplacement, true) => "Der nächste Schlüssel ist bestellt",
        (WithdrawalStep::QueueReplacement, false) => "Der nächste Schlüssel ist noch nicht bestellt",
        (WithdrawalStep::RemoveAccessPass, true) => "Der befristete Zugangscode ist gelöscht",
        (WithdrawalStep::RemoveAccessPass, false) => "Der befristete Zugangscode ist noch nicht gelöscht",
    },
    changed: "Inzwischen hat sich die Anzahl geändert. Es wurde noch nichts storniert.",
    back: "Zurück zur Person",
    done_revoked: "Der Passkey ist widerrufen.",
    done_gone: "Der Identitätsanbieter hatte den Passkey nicht mehr. Er gilt als widerrufen.",
    done_stopped: "Die offenen Bestellungen sind storniert.",
    done_partly: "Einige Bestellungen konnten nicht storniert werden. Sehen Sie sich an, welche noch offen sind.",
    standing: |standing| match standing {
        Standing::Registered => "Wie im Datensatz",
        Standing::Missing => "Fehlt",
        Standing::Revoked(_) => "Widerrufen",
        Standing::WithoutRecord => "Nicht von Keyferry",
        Standing::WithoutRecordOfOurModel => "Ohne Datensatz",
        Standing::OtherAccount => "Anderes Konto",
        Standing::Unchecked => "Nicht geprüft",
    },
    meaning: |standing| match standing {
        Standing::Registered | Standing::Revoked(_) | Standing::Unchecked => None,
        Standing::Missing => {
            Some("Keyferry hat ihn registriert, und der Identitätsanbieter hat ihn nicht mehr: Er wurde dort gelöscht.")
        }
        Standing::WithoutRecord => {
            Some("Keyferry hat ihn nicht registriert: ein Telefon, oder ein Schlüssel, den die Person hinzugefügt hat.")
        }
        Standing::WithoutRecordOfOurModel => {
            Some("Kein Datensatz nennt ihn, obwohl Keyferry sein Modell bestellt. Fragen Sie die Person danach.")
        }
        Standing::OtherAccount => {
            Some("Er gehört zu einem anderen Konto: Der Benutzername wurde an eine andere Person vergeben.")
        }
    },
    differences: |number| match number {
        1 => "1 Unterschied".to_owned(),
        _ => format!("{} Unterschiede", count(number, '.')),
    },
    stop: |number| match number {
        1 => "1 offene Bestellung stoppen".to_owned(),
        _ => format!("{} offene Bestellungen stoppen", count(number, '.')),
    },
    stop_does: |number| {
        let what = match number {
            1 => "1 Bestellung wird beim Lieferdienst storniert.".to_owned(),
            _ => format!("{} Bestellungen werden beim Lieferdienst storniert.", count(number, '.')),
        };
        format!(
            "{what} Ab dann wird nichts registriert und keine PIN gesendet, auch wenn ein Schlüssel trotzdem \
             hergestellt oder versandt wird. Registrierte Schlüssel bleiben: Widerrufen Sie ihre Passkeys."
        )
    },
};
