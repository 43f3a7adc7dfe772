//! Output of findings.

use std::fmt::Write as _;

use keyferry_domain::text::{visible_json, visible_lines};
use keyferry_domain::{Finding, Outcome};

/// Returns the finding for invalid settings. No other check can run then.
pub fn of_settings(error: impl Into<String>) -> Finding {
    let todo = "Correct the setting. The reference page of settings lists valid values. No other check was run.";
    Finding::failed("settings", error, todo)
}

/// Formats all findings as text. Invisible characters are escaped. The outcome is in capitals where action is needed.
pub fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let wide = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    for finding in findings {
        let outcome = match finding.outcome {
            Outcome::Ok => "ok",
            Outcome::Warning => "WARNING",
            Outcome::Failed => "FAILED",
            Outcome::NotExamined => "-",
        };
        let Finding { check, found, todo, .. } = finding;
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{outcome:<8} {check:<wide$}  {}", visible_lines(found));
        if let Some(todo) = todo {
            let _ = writeln!(text, "{:<8} {:<wide$}  → {}", "", "", visible_lines(todo));
        }
    }
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (failed, warnings, left) = (count(Outcome::Failed), count(Outcome::Warning), count(Outcome::NotExamined));
    let _ = writeln!(text, "{} checks: {failed} failed, {warnings} warnings, {left} not examined", findings.len());
    text
}

/// Formats all findings as JSON.
pub fn as_json(findings: &[Finding]) -> String {
    let failed = findings.iter().filter(|finding| finding.outcome == Outcome::Failed).count();
    let text = serde_json::json!({ "failed": failed, "findings": findings }).to_string();
    format!("{}\n", visible_json(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_invisible_characters() {
        let findings = [Finding::warning("account", "ada\u{202e}moc.live", "Rename \u{200b}it.")];
        let text = as_text(&findings);
        assert!(text.contains(r"account  ada\u{202e}moc.live") && text.contains(r"→ Rename \u{200b}it."), "{text}");
        assert!(as_json(&findings).contains(r#""found":"ada\u202emoc.live""#));
    }
}
