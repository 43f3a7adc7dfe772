use std::time::{Duration, Instant};

use super::Voyage;
use crate::case::Death;
use crate::checks::Promise;
use crate::database;
use crate::life::{Life, Stop};

/// Past the age at which settled records go, and that of idempotency keys, which is a week.
const DAYS: i64 = 9 * 24 * 3600;

/// Past the end of the lease that a killed process did not give back.
const LEASE: i64 = 120;

impl Voyage<'_> {
    /// Time passes until the clean-up leaves nothing: no record, no secret, no idempotency key.
    pub(super) async fn sweep(&mut self, life: &Life, death: Option<&Death>) -> Result<(), Stop> {
        if !self.late {
            self.late = true;
            self.pass(DAYS, life).await?;
        } else {
            self.pass(LEASE, life).await?;
        }
        let start = Instant::now();
        let mut left = [1; 3];
        while left != [0; 3] {
            if life.is_killed() {
                return Err(Stop::Killed);
            }
            if start.elapsed() > Duration::from_secs(30) {
                let what =
                    format!("after clean-up there are {} records, {} secrets, {} keys", left[0], left[1], left[2]);
                self.breaks(Promise::LeavesNothing, what);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            left = database::sizes(&self.dir).map_err(|error| Stop::Broken(format!("the database: {error}")))?;
        }
        // There is another clean-up each second, which may have the step that this life is to end at.
        if death.is_some() && tokio::time::timeout(Duration::from_secs(3), life.killed()).await.is_ok() {
            return Err(Stop::Killed);
        }
        Ok(())
    }

    /// The database as the last kill left it.
    pub(super) fn check_file(&mut self) {
        match database::integrity(&self.dir) {
            Ok(said) if said == "ok" => {}
            Ok(said) => self.breaks(Promise::StoreIsSound, said),
            Err(error) => self.breaks(Promise::StoreIsSound, error.to_string()),
        }
    }
}
