//! Texts of single screens, one file per screen with all languages.

pub(super) mod bulk;
pub(super) mod shipments;
pub(super) mod verbs;

pub(crate) use bulk::BulkTexts;
pub(crate) use shipments::ShipmentsTexts;
pub(crate) use verbs::VerbTexts;
