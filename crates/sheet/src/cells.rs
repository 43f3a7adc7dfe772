//! Cells to values of members.

use std::borrow::Cow;

use serde_json::Value;

use crate::countries;
use crate::dates::{self, DateFormat};
use crate::finding::{Code, shown};
use crate::garbled::is_garbled;
use crate::member::{Kind, Member};
use crate::postal;

/// Words for true and false, in the languages of the header and as spreadsheets write them.
const TRUE: [&str; 12] = ["true", "yes", "y", "1", "ja", "wahr", "oui", "vrai", "sí", "verdadero", "sim", "tak"];
const FALSE: [&str; 11] = ["false", "no", "n", "0", "nein", "falsch", "non", "faux", "falso", "nee", "nie"];

/// What exports of databases write for no value.
const NOTHING: [&str; 3] = ["NULL", "(null)", "\\N"];

/// Error values of spreadsheets.
const ERRORS: [&str; 12] = [
    "#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#VALEUR!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!",
    "#ZAHL!",
];

/// Converts a cell. Returns `None` for an empty one.
///
/// # Errors
/// The kind of the finding, and the message without the member's name.
pub(crate) fn convert(
    member: Member,
    cell: &str,
    date_format: Option<DateFormat>,
) -> Result<Option<Value>, (Code, String)> {
    let text = clean(cell);
    if text.is_empty() || NOTHING.contains(&&*text) {
        return Ok(None);
    }
    let is_hashes = text.len() > 2 && text.bytes().all(|byte| byte == b'#');
    if text.starts_with('=') || is_hashes || ERRORS.contains(&text.to_uppercase().as_str()) {
        return Err((Code::SpreadsheetError, "expected a value, but got a formula or an error of one".to_owned()));
    }
    let kind = member.kind();
    if kind != Kind::Addresses && text.contains(['\n', '\r']) {
        return Err((Code::LineBreak, "the cell contains a line break".to_owned()));
    }
    let value = match kind {
        Kind::Text | Kind::Digits if is_damaged(kind, &text) => {
            let message = "expected text, but got a number as a spreadsheet writes it (such as 1.2E+05 or 98101.0)";
            return Err((Code::DamagedNumber, message.to_owned()));
        }
        Kind::Text if member.is_name_or_address() && is_garbled(&text) => {
            return Err((Code::GarbledLetters, "letters with diacritics are garbled".to_owned()));
        }
        Kind::Text | Kind::Digits => Value::from(text.into_owned()),
        Kind::Country => match countries::find(&text) {
            Some(code) => Value::from(code),
            None => return Err((Code::UnknownCountry, format!("expected a country, but got {}", shown(&text)))),
        },
        Kind::Integer => Value::from(integer(&text)?),
        Kind::Flag => Value::from(flag(&text)?),
        Kind::Date => Value::from(dates::parse(&text, date_format)?),
        Kind::Addresses => addresses(&text),
        Kind::Word => Value::from(text.to_lowercase()),
    };
    Ok(Some(value))
}

/// Converts a value of JSON. Numbers and booleans stay what they are where an order has them.
///
/// # Errors
/// As [`convert`].
pub(crate) fn convert_json(
    member: Member,
    value: Value,
    date_format: Option<DateFormat>,
) -> Result<Option<Value>, (Code, String)> {
    match (member.kind(), value) {
        (_, Value::Null) => Ok(None),
        (_, Value::String(text)) => convert(member, &text, date_format),
        (Kind::Text | Kind::Digits | Kind::Country | Kind::Date | Kind::Word, Value::Number(number)) => {
            convert(member, &number.to_string(), date_format)
        }
        // The validation of orders rejects values of the wrong type.
        (_, value) => Ok(Some(value)),
    }
}

/// Removes white space around a cell, and what exports put around text so that spreadsheets keep it: `="01067"` and
/// `'+49 30`.
pub(crate) fn clean(cell: &str) -> Cow<'_, str> {
    let text = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'))
        && !inner.replace("\"\"", "").contains('"')
    {
        return Cow::Owned(inner.replace("\"\"", "\"").trim().to_owned());
    }
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => Cow::Borrowed(rest.trim()),
        _ => Cow::Borrowed(text),
    }
}

/// Returns whether a spreadsheet lost digits. Other texts may be like `98101.0`, but not like `1.2E+05`.
fn is_damaged(kind: Kind, text: &str) -> bool {
    postal::is_damaged(text) && (kind == Kind::Digits || text.contains(['E', 'e']))
}

fn integer(text: &str) -> Result<i64, (Code, String)> {
    // Programs that calculate with floats write 18.0.
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = fraction.bytes().all(|byte| byte == b'0') && !text.ends_with('.');
    let number = is_whole.then(|| whole.parse().ok()).flatten();
    number.ok_or_else(|| (Code::InvalidNumber, format!("expected a whole number, but got {}", shown(text))))
}

fn flag(text: &str) -> Result<bool, (Code, String)> {
    let word = text.to_lowercase();
    match (TRUE.contains(&word.as_str()), FALSE.contains(&word.as_str())) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err((Code::InvalidFlag, format!("expected true or false, but got {}", shown(text)))),
    }
}

/// Divides a list of addresses.
fn addresses(text: &str) -> Value {
    let separators = |c: char| matches!(c, ';' | ',') || c.is_whitespace();
    text.split(separators).filter(|address| !address.is_empty()).map(Value::from).collect()
}
