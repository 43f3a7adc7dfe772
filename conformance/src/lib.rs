//! Conformance suite for stores. All backends must pass the same cases.
//!
//! A backend implements how its stores are opened, and selects groups of cases. Each case becomes a test:
//!
//! ```ignore
//! #[async_trait]
//! impl Secrets for Vault { … }
//!
//! keyferry_conformance::conformance!(Vault::empty().await; secrets);
//! ```
//!
//! The expression returns an `Option`. `None` skips the case; the expression must print the reason.
//!
//! The suite checks only the contract of the ports. Tests of one backend's format, errors and retries are in that
//! backend's crate. Only tests depend on this crate.
//!
//! Start reading at [`conformance!`], which lists the cases. Each case is a function in the module of its group.
#![expect(missing_docs, reason = "the name of each case states what it checks")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

pub mod batches;
pub mod claims;
pub mod events;
pub mod evidence;
pub mod idempotency;
pub mod leases;
pub mod queries;
pub mod samples;
pub mod secrets;
pub mod sessions;
pub mod shipments;
pub mod views;
pub mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{
    BatchId, BatchStore, IdempotencyStore, LeaseStore, SavedViewStore, SecretStore, SessionStore, ShipmentId,
    ShipmentStore, WebhookStore,
};
use keyferry_evidence::EvidenceStore;

/// Backend for shipments, initially empty.
#[async_trait]
pub trait Shipments: Send + Sync {
    /// Opens the store again, with the same data.
    async fn shipments(&self) -> Arc<dyn ShipmentStore>;

    /// Edits the state of a row without the store, as an operator would.
    async fn set_state_by_hand(&self, id: ShipmentId, state: &str);

    /// Makes a record unreadable without the store.
    async fn damage(&self, id: ShipmentId);
}

/// Backend for the event chain, initially empty.
#[async_trait]
pub trait Evidence: Shipments {
    /// Opens the store again, with the same data.
    async fn evidence(&self) -> Arc<dyn EvidenceStore>;
}

/// Backend for secrets, initially empty.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Opens the store again, with the same data.
    async fn secrets(&self) -> Arc<dyn SecretStore>;
}

/// Backend for idempotency keys, initially empty.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// Opens the store again, with the same data.
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore>;
}

/// Backend for batches, initially empty.
#[async_trait]
pub trait Batches: Send + Sync {
    /// Opens the store again, with the same data.
    async fn batches(&self) -> Arc<dyn BatchStore>;

    /// Changes the sealed order of a row without the store.
    async fn damage_order(&self, batch: BatchId, row: u32);
}

/// Backend for leases, initially empty.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Opens the store again, with the same data.
    async fn leases(&self) -> Arc<dyn LeaseStore>;
}

/// Backend for sessions, initially empty.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens the store again, with the same data.
    async fn sessions(&self) -> Arc<dyn SessionStore>;
}

/// Backend for saved views, initially empty.
#[async_trait]
pub trait SavedViews: Send + Sync {
    /// Opens the store again, with the same data.
    async fn saved_views(&self) -> Arc<dyn SavedViewStore>;
}

/// Backend for webhooks, initially empty.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Opens the store again, with the same data.
    async fn webhooks(&self) -> Arc<dyn WebhookStore>;
}

/// Returns whether the result is a conflict.
pub(crate) fn is_conflict<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Conflict(_)))
}

