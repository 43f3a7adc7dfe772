//! Deletion of the passkeys of a withdrawn key.

use keyferry_domain::{Failure, Note, Operation, Shipment, UserRef, Withdrawal, WithdrawalCause};

use crate::context::Context;
use crate::failures::findings;
use crate::people::{Holder, NotDeleted, delete_passkey};

/// Deletes the method of a registered credential of the shipment. Returns whether the identity provider had it, and the
/// note for the history.
pub(super) async fn remove(
    context: &Context,
    shipment: &Shipment,
    withdrawal: &Withdrawal,
    method: &str,
) -> Result<(bool, Note), Failure> {
    let registered = shipment.phase().registered().into_iter().flat_map(|it| &it.credentials);
    let credentials = shipment.keys().iter().zip(registered);
    let mut holders = credentials
        .flat_map(|(key, credentials)| key.credentials.iter().zip(credentials))
        .filter_map(|(planned, credential)| (credential.method_id == method).then_some(planned));
    let Some(planned) = holders.next() else {
        let message = format!("the record does not name the holder of passkey {method}");
        return Err(findings::identity(Operation::DeleteMethod, "revocation-not-supported", message));
    };
    let user = planned.pinned_user();
    let holder = Holder { provider: &planned.provider, user: &user, handle: planned.user_handle() };
    let reason = &withdrawal.reason;
    let note = |detail: &str| Note::new(context.now(), format!("passkey {method} was revoked: {reason}{detail}"));
    match delete_passkey(context, &holder, method).await {
        Ok(deletion) => {
            let detail = if deletion.existed { "" } else { " (the identity provider had no such method any more)" };
            Ok((deletion.existed, note(detail).with_correlation(deletion.correlation)))
        }
        Err(NotDeleted::NoSuchUser(failure)) => match is_deleted(&user, withdrawal.cause) {
            // A restored user has the passkeys again. A comparison of both sides shows them.
            true => {
                let detail = " (the identity provider does not have the user any more, and so not its passkeys)";
                Ok((false, note(detail).with_correlation(failure.correlation)))
            }
            false => Err(failure),
        },
        Err(not) => Err(failure_of(not, &user)),
    }
}

/// Returns the failure for a passkey that was not deleted.
pub(super) fn failure_of(not: NotDeleted, user: &UserRef) -> Failure {
    let at_provider = |code, message: String| findings::identity(Operation::DeleteMethod, code, message);
    match not {
        NotDeleted::UserChanged => {
            at_provider("user-changed", format!("{user} now belongs to another user than when the key was ordered"))
        }
        NotDeleted::NotSupported(provider) => {
            let message = format!("the identity provider {provider} manages its passkeys itself");
            at_provider("revocation-not-supported", message)
        }
        NotDeleted::NoSuchUser(failure) | NotDeleted::Upstream(failure) => failure,
    }
}

/// Returns whether a user that the identity provider does not know was deleted. A user name can also have changed, and
/// the passkey still be there. Of a person who left, the user is usually deleted.
fn is_deleted(user: &UserRef, cause: WithdrawalCause) -> bool {
    matches!(user, UserRef::ObjectId(_)) || cause == WithdrawalCause::Left
}
