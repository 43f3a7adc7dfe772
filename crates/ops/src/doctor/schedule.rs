//! When the connector works, and whether one runs here.

use chrono::{DateTime, TimeDelta, Utc};
use keyferry_engine::Schedule;
use url::Url;

use super::{Finding, Patient};

/// More than this between two runs, and parcels wait longer than people expect.
const LONG: TimeDelta = TimeDelta::hours(24);

pub(super) fn next_runs(patient: &Patient) -> [Finding; 2] {
    let now = patient.ports.clock.now();
    [processing(&patient.process_schedule, now), cleaning_up(patient, now)]
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

fn cleaning_up(patient: &Patient, now: DateTime<Utc>) -> Finding {
    const CHECK: &str = "clean-up";
    let days = patient.cleanup_completed_days;
    match patient.cleanup_schedule.next_after(now) {
        Some(next) if days > 0 => {
            Finding::ok(CHECK, format!("settled shipments go after {days} days, next at {}", shown(next)))
        }
        _ => Finding::ok(CHECK, "settled shipments stay for ever (CRON_DATA_CLEANUP_COMPLETED_DAYS)"),
    }
}

/// Asks the connector of this machine, if there is one.
pub(super) async fn running(patient: &Patient) -> Finding {
    const CHECK: &str = "service";
    let asked = format!("http://{}/readyz", patient.probes);
    let Ok(url) = Url::parse(&asked) else {
        return Finding::not_examined(
            CHECK,
            format!("{asked} is no address"),
            "Ask the connector's /readyz where it runs.",
        );
    };
    match patient.http.get(&url).send().await {
        Ok(answer) if answer.is_success() => {
            Finding::ok(CHECK, format!("a connector answers at {} and is ready", patient.probes))
        }
        Ok(answer) => {
            let found =
                format!("a connector answers at {}, and is not ready (status {})", patient.probes, answer.status);
            Finding::failed(CHECK, found, "Its log says why.")
        }
        Err(_) => {
            let todo = "Nothing to do when it runs on another machine, or not yet.";
            Finding::not_examined(CHECK, format!("no connector answers at {}", patient.probes), todo)
        }
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
