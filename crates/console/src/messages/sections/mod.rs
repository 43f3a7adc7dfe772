//! Texts of single screens, one file per screen with all languages.

pub(super) mod audit;
pub(super) mod health;
pub(super) mod verbs;

pub(crate) use audit::AuditTexts;
pub(crate) use health::HealthTexts;
pub(crate) use verbs::VerbTexts;
