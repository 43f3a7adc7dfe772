//! Words of a vendor, and the crates that may say them: an adapter keeps its vendor's words to itself.

use std::path::Path;

use crate::rust::Modules;

/// A word, and the crates, by their folders, that may say it. The sandbox may say them all: it is the other side of every wire.
type Word = (&'static str, &'static [&'static str]);

const WORDS: &[Word] = &[
    // Microsoft's token endpoint.
    ("AADSTS", &["azure-identity", "entra"]),
    // Permissions of Microsoft Graph. `keyferry setup entra` grants them, and the start checks them.
    ("UserAuthMethod-Passkey", &["entra", "keyferry"]),
    ("User.Read.All", &["entra", "keyferry"]),
    ("Mail.Send", &["entra", "mail", "keyferry"]),
    ("Policy.Read", &["entra", "keyferry", "ops"]),
    ("AuditLog.Read", &["entra", "ops"]),
    // Settings with names from the guide: the binary reads them, and the guide's `/v1/status` shows them.
    ("ENTRA_FIDO", &["entra", "azure-identity", "keyferry", "api"]),
    ("YE_API", &["yubico", "keyferry", "api"]),
    ("YE_JWKS", &["yubico", "keyferry", "api"]),
    ("YED_", &["yubico", "keyferry"]),
    // The delivery service's states.
    ("shipment_state_id", &["yubico"]),
    // Mail servers: the encryption, which is also a value of a setting and an option of the demo, and replies (RFC 5321, RFC 4954).
    ("starttls", &["mail", "keyferry"]),
    ("STARTTLS", &["mail", "keyferry"]),
    ("530", &["mail"]),
    ("534", &["mail"]),
    ("535", &["mail"]),
    ("538", &["mail"]),
    ("550", &["mail"]),
    ("551", &["mail"]),
    ("552", &["mail"]),
    ("553", &["mail"]),
    ("554", &["mail"]),
];

/// A file, and the words that are still astray in it.
pub(crate) type Astray = (&'static str, &'static [&'static str]);

/// Files in which words are still astray. To be emptied; one that is not needed any more is a finding.
pub(crate) const ASTRAY: &[Astray] =
    &[("crates/ops/src/doctor/delivery.rs", &["YE_API"]), ("crates/ops/src/doctor/entra.rs", &["ENTRA_FIDO"])];

/// A word in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    file: String,
    word: &'static str,
}

/// The words in a crate, other than in its tests, that it may not say.
pub(crate) fn of_crate(root: &Path, folder: &str, modules: &Modules) -> Vec<Said> {
    let not_theirs = WORDS.iter().filter(|(_, owners)| folder != "sandbox" && !owners.contains(&folder));
    let not_theirs: Vec<_> = not_theirs.map(|(word, _)| *word).collect();
    let mut said = Vec::new();
    for (path, text, source) in &modules.files {
        let text = source.without_tests(text);
        let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let words = not_theirs.iter().filter(|word| says(&text, word));
        said.extend(words.map(|word| Said { file: file.clone(), word }));
    }
    said
}

/// One line for each word that is not excused, and for each excuse that is not needed.
pub(crate) fn findings(said: &[Said], astray: &[Astray]) -> Vec<String> {
    let excuses = || astray.iter().flat_map(|(file, words)| words.iter().map(move |word| (*file, *word)));
    let unexcused = said.iter().filter(|said| !excuses().any(|excuse| excuse == (said.file.as_str(), said.word)));
    let unneeded = excuses().filter(|(file, word)| !said.iter().any(|said| said.file == *file && said.word == *word));
    unexcused
        .map(|said| format!("{} says {}: only its adapter may", said.file, said.word))
        .chain(unneeded.map(|(file, word)| format!("{file} does not say {word}: remove it from xtask/src/words.rs")))
        .collect()
}

/// Whether a text has a word; a number counts only by itself.
fn says(text: &str, word: &str) -> bool {
    if !word.starts_with(|first: char| first.is_ascii_digit()) {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let beside = [text[..at].chars().next_back(), text[at + word.len()..].chars().next()];
        beside.into_iter().flatten().all(|beside| !beside.is_alphanumeric() && beside != '_' && beside != '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: Said = Said { file: String::new(), word: "AADSTS" };

    #[test]
    fn a_word_astray_is_found_unless_it_is_excused() {
        let found = findings(&[SAID], &[]);
        assert!(found.len() == 1 && found[0].contains("says AADSTS"), "{found:?}");
        assert_eq!(findings(&[SAID], &[("", &["AADSTS"])]), [""; 0]);
    }

    #[test]
    fn an_excuse_that_is_not_needed_is_found() {
        let found = findings(&[SAID], &[("", &["AADSTS", "YED_"])]);
        assert!(found.len() == 1 && found[0].contains("does not say YED_"), "{found:?}");
    }

    #[test]
    fn a_number_counts_only_by_itself() {
        assert!(says("Status(550), 1", "550") && says("550", "550"));
        assert!(!says("5550", "550") && !says("f-550-a", "550") && !says("550_000", "550"));
        assert!(says("AADSTS50011", "AADSTS"));
    }
}
