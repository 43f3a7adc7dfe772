//! Counts the phrases that the project's language rules ask to avoid, and those that they ask for, in all prose.
//!
//! It informs and never fails: a quoted message of another system may contain any of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::rust::lex;

/// Phrases that sound translated. A phrase counts at word boundaries, in any case.
const AVOIDED: [&str; 22] = [
    "told",
    "tell",
    "tells",
    "say",
    "says",
    "said",
    "stand",
    "stands",
    "nobody",
    "somebody",
    "a person",
    "knows no",
    "takes no",
    "for now",
    "for good",
    "lets in",
    "goes on",
    "mend",
    "given back",
    "means well",
    "left alone",
    "had",
];

/// Phrases that the field uses.
const WANTED: [&str; 10] = [
    "returns",
    "fails",
    "retries",
    "rejects",
    "expires",
    "is missing",
    "is invalid",
    "must",
    "optional",
    "for example",
];

/// Folders whose files are prose or contain it.
const SHELVES: [&str; 8] = ["conformance", "crates", "deploy", "docs", "examples", "outsiders", "proofs", "xtask"];

/// Pages in the workspace's own folder.
const PAGES: [&str; 4] = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/// Prints how often each phrase occurs, in all and per 10,000 words. It finds nothing wrong.
#[expect(clippy::print_stdout, reason = "a report for the terminal")]
pub(crate) fn report(root: &Path) -> Vec<String> {
    let prose = prose(root);
    let words = prose.split_whitespace().count();
    println!("prose: {words} words in comments, texts of the sources, and pages");
    for (title, phrases) in [("to avoid", &AVOIDED[..]), ("of the field", &WANTED[..])] {
        let counts: Vec<_> = phrases.iter().map(|phrase| (phrase, count(&prose, phrase))).collect();
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        println!("phrases {title}: {all}, {:.1} per 10,000 words", per_10_000(all, words));
        for (phrase, count) in counts {
            println!("  {phrase:<12} {count:>5} {:>7.1}", per_10_000(count, words));
        }
    }
    Vec::new()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
fn per_10_000(count: usize, words: usize) -> f64 {
    count as f64 * 10_000.0 / words.max(1) as f64
}

/// Comments and literals of all sources, and the text of all pages, in small letters, with single spaces.
fn prose(root: &Path) -> String {
    let mut files: Vec<PathBuf> = PAGES.iter().map(|page| root.join(page)).collect();
    for shelf in SHELVES {
        collect(&root.join(shelf), &mut files);
    }
    let mut prose = String::new();
    for file in files {
        // A page that does not exist adds nothing.
        let text = fs::read_to_string(&file).unwrap_or_default();
        let source = file.extension().is_some_and(|extension| extension == "rs");
        let text = if source { of_source(&text) } else { text };
        for word in text.split_whitespace().filter(|word| !matches!(*word, "//" | "///" | "//!")) {
            prose.push_str(&word.to_lowercase());
            prose.push(' ');
        }
    }
    prose
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            // What npm installed is not ours.
            if !path.ends_with("node_modules") {
                collect(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
            into.push(path);
        }
    }
}

/// What is between the tokens of a source, and the tokens that are texts.
fn of_source(source: &str) -> String {
    let mut prose = String::new();
    let mut end = 0;
    for token in lex::tokens(source) {
        prose.push_str(&source[end..token.at]);
        prose.push(' ');
        end = token.end();
        if token.text.contains('"') {
            prose.push_str(token.text.trim_matches(['r', '#', '"', 'b', 'c']));
            prose.push(' ');
        }
    }
    prose.push_str(&source[end..]);
    prose
}

fn count(prose: &str, phrase: &str) -> usize {
    let matches = prose.match_indices(phrase);
    let bounded = matches.filter(|(at, _)| {
        let beside = [prose[..*at].chars().next_back(), prose[at + phrase.len()..].chars().next()];
        beside.into_iter().flatten().all(|beside| !beside.is_alphanumeric() && beside != '_')
    });
    bounded.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_whole_words_in_comments_and_texts_only() {
        let source = "/// Tells a\n/// person.\nfn told() { say(\"nobody is told\", r#\"for now\"#); } // untold";
        let prose: Vec<String> = of_source(source).split_whitespace().map(str::to_lowercase).collect();
        let prose: Vec<_> = prose.into_iter().filter(|word| word != "///").collect();
        let prose = prose.join(" ");
        for (phrase, times) in [("tells", 1), ("a person", 1), ("told", 1), ("nobody", 1), ("for now", 1)] {
            assert_eq!(count(&prose, phrase), times, "{phrase} in {prose}");
        }
    }
}
