//! Health of the service.

use keyferry_engine::{CleanUpRun, ProcessingRun};

/// Texts of the pages about the service's health.
pub(crate) struct HealthTexts {
    pub(crate) title: &'static str,
    pub(crate) all_good: &'static str,
    pub(crate) not_checked_yet: &'static str,
    pub(crate) is_ready: &'static str,
    pub(crate) not_ready: &'static str,
    pub(crate) not_ready_meaning: &'static str,
    pub(crate) wrong: fn(failed: usize, warnings: usize) -> String,
    pub(crate) troubles: &'static str,
    pub(crate) todo: &'static str,
    pub(crate) expected: &'static str,
    pub(crate) sandbox: &'static str,
    pub(crate) outage: &'static str,
    pub(crate) outage_meaning: &'static str,

    pub(crate) ok: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) not_examined: &'static str,
    pub(crate) checks: &'static str,
    pub(crate) checks_note: &'static str,
    pub(crate) checked_at: &'static str,
    pub(crate) check_now: &'static str,
    pub(crate) running: &'static str,
    pub(crate) reload: &'static str,
    pub(crate) late: &'static str,
    pub(crate) column_check: &'static str,
    pub(crate) column_result: &'static str,
    pub(crate) column_found: &'static str,
    /// What a check is about, by its name. Empty for an unknown one.
    pub(crate) check: fn(name: &str) -> &'static str,

    pub(crate) webhooks: &'static str,
    pub(crate) webhook: &'static str,
    pub(crate) webhook_meaning: &'static str,
    pub(crate) no_webhooks: &'static str,
    pub(crate) column_receiver: &'static str,
    pub(crate) column_state: &'static str,
    pub(crate) column_created_by: &'static str,
    pub(crate) description: &'static str,
    pub(crate) event_types: &'static str,
    pub(crate) all_types: &'static str,
    pub(crate) enabled: &'static str,
    pub(crate) disabled: &'static str,
    pub(crate) failing: &'static str,
    pub(crate) failing_since: &'static str,
    pub(crate) in_settings: &'static str,
    pub(crate) deliveries: &'static str,
    pub(crate) no_deliveries: &'static str,
    pub(crate) deliveries_note: &'static str,
    pub(crate) all_states: &'static str,
    pub(crate) stage: fn(name: &str) -> &'static str,
    pub(crate) column_event: &'static str,
    pub(crate) column_created: &'static str,
    pub(crate) column_attempts: &'static str,
    pub(crate) column_last: &'static str,
    pub(crate) column_next: &'static str,
    pub(crate) replay: &'static str,
    pub(crate) replay_dead: &'static str,
    pub(crate) replay_one: &'static str,
    pub(crate) replay_all: &'static str,
    pub(crate) replay_note: &'static str,
    pub(crate) replayed: fn(count: u64) -> String,
    pub(crate) cancel: &'static str,

    pub(crate) schedules: &'static str,
    pub(crate) schedules_note: &'static str,
    pub(crate) processing: &'static str,
    pub(crate) clean_up: &'static str,
    pub(crate) column_work: &'static str,
    pub(crate) not_scheduled: &'static str,
    pub(crate) none_yet: &'static str,
    pub(crate) keeps_all: &'static str,
    pub(crate) processed: fn(&ProcessingRun) -> String,
    pub(crate) cleaned_up: fn(&CleanUpRun) -> String,

    pub(crate) credentials: &'static str,
    pub(crate) no_credentials: &'static str,
    pub(crate) credentials_note: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) days_left: fn(i64) -> String,

    pub(crate) replicas: &'static str,
    pub(crate) this_replica: &'static str,
    pub(crate) replicas_note: &'static str,
    pub(crate) duty_schedules: &'static str,
    pub(crate) duty_queue: &'static str,
    pub(crate) duty_batches: &'static str,
    pub(crate) duty_webhooks: &'static str,
    pub(crate) column_holder: &'static str,
    pub(crate) column_until: &'static str,
    pub(crate) this_process: &'static str,
    pub(crate) other_process: &'static str,
    pub(crate) no_process: &'static str,

    pub(crate) settings: &'static str,
    pub(crate) settings_note: &'static str,
    pub(crate) status_note: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) unset: &'static str,
    pub(crate) default: &'static str,
    pub(crate) from_environment: &'static str,
    pub(crate) from_file: &'static str,
    pub(crate) from_secret_file: &'static str,
    pub(crate) from_program: &'static str,
    pub(crate) from_default: &'static str,
    pub(crate) version: &'static str,
}

