//! Actions on many shipments: choice, dry run, confirmation, result.
//!
//! The list offers the actions. `GET /console/shipments/actions` shows the dry run of one, and asks for the reason and
//! the confirmation. `POST` does it, and leads to the result. All of it is the API's `POST /v1/shipments/actions`.

mod act;
mod check;
mod offer;
mod outcomes;
mod preview;
mod result;
mod selection;

pub(crate) use act::{act, ask};
pub(super) use offer::{Offer, offer};
pub(crate) use outcomes::Outcomes;
pub(crate) use result::result;
