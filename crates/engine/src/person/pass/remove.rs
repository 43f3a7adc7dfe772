//! Deletion of a temporary access pass before its time.

use keyferry_domain::{Failure, Note, Shipment, UserRef, Withdrawal};

use super::addressee::identity;
use crate::context::Context;
use crate::person::secret::Loaded;

/// Deletes the pass that a report of a loss led to, also one that was made but not shown. Can be repeated. Returns the
/// note for the history.
///
/// It is not deleted if the record does not name the person and no secret does: then nobody saw it.
pub(crate) async fn remove(context: &Context, shipment: &Shipment, withdrawal: &Withdrawal) -> Result<Note, Failure> {
    let note = |detail: &str| Note::new(context.now(), format!("{detail}: {}", withdrawal.reason));
    let loaded = Loaded::existing(context, shipment.id()).await?;
    let person = loaded.and_then(|loaded| loaded.secret.pass).map(|sealed| sealed.person);
    let known = shipment.access_pass().zip(person).zip(identity(context, shipment));
    let Some(((pass, person), identity)) = known else { return Ok(note("no temporary access pass is known")) };
    let user = UserRef::ObjectId(person);
    let ids = match pass.method_id.as_ref().or(pass.replaces.as_ref()).filter(|_| !pass.is_interrupted()) {
        Some(id) => vec![id.clone()],
        // Whatever an interrupted attempt made. A pass that somebody else made for a person who left goes as well.
        None => identity.access_passes(&user).await?.into_iter().flatten().map(|held| held.id).collect(),
    };
    let (mut existed, mut correlation) = (false, None);
    for id in ids {
        let deletion = identity.delete_access_pass(&user, &id).await?;
        existed |= deletion.existed;
        correlation = deletion.correlation.or(correlation);
    }
    let detail = match existed {
        true => "the temporary access pass was deleted",
        false => "the identity provider has no temporary access pass any more",
    };
    Ok(note(detail).with_correlation(correlation))
}
