//! What the catalogue of a language contains.

use chrono::NaiveDate;
use keyferry_domain::{EventKind, ObstacleClass, PhaseName};

use super::sections::{
    AuditTexts, BatchTexts, BulkTexts, HealthTexts, OrderTexts, OverviewTexts, PeopleTexts, PrintTexts, ReconcileTexts,
    ShipmentsTexts, VerbTexts, WorkTexts,
};
use crate::field::Field;

/// All texts of the console in one language. A language is one value of this type, so a text that is missing in a
/// language does not compile.
pub(crate) struct Messages {
    /// Language tag (BCP 47) of the page.
    pub(crate) tag: &'static str,
    pub(crate) skip_to_content: &'static str,
    pub(crate) navigation: &'static str,
    pub(crate) nav_overview: &'static str,
    pub(crate) nav_shipments: &'static str,
    pub(crate) nav_api: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) footer: &'static str,

    pub(crate) signing_in_title: &'static str,
    pub(crate) signing_in_text: &'static str,
    pub(crate) continue_link: &'static str,
    pub(crate) signed_out_title: &'static str,
    pub(crate) signed_out_text: &'static str,
    pub(crate) sign_in_again: &'static str,
    pub(crate) sign_out_of_provider: &'static str,

    pub(crate) not_found_title: &'static str,
    pub(crate) not_found_text: &'static str,
    pub(crate) shipment_not_found_text: &'static str,
    pub(crate) method_text: &'static str,
    pub(crate) forbidden_title: &'static str,
    pub(crate) forbidden_text: &'static str,
    pub(crate) forbidden_after: &'static str,
    pub(crate) session_ended_title: &'static str,
    pub(crate) session_ended_text: &'static str,
    pub(crate) foreign_form_title: &'static str,
    pub(crate) foreign_form_text: &'static str,
    pub(crate) sign_in_failed_title: &'static str,
    pub(crate) sign_in_state_text: &'static str,
    pub(crate) sign_in_declined_text: &'static str,
    pub(crate) sign_in_failed_text: &'static str,
    pub(crate) again_title: &'static str,
    pub(crate) again_text: &'static str,
    pub(crate) not_recent_text: &'static str,
    pub(crate) unavailable_title: &'static str,
    pub(crate) unavailable_text: &'static str,
    pub(crate) damaged_title: &'static str,
    pub(crate) damaged_text: &'static str,
    pub(crate) timeout_text: &'static str,
    pub(crate) interrupted_text: &'static str,
    pub(crate) back_to_overview: &'static str,

    pub(crate) overview_title: &'static str,
    pub(crate) funnel_title: &'static str,
    pub(crate) funnel_note: &'static str,
    pub(crate) funnel_step: &'static str,
    pub(crate) funnel_reached: &'static str,
    pub(crate) funnel_now: &'static str,
    pub(crate) step_ordered: &'static str,
    pub(crate) step_being_made: &'static str,
    pub(crate) step_shipped: &'static str,
    pub(crate) step_registered: &'static str,
    pub(crate) step_complete: &'static str,
    pub(crate) outside_funnel: &'static str,
    pub(crate) human_title: &'static str,
    pub(crate) human_none: &'static str,
    pub(crate) human_cause: &'static str,
    pub(crate) human_people: &'static str,
    pub(crate) human_remedy: &'static str,
    pub(crate) human_unconfirmed: &'static str,
    pub(crate) human_shipped_despite: &'static str,
    pub(crate) deadlines_title: &'static str,
    pub(crate) deadlines_note: &'static str,
    pub(crate) deadline_passed: &'static str,
    pub(crate) deadline_48h: &'static str,
    pub(crate) deadline_7d: &'static str,
    pub(crate) nothing_ordered: &'static str,

    pub(crate) shipments_title: &'static str,
    pub(crate) filter_title: &'static str,
    pub(crate) filter_more: &'static str,
    pub(crate) filter_apply: &'static str,
    pub(crate) filter_clear: &'static str,
    pub(crate) filter_without_obstacle: &'static str,
    pub(crate) errors_title: &'static str,
    pub(crate) no_match: &'static str,
    pub(crate) export_csv: &'static str,
    pub(crate) next_page: &'static str,
    pub(crate) first_page: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) unreadable_title: &'static str,
    pub(crate) column_state: &'static str,
    pub(crate) column_person: &'static str,
    pub(crate) column_reference: &'static str,
    pub(crate) column_created: &'static str,
    pub(crate) column_deadline: &'static str,
    pub(crate) needs_human: &'static str,
    pub(crate) unknown_person: &'static str,
    pub(crate) sort_id: &'static str,
    pub(crate) sort_newest: &'static str,
    pub(crate) sort_updated: &'static str,
    pub(crate) sort_deadline: &'static str,
    pub(crate) sort_next_attempt: &'static str,

    pub(crate) shipment_title: &'static str,
    pub(crate) all_shipments: &'static str,
    pub(crate) what_to_do: &'static str,
    pub(crate) obstacle_since: &'static str,
    pub(crate) obstacle_next: &'static str,
    pub(crate) on_hold_title: &'static str,
    pub(crate) facts_title: &'static str,
    pub(crate) fact_id: &'static str,
    pub(crate) fact_delivery_id: &'static str,
    pub(crate) fact_person: &'static str,
    pub(crate) fact_product: &'static str,
    pub(crate) fact_serial: &'static str,
    pub(crate) fact_firmware: &'static str,
    pub(crate) fact_credential: &'static str,
    pub(crate) fact_credential_id: &'static str,
    pub(crate) fact_parcel: &'static str,
    pub(crate) fact_tracking_page: &'static str,
    pub(crate) fact_delivery_state: &'static str,
    pub(crate) fact_pin_to: &'static str,
    pub(crate) no_contacts: &'static str,
    pub(crate) fact_ordered_by: &'static str,
    pub(crate) fact_requester: &'static str,
    pub(crate) fact_batch: &'static str,
    pub(crate) fact_country: &'static str,
    pub(crate) fact_not_before: &'static str,
    pub(crate) fact_needed_by: &'static str,
    pub(crate) fact_replaces: &'static str,
    pub(crate) fact_replaced_by: &'static str,
    pub(crate) other_keys: &'static str,
    pub(crate) timeline_title: &'static str,
    pub(crate) timeline_by: &'static str,
    pub(crate) timeline_correlation: &'static str,
    pub(crate) by_processing: &'static str,
    pub(crate) by_hand: &'static str,

    pub(crate) bulk: &'static BulkTexts,
    pub(crate) shipments: &'static ShipmentsTexts,
    pub(crate) audit: &'static AuditTexts,
    pub(crate) health: &'static HealthTexts,
    pub(crate) verbs: &'static VerbTexts,
    pub(crate) print: &'static PrintTexts,
    pub(crate) order: &'static OrderTexts,
    pub(crate) batches: &'static BatchTexts,
    pub(crate) overview: &'static OverviewTexts,
    pub(crate) work: &'static WorkTexts,
    pub(crate) people: &'static PeopleTexts,
    pub(crate) reconcile: &'static ReconcileTexts,

    pub(crate) phase: fn(PhaseName) -> &'static str,
    pub(crate) class: fn(ObstacleClass) -> &'static str,
    pub(crate) event: fn(EventKind) -> &'static str,
    pub(crate) field: fn(Field) -> &'static str,
    pub(crate) sentence: fn(person: &str, &Sentence) -> String,
    pub(crate) date: fn(NaiveDate) -> String,
    pub(crate) number: fn(u64) -> String,
    pub(crate) shown: fn(count: usize) -> String,
    pub(crate) times: fn(count: u32) -> String,
    pub(crate) invalid: fn(field: &str, value: &str, example: &str) -> String,
    pub(crate) unknown_parameter: fn(name: &str) -> String,
}

/// State of a shipment, with what a sentence about it names. Dates are texts in the language.
pub(crate) enum Sentence {
    Queued { not_before: Option<String> },
    Submitting,
    Refused,
    Unconfirmed,
    Accepted { on: String },
    Shipped { on: String, parcel: Option<String> },
    Registered { on: String },
    Complete { on: String },
    CompletedByOperator { on: String },
    Cancelling { key_exists: bool },
    Cancelled { on: String },
}

impl Messages {
    pub(crate) fn number(&self, number: &u64) -> String {
        (self.number)(*number)
    }

    pub(crate) fn field_name(&self, field: &Field) -> &'static str {
        (self.field)(*field)
    }

    pub(crate) fn bulk_possible(&self, possible: &u64, matched: &u64) -> String {
        (self.bulk.possible)(&self.number(possible), &self.number(matched))
    }

    pub(crate) fn times(&self, count: &u32) -> String {
        (self.times)(*count)
    }
}
