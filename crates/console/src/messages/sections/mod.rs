//! Texts of single screens, one file per screen with all languages.

pub(super) mod verbs;

pub(crate) use verbs::VerbTexts;
