//! English.

use chrono::{Datelike as _, NaiveDate};
use keyferry_domain::{EventKind, ObstacleClass, PhaseName};

use super::catalogue::{Messages, Sentence};
use super::numbers::grouped;
use super::sections;
use crate::field::Field;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) static MESSAGES: Messages = Messages {
    tag: "en",
    skip_to_content: "Skip to content",
    navigation: "Main navigation",
    nav_overview: "Overview",
    nav_shipments: "Shipments",
    nav_api: "API reference",
    signed_in_as: "Signed in as",
    sign_out: "Sign out",
    footer: "Keyferry console. Times are in your time zone; the UTC time appears when you point at them.",

    signing_in_title: "Signing in",
    signing_in_text: "You are signed in. This page continues by itself.",
    continue_link: "Continue",
    signed_out_title: "Signed out",
    signed_out_text: "You are signed out of Keyferry. Your account may still be signed in at the identity provider.",
    sign_in_again: "Sign in again",
    sign_out_of_provider: "Sign out of the identity provider, too",

    not_found_title: "Page not found",
    not_found_text: "There is no page at this address. Check the address, or start from the overview.",
    shipment_not_found_text: "There is no shipment with this id that you may see. Clean-up may have deleted it.",
    method_text: "This address does not support the method of the request.",
    forbidden_title: "You do not have the role for this page",
    forbidden_text: "This page requires one of these app roles:",
    forbidden_after: "Ask an administrator to assign one to you in the enterprise application, then sign in again.",
    session_ended_title: "Your session has ended",
    session_ended_text: "Nothing was changed. Sign in again, then repeat the action.",
    foreign_form_title: "The form is not from this session",
    foreign_form_text: "Nothing was changed. Open the page again, then repeat the action.",
    sign_in_failed_title: "You are not signed in",
    sign_in_state_text: "The response of the identity provider belongs to no sign-in of this browser. It may have \
                         taken longer than ten minutes, or you may have signed in on two pages at once.",
    sign_in_declined_text: "The identity provider did not sign you in.",
    sign_in_failed_text: "Keyferry could not complete the sign-in. The log of the service contains the reason.",
    again_title: "Sign in again to continue",
    again_text: "This action cannot be undone, so your sign-in must not be older than 10 minutes. Nothing was changed \
                 yet. You return to this action after the sign-in.",
    not_recent_text: "The identity provider did not confirm that you signed in again, so the action stays locked. The \
                      log of the service contains the reason and what an administrator must do.",
    unavailable_title: "Keyferry is not available at the moment",
    unavailable_text: "Keyferry could not read its store. Try again in a minute. If it persists, check the log.",
    damaged_title: "A record is damaged",
    damaged_text: "Keyferry cannot read this data, and another attempt does not help. Other shipments are not \
                   affected. The log of Keyferry names the record and what to do; keyferry doctor checks the whole \
                   store.",
    interrupted_text: "The file did not arrive completely. Nothing was stored. Send it again.",
    timeout_text: "The page took too long. Try again with more conditions.",
    back_to_overview: "Go to the overview",

    overview_title: "Overview",
    funnel_title: "Where the keys are",
    funnel_note: "Refused and cancelled orders are not included.",
    funnel_step: "Step",
    funnel_reached: "Reached",
    funnel_now: "In this step now",
    step_ordered: "Ordered",
    step_being_made: "Being made",
    step_shipped: "Shipped",
    step_registered: "Registered",
    step_complete: "PIN delivered, complete",
    outside_funnel: "Not included:",
    human_title: "Needs a human",
    human_none: "No shipment needs an operator.",
    human_cause: "Cause",
    human_people: "Shipments",
    human_remedy: "What to do (most recent case)",
    human_unconfirmed: "The response to the order was lost. Look the order up at the delivery service, then adopt or \
                        abandon it.",
    human_shipped_despite: "The key of a cancelled order exists. Get it back, then resolve the shipment.",
    deadlines_title: "Registration deadlines",
    deadlines_note: "After its deadline, a key that is not registered yet can never be registered.",
    deadline_passed: "Passed",
    deadline_48h: "Within 48 hours",
    deadline_7d: "Within 7 days",
    nothing_ordered: "No keys have been ordered yet.",

    shipments_title: "Shipments",
    filter_title: "Filter",
    filter_more: "More conditions",
    filter_apply: "Apply",
    filter_clear: "Clear all",
    filter_without_obstacle: "Without obstacle",
    errors_title: "The list could not be shown",
    no_match: "No shipment matches these conditions.",
    export_csv: "Download all matches as CSV",
    next_page: "Next page",
    first_page: "First page",
    pages: "Pages",
    unreadable_title: "Records that cannot be read",
    column_state: "State",
    column_person: "Person",
    column_reference: "Reference",
    column_created: "Ordered",
    column_deadline: "Deadline",
    needs_human: "Needs a human",
    unknown_person: "Unknown person",
    sort_id: "Oldest first",
    sort_newest: "Newest first",
    sort_updated: "Last changed first",
    sort_deadline: "Earliest deadline first",
    sort_next_attempt: "Next attempt first",

    shipment_title: "Shipment",
    all_shipments: "All shipments",
    what_to_do: "What to do",
    obstacle_since: "Since",
    obstacle_next: "Next attempt",
    on_hold_title: "On hold",
    facts_title: "Details",
    fact_id: "Keyferry's id",
    fact_delivery_id: "Delivery service's id",
    fact_person: "Person",
    fact_product: "Product",
    fact_serial: "Serial number",
    fact_firmware: "Firmware",
    fact_credential: "Passkey",
    fact_credential_id: "Passkey id",
    fact_parcel: "Parcel",
    fact_tracking_page: "Track the parcel",
    fact_delivery_state: "State at the delivery service",
    fact_pin_to: "Contacts for the PIN",
    no_contacts: "none in the order; the timeline names the addressee when the PIN was sent",
    fact_ordered_by: "Ordered by",
    fact_requester: "Requested by",
    fact_batch: "Batch",
    fact_country: "Country",
    fact_not_before: "Not before",
    fact_needed_by: "Needed by",
    fact_replaces: "Replaces",
    fact_replaced_by: "Replaced by",
    other_keys: "All keys of this person",
    timeline_title: "Timeline",
    timeline_by: "by",
    timeline_correlation: "Correlation id",
    by_processing: "Keyferry",
    by_hand: "edit of the record by hand",

    bulk: &sections::bulk::EN,
    shipments: &sections::shipments::EN,
    audit: &sections::audit::EN,
    health: &sections::health::EN,
    verbs: &sections::verbs::EN,
    print: &sections::print::EN,
    order: &sections::order::EN,
    batches: &sections::batches::EN,
    overview: &sections::overview::EN,
    work: &sections::work::EN,
    people: &sections::people::EN,
    reconcile: &sections::reconcile::EN,

    phase,
    class,
    event,
    field,
    sentence,
    date,
    number: |number| grouped(number, ','),
    shown: |count| {
        if count == 1 { "1 shipment".to_owned() } else { format!("{} shipments", grouped(count as u64, ',')) }
    },
    times: |count| format!("{count} times"),
    invalid: |field, value, example| {
        format!("{field}: “{value}” is not valid. Enter a value such as {example}, or leave it empty.")
    },
    unknown_parameter: |name| format!("The address contains “{name}”, which is not a condition. Remove it."),
};

