//! Audit.

use crate::audit::Parameter;

/// Texts of the list of all events.
pub(crate) struct AuditTexts {
    pub(crate) title: &'static str,
    pub(crate) altered: &'static str,
    pub(crate) parameter: fn(Parameter) -> &'static str,
    pub(crate) kinds: &'static str,
    pub(crate) shown: fn(count: usize) -> String,
    pub(crate) none: &'static str,
    pub(crate) none_yet: &'static str,
    pub(crate) older: &'static str,
    pub(crate) export_csv: &'static str,
    pub(crate) export_json: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) column_event: &'static str,
    pub(crate) column_who: &'static str,
    pub(crate) column_shipment: &'static str,
    pub(crate) column_detail: &'static str,
    pub(crate) column_chain: &'static str,
    pub(crate) application: &'static str,
    pub(crate) via: &'static str,
    pub(crate) only_this: &'static str,
    pub(crate) of_organisation: &'static str,
    pub(crate) intact: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) not_in_chain: &'static str,
    pub(crate) not_compared: &'static str,

    pub(crate) chain: &'static str,
    pub(crate) verify_now: &'static str,
    pub(crate) verified_at: &'static str,
    pub(crate) chain_intact: fn(entries: u64, deleted: u64, checkpoints: u64) -> String,
    pub(crate) chain_broken: &'static str,
    pub(crate) chain_broken_todo: &'static str,
    pub(crate) chain_failed: &'static str,
    pub(crate) chain_unknown: &'static str,
    pub(crate) chain_running: fn(count: u64) -> String,
    pub(crate) chain_late: &'static str,
    pub(crate) head: &'static str,
    pub(crate) head_note: &'static str,
    pub(crate) signing_key: &'static str,
    pub(crate) export_chain: &'static str,

    pub(crate) limits: &'static str,
    pub(crate) limits_list: [&'static str; 5],
}

impl AuditTexts {
    pub(crate) fn chain_intact(&self, entries: &u64, deleted: &u64, checkpoints: &u64) -> String {
        (self.chain_intact)(*entries, *deleted, *checkpoints)
    }

