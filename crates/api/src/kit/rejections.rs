//! Log of rejected callers. Anyone can cause these lines, so their length and number are limited.

use axum::http::Uri;
use keyferry_domain::Caller;

use super::limited_log::LimitedLog;

/// Longest path in the log, in characters. Callers choose it, and a request may have a path of 60 KB.
const LONGEST_PATH: usize = 200;

static REJECTIONS: LimitedLog = LimitedLog::new();

/// Logs that a caller was rejected.
pub(crate) fn log(uri: &Uri, caller: Option<&Caller>, reason: &dyn std::fmt::Debug) {
    let line = || {
        let caller = caller.map(tracing::field::display);
        tracing::info!(path = shown(uri.path()), caller, ?reason, "rejected caller");
    };
    REJECTIONS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "rejected more callers than are logged one by one");
    });
}

fn shown(path: &str) -> String {
    match path.char_indices().nth(LONGEST_PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_are_cut() {
        assert_eq!(shown(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(shown(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
    }
}
