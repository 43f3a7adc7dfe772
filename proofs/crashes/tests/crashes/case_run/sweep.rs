use std::time::{Duration, Instant};

use super::CaseRun;
use crate::case::PlannedKill;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};
use crate::database;

/// Seconds after which clean-up removes settled records and idempotency keys. Keys are kept for a week.
const DAYS: i64 = 9 * 24 * 3600;

/// Seconds after which the lease of a killed process has expired.
const LEASE: i64 = 120;

impl CaseRun<'_> {
    /// Advances the clock until clean-up has removed everything: records, secrets and idempotency keys.
    pub(super) async fn sweep(&mut self, connector: &Connector, kill: Option<&PlannedKill>) -> Result<(), Stop> {
        if !self.late {
            self.late = true;
            self.advance(DAYS, connector).await?;
        } else {
            self.advance(LEASE, connector).await?;
        }
        let start = Instant::now();
        let mut left = [1; 3];
        while left != [0; 3] {
            if connector.is_killed() {
                return Err(Stop::Killed);
            }
            if start.elapsed() > Duration::from_secs(30) {
                let what =
                    format!("after clean-up there are {} records, {} secrets, {} keys", left[0], left[1], left[2]);
                self.breaks(Promise::CleanUpRemovesAll, what);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            left = database::sizes(&self.dir).map_err(|error| Stop::Broken(format!("the database: {error}")))?;
        }
        // Clean-up runs every second: wait for one that reaches the step of the planned kill.
        if kill.is_some() && tokio::time::timeout(Duration::from_secs(3), connector.killed()).await.is_ok() {
            return Err(Stop::Killed);
        }
        Ok(())
    }

    /// Checks the database file after the last kill.
    pub(super) fn check_file(&mut self) {
        match database::integrity(&self.dir) {
            Ok(result) if result == "ok" => {}
            Ok(result) => self.breaks(Promise::StoreIsIntact, result),
            Err(error) => self.breaks(Promise::StoreIsIntact, error.to_string()),
        }
    }
}
