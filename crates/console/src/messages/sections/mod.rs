//! Texts of single screens, one file per screen with all languages.

pub(super) mod audit;
pub(super) mod batches;
pub(super) mod bulk;
mod fields;
pub(super) mod health;
pub(super) mod order;
pub(super) mod overview;
pub(super) mod people;
pub(super) mod print;
pub(super) mod reconcile;
pub(super) mod shipments;
pub(super) mod verbs;
pub(super) mod work;

pub(crate) use audit::AuditTexts;
pub(crate) use batches::BatchTexts;
pub(crate) use bulk::BulkTexts;
pub(crate) use fields::FieldTexts;
pub(crate) use health::HealthTexts;
pub(crate) use order::OrderTexts;
pub(crate) use overview::OverviewTexts;
pub(crate) use people::PeopleTexts;
pub(crate) use print::PrintTexts;
pub(crate) use reconcile::ReconcileTexts;
pub(crate) use shipments::ShipmentsTexts;
pub(crate) use verbs::VerbTexts;
pub(crate) use work::WorkTexts;

use super::numbers::grouped as count;
