//! The console of the running program, through the sandbox's sign-in pages, as a browser without scripts sees it.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP client")]

mod attacks;
mod audit;
mod batches;
mod browser;
mod bulk;
mod by_person;
mod chromium;
mod chromium_orders;
mod crawl;
mod health;
mod lighthouse;
mod lost;
mod order;
mod overview;
mod pages;
mod people;
mod platform;
mod portal;
mod portal_changes;
mod portal_chromium;
mod portal_pass;
mod portal_pass_chromium;
mod portal_person;
mod portal_person_answers;
mod portal_person_chromium;
mod print_pin;
mod reconcile;
mod shipments;
mod sign_in;
#[path = "../support/mod.rs"]
mod support;
mod verbs;
mod work;
