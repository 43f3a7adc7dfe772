//! What every store must do, whatever lies behind it. A backend brings a [`Backend`] and calls [`conformance!`].

pub(crate) mod claims;
pub(crate) mod idempotency;
pub(crate) mod samples;
pub(crate) mod secrets;
pub(crate) mod shipments;

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{IdempotencyStore, SecretStore, ShipmentId, ShipmentStore};

/// One place where data is kept, empty at first.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Opens the stores anew; each time the same data.
    async fn open(&self) -> Stores;

    /// What a person does who edits the record's state, past the store.
    async fn set_state_by_hand(&self, id: ShipmentId, state: &str);

    /// Makes the record unreadable, past the store.
    async fn damage(&self, id: ShipmentId);
}

/// The three stores of a backend.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) shipments: Arc<dyn ShipmentStore>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) idempotency: Arc<dyn IdempotencyStore>,
}

/// Whether the answer is a conflict.
pub(crate) fn is_conflict<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Conflict(_)))
}

/// Makes a test of each case, for the backend that the expression gives.
macro_rules! conformance {
    ($backend:expr) => {
        $crate::conformance::conformance!(@cases $backend;
            shipments: what_is_inserted_is_found_by_both_ids, an_id_is_inserted_once, nothing_is_found_under_unknown_ids,
                a_stale_version_changes_nothing, a_shipment_in_any_phase_comes_back_whole, deleting_needs_the_version,
                listing_is_by_phase_in_the_order_of_ids_page_by_page, reopening_keeps_everything,
                a_broken_record_does_not_hide_the_others, set_to_complete_by_hand_it_is_complete,
                set_to_complete_by_hand_it_is_listed_until_it_is_durable, a_worker_does_not_overwrite_a_persons_word;
            claims: a_claim_keeps_others_out_until_it_ends, a_claim_is_renewed_by_its_holder,
                a_claim_is_given_back_by_its_holder_only, a_claim_survives_a_replace, a_claim_needs_the_version, of_twenty_workers_one_gets_the_claim,
                of_twenty_replacements_one_gets_through;
            secrets: what_is_put_comes_back, a_name_is_used_once, purging_twice_is_fine, values_up_to_25_kib_and_no_more,
                listing_tells_all_names_and_their_times, secrets_survive_reopening;
            idempotency: a_key_is_reserved_once, keys_are_each_callers_own, a_released_key_is_free_again,
                a_reservation_is_taken_over_once, sweeping_goes_by_age, of_twenty_reservations_one_is_made
        );
    };
    (@cases $backend:expr; $($group:ident: $($case:ident),+);+) => {
        $(mod $group {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::conformance::$group::$case(&$backend).await;
            })+
        })+
    };
}
pub(crate) use conformance;
