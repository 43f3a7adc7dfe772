//! Texts of single screens, one file per screen with all languages.

pub(super) mod audit;
pub(super) mod batches;
mod fields;
pub(super) mod health;
pub(super) mod order;
pub(super) mod verbs;

pub(crate) use audit::AuditTexts;
pub(crate) use batches::BatchTexts;
pub(crate) use fields::FieldTexts;
pub(crate) use health::HealthTexts;
pub(crate) use order::OrderTexts;
pub(crate) use verbs::VerbTexts;