/// Creates a test for each case of the groups `shipments` (with queries, events and claims), `evidence`, `secrets`,
/// `batches`, `idempotency`, `leases`, `sessions`, `views` and `webhooks`, each with a new backend.
#[macro_export]
macro_rules! conformance {
    ($backend:expr; $($group:ident),+) => {
        $($crate::conformance!(@$group $backend);)+
    };
    (@shipments $backend:expr) => {
        $crate::conformance!(@cases $backend; shipments:
            finds_inserted_shipment_by_both_ids, rejects_second_insert_of_an_id, unknown_ids_find_nothing,
            finds_oldest_shipment_of_a_shared_delivery_id, stale_version_changes_nothing,
            round_trip_in_every_phase, round_trip_of_long_record, delete_requires_current_version,
            data_survives_reopening, damaged_record_does_not_affect_others,
            completed_by_hand_reads_as_complete, stale_worker_does_not_overwrite_hand_edit,
            probe_can_be_repeated_and_is_no_record, intact_store_reports_no_damage);
        $crate::conformance!(@cases $backend; queries:
            summary_matches_record, lists_by_phase_in_id_order_with_pages,
            each_filter_member_restricts, lists_what_needs_an_operator, search_terms_follow_the_record,
            unfinished_withdrawals_are_found, orders_that_wait_for_their_address_are_found,
            every_sort_order_pages_without_gaps, damaged_record_is_listed,
            completed_by_hand_is_listed_as_open_until_committed, counts_by_phase_and_obstacle);
        $crate::conformance!(@cases $backend; events:
            events_are_stored_with_record_and_paged_by_number, repetition_increments_count,
            events_of_the_organisation_are_in_the_order_of_all,
            many_events_round_trip, reader_sees_each_event_once_in_commit_order,
            reader_misses_no_event_of_concurrent_writers, history_is_the_feed_backwards,
            rejects_invalid_cursor);
        $crate::conformance!(@cases $backend; claims:
            claim_excludes_others_until_it_expires, claim_that_ends_too_late_is_taken_over, holder_can_renew_claim,
            only_holder_can_release_claim, claim_survives_commit, claim_requires_current_version,
            one_of_twenty_workers_gets_the_claim, one_of_twenty_commits_succeeds,
            commit_takes_and_releases_claim, commit_takes_no_claim_of_another);
    };
    (@evidence $backend:expr) => {
        $crate::conformance!(@cases $backend; evidence:
            chain_covers_each_event_as_it_was_first_stored, deletion_keeps_the_entries_without_content,
            chain_of_concurrent_replicas_does_not_fork);
    };
    (@secrets $backend:expr) => {
        $crate::conformance!(@cases $backend; secrets:
            get_returns_put_value, rejects_second_put_of_a_name,
            replaces_a_value_only_if_it_is_the_expected_one, purge_is_idempotent, accepts_values_up_to_25_kib,
            lists_all_names_with_times, secrets_survive_reopening);
    };
    (@batches $backend:expr) => {
        $crate::conformance!(@cases $backend; batches:
            batch_round_trip_with_versions, lists_batches_newest_first_by_state,
            rows_are_listed_by_number_and_filtered, row_numbers_are_unique_and_stored_together,
            update_replaces_findings_and_drops_orders_that_left, a_row_is_replaced_with_its_order,
            order_that_does_not_open_blocks_no_other, rows_with_long_texts_round_trip, many_rows_and_deletion);
    };
    (@idempotency $backend:expr) => {
        $crate::conformance!(@cases $backend; idempotency:
            key_is_reserved_once, keys_are_scoped_to_callers, released_key_can_be_reserved_again,
            reservation_is_taken_over_once, sweep_deletes_by_age, one_of_twenty_reservations_succeeds);
    };
    (@leases $backend:expr) => {
        $crate::conformance!(@cases $backend; leases:
            lease_excludes_others_until_it_expires, lease_that_ends_too_late_is_taken_over, holder_can_renew_lease,
            only_holder_can_release_lease, leases_are_independent_by_name, one_of_twenty_replicas_gets_the_lease);
    };
    (@sessions $backend:expr) => {
        $crate::conformance!(@cases $backend; sessions:
            session_round_trip, second_session_does_not_replace_the_first, use_changes_only_the_last_use,
            ended_session_is_gone_and_stays_so, sweep_deletes_ended_and_unused_sessions);
    };
    (@views $backend:expr) => {
        $crate::conformance!(@cases $backend; views:
            views_belong_to_their_user, saved_view_replaces_the_one_with_its_name,
            deleted_view_is_gone_for_its_user_only);
    };
    (@webhooks $backend:expr) => {
        $crate::conformance!(@cases $backend; webhooks:
            webhook_round_trip, stale_version_does_not_change_a_webhook, each_event_is_enqueued_once,
            change_of_a_webhook_does_not_stop_its_position, deliveries_are_listed_newest_first_by_stage,
            sweep_keeps_pending_and_new_deliveries, deleted_webhook_leaves_nothing);
    };
    (@cases $backend:expr; $group:ident: $($case:ident),+) => {
        mod $group {
            #[allow(unused_imports, reason = "the backend expression may need the parent's imports")]
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
