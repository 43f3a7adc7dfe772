//! German.

use chrono::{Datelike as _, NaiveDate};
use keyferry_domain::{EventKind, ObstacleClass, PhaseName};

use super::catalogue::{Messages, Sentence};
use super::numbers::grouped;
use super::sections;
use crate::field::Field;

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

pub(super) static MESSAGES: Messages = Messages {
    tag: "de",
    skip_to_content: "Zum Inhalt",
    navigation: "Hauptnavigation",
    nav_overview: "Übersicht",
    nav_shipments: "Sendungen",
    nav_api: "API-Referenz",
    signed_in_as: "Angemeldet als",
    sign_out: "Abmelden",
    footer: "Keyferry-Konsole. Zeiten gelten in Ihrer Zeitzone; die UTC-Zeit erscheint beim Zeigen darauf.",

    signing_in_title: "Anmeldung",
    signing_in_text: "Sie sind angemeldet. Die Seite wird von selbst fortgesetzt.",
    continue_link: "Weiter",
    signed_out_title: "Abgemeldet",
    signed_out_text: "Sie sind bei Keyferry abgemeldet. Beim Identitätsanbieter ist Ihr Konto eventuell noch \
                      angemeldet.",
    sign_in_again: "Neu anmelden",
    sign_out_of_provider: "Auch beim Identitätsanbieter abmelden",

    not_found_title: "Seite nicht gefunden",
    not_found_text: "Unter dieser Adresse gibt es keine Seite. Prüfen Sie die Adresse, oder beginnen Sie bei der \
                     Übersicht.",
    shipment_not_found_text: "Es gibt keine Sendung mit dieser Id, die Sie sehen dürfen. Eventuell wurde sie beim \
                              Aufräumen gelöscht.",
    method_text: "Diese Adresse unterstützt die Methode der Anfrage nicht.",
    forbidden_title: "Ihnen fehlt die Rolle für diese Seite",
    forbidden_text: "Diese Seite erfordert eine der App-Rollen:",
    forbidden_after: "Bitten Sie eine Administratorin, Ihnen eine davon in der Unternehmensanwendung zuzuweisen, und \
                      melden Sie sich neu an.",
    session_ended_title: "Ihre Sitzung ist beendet",
    session_ended_text: "Es wurde nichts geändert. Melden Sie sich neu an, und wiederholen Sie die Aktion.",
    foreign_form_title: "Das Formular gehört nicht zu dieser Sitzung",
    foreign_form_text: "Es wurde nichts geändert. Öffnen Sie die Seite neu, und wiederholen Sie die Aktion.",
    sign_in_failed_title: "Sie sind nicht angemeldet",
    sign_in_state_text: "Die Antwort des Identitätsanbieters gehört zu keiner Anmeldung dieses Browsers. Eventuell hat \
                         sie länger als zehn Minuten gedauert, oder Sie haben sich auf zwei Seiten zugleich \
                         angemeldet.",
    sign_in_declined_text: "Der Identitätsanbieter hat Sie nicht angemeldet.",
    sign_in_failed_text: "Keyferry konnte die Anmeldung nicht abschließen. Der Grund steht im Log des Dienstes.",
    again_title: "Bitte melden Sie sich erneut an",
    again_text: "Diese Aktion kann nicht rückgängig gemacht werden. Ihre Anmeldung darf deshalb höchstens 10 Minuten \
                 alt sein. Bisher wurde nichts geändert. Nach der Anmeldung kehren Sie zu dieser Aktion zurück.",
    not_recent_text: "Der Identitätsanbieter hat nicht bestätigt, dass Sie sich erneut angemeldet haben. Die Aktion \
                      bleibt gesperrt. Das Protokoll des Dienstes enthält den Grund und die Abhilfe.",
    unavailable_title: "Keyferry ist zurzeit nicht verfügbar",
    unavailable_text: "Keyferry konnte seine Daten nicht lesen. Versuchen Sie es in einer Minute erneut. Prüfen Sie \
                       das Log, wenn es so bleibt.",
    damaged_title: "Ein Datensatz ist beschädigt",
    damaged_text: "Keyferry kann diese Daten nicht lesen; ein neuer Versuch hilft nicht. Andere Sendungen sind nicht \
                   betroffen. Das Log von Keyferry nennt den Datensatz und was zu tun ist; keyferry doctor prüft alle \
                   Daten.",
    interrupted_text: "Die Datei kam nicht vollständig an. Es wurde nichts gespeichert. Senden Sie sie noch einmal.",
    timeout_text: "Die Seite hat zu lange gedauert. Versuchen Sie es mit mehr Bedingungen.",
    back_to_overview: "Zur Übersicht",

    overview_title: "Übersicht",
    funnel_title: "Wo die Schlüssel sind",
    funnel_note: "Abgelehnte und stornierte Bestellungen sind nicht enthalten.",
    funnel_step: "Schritt",
    funnel_reached: "Erreicht",
    funnel_now: "Jetzt in diesem Schritt",
    step_ordered: "Bestellt",
    step_being_made: "In Herstellung",
    step_shipped: "Versandt",
    step_registered: "Registriert",
    step_complete: "PIN zugestellt, fertig",
    outside_funnel: "Nicht enthalten:",
    human_title: "Braucht einen Menschen",
    human_none: "Keine Sendung braucht einen Eingriff.",
    human_cause: "Ursache",
    human_people: "Sendungen",
    human_remedy: "Was zu tun ist (letzter Fall)",
    human_unconfirmed: "Die Antwort auf die Bestellung ging verloren. Suchen Sie die Bestellung beim Lieferdienst, und \
                        übernehmen oder verwerfen Sie sie.",
    human_shipped_despite: "Der Schlüssel einer stornierten Bestellung existiert. Holen Sie ihn zurück, und schließen \
                            Sie die Sendung ab.",
    deadlines_title: "Fristen der Registrierung",
    deadlines_note: "Nach seiner Frist kann ein noch nicht registrierter Schlüssel nie mehr registriert werden.",
    deadline_passed: "Abgelaufen",
    deadline_48h: "In 48 Stunden",
    deadline_7d: "In 7 Tagen",
    nothing_ordered: "Es wurden noch keine Schlüssel bestellt.",

    shipments_title: "Sendungen",
    filter_title: "Filter",
    filter_more: "Weitere Bedingungen",
    filter_apply: "Anwenden",
    filter_clear: "Alle entfernen",
    filter_without_obstacle: "Ohne Hindernis",
    errors_title: "Die Liste konnte nicht gezeigt werden",
    no_match: "Keine Sendung erfüllt diese Bedingungen.",
    export_csv: "Alle Treffer als CSV herunterladen",
    next_page: "Nächste Seite",
    first_page: "Erste Seite",
    pages: "Seiten",
    unreadable_title: "Datensätze, die nicht lesbar sind",
    column_state: "Zustand",
    column_person: "Person",
    column_reference: "Referenz",
    column_created: "Bestellt",
    column_deadline: "Frist",
    needs_human: "Braucht einen Menschen",
    unknown_person: "Unbekannte Person",
    sort_id: "Älteste zuerst",
    sort_newest: "Neueste zuerst",
    sort_updated: "Zuletzt geänderte zuerst",
    sort_deadline: "Früheste Frist zuerst",
    sort_next_attempt: "Nächster Versuch zuerst",

    shipment_title: "Sendung",
    all_shipments: "Alle Sendungen",
    what_to_do: "Was zu tun ist",
    obstacle_since: "Seit",
    obstacle_next: "Nächster Versuch",
    on_hold_title: "Angehalten",
    facts_title: "Einzelheiten",
    fact_id: "Id bei Keyferry",
    fact_delivery_id: "Id beim Lieferdienst",
    fact_person: "Person",
    fact_product: "Produkt",
    fact_serial: "Seriennummer",
    fact_firmware: "Firmware",
    fact_credential: "Passkey",
    fact_credential_id: "Id des Passkeys",
    fact_parcel: "Paket",
    fact_tracking_page: "Paket verfolgen",
    fact_delivery_state: "Zustand beim Lieferdienst",
    fact_pin_to: "Kontakte für die PIN",
    no_contacts: "keine in der Bestellung; der Verlauf nennt die Empfängerin, wenn die PIN gesendet wurde",
    fact_ordered_by: "Bestellt von",
    fact_requester: "Angefordert von",
    fact_batch: "Stapel",
    fact_country: "Land",
    fact_not_before: "Nicht vor",
    fact_needed_by: "Benötigt bis",
    fact_replaces: "Ersetzt",
    fact_replaced_by: "Ersetzt durch",
    other_keys: "Alle Schlüssel dieser Person",
    timeline_title: "Verlauf",
    timeline_by: "durch",
    timeline_correlation: "Korrelations-Id",
    by_processing: "Keyferry",
    by_hand: "Änderung des Datensatzes von Hand",

    bulk: &sections::bulk::DE,
    shipments: &sections::shipments::DE,
    audit: &sections::audit::DE,
    health: &sections::health::DE,
    verbs: &sections::verbs::DE,
    print: &sections::print::DE,
    order: &sections::order::DE,
    batches: &sections::batches::DE,
    overview: &sections::overview::DE,
    work: &sections::work::DE,
    people: &sections::people::DE,
    reconcile: &sections::reconcile::DE,

    phase,
    class,
    event,
    field,
    sentence,
    date,
    number: |number| grouped(number, '.'),
    shown: |count| {
        if count == 1 { "1 Sendung".to_owned() } else { format!("{} Sendungen", grouped(count as u64, '.')) }
    },
    times: |count| format!("{count} Mal"),
    invalid: |field, value, example| {
        format!("{field}: „{value}“ ist ungültig. Geben Sie einen Wert wie {example} ein, oder lassen Sie es leer.")
    },
    unknown_parameter: |name| format!("Die Adresse enthält „{name}“. Das ist keine Bedingung. Entfernen Sie es."),
};

