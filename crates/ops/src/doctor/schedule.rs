//! When the connector works, and whether one runs here.

use chrono::{DateTime, TimeDelta, Utc};
use keyferry_domain::Finding;
use keyferry_engine::Schedule;
use url::Url;

use super::target::Target;

/// More than this between two runs, and parcels wait longer than people expect.
const LONG: TimeDelta = TimeDelta::hours(24);

pub(super) fn next_runs(target: &Target) -> [Finding; 2] {
    let now = target.clock.now();
    [processing(&target.process_schedule, now), cleaning_up(target, now)]
}

fn processing(schedule: &Schedule, now: DateTime<Utc>) -> Finding {
    const CHECK: &str = "schedule";
    let Some(next) = schedule.next_after(now) else {
        let todo =
            "Set CRON_PROCESS_SHIPMENT_SCHEDULE, or see that somebody calls POST /v1/operations/process-shipments.";
        return Finding::warning(CHECK, "open shipments are never processed by themselves", todo);
    };
    let found = format!("open shipments are processed next at {}", shown(next));
    match schedule.next_after(next) {
        Some(second) if second - next > LONG => {
            let todo = "A registration must happen before its challenge runs out: once an hour is usual.";
            Finding::warning(CHECK, format!("{found}, and then at {}", shown(second)), todo)
        }
        _ => Finding::ok(CHECK, found),
    }
}

fn cleaning_up(target: &Target, now: DateTime<Utc>) -> Finding {
    const CHECK: &str = "clean-up";
    let days = target.cleanup_completed_days;
    match target.cleanup_schedule.next_after(now) {
        Some(next) if days > 0 => {
            Finding::ok(CHECK, format!("settled shipments go after {days} days, next at {}", shown(next)))
        }
        _ => Finding::ok(CHECK, "settled shipments stay for ever (CRON_DATA_CLEANUP_COMPLETED_DAYS)"),
    }
}

/// Asks the connector of this machine, if there is one.
pub(super) async fn running(target: &Target) -> Finding {
    const CHECK: &str = "service";
    let asked = format!("http://{}/readyz", target.probes);
    let Ok(url) = Url::parse(&asked) else {
        return Finding::not_examined(
            CHECK,
            format!("{asked} is no address"),
            "Ask the connector's /readyz where it runs.",
        );
    };
    match target.http.get(&url).send().await {
        Ok(answer) if answer.is_success() => {
            Finding::ok(CHECK, format!("a connector answers at {} and is ready", target.probes))
        }
        Ok(answer) => {
            let found =
                format!("a connector answers at {}, and is not ready (status {})", target.probes, answer.status);
            Finding::failed(CHECK, found, "Its log says why.")
        }
        Err(_) => {
            let todo = "Nothing to do when it runs on another machine, or not yet.";
            Finding::not_examined(CHECK, format!("no connector answers at {}", target.probes), todo)
        }
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