    pub(crate) fn chain_running(&self, count: &u64) -> String {
        (self.chain_running)(*count)
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub(in crate::messages) static EN: AuditTexts = AuditTexts {
    title: "Audit",
    altered: "An event on this page was changed outside of Keyferry. Make a copy of the stored data before you change \
              anything, and run keyferry audit verify.",
    parameter: |parameter| match parameter {
        Parameter::Kind => "Events",
        Parameter::Actor => "Human or application",
        Parameter::Shipment => "Id of the shipment",
        Parameter::From => "From",
        Parameter::To => "Before",
        Parameter::Before => "Page",
    },
    kinds: "Kinds of events",
    shown: |count| match count {
        1 => "1 event on this page, newest first".to_owned(),
        count => format!("{count} events on this page, newest first"),
    },
    none: "No event matches.",
    none_yet: "No event matches among those that were searched. Older events follow.",
    older: "Older events",
    export_csv: "Export as CSV",
    export_json: "Export as JSON Lines",
    unreadable: "Events that cannot be read",
    column_event: "Event",
    column_who: "Who",
    column_shipment: "Shipment for",
    column_detail: "Details",
    column_chain: "Chain",
    application: "Application",
    via: "via",
    only_this: "Only this shipment",
    of_organisation: "Organisation",
    intact: "Intact",
    changed: "Changed",
    not_in_chain: "Not in the chain",
    not_compared: "Not compared",

    chain: "Event chain",
    verify_now: "Verify now",
    verified_at: "Verified:",
    chain_intact: |entries, deleted, checkpoints| {
        let entries = counted(entries, "entry", "entries");
        let deleted = counted(deleted, "deleted shipment", "deleted shipments");
        let checkpoints = counted(checkpoints, "signed checkpoint", "signed checkpoints");
        format!(
            "The chain is intact: {entries}, {deleted}, {checkpoints}. No event was changed, deleted or inserted \
             outside of Keyferry."
        )
    },
    chain_broken: "Events were changed outside of Keyferry:",
    chain_broken_todo: "Make a copy of the stored data before you change anything, and compare it with a backup. If \
                        the signing key was lost, run keyferry audit verify with its id (--trust).",
    chain_failed: "The chain could not be verified:",
    chain_unknown: "The chain was not verified yet.",
    chain_running: |count| format!("The chain is being verified: {} so far.", counted(count, "entry", "entries")),
    chain_late: "The last verification did not finish within two minutes. Run keyferry audit verify.",
    head: "Newest entry",
    head_note: "Note it outside of this system. Later, keyferry audit verify --expect shows whether the chain was \
                replaced.",
    signing_key: "Signing key",
    export_chain: "Export the chain for an auditor",

    limits: "What this page does not show",
    limits_list: [
        "The network address of a human or an application: events do not contain it. The log of the proxy in front of \
         Keyferry does.",
        "Sign-ins to this console, and what was only read: they are in Keyferry's log, and sign-ins also in the \
         sign-in log of the identity provider.",
        "Events of shipments that a clean-up deleted: the chain keeps their hashes.",
        "Changes of webhooks and settings: they are in Keyferry's log, and in the deployment.",
        "A chain that is intact does not show that the whole database was set back to an older state. The journal and \
         a noted entry do.",
    ],
};

pub(in crate::messages) static DE: AuditTexts = AuditTexts {
    title: "Protokoll",
    altered: "Ein Ereignis auf dieser Seite wurde außerhalb von Keyferry geändert. Kopieren Sie die gespeicherten \
              Daten, bevor Sie etwas ändern, und führen Sie keyferry audit verify aus.",
    parameter: |parameter| match parameter {
        Parameter::Kind => "Ereignisse",
        Parameter::Actor => "Mensch oder Anwendung",
        Parameter::Shipment => "Kennung der Sendung",
        Parameter::From => "Von",
        Parameter::To => "Vor",
        Parameter::Before => "Seite",
    },
    kinds: "Arten von Ereignissen",
    shown: |count| match count {
        1 => "1 Ereignis auf dieser Seite, neueste zuerst".to_owned(),
        count => format!("{count} Ereignisse auf dieser Seite, neueste zuerst"),
    },
    none: "Kein Ereignis passt.",
    none_yet: "Unter den durchsuchten Ereignissen passt keines. Ältere folgen.",
    older: "Ältere Ereignisse",
    export_csv: "Als CSV herunterladen",
    export_json: "Als JSON Lines herunterladen",
    unreadable: "Ereignisse, die nicht lesbar sind",
    column_event: "Ereignis",
    column_who: "Wer",
    column_shipment: "Sendung für",
    column_detail: "Einzelheiten",
    column_chain: "Kette",
    application: "Anwendung",
    via: "über",
    only_this: "Nur diese Sendung",
    of_organisation: "Organisation",
    intact: "Unverändert",
    changed: "Geändert",
    not_in_chain: "Nicht in der Kette",
    not_compared: "Nicht verglichen",

    chain: "Ereigniskette",
    verify_now: "Jetzt prüfen",
    verified_at: "Geprüft:",
    chain_intact: |entries, deleted, checkpoints| {
        let entries = counted(entries, "Eintrag", "Einträge");
        let deleted = counted(deleted, "gelöschte Sendung", "gelöschte Sendungen");
        let checkpoints = counted(checkpoints, "signierter Prüfpunkt", "signierte Prüfpunkte");
        format!(
            "Die Kette ist unversehrt: {entries}, {deleted}, {checkpoints}. Kein Ereignis wurde außerhalb von Keyferry \
             geändert, gelöscht oder eingefügt."
        )
    },
    chain_broken: "Ereignisse wurden außerhalb von Keyferry geändert:",
    chain_broken_todo: "Kopieren Sie die gespeicherten Daten, bevor Sie etwas ändern, und vergleichen Sie sie mit \
                        einer Sicherung. Ging der Signaturschlüssel verloren, nennen Sie keyferry audit verify seine \
                        Kennung (--trust).",
    chain_failed: "Die Kette konnte nicht geprüft werden:",
    chain_unknown: "Die Kette wurde noch nicht geprüft.",
    chain_running: |count| format!("Die Kette wird geprüft: bisher {}.", counted(count, "Eintrag", "Einträge")),
    chain_late: "Die letzte Prüfung wurde nicht in zwei Minuten fertig. Führen Sie keyferry audit verify aus.",
    head: "Neuester Eintrag",
    head_note: "Notieren Sie ihn außerhalb dieses Systems. Später zeigt keyferry audit verify --expect, ob die Kette \
                ersetzt wurde.",
    signing_key: "Signaturschlüssel",
    export_chain: "Kette für die Revision herunterladen",

    limits: "Was diese Seite nicht zeigt",
    limits_list: [
        "Die Netzadresse eines Menschen oder einer Anwendung: Ereignisse enthalten sie nicht. Sie steht im Protokoll \
         des Proxys vor Keyferry.",
        "Anmeldungen an dieser Konsole und was nur gelesen wurde: Das steht im Log von Keyferry, Anmeldungen auch im \
         Anmeldeprotokoll des Identitätsanbieters.",
        "Ereignisse von Sendungen, die das Aufräumen gelöscht hat: Die Kette behält ihre Prüfsummen.",
        "Änderungen an Webhooks und Einstellungen: Sie stehen im Log von Keyferry und in der Bereitstellung.",
        "Eine unversehrte Kette zeigt nicht, dass die ganze Datenbank auf einen älteren Stand gesetzt wurde. Das \
         zeigen das Journal und ein notierter Eintrag.",
    ],
};
