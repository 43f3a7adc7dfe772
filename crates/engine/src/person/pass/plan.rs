//! Request for a temporary access pass, with the report of a lost key.

use keyferry_domain::{AccessPass, Caller, Failure, ObjectId, Shipment, UserRef};

use super::addressee::{Refused, addressee, check_rules, identity, provider};
use super::rule::PassRule;
use crate::context::Context;
use crate::failures::explain;
use crate::person::recipient::{Unreachable, found};
use crate::person::secret::{Loaded, SealedPass};

/// Reason why no temporary access pass can be requested. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassRefusal {
    /// The settings permit none.
    #[error(
        "temporary access passes are turned off. Set KEYFERRY_ACCESS_PASS, or report the key without asking for a pass"
    )]
    Off,
    /// Nobody could see the pass, or it would sign nobody in.
    #[error("nobody could be shown a temporary access pass: {0}. Report the key without asking for a pass")]
    Nobody(&'static str),
    /// The addressee would be the reporter.
    #[error(
        "you would be shown the temporary access pass yourself, and whoever reports a key must not see it. Have \
         somebody else report the key, or report it without asking for a pass"
    )]
    Reporter,
    /// A rule of the organisation forbids it.
    #[error("the person may get no temporary access pass: {0}. Report the key without asking for a pass")]
    Rule(String),
    /// The identity provider has no such passes.
    #[error("the identity provider of the key has no temporary access passes. Report the key without asking for one")]
    NotSupported,
    /// A call failed.
    #[error("{}", explain(.0))]
    Failed(Failure),
}

impl From<Failure> for PassRefusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Unreachable> for PassRefusal {
    fn from(unreachable: Unreachable) -> Self {
        Self::Nobody(unreachable.reason())
    }
}

impl From<Refused> for PassRefusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rule(what) => Self::Rule(what),
            Refused::Directory(failure) => Self::Failed(failure),
        }
    }
}

/// Fixes who the person is and who sees the pass, sealed. The request is made with the commit of the returned one; one
/// that is not committed leaves no trace that matters.
pub(crate) async fn plan(
    context: &Context,
    shipment: &Shipment,
    user: &UserRef,
    by: &Caller,
) -> Result<AccessPass, PassRefusal> {
    let rule = context.settings.access_pass;
    if rule == PassRule::Off {
        return Err(PassRefusal::Off);
    }
    if identity(context, shipment).is_none() {
        return Err(PassRefusal::NotSupported);
    }
    let directory = context.directory(provider(context, shipment))?;
    // The person whom the reporter named: the record is not proven by the shipment's secret, which may be gone.
    let named = match user {
        UserRef::ObjectId(id) => *id,
        UserRef::Upn(_) => directory.entry(user, false).await?.person.id.ok_or(Unreachable::NoObjectId)?,
    };
    let mut loaded = Loaded::of(context, shipment.id()).await?;
    if loaded.secret.person.is_some_and(|fixed| fixed != named) {
        return Err(Unreachable::AnotherPerson.into());
    }
    let person = found(context, shipment, Some(named), rule == PassRule::Manager).await??;
    let addressee = addressee(context, &person)?.id;
    let reporter = by.user.as_ref().and_then(|user| ObjectId::parse(&user.object_id));
    if reporter == Some(addressee) {
        return Err(PassRefusal::Reporter);
    }
    check_rules(context, directory, person.id).await?;
    let pass = AccessPass::new(context.new_id(), by.clone(), context.now());
    loaded.secret.person = Some(person.id);
    loaded.secret.pass = Some(SealedPass::new(pass.id, person.id, addressee, reporter));
    loaded.save(context).await?;
    Ok(pass)
}
