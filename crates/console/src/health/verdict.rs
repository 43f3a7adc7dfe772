//! The sentence at the top: that nothing is wrong, or what is.

use keyferry_domain::{Finding, Outcome};
use keyferry_engine::{Activity, Problem};

use crate::messages::Messages;

/// Code of the problem with which readiness names webhooks.
const WEBHOOKS_FAILING: &str = "webhooks-failing";

/// What is wrong, or was not looked at.
pub(super) struct Trouble {
    /// Name of the check, or code of the problem.
    pub(super) name: String,
    /// What the check expects, or what the problem means. Empty if that is not known.
    pub(super) meaning: &'static str,
    /// Whether `meaning` is what the check expects.
    pub(super) is_expectation: bool,
    /// What was found, in English.
    pub(super) found: String,
    /// What to do, in English.
    pub(super) todo: Option<String>,
    /// Address of the page that shows more, with its name.
    pub(super) link: Option<(&'static str, &'static str)>,
    pub(super) tone: &'static str,
    pub(super) label: &'static str,
}

/// The sentence.
pub(super) struct Verdict {
    pub(super) sentence: String,
    pub(super) tone: &'static str,
}

/// Returns what is wrong, worst first. `failing` are the addresses of webhooks whose last attempt failed.
pub(super) fn troubles(
    problems: &[Problem],
    findings: &[Finding],
    activity: &Activity,
    failing: &[String],
    m: &'static Messages,
) -> Vec<Trouble> {
    let t = m.health;
    // Readiness names a webhook only after a while.
    let is_named = problems.iter().any(|problem| problem.code == WEBHOOKS_FAILING);
    let failing = failing.iter().filter(|_| !is_named).map(|url| Trouble {
        name: t.webhook.to_owned(),
        meaning: t.webhook_meaning,
        is_expectation: false,
        found: url.clone(),
        todo: None,
        link: Some(("#webhooks", t.webhooks)),
        tone: "alert",
        label: t.warning,
    });
    let of_problem = |problem: &Problem| Trouble {
        name: problem.code.to_owned(),
        meaning: if problem.is_blocking { t.not_ready_meaning } else { "" },
        is_expectation: false,
        found: problem.message.clone(),
        todo: None,
        link: link(problem.code, m),
        tone: if problem.is_blocking { "bad" } else { "alert" },
        label: if problem.is_blocking { t.failed } else { t.warning },
    };
    let outages = activity.last_processing.iter().flat_map(|run| &run.result.outages).map(|reason| Trouble {
        name: t.outage.to_owned(),
        meaning: t.outage_meaning,
        is_expectation: false,
        found: reason.clone(),
        todo: None,
        link: None,
        tone: "alert",
        label: t.warning,
    });
    let of_clean_up = activity.last_clean_up.iter().filter_map(|run| run.result.as_ref().err());
    let of_clean_up = of_clean_up.map(|error| Trouble {
        name: t.clean_up.to_owned(),
        meaning: "",
        is_expectation: false,
        found: error.clone(),
        todo: None,
        link: None,
        tone: "alert",
        label: t.warning,
    });
    let findings = findings.iter().filter(|it| matches!(it.outcome, Outcome::Failed | Outcome::Warning));
    let mut all: Vec<_> = problems.iter().map(of_problem).collect();
    all.extend(findings.map(|finding| of_finding(finding, m)));
    all.extend(outages.chain(of_clean_up).chain(failing));
    all.sort_by_key(|trouble| trouble.tone != "bad");
    all
}

/// Returns the page of the console that shows more about a check or a problem.
fn link(name: &str, m: &'static Messages) -> Option<(&'static str, &'static str)> {
    match name {
        "open shipments" => Some(("/console/shipments?needs_human=true", m.needs_human)),
        "events" | "events-altered" => Some(("/console/audit#chain", m.audit.chain)),
        "webhooks-failing" | "webhooks-blocked" => Some(("#webhooks", m.health.webhooks)),
        _ => None,
    }
}

pub(super) fn of_finding(finding: &Finding, m: &'static Messages) -> Trouble {
    let t = m.health;
    let (tone, label) = match finding.outcome {
        Outcome::Ok => ("good", t.ok),
        Outcome::Warning => ("alert", t.warning),
        Outcome::Failed => ("bad", t.failed),
        Outcome::NotExamined => ("quiet", t.not_examined),
    };
    Trouble {
        name: finding.check.to_owned(),
        meaning: (t.check)(finding.check),
        is_expectation: true,
        found: finding.found.clone(),
        todo: finding.todo.clone(),
        link: link(finding.check, m).filter(|_| matches!(finding.outcome, Outcome::Failed | Outcome::Warning)),
        tone,
        label,
    }
}

/// Returns the sentence. `checks` is whether findings of all checks are there.
pub(super) fn verdict(troubles: &[Trouble], is_ready: bool, checks: bool, m: &'static Messages) -> Verdict {
    let t = m.health;
    let failed = troubles.iter().filter(|trouble| trouble.tone == "bad").count();
    let verdict = |tone, sentence| Verdict { tone, sentence };
    match (is_ready, failed, troubles.len() - failed) {
        (false, ..) => verdict("bad", t.not_ready.to_owned()),
        (_, 0, 0) if checks => verdict("good", t.all_good.to_owned()),
        (_, 0, 0) => verdict("quiet", t.not_checked_yet.to_owned()),
        (_, 0, warnings) => verdict("alert", (t.wrong)(0, warnings)),
        (_, failed, warnings) => verdict("bad", (t.wrong)(failed, warnings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Language;

    fn activity() -> Activity {
        Activity {
            replica: "r".into(),
            next_processing: None,
            next_clean_up: None,
            clean_up_after_days: 0,
            last_processing: None,
            last_clean_up: None,
        }
    }

    #[test]
    fn only_a_service_without_any_trouble_is_good() {
        let m = Language::English.messages();
        let problem = |is_blocking| Problem { code: "store", message: "It is down.".into(), is_blocking };
        let (ok, open) = (Finding::ok("clock", "fine"), Finding::not_examined("PIN delivery", "not sent", "Send one."));
        let (warning, failed) = (Finding::warning("journal", "x", "y"), Finding::failed("clock", "x", "y"));
        for (problems, findings, checks, tone) in [
            (vec![], vec![ok.clone(), open.clone()], true, "good"),
            (vec![], vec![], false, "quiet"),
            (vec![problem(false)], vec![ok.clone()], true, "alert"),
            (vec![], vec![ok.clone(), warning.clone()], true, "alert"),
            (vec![], vec![warning, failed], true, "bad"),
            (vec![problem(true)], vec![ok], true, "bad"),
        ] {
            let troubles = troubles(&problems, &findings, &activity(), &[], m);
            let is_ready = !problems.iter().any(|problem| problem.is_blocking);
            let found = verdict(&troubles, is_ready, checks, m);
            assert_eq!(found.tone, tone, "{problems:?} {findings:?}");
            assert!(troubles.first().is_none_or(|first| first.tone == tone), "the worst comes first");
        }
        let failing = ["https://hooks.example".to_owned()];
        assert_eq!(troubles(&[], &[], &activity(), &failing, m)[0].found, failing[0]);
        let known = Problem { code: WEBHOOKS_FAILING, message: "Webhooks are failing.".into(), is_blocking: false };
        assert_eq!(troubles(&[known], &[], &activity(), &failing, m).len(), 1, "named once");
    }
}