fn phase(phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Queued => "In der Warteschlange",
        PhaseName::Submitting => "Wird bestellt",
        PhaseName::Refused => "Abgelehnt",
        PhaseName::Unconfirmed => "Unbestätigt",
        PhaseName::Accepted => "In Herstellung",
        PhaseName::Fulfilled => "Versandt",
        PhaseName::Registered => "Registriert",
        PhaseName::Complete => "Fertig",
        PhaseName::Cancelling | PhaseName::Cancelled => "Storniert",
    }
}

fn class(class: ObstacleClass) -> &'static str {
    match class {
        ObstacleClass::Retry => "Wird wiederholt",
        ObstacleClass::Attention => "Braucht einen Eingriff",
        ObstacleClass::Final => "Angehalten",
    }
}

fn event(event: EventKind) -> &'static str {
    match event {
        EventKind::Queued => "In der Warteschlange",
        EventKind::Requeued => "Wieder in der Warteschlange",
        EventKind::Replaced => "Ersetzt",
        EventKind::Submitted => "Bestellung wird gesendet",
        EventKind::Accepted => "Bestellung angenommen",
        EventKind::Refused => "Bestellung abgelehnt",
        EventKind::Unconfirmed => "Antwort auf die Bestellung verloren",
        EventKind::Adopted => "Mit der Bestellung beim Lieferdienst verbunden",
        EventKind::Abandoned => "Verworfen: nie aufgegeben",
        EventKind::StateChanged => "Zustand beim Lieferdienst geändert",
        EventKind::Fulfilled => "Schlüssel hergestellt",
        EventKind::Registered => "Schlüssel registriert",
        EventKind::Revoked => "Passkey widerrufen",
        EventKind::Lost => "Als verloren gemeldet",
        EventKind::AccessPassRequested => "Befristeter Zugangscode angefordert",
        EventKind::AccessPassOpened => "Zuständige Person will den befristeten Zugangscode sehen",
        EventKind::AccessPassFailed => "Befristeter Zugangscode nicht gezeigt",
        EventKind::AccessPassSeen => "Befristeter Zugangscode von der zuständigen Person gesehen",
        EventKind::AccessPassRemoved => "Befristeter Zugangscode gelöscht",
        EventKind::PersonLeft => "Person ausgeschieden",
        EventKind::Returned => "Schlüssel zurückgegeben",
        EventKind::PinResent => "PIN erneut gesendet",
        EventKind::PinReleased => "PIN gegen die üblichen Regeln freigegeben",
        EventKind::PinOffered => "Link zur PIN gesendet",
        EventKind::PinSeen => "PIN von der zuständigen Person gesehen",
        EventKind::Completed => "Fertig",
        EventKind::Cancelled => "Storniert",
        EventKind::CancelRequested => "Stornierung verlangt",
        EventKind::CancellationConfirmed => "Stornierung bestätigt",
        EventKind::ShippedDespiteCancellation => "Trotz Stornierung versandt",
        EventKind::Obstacle => "Hindernis",
        EventKind::ObstacleCleared => "Hindernis beseitigt",
        EventKind::DeadlineNear => "Frist läuft bald ab",
        EventKind::Late => "Kommt zu spät",
        EventKind::RetryRequested => "Wiederholung verlangt",
        EventKind::LimitReached => "PIN wegen einer Grenze nicht gesendet",
        EventKind::PersonMailed => "E-Mail an die Person gesendet",
        EventKind::PersonNotMailed => "E-Mail an die Person nicht gesendet",
        EventKind::Objected => "Die Person hat widersprochen",
        EventKind::AddressRequested => "Die Person wurde nach der Adresse gefragt",
        EventKind::AddressGiven => "Adresse angegeben",
        EventKind::StockLow => "Bestand ist niedrig",
        EventKind::StockBack => "Bestand reicht wieder",
    }
}

