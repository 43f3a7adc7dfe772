//! Letters that an earlier program garbled.

/// Characters that letters of another encoding become, and that no name contains: Ł, ł, Ą, ą, ż of Windows-1250 as
/// Windows-1252, and others.
const IMPLAUSIBLE: [char; 15] = ['£', '¥', '³', '¹', '¿', '¯', '¼', '¾', '¢', '¤', '¬', '±', '¶', '×', '÷'];

/// Returns whether letters of a name or address were garbled by a wrong encoding: `M�ller`, `MÃ¼ller`, `M?ller`,
/// `£ukasz`.
pub(crate) fn is_garbled(text: &str) -> bool {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let garbled = match c {
            '\u{fffd}' => true,
            // The first byte of most Latin letters in UTF-8. Portuguese has letters of ASCII after it.
            'Ã' => !after.is_ascii(),
            // The first byte of letters of Polish and others.
            'Ä' | 'Å' => !after.is_ascii() && !after.is_alphabetic() && !matches!(after, '–' | '—' | '’'),
            '?' => before.is_alphabetic() && after.is_alphabetic(),
            c => IMPLAUSIBLE.contains(&c) && (before.is_alphabetic() || after.is_alphabetic()),
        };
        if garbled {
            return true;
        }
        before = c;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_wrong_encodings_are_found() {
        let as_windows = |bytes: &[u8]| encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
        for name in ["Müller", "Groß", "Ägir", "Zoé", "Łukasz", "Wałęsa", "Åse"] {
            let twice = as_windows(name.as_bytes());
            assert!(is_garbled(&twice) && !is_garbled(name), "{twice}");
        }
        for name in ["Łukasz", "Wałęsa", "Żółć", "Dąbrowa"] {
            let misread = as_windows(&encoding_rs::WINDOWS_1250.encode(name).0);
            assert!(is_garbled(&misread) && !is_garbled(name), "{misread}");
        }
        assert!(is_garbled("M\u{fffd}ller") && is_garbled("M?ller"));
    }

    #[test]
    fn names_and_addresses_are_not_garbled() {
        for text in
            ["", "SÃO PAULO", "IRMÃ", "12¼ Main Street", "12½", "Calle 5, 1º", "Who? Inc.", "¿?", "D’Arc", "东京", "Ŷ"]
        {
            assert!(!is_garbled(text), "{text}");
        }
    }
}
