//! Bytes to text.

use encoding_rs::{DecoderResult, Encoding, UTF_8, WINDOWS_1252};

use crate::error::Error;

/// Bytes that Windows-1252 does not assign.
const UNASSIGNED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

const SAVE_AS_CSV: &str = "Save it as \"CSV UTF-8\" in the spreadsheet program.";

/// Starts of files that are often sent instead of text, and what they are.
const OTHER_FORMATS: [(&[u8], &str, &str); 8] = [
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive", SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", SAVE_AS_CSV),
    (b"%PDF", "a PDF document", SAVE_AS_CSV),
    (b"\x1f\x8b", "compressed with gzip", "Decompress it first."),
    (b"<!DO", "an HTML page", SAVE_AS_CSV),
    (b"<htm", "an HTML page", SAVE_AS_CSV),
    (b"<HTM", "an HTML page", SAVE_AS_CSV),
    (b"<?xm", "an XML document", SAVE_AS_CSV),
];

/// Decoder of a stream of bytes. Without a byte order mark and without a name, the encoding is UTF-8 if the first
/// character outside of ASCII is valid UTF-8, and Windows-1252 otherwise.
pub(crate) struct Decoder {
    state: State,
    /// Bytes that are not decoded yet: the first ones of the file, or an incomplete character.
    pending: Vec<u8>,
    /// Number of the current line.
    line: u64,
    is_fallback: bool,
}

enum State {
    /// Less than four bytes were received.
    Start(Option<&'static Encoding>),
    /// Only ASCII so far.
    Ascii,
    Utf8,
    Other(encoding_rs::Decoder),
}

impl Decoder {
    /// Creates a decoder of the named encoding, or one that detects it.
    pub(crate) fn new(label: Option<&str>) -> Result<Self, Error> {
        let named = label.map(|label| {
            let unknown = || Error::UnknownEncoding { label: label.to_owned() };
            Encoding::for_label(label.as_bytes()).ok_or_else(unknown)
        });
        Ok(Self { state: State::Start(named.transpose()?), pending: Vec::new(), line: 1, is_fallback: false })
    }

    /// Returns whether the text was taken for Windows-1252, because it is not UTF-8.
    pub(crate) fn is_fallback(&self) -> bool {
        self.is_fallback
    }

    /// Decodes bytes and appends them to a text. `last`: no more bytes follow.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Error> {
        let mut joined = std::mem::take(&mut self.pending);
        let bytes = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let from = text.len();
        let decoded = self.decode(bytes, last, text);
        let new = &text.as_bytes()[from..];
        if new.contains(&0) {
            let remedy = "Save it as \"CSV UTF-8\". Text in UTF-16 needs a byte order mark.";
            return Err(Error::WrongFormat { found: "a binary file", remedy });
        }
        self.line += new.iter().filter(|byte| **byte == b'\n').count() as u64;
        decoded.map_err(|failure| match failure {
            Failure::Format(error) => error,
            Failure::Encoding(encoding) => Error::Encoding { line: self.line, encoding },
        })
    }

    /// Appends what is valid, up to an error.
    fn decode(&mut self, mut bytes: &[u8], last: bool, text: &mut String) -> Result<(), Failure> {
        if let State::Start(named) = self.state {
            if bytes.len() < 4 && !last {
                self.pending = bytes.to_vec();
                return Ok(());
            }
            if let Some((_, found, remedy)) = OTHER_FORMATS.iter().find(|(start, ..)| bytes.starts_with(start)) {
                return Err(Failure::Format(Error::WrongFormat { found, remedy }));
            }
            (self.state, bytes) = match Encoding::for_bom(bytes) {
                Some((encoding, length)) if encoding == UTF_8 => (State::Utf8, &bytes[length..]),
                Some((encoding, length)) => (other(encoding), &bytes[length..]),
                None => match named {
                    None => (State::Ascii, bytes),
                    Some(encoding) if encoding == UTF_8 => (State::Utf8, bytes),
                    Some(encoding) => (other(encoding), bytes),
                },
            };
        }
        if let State::Ascii = self.state {
            let ascii = bytes.iter().take_while(|byte| byte.is_ascii()).count();
            let (head, rest) = bytes.split_at(ascii);
            text.extend(head.iter().map(|byte| char::from(*byte)));
            if rest.is_empty() {
                return Ok(());
            }
            let is_utf8 = match std::str::from_utf8(rest) {
                Ok(_) => true,
                Err(error) if error.valid_up_to() > 0 => true,
                Err(error) if error.error_len().is_none() && !last => {
                    self.pending = rest.to_vec();
                    return Ok(());
                }
                Err(_) => false,
            };
            self.is_fallback = !is_utf8;
            self.state = if is_utf8 { State::Utf8 } else { other(WINDOWS_1252) };
            bytes = rest;
        }
        if matches!(self.state, State::Utf8) { self.utf8(bytes, last, text) } else { self.other(bytes, last, text) }
    }

