//! The engine against doubles of its ports: one test for each promise.

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
mod secrecy;
mod simulation;
mod verify;
mod workers;
