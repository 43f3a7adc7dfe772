//! Overview: late keys, batches, state of the service.

use keyferry_domain::{BatchStateName, Party};

use super::count;

/// Texts of the overview.
pub(crate) struct OverviewTexts {
    pub(crate) selection: &'static str,
    pub(crate) all_batches: &'static str,
    pub(crate) late_title: &'static str,
    pub(crate) late_passed: &'static str,
    pub(crate) late_near: &'static str,
    pub(crate) late_note: &'static str,
    pub(crate) batches_title: &'static str,
    pub(crate) batches_none: &'static str,
    pub(crate) service_title: &'static str,
    pub(crate) outages_title: &'static str,
    pub(crate) outages_none: &'static str,
    pub(crate) runs_title: &'static str,
    pub(crate) runs_none: &'static str,
    pub(crate) run_all: &'static str,
    pub(crate) run_due: &'static str,
    pub(crate) credentials_title: &'static str,
    pub(crate) credentials_none: &'static str,
    pub(crate) stock_title: &'static str,
    pub(crate) stock_low: &'static str,
    pub(crate) stock_unknown: &'static str,
    pub(crate) stock_not_offered: &'static str,
    pub(crate) stock_failed: &'static str,
    pub(crate) on_hold: fn(u64) -> String,
    pub(crate) keys: fn(u64) -> String,
    pub(crate) sent: fn(sent: u64, all: u64) -> String,
    pub(crate) pace: fn(rate_per_minute: f64, seconds_left: u64) -> String,
    pub(crate) run: fn(kind: &str, processed: u64, moved: u64, obstructed: u64, seconds: u64) -> String,
    pub(crate) batch_state: fn(BatchStateName) -> &'static str,
    pub(crate) party: fn(Party) -> &'static str,
}

impl OverviewTexts {
    pub(crate) fn on_hold(&self, number: &u64) -> String {
        (self.on_hold)(*number)
    }

    pub(crate) fn keys(&self, number: &u64) -> String {
        (self.keys)(*number)
    }

    pub(crate) fn sent(&self, sent: &u64, all: &u64) -> String {
        (self.sent)(*sent, *all)
    }
}

/// Returns hours and minutes, the minutes rounded up.
fn time(seconds: u64) -> (u64, u64) {
    let minutes = seconds.div_ceil(60);
    (minutes / 60, minutes % 60)
}

pub(in crate::messages) static EN: OverviewTexts = OverviewTexts {
    selection: "Only shipments with",
    all_batches: "Any batch",
    late_title: "Needed by a day",
    late_passed: "Day passed",
    late_near: "Within 7 days",
    late_note: "Open shipments whose order names the day on which the person needs the key.",
    batches_title: "Running batches",
    batches_none: "No batch is being checked or ordered.",
    service_title: "Service",
    outages_title: "Outages",
    outages_none: "No dependency fails.",
    runs_title: "Last runs",
    runs_none: "This process has not finished a run yet.",
    run_all: "All",
    run_due: "What was due",
    credentials_title: "Credentials that expire within 30 days",
    credentials_none: "None.",
    stock_title: "Stock",
    stock_low: "Low",
    stock_unknown: "Keyferry is reading it from the delivery service. Load the page again.",
    stock_not_offered: "The delivery service offers no list of the stock.",
    stock_failed: "The delivery service did not return the stock.",
    on_hold: |number| match number {
        1 => "1 shipment on hold".to_owned(),
        _ => format!("{} shipments on hold", count(number, ',')),
    },
    keys: |number| if number == 1 { "1 key".to_owned() } else { format!("{} keys", count(number, ',')) },
    sent: |sent, all| format!("{} of {} ordered", count(sent, ','), count(all, ',')),
    pace: |rate, left| match time(left) {
        (0, minutes) => format!("{rate:.0} per minute, {minutes} min left"),
        (hours, minutes) => format!("{rate:.0} per minute, {hours} h {minutes} min left"),
    },
    run: |kind, processed, moved, obstructed, seconds| {
        let (processed, moved, obstructed) = (count(processed, ','), count(moved, ','), count(obstructed, ','));
        format!("{kind}: {processed} processed, {moved} progressed, {obstructed} with an obstacle, {seconds} s")
    },
    batch_state: |state| match state {
        BatchStateName::Uploading => "Being uploaded",
        BatchStateName::Draft => "Uploaded",
        BatchStateName::Checking => "Being checked",
        BatchStateName::Checked => "Checked",
        BatchStateName::Submitted => "Being ordered",
        BatchStateName::Paused => "Paused",
        BatchStateName::Finished => "Finished",
        BatchStateName::Cancelling => "Being cancelled",
        BatchStateName::Cancelled => "Cancelled",
    },
    party: |party| match party {
        Party::TokenEndpoint => "Token endpoint",
        Party::IdentityProvider => "Identity provider",
        Party::DeliveryService => "Delivery service",
        Party::Factory => "Key factory",
        Party::PinDelivery => "PIN delivery",
        Party::Store => "Store",
        Party::Connector => "Keyferry",
    },
};

