//! `keyferry schedule`

use std::process::ExitCode;

use chrono::SecondsFormat;
use keyferry_domain::Clock as _;
use keyferry_engine::Schedule;

use super::print;
use crate::cli;
use crate::system::SystemClock;

/// Exit code for an invalid expression.
const INVALID: u8 = 2;

pub(super) fn run(options: &cli::Schedule) -> ExitCode {
    let schedule = match Schedule::parse(&options.expression) {
        Ok(schedule) => schedule,
        Err(error) => {
            super::fail(&error.to_string());
            return ExitCode::from(INVALID);
        }
    };
    let mut at = options.from.unwrap_or_else(|| SystemClock.now());
    let mut lines = String::new();
    for _ in 0..options.count {
        let Some(next) = schedule.next_as_spring(at) else {
            lines.push_str("never\n");
            break;
        };
        lines.push_str(&next.to_rfc3339_opts(SecondsFormat::Secs, true));
        lines.push('\n');
        at = next;
    }
    print(&lines)
}
