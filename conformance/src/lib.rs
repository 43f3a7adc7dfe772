//! What every store must do, whatever lies behind it: one suite for all backends.
//!
//! A backend says how its stores are opened, and which groups of cases it wants; each case becomes a test of its own:
//!
//! ```ignore
//! #[async_trait]
//! impl Secrets for Vault { … }
//!
//! keyferry_conformance::conformance!(Vault::empty().await; secrets);
//! ```
//!
//! The expression gives an `Option`: `None` skips the case, and whoever gives it has said why.
#![expect(missing_docs, reason = "each case is named after what it promises")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

pub mod claims;
pub mod events;
pub mod idempotency;
pub mod leases;
pub mod queries;
pub mod samples;
pub mod secrets;
pub mod shipments;

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{IdempotencyStore, LeaseStore, SecretStore, ShipmentId, ShipmentStore};

/// A place where shipments are kept, empty at first.
#[async_trait]
pub trait Shipments: Send + Sync {
    /// Opens the store anew; each time the same data.
    async fn shipments(&self) -> Arc<dyn ShipmentStore>;

    /// What a person does who edits the record's state, past the store.
    async fn set_state_by_hand(&self, id: ShipmentId, state: &str);

    /// Makes the record unreadable, past the store.
    async fn damage(&self, id: ShipmentId);
}

/// A place where secrets are kept, empty at first.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Opens the store anew; each time the same data.
    async fn secrets(&self) -> Arc<dyn SecretStore>;
}

/// A place where idempotency keys are kept, empty at first.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// Opens the store anew; each time the same data.
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore>;
}

/// A place where leases are kept, none of them taken at first.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Opens the store anew; each time the same data.
    async fn leases(&self) -> Arc<dyn LeaseStore>;
}

/// Whether the answer is a conflict.
pub(crate) fn is_conflict<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Conflict(_)))
}

/// Makes a test of each case of the groups `shipments` (with queries, events and claims), `secrets`, `idempotency` and `leases`, each with a fresh backend.
#[macro_export]
macro_rules! conformance {
    ($backend:expr; $($group:ident),+) => {
        $($crate::conformance!(@$group $backend);)+
    };
    (@shipments $backend:expr) => {
        $crate::conformance!(@cases $backend; shipments:
            what_is_inserted_is_found_by_both_ids, an_id_is_inserted_once, nothing_is_found_under_unknown_ids,
            of_two_shipments_with_one_id_the_elder_is_found, a_stale_version_changes_nothing,
            a_shipment_in_any_phase_comes_back_whole, a_long_record_comes_back_whole, deleting_needs_the_version,
            reopening_keeps_everything, a_damaged_record_is_broken_and_the_others_are_not,
            set_to_complete_by_hand_it_is_complete, a_worker_does_not_overwrite_a_hand_edit);
        $crate::conformance!(@cases $backend; queries:
            a_summary_tells_what_the_record_holds, listing_is_by_phase_in_the_order_of_ids_page_by_page,
            each_member_of_a_filter_restricts, a_search_follows_the_record,
            each_order_of_a_listing_goes_on_where_it_stopped, a_damaged_record_is_listed_all_the_same,
            set_to_complete_by_hand_it_is_listed_until_it_is_durable, counts_are_by_phase_and_obstacle);
        $crate::conformance!(@cases $backend; events:
            events_are_stored_with_the_record_and_paged_by_their_number, a_repetition_is_counted_on_its_row,
            many_events_are_kept_whole, a_reader_sees_each_event_once_in_the_order_of_commits,
            a_reader_misses_nothing_while_many_write, a_cursor_that_is_not_one_is_refused);
        $crate::conformance!(@cases $backend; claims:
            a_claim_keeps_others_out_until_it_ends, a_claim_is_renewed_by_its_holder,
            a_claim_is_given_back_by_its_holder_only, a_claim_survives_a_commit, a_claim_needs_the_version,
            of_twenty_workers_one_gets_the_claim, of_twenty_commits_one_gets_through);
    };
    (@secrets $backend:expr) => {
        $crate::conformance!(@cases $backend; secrets:
            what_is_put_comes_back, a_name_is_used_once, purging_twice_is_fine, values_up_to_25_kib_and_no_more,
            listing_tells_all_names_and_their_times, secrets_survive_reopening);
    };
    (@idempotency $backend:expr) => {
        $crate::conformance!(@cases $backend; idempotency:
            a_key_is_reserved_once, keys_are_each_callers_own, a_released_key_is_free_again,
            a_reservation_is_taken_over_once, sweeping_goes_by_age, of_twenty_reservations_one_is_made);
    };
    (@leases $backend:expr) => {
        $crate::conformance!(@cases $backend; leases:
            a_lease_keeps_others_out_until_it_ends, a_lease_is_renewed_by_its_holder,
            a_lease_is_given_back_by_its_holder_only, leases_have_names, of_twenty_replicas_one_gets_the_lease);
    };
    (@cases $backend:expr; $group:ident: $($case:ident),+) => {
        mod $group {
            #[allow(unused_imports, reason = "what the expression for the backend needs")]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(backend) = $backend {
                    $crate::$group::$case(&backend).await;
                }
            })+
        }
    };
}
