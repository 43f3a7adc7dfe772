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
        self.decode(bytes, last, text)?;
        let new = &text.as_bytes()[from..];
        if new.contains(&0) {
            let remedy = "Save it as \"CSV UTF-8\". Text in UTF-16 needs a byte order mark.";
            return Err(Error::WrongFormat { found: "a binary file", remedy });
        }
        self.line += new.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(())
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool, text: &mut String) -> Result<(), Error> {
        if let State::Start(named) = self.state {
            if bytes.len() < 4 && !last {
                self.pending = bytes.to_vec();
                return Ok(());
            }
            if let Some((_, found, remedy)) = OTHER_FORMATS.iter().find(|(start, ..)| bytes.starts_with(start)) {
                return Err(Error::WrongFormat { found, remedy });
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

    fn utf8(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Error> {
        let valid = match std::str::from_utf8(bytes) {
            Ok(valid) => valid,
            Err(error) if error.error_len().is_none() && !last => {
                let (head, rest) = bytes.split_at(error.valid_up_to());
                self.pending = rest.to_vec();
                std::str::from_utf8(head).unwrap_or_default()
            }
            Err(error) => return Err(self.invalid(&bytes[..error.valid_up_to()], "UTF-8")),
        };
        text.push_str(valid);
        Ok(())
    }

    fn other(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Error> {
        if self.is_fallback
            && let Some(at) = bytes.iter().position(|byte| UNASSIGNED.contains(byte))
        {
            return Err(self.invalid(&bytes[..at], "UTF-8 and not valid Windows-1252"));
        }
        let State::Other(decoder) = &mut self.state else { return Ok(()) };
        let encoding = decoder.encoding();
        let from = text.len();
        let mut bytes = bytes;
        loop {
            text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len()));
            let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, last);
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => bytes = &bytes[read..],
                DecoderResult::Malformed(..) => {
                    let decoded = text.as_bytes()[from..].to_vec();
                    return Err(self.invalid(&decoded, encoding.name()));
                }
            }
        }
    }

    /// Returns the error about the bytes after valid ones.
    fn invalid(&self, valid: &[u8], encoding: &'static str) -> Error {
        let line = self.line + valid.iter().filter(|byte| **byte == b'\n').count() as u64;
        Error::Encoding { line, encoding }
    }
}

fn other(encoding: &'static Encoding) -> State {
    State::Other(encoding.new_decoder_without_bom_handling())
}