impl HealthTexts {
    pub(crate) fn stage(&self, name: &str) -> &'static str {
        (self.stage)(name)
    }

    pub(crate) fn replayed(&self, count: &u64) -> String {
        (self.replayed)(*count)
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

pub(in crate::messages) static EN: HealthTexts = HealthTexts {
    title: "Health",
    all_good: "Nothing is wrong. Keyferry is ready, and all checks passed.",
    not_checked_yet: "Keyferry is ready. The checks have not finished yet.",
    is_ready: "Keyferry is ready.",
    not_ready: "Keyferry is not ready: orders are not accepted.",
    not_ready_meaning: "Because of this, Keyferry accepts no requests.",
    wrong: |failed, warnings| {
        let failed_text = counted(failed as u64, "check failed", "checks failed");
        let warnings_text = counted(warnings as u64, "warning", "warnings");
        match (failed, warnings) {
            (0, _) => format!("Keyferry is ready, with {warnings_text}."),
            (_, 0) => format!("{failed_text}."),
            _ => format!("{failed_text}, and there are {warnings_text}."),
        }
    },
    troubles: "What is wrong",
    todo: "What to do:",
    expected: "Expected:",
    sandbox: "This is a sandbox: the identity provider is a stand-in on this machine. No key is real.",
    outage: "outage",
    outage_meaning: "Shipments that need this dependency are on hold.",

    ok: "OK",
    warning: "Warning",
    failed: "Failed",
    not_examined: "Not examined",
    checks: "Checks",
    checks_note: "The checks of keyferry doctor, run by this process. They change nothing and send no mail.",
    checked_at: "Last checked:",
    check_now: "Check now",
    running: "The checks are running.",
    reload: "Reload",
    late: "The last checks did not finish in time. Run keyferry doctor on the machine of the connector.",
    column_check: "Check",
    column_result: "Result",
    column_found: "Finding",
    check: |name| match name {
        "settings" => "All settings have valid values.",
        "clock" => "Tokens and deadlines need the right time.",
        "token for Graph" => "The connector can sign in to Microsoft Entra ID.",
        "permissions" => "The connector has the permissions that it needs, and no more.",
        "creation options" => "The identity provider issues creation options for a user.",
        "passkey policy" => "The tenant's policy permits the keys that are ordered.",
        "attestation" => "The policy and the keys' attestation agree.",
        "key models" => "The policy permits the models of the products.",
        "self-service set up" => "The policy permits that the connector registers keys.",
        "groups of users" => "The groups that restrict orders exist.",
        "disabled accounts" => "Whether orders for disabled accounts can be refused.",
        "privileged users" => "Whether orders for privileged users can be refused.",
        "records" => "The store can be read, and accepts writes.",
        "secrets" => "Response keys can be stored and read again.",
        "events" => "No event was changed outside of Keyferry.",
        "API token" => "The delivery service accepts the API token.",
        "published keys" => "The delivery service's published keys can be used.",
        "callers' tokens" => "Keyferry can verify the tokens of callers.",
        "PIN delivery" => "PINs can be sent.",
        "PIN addressee" => "Keyferry can find who gets a PIN.",
        "app credential expiry" => "No app credential of the connector expires soon.",
        "schedule" => "Open shipments are processed regularly.",
        "clean-up" => "When finished shipments are deleted.",
        "open shipments" => "Records can be read, and no shipment waits for an operator.",
        "journal" => "The database contains all accepted orders.",
        "FIDO metadata" => "Reports of compromised models are current.",
        _ => "",
    },

    webhooks: "Webhooks",
    webhook: "Webhook",
    webhook_meaning: "The last message was not accepted. Its events wait. See its deliveries for the reason.",
    no_webhooks: "No webhook receives events.",
    column_receiver: "Receiver",
    column_state: "State",
    column_created_by: "Created by",
    description: "Description",
    event_types: "Event types",
    all_types: "All",
    enabled: "Enabled",
    disabled: "Disabled",
    failing: "Failing",
    failing_since: "Failing since",
    in_settings: "The settings",
    deliveries: "Deliveries",
    no_deliveries: "No delivery matches.",
    deliveries_note: "Messages of the last 30 days, those that are still to be sent, and those that were given up. The \
                      receiver's own words are not kept.",
    all_states: "All",
    stage: |name| match name {
        "pending" => "Pending",
        "delivered" => "Delivered",
        "dead" => "Given up",
        _ => "",
    },
    column_event: "Event",
    column_created: "Created",
    column_attempts: "Attempts",
    column_last: "Last",
    column_next: "Next",
    replay: "Send again",
    replay_dead: "Send all given up again",
    replay_one: "This message is sent to the receiver again:",
    replay_all: "All messages that were given up are sent to the receiver again.",
    replay_note: "The receiver gets the same ids and bodies, and may have processed a message already. Keyferry tries \
                  for up to three days.",
    replayed: |count| match count {
        0 => "There was no message to send again.".to_owned(),
        1 => "1 message is sent again.".to_owned(),
        count => format!("{count} messages are sent again."),
    },
    cancel: "Back without sending",

    schedules: "Schedules",
    schedules_note: "The last runs are those of this process, also those between schedules. Another process may have \
                     run since.",
    processing: "Processing of shipments",
    clean_up: "Clean-up",
    column_work: "Work",
    not_scheduled: "Not scheduled",
    none_yet: "None yet",
    keeps_all: "Finished shipments are kept.",
    processed: |run| {
        let mut text = format!("{}, {} moved on", counted(run.processed as u64, "shipment", "shipments"), run.moved);
        if run.obstructed > 0 {
            text.push_str(&format!(", {} with an obstacle", run.obstructed));
        }
        if run.unreadable > 0 {
            text.push_str(&format!(", {}", counted(run.unreadable as u64, "unreadable record", "unreadable records")));
        }
        text
    },
    cleaned_up: |run| {
        let shipments = counted(run.shipments as u64, "shipment", "shipments");
        format!("{shipments} and {} deleted", counted(run.batches as u64, "batch", "batches"))
    },

    credentials: "Credentials that expire",
    no_credentials: "No expiry date is known. Keyferry learns it when it reads a certificate, a token, or a secret of \
                     a vault that has one.",
    credentials_note: "A client secret in the environment or a file carries no date. Note it when you create the \
                       secret.",
    expired: "Expired",
    days_left: |days| counted(days.unsigned_abs(), "day left", "days left"),

    replicas: "Replicas",
    this_replica: "This process:",
    replicas_note: "The store names the process that holds each lease, and no others: how many processes run is not \
                    known here. Without a holder, the work begins within two minutes, or no process is set up to do \
                    it.",
    duty_schedules: "Schedules",
    duty_queue: "Queued orders",
    duty_batches: "Batches",
    duty_webhooks: "Webhooks",
    column_holder: "Process",
    column_until: "Lease until",
    this_process: "This process",
    other_process: "Another process:",
    no_process: "None",

    settings: "Settings",
    settings_note: "The values in effect. Secrets, and queries of addresses, are not shown. Changes need a restart.",
    status_note: "The values of GET /v1/status. More is shown to users with another role.",
    secret: "Secret, set",
    unset: "Not set",
    default: "Default:",
    from_environment: "Environment",
    from_file: "keyferry.toml",
    from_secret_file: "Own file",
    from_program: "Command line or demo",
    from_default: "Default",
    version: "Keyferry",
};

pub(in crate::messages) static DE: HealthTexts = HealthTexts {
    title: "Zustand",
    all_good: "Alles in Ordnung. Keyferry ist bereit, und alle Prüfungen sind bestanden.",
    not_checked_yet: "Keyferry ist bereit. Die Prüfungen sind noch nicht fertig.",
    is_ready: "Keyferry ist bereit.",
    not_ready: "Keyferry ist nicht bereit: Bestellungen werden nicht angenommen.",
    not_ready_meaning: "Deshalb nimmt Keyferry keine Anfragen an.",
    wrong: |failed, warnings| {
        let failed_text = counted(failed as u64, "Prüfung ist fehlgeschlagen", "Prüfungen sind fehlgeschlagen");
        let warnings_text = counted(warnings as u64, "Warnung", "Warnungen");
        match (failed, warnings) {
            (0, _) => format!("Keyferry ist bereit, mit {warnings_text}."),
            (_, 0) => format!("{failed_text}."),
            _ => format!("{failed_text}, dazu {warnings_text}."),
        }
    },
    troubles: "Was nicht in Ordnung ist",
    todo: "Was zu tun ist:",
    expected: "Erwartet:",
    sandbox: "Das ist eine Sandbox: Der Identitätsanbieter ist ein Ersatz auf diesem Rechner. Kein Schlüssel ist echt.",
    outage: "Ausfall",
    outage_meaning: "Sendungen, die das brauchen, warten.",

    ok: "OK",
    warning: "Warnung",
    failed: "Fehlgeschlagen",
    not_examined: "Nicht geprüft",
    checks: "Prüfungen",
    checks_note: "Die Prüfungen von keyferry doctor, ausgeführt von diesem Prozess. Sie ändern nichts und senden keine \
                  Mail.",
    checked_at: "Zuletzt geprüft:",
    check_now: "Jetzt prüfen",
    running: "Die Prüfungen laufen.",
    reload: "Neu laden",
    late: "Die letzten Prüfungen wurden nicht rechtzeitig fertig. Führen Sie keyferry doctor auf dem Rechner des \
           Dienstes aus.",
    column_check: "Prüfung",
    column_result: "Ergebnis",
    column_found: "Befund",
    check: |name| match name {
        "settings" => "Alle Einstellungen haben gültige Werte.",
        "clock" => "Tokens und Fristen brauchen die richtige Zeit.",
        "token for Graph" => "Der Dienst kann sich bei Microsoft Entra ID anmelden.",
        "permissions" => "Der Dienst hat die nötigen Berechtigungen und keine weiteren.",
        "creation options" => "Der Identitätsanbieter stellt Registrierungsoptionen für einen Benutzer aus.",
        "passkey policy" => "Die Richtlinie des Mandanten erlaubt die bestellten Schlüssel.",
        "attestation" => "Richtlinie und Nachweis der Schlüssel passen zusammen.",
        "key models" => "Die Richtlinie erlaubt die Modelle der Produkte.",
        "self-service set up" => "Die Richtlinie erlaubt, dass der Dienst Schlüssel registriert.",
        "groups of users" => "Die Gruppen, die Bestellungen einschränken, gibt es.",
        "disabled accounts" => "Ob Bestellungen für gesperrte Konten abgelehnt werden können.",
        "privileged users" => "Ob Bestellungen für privilegierte Benutzer abgelehnt werden können.",
        "records" => "Der Speicher ist lesbar und nimmt Änderungen an.",
        "secrets" => "Antwortschlüssel lassen sich ablegen und wieder lesen.",
        "events" => "Kein Ereignis wurde außerhalb von Keyferry geändert.",
        "API token" => "Der Lieferdienst nimmt das API-Token an.",
        "published keys" => "Die veröffentlichten Schlüssel des Lieferdienstes sind brauchbar.",
        "callers' tokens" => "Keyferry kann die Tokens der Aufrufer prüfen.",
        "PIN delivery" => "PINs können gesendet werden.",
        "PIN addressee" => "Keyferry findet, wer eine PIN bekommt.",
        "app credential expiry" => "Keine Zugangsdaten des Dienstes laufen bald ab.",
        "schedule" => "Offene Sendungen werden regelmäßig verarbeitet.",
        "clean-up" => "Wann abgeschlossene Sendungen gelöscht werden.",
        "open shipments" => "Datensätze sind lesbar, und keine Sendung wartet auf einen Menschen.",
        "journal" => "Die Datenbank enthält alle angenommenen Bestellungen.",
        "FIDO metadata" => "Meldungen über unsichere Modelle sind aktuell.",
        _ => "",
    },

    webhooks: "Webhooks",
    webhook: "Webhook",
    webhook_meaning: "Die letzte Nachricht wurde nicht angenommen. Seine Ereignisse warten. Den Grund zeigen die \
                      Zustellungen.",
    no_webhooks: "Kein Webhook empfängt Ereignisse.",
    column_receiver: "Empfänger",
    column_state: "Zustand",
    column_created_by: "Angelegt von",
    description: "Beschreibung",
    event_types: "Ereignisarten",
    all_types: "Alle",
    enabled: "Aktiv",
    disabled: "Abgeschaltet",
    failing: "Gestört",
    failing_since: "Gestört seit",
    in_settings: "Einstellungen",
    deliveries: "Zustellungen",
    no_deliveries: "Keine Zustellung passt.",
    deliveries_note: "Nachrichten der letzten 30 Tage, noch zu sendende und aufgegebene. Was der Empfänger geantwortet \
                      hat, wird nicht aufbewahrt.",
    all_states: "Alle",
    stage: |name| match name {
        "pending" => "Ausstehend",
        "delivered" => "Zugestellt",
        "dead" => "Aufgegeben",
        _ => "",
    },
    column_event: "Ereignis",
    column_created: "Entstanden",
    column_attempts: "Versuche",
    column_last: "Zuletzt",
    column_next: "Nächstes Mal",
    replay: "Erneut senden",
    replay_dead: "Alle aufgegebenen erneut senden",
    replay_one: "Diese Nachricht wird dem Empfänger erneut gesendet:",
    replay_all: "Alle aufgegebenen Nachrichten werden dem Empfänger erneut gesendet.",
    replay_note: "Der Empfänger bekommt dieselben Kennungen und Inhalte und hat eine Nachricht vielleicht schon \
                  verarbeitet. Keyferry versucht es bis zu drei Tage lang.",
    replayed: |count| match count {
        0 => "Es gab keine Nachricht zu senden.".to_owned(),
        1 => "1 Nachricht wird erneut gesendet.".to_owned(),
        count => format!("{count} Nachrichten werden erneut gesendet."),
    },
    cancel: "Zurück, ohne zu senden",

    schedules: "Zeitpläne",
    schedules_note: "Die letzten Läufe sind die dieses Prozesses, auch die zwischen den Zeitpunkten. Ein anderer \
                     Prozess kann danach gelaufen sein.",
    processing: "Verarbeitung der Sendungen",
    clean_up: "Aufräumen",
    column_work: "Aufgabe",
    not_scheduled: "Kein Zeitplan",
    none_yet: "Noch keiner",
    keeps_all: "Abgeschlossene Sendungen bleiben.",
    processed: |run| {
        let mut text = format!("{}, {} weiter", counted(run.processed as u64, "Sendung", "Sendungen"), run.moved);
        if run.obstructed > 0 {
            text.push_str(&format!(", {} mit Hindernis", run.obstructed));
        }
        if run.unreadable > 0 {
            let records = counted(run.unreadable as u64, "unlesbarer Datensatz", "unlesbare Datensätze");
            text.push_str(&format!(", {records}"));
        }
        text
    },
    cleaned_up: |run| {
        let shipments = counted(run.shipments as u64, "Sendung", "Sendungen");
        format!("{shipments} und {} gelöscht", counted(run.batches as u64, "Sammelbestellung", "Sammelbestellungen"))
    },

    credentials: "Zugangsdaten, die ablaufen",
    no_credentials: "Es ist kein Ablaufdatum bekannt. Keyferry erfährt es, wenn es ein Zertifikat, ein Token oder ein \
                     Geheimnis eines Tresors mit Datum liest.",
    credentials_note: "Ein Clientgeheimnis in der Umgebung oder in einer Datei trägt kein Datum. Notieren Sie es, wenn \
                       Sie das Geheimnis anlegen.",
    expired: "Abgelaufen",
    days_left: |days| match days {
        1 => "noch 1 Tag".to_owned(),
        days => format!("noch {days} Tage"),
    },

    replicas: "Prozesse",
    this_replica: "Dieser Prozess:",
    replicas_note: "Der Speicher nennt den Prozess, der eine Aufgabe hat, und keine anderen: Wie viele Prozesse \
                    laufen, ist hier nicht bekannt. Ohne Prozess beginnt die Aufgabe innerhalb von zwei Minuten, oder \
                    keiner ist dafür eingerichtet.",
    duty_schedules: "Zeitpläne",
    duty_queue: "Wartende Bestellungen",
    duty_batches: "Sammelbestellungen",
    duty_webhooks: "Webhooks",
    column_holder: "Prozess",
    column_until: "Vergeben bis",
    this_process: "Dieser Prozess",
    other_process: "Ein anderer Prozess:",
    no_process: "Keiner",

    settings: "Einstellungen",
    settings_note: "Die gültigen Werte. Geheimnisse und Anfrageteile von Adressen werden nicht gezeigt. Änderungen \
                    brauchen einen Neustart.",
    status_note: "Die Werte von GET /v1/status. Benutzer mit einer anderen Rolle sehen mehr.",
    secret: "Geheim, gesetzt",
    unset: "Nicht gesetzt",
    default: "Vorgabe:",
    from_environment: "Umgebung",
    from_file: "keyferry.toml",
    from_secret_file: "Eigene Datei",
    from_program: "Befehlszeile oder Demo",
    from_default: "Vorgabe",
    version: "Keyferry",
};
