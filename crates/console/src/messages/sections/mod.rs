//! Texts of single screens, one file per screen with all languages.

pub(super) mod overview;
pub(super) mod people;
pub(super) mod verbs;
pub(super) mod work;

pub(crate) use overview::OverviewTexts;
pub(crate) use people::PeopleTexts;
pub(crate) use verbs::VerbTexts;
pub(crate) use work::WorkTexts;

use super::catalogue::grouped as count;