fn phase(phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Queued => "Queued",
        PhaseName::Submitting => "Being ordered",
        PhaseName::Refused => "Refused",
        PhaseName::Unconfirmed => "Unconfirmed",
        PhaseName::Accepted => "Being made",
        PhaseName::Fulfilled => "Shipped",
        PhaseName::Registered => "Registered",
        PhaseName::Complete => "Complete",
        PhaseName::Cancelling | PhaseName::Cancelled => "Cancelled",
    }
}

fn class(class: ObstacleClass) -> &'static str {
    match class {
        ObstacleClass::Retry => "Will be retried",
        ObstacleClass::Attention => "Needs attention",
        ObstacleClass::Final => "Stopped",
    }
}

fn event(event: EventKind) -> &'static str {
    match event {
        EventKind::Queued => "Queued",
        EventKind::Requeued => "Queued again",
        EventKind::Replaced => "Replaced",
        EventKind::Submitted => "Order being sent",
        EventKind::Accepted => "Order accepted",
        EventKind::Refused => "Order refused",
        EventKind::Unconfirmed => "Response to the order lost",
        EventKind::Adopted => "Linked to the order at the delivery service",
        EventKind::Abandoned => "Abandoned: never placed",
        EventKind::StateChanged => "State at the delivery service changed",
        EventKind::Fulfilled => "Key made",
        EventKind::Registered => "Key registered",
        EventKind::Revoked => "Passkey revoked",
        EventKind::Lost => "Reported as lost",
        EventKind::AccessPassRequested => "Temporary access pass requested",
        EventKind::AccessPassOpened => "Addressee asks for the temporary access pass",
        EventKind::AccessPassFailed => "Temporary access pass not shown",
        EventKind::AccessPassSeen => "Temporary access pass seen by the addressee",
        EventKind::AccessPassRemoved => "Temporary access pass deleted",
        EventKind::PersonLeft => "Person left",
        EventKind::Returned => "Key returned",
        EventKind::PinResent => "PIN sent again",
        EventKind::PinReleased => "PIN released against the usual rules",
        EventKind::PinOffered => "Link to the PIN sent",
        EventKind::PinSeen => "PIN seen by the addressee",
        EventKind::Completed => "Complete",
        EventKind::Cancelled => "Cancelled",
        EventKind::CancelRequested => "Cancellation requested",
        EventKind::CancellationConfirmed => "Cancellation confirmed",
        EventKind::ShippedDespiteCancellation => "Shipped despite the cancellation",
        EventKind::Obstacle => "Obstacle",
        EventKind::ObstacleCleared => "Obstacle cleared",
        EventKind::DeadlineNear => "Deadline is near",
        EventKind::Late => "Will be late",
        EventKind::RetryRequested => "Retry requested",
        EventKind::LimitReached => "Limit refused to send the PIN",
        EventKind::PersonMailed => "Mail to the person sent",
        EventKind::PersonNotMailed => "Mail to the person not sent",
        EventKind::Objected => "The person objected",
        EventKind::AddressRequested => "The person was asked for the address",
        EventKind::AddressGiven => "Address given",
        EventKind::StockLow => "Stock is low",
        EventKind::StockBack => "Stock has enough keys",
    }
}