pub(in crate::messages) static DE: OverviewTexts = OverviewTexts {
    selection: "Nur Sendungen mit",
    all_batches: "Jeder Stapel",
    late_title: "Zu einem Tag benötigt",
    late_passed: "Tag vorbei",
    late_near: "In 7 Tagen",
    late_note: "Offene Sendungen, deren Bestellung den Tag nennt, an dem die Person den Schlüssel braucht.",
    batches_title: "Laufende Stapel",
    batches_none: "Kein Stapel wird geprüft oder bestellt.",
    service_title: "Dienst",
    outages_title: "Ausfälle",
    outages_none: "Nichts fällt aus.",
    runs_title: "Letzte Läufe",
    runs_none: "Dieser Prozess hat noch keinen Lauf beendet.",
    run_all: "Alle",
    run_due: "Fällige",
    credentials_title: "Zugangsdaten, die in 30 Tagen ablaufen",
    credentials_none: "Keine.",
    stock_title: "Lager",
    stock_low: "Wenig",
    stock_unknown: "Keyferry liest es gerade beim Lieferdienst. Laden Sie die Seite neu.",
    stock_not_offered: "Der Lieferdienst bietet keine Liste des Lagers an.",
    stock_failed: "Der Lieferdienst hat das Lager nicht genannt.",
    on_hold: |number| match number {
        1 => "1 Sendung angehalten".to_owned(),
        _ => format!("{} Sendungen angehalten", count(number, '.')),
    },
    keys: |number| match number {
        1 => "1 Schlüssel".to_owned(),
        _ => format!("{} Schlüssel", count(number, '.')),
    },
    sent: |sent, all| format!("{} von {} bestellt", count(sent, '.'), count(all, '.')),
    pace: |rate, left| match time(left) {
        (0, minutes) => format!("{rate:.0} pro Minute, noch {minutes} min"),
        (hours, minutes) => format!("{rate:.0} pro Minute, noch {hours} h {minutes} min"),
    },
    run: |kind, processed, moved, obstructed, seconds| {
        let (processed, moved, obstructed) = (count(processed, '.'), count(moved, '.'), count(obstructed, '.'));
        format!("{kind}: {processed} bearbeitet, {moved} vorangekommen, {obstructed} mit Hindernis, {seconds} s")
    },
    batch_state: |state| match state {
        BatchStateName::Uploading => "Wird hochgeladen",
        BatchStateName::Draft => "Hochgeladen",
        BatchStateName::Checking => "Wird geprüft",
        BatchStateName::Checked => "Geprüft",
        BatchStateName::Submitted => "Wird bestellt",
        BatchStateName::Paused => "Pausiert",
        BatchStateName::Finished => "Beendet",
        BatchStateName::Cancelling => "Wird storniert",
        BatchStateName::Cancelled => "Storniert",
    },
    party: |party| match party {
        Party::TokenEndpoint => "Token-Endpunkt",
        Party::IdentityProvider => "Identitätsanbieter",
        Party::DeliveryService => "Lieferdienst",
        Party::Factory => "Schlüsselfabrik",
        Party::PinDelivery => "PIN-Zustellung",
        Party::Store => "Datenspeicher",
        Party::Connector => "Keyferry",
    },
};
