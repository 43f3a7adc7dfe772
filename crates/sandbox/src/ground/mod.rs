//! Shared parts of all services: facts, clocks, faults, the journal, settings, the tenant's directory and policy, TLS,
//! random numbers. No file in this folder uses a service.

pub(crate) mod accepts;
pub(crate) mod clock;
pub(crate) mod directory;
pub(crate) mod facts;
pub(crate) mod fault_answers;
pub(crate) mod faults;
pub(crate) mod guard;
pub(crate) mod journal;
pub(crate) mod listener;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod policy;
pub(crate) mod random;
pub(crate) mod seeded_random;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod throttle;
pub(crate) mod tls;
