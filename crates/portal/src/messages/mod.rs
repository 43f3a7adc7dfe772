//! Message catalogue. A language is one value of [`Messages`], so a text that is missing in it does not compile.

mod de;
mod en;
mod pass;
mod person;

use axum::http::HeaderMap;
use keyferry_pages::preferred_language;

pub(crate) use self::pass::PassMessages;
pub(crate) use self::person::PersonMessages;

/// Title and paragraphs of a page: what is the case, and what to do.
pub(crate) struct NoticeTexts {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) todo: &'static str,
}

/// Texts of a page that shows a secret once.
pub(crate) struct ShownTexts {
    pub(crate) title: &'static str,
    /// Before the serial number or the user to whom the secret belongs.
    pub(crate) of: &'static str,
    /// What the secret is.
    pub(crate) name: &'static str,
    pub(crate) copy: &'static str,
    pub(crate) copied: &'static str,
    pub(crate) hide: &'static str,
    pub(crate) time: fn(seconds: u32) -> String,
    pub(crate) next: &'static str,
}

/// All texts in one language.
pub(crate) struct Messages {
    /// Language tag (BCP 47) of the page.
    pub(crate) tag: &'static str,
    pub(crate) skip_to_content: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) sign_out_of_provider: &'static str,
    pub(crate) sign_in_again: &'static str,
    pub(crate) other_account: &'static str,
    pub(crate) back_to_pin: &'static str,
    pub(crate) footer: &'static str,
    pub(crate) signing_in_title: &'static str,
    pub(crate) signing_in_text: &'static str,
    pub(crate) continue_link: &'static str,

    pub(crate) ask_title: &'static str,
    pub(crate) ask_for: &'static str,
    pub(crate) ask_serial: &'static str,
    pub(crate) ask_until: &'static str,
    pub(crate) ask_once: fn(seconds: u32) -> String,
    pub(crate) ask_arrived: &'static str,
    pub(crate) ask_alone: &'static str,
    pub(crate) ask_button: &'static str,
    pub(crate) ask_wrong: &'static str,

    pub(crate) shown: ShownTexts,
    pub(crate) shown_change: &'static str,

    pub(crate) start: NoticeTexts,
    pub(crate) not_found: NoticeTexts,
    pub(crate) not_signed_in: NoticeTexts,
    pub(crate) signed_out: NoticeTexts,
    pub(crate) session_ended: NoticeTexts,
    pub(crate) foreign_form: NoticeTexts,
    pub(crate) too_many: NoticeTexts,
    pub(crate) unavailable: NoticeTexts,
    pub(crate) closed: NoticeTexts,
    pub(crate) unknown_link: NoticeTexts,
    pub(crate) not_addressee: NoticeTexts,
    pub(crate) used: NoticeTexts,
    pub(crate) link_closed: NoticeTexts,
    pub(crate) expired: NoticeTexts,
    pub(crate) not_delivered: NoticeTexts,
    pub(crate) not_confirmed: NoticeTexts,
    pub(crate) refused: NoticeTexts,
    pub(crate) revoked: NoticeTexts,
    pub(crate) busy: NoticeTexts,

    pub(crate) person: &'static PersonMessages,
    pub(crate) pass: &'static PassMessages,
}

impl Messages {
    pub(crate) fn once(&self, seconds: &u32) -> String {
        (self.ask_once)(*seconds)
    }
}

/// Returns the texts in the language that the browser's user prefers, or in English.
pub(crate) fn preferred(headers: &HeaderMap) -> &'static Messages {
    match preferred_language(headers, &["en", "de"]) {
        "de" => &de::MESSAGES,
        _ => &en::MESSAGES,
    }
}
