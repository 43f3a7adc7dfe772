//! Log lines without invisible characters.
//!
//! A name with a bidirectional override would show a line in another order than it was written, and a zero-width
//! character would make a user name look like another.

use std::borrow::Cow;
use std::fmt;

use keyferry_domain::text::{visible_json, visible_lines};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Formats events with the inner format, and escapes invisible characters in the line.
pub(super) struct Visible<F> {
    inner: F,
    escape: fn(&str) -> Cow<'_, str>,
}

impl<F> Visible<F> {
    /// Escapes as in JSON strings. Parsers of the line read the same text.
    pub(super) fn json(inner: F) -> Self {
        Self { inner, escape: visible_json }
    }

    /// Escapes as `\u{202e}`.
    pub(super) fn text(inner: F) -> Self {
        Self { inner, escape: visible_text }
    }
}

impl<S, N, F> FormatEvent<S, N> for Visible<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&(self.escape)(&line))
    }
}

/// Escapes invisible characters other than ASCII controls. The inner format escapes those of values, and colours the
/// line with its own.
fn visible_text(line: &str) -> Cow<'_, str> {
    if line.is_ascii() {
        return Cow::Borrowed(line);
    }
    line.split_inclusive(|c: char| c.is_ascii_control())
        .map(|part| match part.chars().next_back().filter(char::is_ascii_control) {
            Some(end) => visible_lines(&part[..part.len() - 1]).into_owned() + end.encode_utf8(&mut [0; 4]),
            None => visible_lines(part).into_owned(),
        })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    const USER: &str = "ada\u{202e}moc.live@eve\u{200b}\u{e0061}";

    fn logged(subscriber: impl Subscriber + Send + Sync, written: &Written) -> String {
        tracing::subscriber::with_default(subscriber, || tracing::warn!(user = USER, "ordered key for {USER}"));
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_line_shows_invisible_characters_and_parses_to_the_same_text() {
        let written = Written::default();
        let layer = tracing_subscriber::fmt().json().with_writer(written.clone()).map_event_format(Visible::json);
        let line = logged(layer.finish(), &written);
        assert!(line.contains(r"ada\u202emoc.live@eve\u200b\udb40\udc61") && line.ends_with("}\n"), "{line:?}");
        assert!(!line.contains(['\u{202e}', '\u{200b}', '\u{e0061}']), "{line:?}");
        let fields = serde_json::from_str::<Value>(&line).unwrap()["fields"].take();
        assert_eq!((&fields["user"], &fields["message"]), (&USER.into(), &format!("ordered key for {USER}").into()));
    }

    #[test]
    fn text_line_shows_invisible_characters_and_keeps_its_colours() {
        for colours in [true, false] {
            let written = Written::default();
            let format = |format: tracing_subscriber::fmt::format::Format| Visible::text(format.with_ansi(colours));
            let layer = tracing_subscriber::fmt().with_ansi(colours).with_writer(written.clone());
            let line = logged(layer.map_event_format(format).finish(), &written);
            assert!(line.contains(r"ordered key for ada\u{202e}moc.live@eve\u{200b}\u{e0061}"), "{line:?}");
            assert!(!line.contains(['\u{202e}', '\u{200b}', '\u{e0061}']) && line.ends_with('\n'), "{line:?}");
            assert_eq!(line.contains("\u{1b}["), colours, "{line:?}");
        }
    }
}
