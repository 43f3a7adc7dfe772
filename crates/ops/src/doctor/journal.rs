//! Check that the database contains everything that the journal of accepted orders says.

use keyferry_domain::Finding;
use keyferry_engine::Continuity;

use super::target::Target;

const CHECK: &str = "journal";

pub(super) async fn compare(target: &Target) -> Finding {
    let found = match Continuity::of(target.journal.as_ref(), target.shipments.as_ref()).await {
        Ok(found) => found,
        Err(error) => {
            let remedy = "Check the disk of the journal and the checks of the store above.";
            return Finding::failed(CHECK, format!("could not compare it with the database: {error}"), remedy);
        }
    };
    if !found.is_intact() {
        let (missing, behind) = (found.missing.len(), found.behind.len());
        let what = format!("{missing} accepted orders have no record; {behind} records are behind a sent PIN");
        let remedy = "The database is older than the journal. Run `keyferry reconcile`.";
        return Finding::failed(CHECK, what, remedy);
    }
    if !found.unrecorded.is_empty() {
        let what = format!("{} accepted orders are not recorded yet", found.unrecorded.len());
        return Finding::warning(
            CHECK,
            what,
            "Repair the store. The connector records them, at the latest at its start.",
        );
    }
    if !found.unreadable.is_empty() {
        let what = format!("these entries cannot be read: {}", found.unreadable.join(", "));
        return Finding::warning(CHECK, what, "Restore the journal from a backup, or delete these lines.");
    }
    Finding::ok(CHECK, "the database contains everything that the journal of accepted orders says")
}
