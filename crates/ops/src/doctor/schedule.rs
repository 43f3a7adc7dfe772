//! Checks of the schedules, and whether a connector runs on this machine.

use std::net::SocketAddr;

use chrono::{DateTime, TimeDelta, Utc};
use keyferry_domain::Finding;
use keyferry_engine::Schedule;
use url::Url;

use super::target::Target;

/// Longest interval between two processing runs that needs no warning.
const LONG: TimeDelta = TimeDelta::hours(24);

pub(super) fn next_runs(target: &Target) -> [Finding; 2] {
    let now = target.clock.now();
    [processing(&target.process_schedule, now), cleaning_up(target, now)]
}

fn processing(schedule: &Schedule, now: DateTime<Utc>) -> Finding {
    const CHECK: &str = "schedule";
    let Some(next) = schedule.next_after(now) else {
        let todo = "Set CRON_PROCESS_SHIPMENT_SCHEDULE, or call POST /v1/operations/process-shipments regularly.";
        return Finding::warning(CHECK, "open shipments are not processed automatically", todo);
    };
    let found = format!("next processing run at {}", shown(next));
    match schedule.next_after(next) {
        Some(second) if second - next > LONG => {
            let todo = "Each key must be registered before its challenge expires. Run more often: once an hour is \
                        usual.";
            Finding::warning(CHECK, format!("{found}, the one after at {}", shown(second)), todo)
        }
        _ => Finding::ok(CHECK, found),
    }
}

fn cleaning_up(target: &Target, now: DateTime<Utc>) -> Finding {
    const CHECK: &str = "clean-up";
    let days = target.cleanup_completed_days;
    match target.cleanup_schedule.next_after(now) {
        Some(next) if days > 0 => Finding::ok(
            CHECK,
            format!("finished shipments are deleted after {days} days, next clean-up run at {}", shown(next)),
        ),
        None if days > 0 => Finding::ok(CHECK, "finished shipments are kept forever (CRON_DATA_CLEANUP_SCHEDULE)"),
        _ => Finding::ok(CHECK, "finished shipments are kept forever (CRON_DATA_CLEANUP_COMPLETED_DAYS)"),
    }
}

/// Checks `/readyz` of the connector on this machine, if one is running.
pub(super) async fn running(target: &Target) -> Option<Finding> {
    let probes = target.probes?;
    Some(readiness(target, probes).await)
}

async fn readiness(target: &Target, probes: SocketAddr) -> Finding {
    const CHECK: &str = "service";
    let address = format!("http://{probes}/readyz");
    let Ok(url) = Url::parse(&address) else {
        return Finding::not_examined(
            CHECK,
            format!("{address} is not a valid URL"),
            "Check the connector's /readyz on the machine where it runs.",
        );
    };
    match target.http.get(&url).send().await {
        Ok(answer) if answer.is_success() => Finding::ok(CHECK, format!("the connector at {probes} is ready")),
        Ok(answer) => {
            let found = format!("the connector at {probes} is not ready (status {})", answer.status);
            Finding::failed(CHECK, found, "Check the connector's log.")
        }
        Err(_) => {
            let todo = "No action is needed if the connector runs on another machine or is not started yet.";
            Finding::not_examined(CHECK, format!("no connector responds at {probes}"), todo)
        }
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