fn field(field: Field) -> &'static str {
    match field {
        Field::Phase => "State",
        Field::Obstacle => "Obstacle",
        Field::Code => "Code of the obstacle",
        Field::User => "Person",
        Field::Serial => "Serial number",
        Field::Tracking => "Tracking number",
        Field::Reference => "Reference",
        Field::Batch => "Batch",
        Field::Product => "Product id",
        Field::Country => "Country",
        Field::CreatedFrom => "Ordered from",
        Field::CreatedTo => "Ordered before",
        Field::UpdatedFrom => "Changed from",
        Field::UpdatedTo => "Changed before",
        Field::DeadlineFrom => "Deadline from",
        Field::DeadlineTo => "Deadline before",
        Field::NeededFrom => "Needed from",
        Field::NeededTo => "Needed before",
        Field::NeedsHuman => "Only shipments that need a human",
        Field::AwaitsAddress => "Only orders that wait for an address",
        Field::Sort => "Order of the list",
        Field::Cursor => "Page",
    }
}

fn sentence(person: &str, sentence: &Sentence) -> String {
    match sentence {
        Sentence::Queued { not_before: None } => {
            format!("The order for {person} waits for its turn. Nothing was sent to the delivery service yet.")
        }
        Sentence::Queued { not_before: Some(day) } => {
            format!("The order for {person} waits until {day}. Nothing was sent to the delivery service yet.")
        }
        Sentence::Submitting => format!("The order for {person} is being sent to the delivery service."),
        Sentence::Refused => format!("The order for {person} was not placed. No key will be made."),
        Sentence::Unconfirmed => {
            format!("The order for {person} was sent, but the response was lost. A key may be on its way.")
        }
        Sentence::Accepted { on } => {
            format!("The key for {person} was ordered on {on} and is being made.")
        }
        Sentence::Shipped { on, parcel: Some(parcel) } => format!(
            "The key for {person} was made by {on} and is on its way by {parcel}. The PIN is sent as soon as the key \
             is registered."
        ),
        Sentence::Shipped { on, parcel: None } => {
            format!("The key for {person} was made by {on}. The PIN is sent as soon as the key is registered.")
        }
        Sentence::Registered { on } => {
            format!("The key for {person} was registered on {on}. The PIN is not delivered yet.")
        }
        Sentence::Complete { on } => {
            format!("The key for {person} is registered, and its PIN was delivered. Complete since {on}.")
        }
        Sentence::CompletedByOperator { on } => {
            format!("An operator set the shipment for {person} to complete on {on}.")
        }
        Sentence::Cancelling { key_exists: false } => {
            format!("The order for {person} was cancelled. The delivery service has not confirmed it yet.")
        }
        Sentence::Cancelling { key_exists: true } => {
            format!("The order for {person} was cancelled, but its key was made. Get the key back.")
        }
        Sentence::Cancelled { on } => format!("The order for {person} was cancelled on {on}."),
    }
}

fn date(day: NaiveDate) -> String {
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}
