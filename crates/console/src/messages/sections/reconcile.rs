//! Reconcile: the comparison of records, delivery service and identity provider.

use keyferry_engine::DifferenceKind as Kind;

use super::count;

/// Texts of the page.
pub(crate) struct ReconcileTexts {
    pub(crate) title: &'static str,
    pub(crate) compare_title: &'static str,
    pub(crate) what: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) start: &'static str,
    pub(crate) running: &'static str,
    pub(crate) ended: &'static str,
    pub(crate) early: &'static str,
    pub(crate) not_compared: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) difference: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) adopt: &'static str,
    pub(crate) differences: fn(u64) -> String,
    pub(crate) more: fn(u64) -> String,
    pub(crate) compared: fn(orders: u64, shipments: u64, people: u64, calls: u64) -> String,
    pub(crate) kind: fn(Kind) -> &'static str,
    pub(crate) remedy: fn(Kind) -> &'static str,
}

pub(in crate::messages) static EN: ReconcileTexts = ReconcileTexts {
    title: "Reconcile",
    compare_title: "Compare both sides",
    what: "Keyferry compares its records with the delivery service's list of orders and with the passkeys at the \
           identity provider. Nothing is changed.",
    cost: "It makes about one call to the identity provider for each person with a key, in the background. Orders and \
           registrations go first.",
    start: "Compare now",
    running: "The comparison is in progress.",
    ended: "It ended at",
    early: "The comparison ended early.",
    not_compared: "Not compared",
    subject: "Person or order",
    difference: "Difference",
    detail: "Both sides",
    adopt: "Adopt as",
    differences: |number| match number {
        0 => "No difference".to_owned(),
        1 => "1 difference".to_owned(),
        _ => format!("{} differences", count(number, ',')),
    },
    more: |number| format!("{} more are not shown. `keyferry reconcile` prints all.", count(number, ',')),
    compared: |orders, shipments, people, calls| {
        let [orders, shipments, people, calls] = [orders, shipments, people, calls].map(|number| count(number, ','));
        format!("Compared: orders {orders}, shipments {shipments}, people {people}. Calls: {calls}.")
    },
    kind: |kind| match kind {
        Kind::ShippedNotRegistered => "Shipped, not registered",
        Kind::MethodWithoutRecord => "Passkey without record",
        Kind::MethodGone => "Passkey is gone",
        Kind::NameReassigned => "User name reassigned",
        Kind::OrderWithoutRecord => "Order without record",
        Kind::OpenOrderOfDisabledUser => "Open order, account disabled",
        Kind::OpenOrderOfMissingUser => "Open order, user deleted",
        Kind::ParcelToAnotherCountry => "Parcel to another country",
        Kind::PinAddresseeMissing => "PIN without addressee",
        Kind::PinAddresseeDisabled => "PIN to a disabled account",
    },
    remedy: Kind::remedy,
};

