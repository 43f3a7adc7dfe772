//! JSON log lines below WARN that do not match searches for problems.
//!
//! The guide searches for problems with `Log_s contains "WARN" or Log_s contains "ERROR" or Log_s contains "Fail"`.
//! `contains` in KQL is a case-insensitive substring search
//! (<https://learn.microsoft.com/kusto/query/contains-operator>), so a user named Warner or a field named `error_kind`
//! would match. Therefore, in lines below WARN, the last letter of each of these words is written as a JSON escape.
//! Parsers of the line read the same text.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Words of the guide's search, in lower case.
const WORDS: [&str; 3] = ["warn", "error", "fail"];

/// Formats events with the inner format, and escapes these words in lines below WARN.
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

/// Returns the same JSON with the words escaped. The escape is valid at every match: JSON literals and numbers contain
/// none of the words, so each match is inside a string; and the replaced letters (`n`, `r`, `l`) are not hexadecimal
/// digits and do not follow a backslash, so none of them is part of another escape.
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
    fn escaped_words_are_parsed_but_not_found() {
        for text in ["Mr. Warner", "0 failed", "FAIL", "\u{c}ail", "\\fail", "ERRORerror", "warnerrorfail", "\u{1f}ail"]
        {
            let line = json!({ "message": text, "error_kind": text }).to_string();
            let quiet = hushed(&line);
            assert!(!found(&quiet), "{quiet}");
            assert_eq!(serde_json::from_str::<Value>(&quiet).unwrap(), serde_json::from_str::<Value>(&line).unwrap());
        }
        assert_eq!(hushed("{\"message\":\"a shipment moved on\"}"), "{\"message\":\"a shipment moved on\"}");
    }

    proptest! {
        #[test]
        fn preserves_any_text(text in "(?i)(warn|error|fail|w|a|r|n|e|o|f|i|l|\\\\|\"|\u{c}|\u{1f}|ü|\\PC){0,20}") {
            let line = json!({ "message": text }).to_string();
            let quiet = hushed(&line);
            prop_assert!(!found(&quiet), "{}", quiet);
            prop_assert_eq!(serde_json::from_str::<Value>(&quiet).unwrap(), json!({ "message": text }));
        }
    }
}