    fn utf8(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Failure> {
        let Err(error) = std::str::from_utf8(bytes).map(|valid| text.push_str(valid)) else { return Ok(()) };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        if error.error_len().is_some() || last {
            return Err(Failure::Encoding("UTF-8"));
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    fn other(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Failure> {
        let State::Other(decoder) = &mut self.state else { return Ok(()) };
        let unassigned = bytes.iter().position(|byte| self.is_fallback && UNASSIGNED.contains(byte));
        let mut bytes = &bytes[..unassigned.unwrap_or(bytes.len())];
        loop {
            text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len()));
            let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, last);
            match result {
                DecoderResult::InputEmpty if unassigned.is_some() => {
                    return Err(Failure::Encoding("UTF-8 and not valid Windows-1252"));
                }
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => bytes = &bytes[read..],
                DecoderResult::Malformed(..) => return Err(Failure::Encoding(decoder.encoding().name())),
            }
        }
    }
}

/// Why bytes are no text.
enum Failure {
    Format(Error),
    /// The bytes after the decoded ones are not valid in this encoding.
    Encoding(&'static str),
}

fn other(encoding: &'static Encoding) -> State {
    State::Other(encoding.new_decoder_without_bom_handling())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(pieces: &[&[u8]], label: Option<&str>) -> Result<(String, bool), Error> {
        let mut decoder = Decoder::new(label)?;
        let mut text = String::new();
        for piece in pieces {
            decoder.push(piece, false, &mut text)?;
        }
        decoder.push(&[], true, &mut text)?;
        Ok((text, decoder.is_fallback()))
    }

    fn text(bytes: &[u8]) -> Result<(String, bool), Error> {
        decode(&[bytes], None)
    }

    #[test]
    fn encodings_are_detected() {
        for (bytes, expected, fallback) in [
            (&b""[..], "", false),
            (b"a", "a", false),
            (b"abcde", "abcde", false),
            ("\u{feff}ab\u{e9}".as_bytes(), "abé", false),
            ("Zoë €".as_bytes(), "Zoë €", false),
            (b"Zo\xeb \x80", "Zoë €", true),
            // The last byte could begin a character of UTF-8.
            (b"Zo\xeb", "Zoë", true),
            (b"\xff\xfea\0\xeb\0", "aë", false),
            (b"\xfe\xff\0a\0\xeb", "aë", false),
        ] {
            assert_eq!(text(bytes), Ok((expected.to_owned(), fallback)), "{bytes:?}");
        }
        assert_eq!(decode(&[b"\xa3\xb3"], Some("windows-1250")), Ok(("Łł".to_owned(), false)));
        // A byte order mark takes precedence over the name.
        assert_eq!(decode(&["\u{feff}ł".as_bytes()], Some("windows-1250")), Ok(("ł".to_owned(), false)));
        assert!(matches!(decode(&[], Some("utf-9")), Err(Error::UnknownEncoding { .. })));
    }

    #[test]
    fn mixed_encodings_are_errors_with_their_line() {
        let mixed = text("a\nZoë\nb".as_bytes()).and_then(|_| text(b"a\nZo\xc3\xab\n\xeb,"));
        assert_eq!(mixed, Err(Error::Encoding { line: 3, encoding: "UTF-8" }));
        let pieces: [&[u8]; 3] = [b"ab\xc3\xab\n", b"\n\n", b"\xc3"];
        assert_eq!(decode(&pieces, None), Err(Error::Encoding { line: 4, encoding: "UTF-8" }));
        let error = Error::Encoding { line: 2, encoding: "UTF-8 and not valid Windows-1252" };
        assert_eq!(text(b"Zo\xeb \n\x90"), Err(error));
        let error = Error::Encoding { line: 2, encoding: "Shift_JIS" };
        assert_eq!(decode(&[b"\x8e\x52\n\x8e"], Some("shift_jis")), Err(error));
        assert!(matches!(text(b"\xff\xfea\0\xeb"), Err(Error::Encoding { encoding: "UTF-16LE", .. })));
    }

    #[test]
    fn other_formats_are_named() {
        for (bytes, part) in [
            (&b"PK\x03\x04rest"[..], "xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", ".xls"),
            (b"%PDF-1.7", "PDF"),
            (b"<html>", "HTML"),
            (b"a\0b\0c\0", "UTF-16 needs a byte order mark"),
            (b"abc\0", "binary"),
        ] {
            let error = text(bytes).unwrap_err();
            assert!(error.code() == "wrong-format" && error.to_string().contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[aé€\\n𝄞]{0,12}", size in 1_usize..5, wide: bool) {
            let bytes = if wide {
                [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            } else {
                text.clone().into_bytes()
            };
            let pieces: Vec<_> = bytes.chunks(size).collect();
            prop_assert_eq!(decode(&pieces, None), Ok((text, false)));
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes: Vec<u8>, size in 1_usize..5) {
            let pieces: Vec<_> = bytes.chunks(size).collect();
            // Which of several errors is found first depends on the pieces.
            prop_assert_eq!(decode(&pieces, None).ok(), text(&bytes).ok());
        }
    }
}