pub(in crate::messages) static DE: ReconcileTexts = ReconcileTexts {
    title: "Abgleich",
    compare_title: "Beide Seiten vergleichen",
    what: "Keyferry vergleicht seine Datensätze mit der Auftragsliste des Lieferdienstes und mit den Passkeys beim \
           Identitätsanbieter. Nichts wird geändert.",
    cost: "Für jede Person mit einem Schlüssel wird der Identitätsanbieter etwa einmal aufgerufen, im Hintergrund. \
           Bestellungen und Registrierungen haben Vorrang.",
    start: "Jetzt vergleichen",
    running: "Der Vergleich läuft.",
    ended: "Beendet am",
    early: "Der Vergleich endete vorzeitig.",
    not_compared: "Nicht verglichen",
    subject: "Person oder Auftrag",
    difference: "Unterschied",
    detail: "Beide Seiten",
    adopt: "Übernehmen als",
    differences: |number| match number {
        0 => "Kein Unterschied".to_owned(),
        1 => "1 Unterschied".to_owned(),
        _ => format!("{} Unterschiede", count(number, '.')),
    },
    more: |number| format!("{} weitere werden nicht gezeigt. `keyferry reconcile` gibt alle aus.", count(number, '.')),
    compared: |orders, shipments, people, calls| {
        let [orders, shipments, people, calls] = [orders, shipments, people, calls].map(|number| count(number, '.'));
        format!("Verglichen: Aufträge {orders}, Sendungen {shipments}, Personen {people}. Aufrufe: {calls}.")
    },
    kind: |kind| match kind {
        Kind::ShippedNotRegistered => "Versandt, nicht registriert",
        Kind::MethodWithoutRecord => "Passkey ohne Datensatz",
        Kind::MethodGone => "Passkey fehlt",
        Kind::NameReassigned => "Benutzername neu vergeben",
        Kind::OrderWithoutRecord => "Auftrag ohne Datensatz",
        Kind::OpenOrderOfDisabledUser => "Offen, Konto deaktiviert",
        Kind::OpenOrderOfMissingUser => "Offen, Benutzer gelöscht",
        Kind::ParcelToAnotherCountry => "Paket in ein anderes Land",
        Kind::PinAddresseeMissing => "PIN ohne Empfänger",
        Kind::PinAddresseeDisabled => "PIN an deaktiviertes Konto",
    },
    remedy: |kind| match kind {
        Kind::ShippedNotRegistered => {
            "Beheben Sie das Hindernis der Sendung, und versuchen Sie es erneut. Kann der Schlüssel nicht mehr \
             registriert werden, ersetzen Sie die Sendung."
        }
        Kind::MethodWithoutRecord => {
            "Fragen Sie die Person, wie der Passkey registriert wurde. Widerrufen Sie ihn, wenn sie ihn nicht kennt."
        }
        Kind::MethodGone => {
            "Widerrufen Sie den Passkey hier, damit der Datensatz ihn als widerrufen zeigt. Ersetzen Sie die Sendung, \
             wenn die Person noch einen Schlüssel braucht."
        }
        Kind::NameReassigned => {
            "Widerrufen Sie den Passkey mit der Objekt-ID seines Inhabers. Stornieren Sie offene Aufträge für den \
             Benutzernamen."
        }
        Kind::OrderWithoutRecord => {
            "Übernehmen Sie den Auftrag, wenn er zu einer der unbestätigten Sendungen gehört. Suchen Sie ihn sonst in \
             der Konsole des Lieferdienstes: Er kann dort bestellt worden sein. Löschen Sie ihn dort, wenn ihn niemand \
             bestellt hat."
        }
        Kind::OpenOrderOfDisabledUser => {
            "Stornieren Sie die Sendung, wenn die Person ausgeschieden ist. Aktivieren Sie sonst das Konto; der \
             Schlüssel wird dann registriert."
        }
        Kind::OpenOrderOfMissingUser => {
            "Stornieren Sie die Sendung. Ist ihr Schlüssel schon hergestellt, lassen Sie das Paket zurückgehen."
        }
        Kind::ParcelToAnotherCountry => {
            "Fragen Sie die Person, ob das Paket sie erreicht. Stornieren Sie sonst die Sendung, und bestellen Sie neu \
             mit der neuen Adresse. Ist der Schlüssel schon hergestellt, lassen Sie das Paket zurückgehen."
        }
        Kind::PinAddresseeMissing => {
            "Tragen Sie im Verzeichnis den Vorgesetzten der Person ein, oder dessen E-Mail-Adresse. Versuchen Sie es \
             dann erneut. Kommt niemand infrage, stornieren Sie die Sendung, und bestellen Sie neu mit Kontakten."
        }
        Kind::PinAddresseeDisabled => {
            "Tragen Sie im Verzeichnis den heutigen Vorgesetzten der Person ein. Sonst geht die PIN an das Postfach \
             des ausgeschiedenen."
        }
    },
};
