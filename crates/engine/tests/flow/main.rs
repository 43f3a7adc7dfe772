//! Tests of the engine against simulated ports.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

#[path = "../support/mod.rs"]
mod support;

mod addressee;
mod altered_record;
mod batch_rows;
mod batches;
mod cancel;
mod cleanup;
mod cleanup_batches;
mod clock;
mod create;
mod create_crash;
mod eligibility;
mod failures;
mod fill;
mod follow_up;
mod idempotency;
mod leaver;
mod limit;
mod lost;
mod lost_mails;
mod lost_pass;
mod person;
mod person_address;
mod person_batches;
mod person_mails;
mod pin;
mod pin_letter;
mod pin_page;
mod policy;
mod preflight;
mod process;
mod queue;
mod reconciliation;
mod recovery;
mod register;
mod release;
mod resend;
mod resolve;
mod returned;
mod revoke;
mod runner;
mod sealing;
mod simulation;
mod stock;
mod verify;
mod webhooks;
mod workers;
