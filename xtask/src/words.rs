//! Words of a vendor, and the crates that may say them: an adapter keeps its vendor's words to itself.

use std::path::Path;

use crate::rust::Modules;

/// The sandbox is the other side of every wire, and testkit is a dependency of tests only.
const MAY_SAY_ALL: [&str; 2] = ["sandbox", "testkit"];

/// A word, and the crates, by their folders, that may say it.
type Word = (&'static str, &'static [&'static str]);

const WORDS: &[Word] = &[
    // Microsoft's token endpoint.
    ("AADSTS", &["azure-identity", "entra"]),
    // Permissions of Microsoft Graph.
    ("UserAuthMethod-Passkey", &["entra"]),
    ("User.Read.All", &["entra"]),
    ("Mail.Send", &["entra", "mail"]),
    ("Policy.Read", &["entra"]),
    ("AuditLog.Read", &["entra"]),
    // The delivery service's models of authenticators: one of their AAGUIDs.
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", &["yubico"]),
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

/// One line for each word in a crate, other than in its tests, that it may not say.
pub(crate) fn findings(root: &Path, folder: &str, modules: &Modules) -> Vec<String> {
    let not_theirs = WORDS.iter().filter(|(_, owners)| !MAY_SAY_ALL.contains(&folder) && !owners.contains(&folder));
    let not_theirs: Vec<_> = not_theirs.map(|(word, _)| *word).collect();
    let mut findings = Vec::new();
    for (path, text, source) in &modules.files {
        let text = source.without_tests(text);
        let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let words = not_theirs.iter().filter(|word| says(&text, word));
        findings.extend(words.map(|word| format!("{file} says {word}: only its adapter may")));
    }
    findings
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

    #[test]
    fn a_number_counts_only_by_itself() {
        assert!(says("Status(550), 1", "550") && says("550", "550"));
        assert!(!says("5550", "550") && !says("f-550-a", "550") && !says("550_000", "550"));
        assert!(says("AADSTS50011", "AADSTS"));
    }
}
