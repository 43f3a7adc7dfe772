//! Withdrawals: the steps that end the use of a lost or returned key, or of the keys of a person who left.
//!
//! An act is committed on the shipment's record first ([`keyferry_domain::Withdrawal`]). [`finish`] then does its
//! steps, each of which can run twice: in the request, and again in each run until none is left.

mod finish;
mod passkeys;
mod run;
mod unrecorded;

pub(crate) use self::finish::{Finished, finish};
pub(crate) use self::run::finish_all;
pub(crate) use self::unrecorded::remove_unrecorded;
