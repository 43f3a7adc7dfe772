//! Request body: address, language, and the reason of a release.

use keyferry_engine::{PinLetter, Printer};
use keyferry_letter::{Language, Letter, LetterKey, MOST_LINES};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::reason;

/// Longest line, in characters. The width of the address field is the real limit.
const LONGEST: usize = 100;

/// Letter with the PIN of a shipment. Name and address are printed, and stored nowhere.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"address": ["Grace Hopper", "Contoso", "Main Street 1", "12345 Springfield"],
    "language": "en"}))]
pub(crate) struct PrintPin {
    /// Name and address in the window of the envelope. The first line is the name.
    #[schema(min_items = 1, max_items = 6)]
    address: Vec<String>,
    /// Name of the user of the key, as it is printed. Default: the display name in the directory.
    #[schema(max_length = 100, example = "Ada Lovelace")]
    user_name: Option<String>,
    /// Language of the letter: `en` (default) or `de`.
    #[schema(example = "en", pattern = "^(en|de)$")]
    language: Option<String>,
    /// Reason of the release. Only a release against a release rule needs it.
    #[schema(
        max_length = 500,
        example = "there is no mail on the ship",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: Option<String>,
}

/// Checked request.
pub(super) struct Order {
    address: Vec<String>,
    user_name: Option<String>,
    language: Language,
    pub(super) reason: Option<String>,
}

impl PrintPin {
    /// Validates the request.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(super) fn into_order(self) -> Result<Order, Problem> {
        let lines = self.address.len();
        if !(1..=MOST_LINES).contains(&lines) {
            return Err(Problem::field("address", format!("`address`: expected 1 to {MOST_LINES} lines, got {lines}")));
        }
        for (index, line) in self.address.iter().enumerate() {
            checked(&format!("address[{index}]"), line)?;
        }
        self.user_name.as_deref().map(|name| checked("user_name", name)).transpose()?;
        let language = match self.language.as_deref() {
            None => Language::default(),
            Some(tag) => Language::parse(tag)
                .ok_or_else(|| Problem::field("language", "`language`: expected \"en\" or \"de\"".to_owned()))?,
        };
        let reason = self.reason.as_deref().map(reason::checked).transpose()?;
        Ok(Order { address: self.address, user_name: self.user_name, language, reason })
    }
}

fn checked(field: &str, line: &str) -> Result<(), Problem> {
    if line.trim().is_empty() || line.chars().count() > LONGEST || line.chars().any(char::is_control) {
        let message = format!("`{field}`: expected 1 to {LONGEST} characters on one line");
        return Err(Problem::field(field, message));
    }
    Ok(())
}

impl Order {
    /// Returns what makes the file. It keeps the PIN no longer than the call.
    pub(super) fn into_printer(self) -> Printer {
        Box::new(move |content: &PinLetter<'_>| {
            let keys = content.pins.iter().map(|one| LetterKey {
                serial: &one.serial,
                pin: one.pin.expose(),
                change_on_first_use: one.change_on_first_use,
            });
            let letter = Letter {
                sender: content.sender,
                address: &self.address,
                user_name: self.user_name.as_deref().unwrap_or(content.user_name),
                reference: content.delivery_id.as_str(),
                date: content.date,
                keys: &keys.collect::<Vec<_>>(),
                language: self.language,
            };
            keyferry_letter::print(&letter).map(keyferry_domain::SecretBytes::new).map_err(|error| error.to_string())
        })
    }
}
