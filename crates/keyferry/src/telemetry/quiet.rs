//! Lines that a search for trouble does not find, because they tell of none.
//!
//! The guide finds trouble by `Log_s contains "WARN" or Log_s contains "ERROR" or Log_s contains "Fail"`, and KQL's `contains` looks
//! for a substring in any case (<https://learn.microsoft.com/kusto/query/contains-operator>). A user named Warner, or a field
//! named `error_kind`, must not be found. So in lines below WARN the last letter of each such word is written as an escape of
//! JSON: who parses the line reads the very same text.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// What is searched for.
const WORDS: [&str; 3] = ["warn", "error", "fail"];

/// A format that writes each event as one JSON object, with such words escaped below WARN.
pub(super) struct Quiet<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for Quiet<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if *event.metadata().level() <= Level::WARN {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&hushed(&line))
    }
}

/// The same JSON, in which none of the words stands. Its literals and numbers hold none, so each stands in a string; and the last
/// letters (`n`, `r`, `l`) are no hexadecimal digits and follow no backslash, so each stands for itself.
fn hushed(json: &str) -> String {
    let lower = json.to_ascii_lowercase();
    let mut quiet = String::with_capacity(json.len());
    let mut rest = 0;
    while let Some(last) =
        WORDS.iter().filter_map(|word| lower[rest..].find(word).map(|at| rest + at + word.len() - 1)).min()
    {
        quiet.push_str(&json[rest..last]);
        quiet.push_str(&format!("\\u{:04x}", json.as_bytes()[last]));
        rest = last + 1;
    }
    quiet.push_str(&json[rest..]);
    quiet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn found(line: &str) -> bool {
        WORDS.iter().any(|word| line.to_lowercase().contains(word))
    }

    #[test]
    fn a_word_is_still_read_and_no_longer_found() {
        for text in ["Mr. Warner", "0 failed", "FAIL", "\u{c}ail", "\\fail", "ERRORerror", "warnerrorfail", "\u{1f}ail"]
        {
            let line = json!({ "message": text, "error_kind": text }).to_string();
            let quiet = hushed(&line);
            assert!(!found(&quiet), "{quiet}");
            assert_eq!(serde_json::from_str::<Value>(&quiet).unwrap(), serde_json::from_str::<Value>(&line).unwrap());
        }
        assert_eq!(hushed("{\"message\":\"shipment entered phase\"}"), "{\"message\":\"shipment entered phase\"}");
    }

    proptest! {
        #[test]
        fn any_text_is_kept(text in "(?i)(warn|error|fail|w|a|r|n|e|o|f|i|l|\\\\|\"|\u{c}|\u{1f}|ü|\\PC){0,20}") {
            let line = json!({ "message": text }).to_string();
            let quiet = hushed(&line);
            prop_assert!(!found(&quiet), "{}", quiet);
            prop_assert_eq!(serde_json::from_str::<Value>(&quiet).unwrap(), json!({ "message": text }));
        }
    }
}
