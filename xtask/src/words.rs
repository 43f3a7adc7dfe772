//! Checks that words of a vendor occur only in the crates that may contain them: its adapters.

use std::path::Path;

use crate::rust::Modules;

/// Crates that may contain all words: sandbox imitates every external system, and only tests depend on testkit.
const EXEMPT: [&str; 2] = ["sandbox", "testkit"];

/// A word, and the folders of the crates that may contain it.
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
    // An AAGUID of the delivery service's authenticator models.
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", &["yubico"]),
    // Settings with names from the guide: the binary reads them, and the guide's `/v1/status` shows them.
    ("ENTRA_FIDO", &["entra", "azure-identity", "keyferry", "api"]),
    ("YE_API", &["yubico", "keyferry", "api"]),
    ("YE_JWKS", &["yubico", "keyferry", "api"]),
    ("YED_", &["yubico", "keyferry"]),
    // The delivery service's states.
    ("shipment_state_id", &["yubico"]),
    // Mail servers: the encryption, which is also a value of a setting and an option of the demo, and reply codes (RFC
    // 5321, RFC 4954).
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

/// Returns one line for each forbidden word in a crate, except in its tests.
pub(crate) fn findings(root: &Path, folder: &str, modules: &Modules) -> Vec<String> {
    let forbidden = WORDS.iter().filter(|(_, owners)| !EXEMPT.contains(&folder) && !owners.contains(&folder));
    let forbidden: Vec<_> = forbidden.map(|(word, _)| *word).collect();
    let mut findings = Vec::new();
    for (path, text, source) in &modules.files {
        let text = source.without_tests(text);
        let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let words = forbidden.iter().filter(|word| has_word(&text, word));
        findings.extend(words.map(|word| format!("{file} contains {word}: move this to the vendor's adapter")));
    }
    findings
}

/// Returns whether a text contains a word. A number counts only as a whole word.
fn has_word(text: &str, word: &str) -> bool {
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
    fn a_number_counts_only_as_a_whole_word() {
        assert!(has_word("Status(550), 1", "550") && has_word("550", "550"));
        assert!(!has_word("5550", "550") && !has_word("f-550-a", "550") && !has_word("550_000", "550"));
        assert!(has_word("AADSTS50011", "AADSTS"));
    }
}
