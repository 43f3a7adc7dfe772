//! Check that the database contains everything that the journal of accepted orders says.

use keyferry_domain::Finding;
use keyferry_domain::finding::counted;
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
        let what = format!(
            "{} no record; {} no record; {} behind a sent PIN",
            counted(found.missing.len(), "accepted order has", "accepted orders have"),
            counted(found.unconfirmed.len(), "unconfirmed order has", "unconfirmed orders have"),
            counted(found.behind.len(), "record is", "records are")
        );
        let remedy = "The database is older than the journal. Run `keyferry reconcile --journal`.";
        return Finding::failed(CHECK, what, remedy);
    }
    if !found.unrecorded.is_empty() {
        let orders = counted(found.unrecorded.len(), "accepted order is", "accepted orders are");
        let what = format!("{orders} not recorded yet");
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
