//! The documented classification of failures, read from `docs/reference/failures.md`.

use std::fs;

use keyferry_domain::{Failure, FailureKind};

/// Returns the documented obstacle and scope of a failed delivery: those of the first rule that matches.
pub(crate) fn documented(failure: &Failure) -> (String, String) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/failures.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## PIN delivery by a mail server\n").unwrap();
    // Long rules are wrapped.
    let section = section.split("\n## ").next().unwrap().replace("\n  ", " ");
    for rule in section.lines().filter_map(|line| line.strip_prefix("- **any call, ")) {
        let (when, rest) = rule.split_once("**: class ").unwrap();
        let (_, rest) = rest.split_once(", obstacle ").unwrap();
        let (obstacle, rest) = rest.split_once(", scope ").unwrap();
        let (scope, _) = rest.split_once(". ").unwrap();
        let status = failure.status();
        let fits = match when {
            "unreachable" => failure.kind == FailureKind::Unreachable,
            "no response" => matches!(failure.kind, FailureKind::TimedOut | FailureKind::ConnectionLost),
            "status 500 and above" => status.is_some_and(|status| status >= 500),
            "anything else" => true,
            when if when.starts_with('`') => failure.code() == Some(when.trim_matches('`')),
            when => status.is_some_and(|status| when == format!("status {status}")),
        };
        if fits {
            return (obstacle.to_owned(), scope.to_owned());
        }
    }
    panic!("no rule matches {failure:?}")
}