fn field(field: Field) -> &'static str {
    match field {
        Field::Phase => "Zustand",
        Field::Obstacle => "Hindernis",
        Field::Code => "Code des Hindernisses",
        Field::User => "Person",
        Field::Serial => "Seriennummer",
        Field::Tracking => "Sendungsnummer",
        Field::Reference => "Referenz",
        Field::Batch => "Stapel",
        Field::Product => "Produkt-Id",
        Field::Country => "Land",
        Field::CreatedFrom => "Bestellt ab",
        Field::CreatedTo => "Bestellt vor",
        Field::UpdatedFrom => "Geändert ab",
        Field::UpdatedTo => "Geändert vor",
        Field::DeadlineFrom => "Frist ab",
        Field::DeadlineTo => "Frist vor",
        Field::NeededFrom => "Gebraucht ab",
        Field::NeededTo => "Gebraucht vor",
        Field::NeedsHuman => "Nur Sendungen, die einen Menschen brauchen",
        Field::AwaitsAddress => "Nur Bestellungen, die auf eine Anschrift warten",
        Field::Sort => "Reihenfolge",
        Field::Cursor => "Seite",
    }
}

fn sentence(person: &str, sentence: &Sentence) -> String {
    match sentence {
        Sentence::Queued { not_before: None } => {
            format!(
                "Die Bestellung für {person} wartet, bis sie an der Reihe ist. Der Lieferdienst hat sie noch nicht."
            )
        }
        Sentence::Queued { not_before: Some(day) } => {
            format!("Die Bestellung für {person} wartet bis zum {day}. Der Lieferdienst hat sie noch nicht.")
        }
        Sentence::Submitting => format!("Die Bestellung für {person} wird gerade an den Lieferdienst gesendet."),
        Sentence::Refused => {
            format!("Die Bestellung für {person} wurde nicht aufgegeben. Es wird kein Schlüssel hergestellt.")
        }
        Sentence::Unconfirmed => format!(
            "Die Bestellung für {person} wurde gesendet, aber die Antwort ging verloren. Ein Schlüssel kann unterwegs \
             sein."
        ),
        Sentence::Accepted { on } => {
            format!("Der Schlüssel für {person} wurde am {on} bestellt und wird hergestellt.")
        }
        Sentence::Shipped { on, parcel: Some(parcel) } => format!(
            "Der Schlüssel für {person} war am {on} hergestellt und ist unterwegs mit {parcel}. Die PIN wird gesendet, \
             sobald der Schlüssel registriert ist."
        ),
        Sentence::Shipped { on, parcel: None } => format!(
            "Der Schlüssel für {person} war am {on} hergestellt. Die PIN wird gesendet, sobald der Schlüssel \
             registriert ist."
        ),
        Sentence::Registered { on } => {
            format!("Der Schlüssel für {person} wurde am {on} registriert. Die PIN ist noch nicht zugestellt.")
        }
        Sentence::Complete { on } => {
            format!("Der Schlüssel für {person} ist registriert, und seine PIN wurde zugestellt. Fertig seit {on}.")
        }
        Sentence::CompletedByOperator { on } => {
            format!("Die Sendung für {person} wurde am {on} von Hand auf „fertig“ gesetzt.")
        }
        Sentence::Cancelling { key_exists: false } => {
            format!("Die Bestellung für {person} wurde storniert. Der Lieferdienst hat es noch nicht bestätigt.")
        }
        Sentence::Cancelling { key_exists: true } => format!(
            "Die Bestellung für {person} wurde storniert, aber ihr Schlüssel wurde hergestellt. Holen Sie ihn zurück."
        ),
        Sentence::Cancelled { on } => format!("Die Bestellung für {person} wurde am {on} storniert."),
    }
}

fn date(day: NaiveDate) -> String {
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{}. {month} {}", day.day(), day.year())
}
