//! The documented classification of failures, read from `docs/reference/failures.md`.

use std::fs;

use keyferry_domain::{Failure, FailureKind};

/// Returns the documented obstacle and scope of a failed delivery: those of the first row that matches.
pub(crate) fn documented(failure: &Failure) -> (String, String) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/failures.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## PIN delivery by a mail server\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    for row in rows {
        let [_, "any", when, _, obstacle, scope, ..] = row[..] else { continue };
        let status = failure.status();
        let fits = match when {
            "unreachable" => failure.kind == FailureKind::Unreachable,
            "no answer" => matches!(failure.kind, FailureKind::TimedOut | FailureKind::ConnectionLost),
            "status 500 and above" => status.is_some_and(|status| status >= 500),
            "anything else" => true,
            when if when.starts_with('`') => failure.code() == Some(when.trim_matches('`')),
            when => status.is_some_and(|status| when == format!("status {status}")),
        };
        if fits {
            return (obstacle.to_owned(), scope.to_owned());
        }
    }
    panic!("no row matches {failure:?}")
}
