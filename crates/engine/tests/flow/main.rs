//! The engine against doubles of its ports: one test for each promise.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

#[path = "../support/mod.rs"]
mod support;

mod addressee;
mod cleanup;
mod create;
mod create_crash;
mod failures;
mod idempotency;
mod person;
mod pin;
mod process;
mod register;
mod resend;
mod resolve;
mod runner;
mod sealing;
mod simulation;
mod verify;
mod workers;
