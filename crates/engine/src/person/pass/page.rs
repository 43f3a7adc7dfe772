//! The page that shows a temporary access pass to its addressee, once.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::Stored;
use keyferry_domain::{
    AccessPass, Caller, Effect, Failure, HeldPass, IdentityProvider, NewPass, Note, ObjectId, Shipment, Timestamp,
    UserRef, WithdrawalCause, time_text,
};

use super::addressee::{Refused, addressee, check_rules, identity, provider};
use super::offer::{PassOffer, PassPageError as Error, ShownPass};
use super::rule::PassRule;
use crate::claim::Claimed;
use crate::context::Context;
use crate::operator::in_own_task;
use crate::person::recipient::found;
use crate::person::secret::{Loaded, SealedPass};
use crate::pins::parse_token;

/// Difference between the clocks of Keyferry and of the identity provider, up to which a pass counts as made by an
/// interrupted attempt.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// Shows temporary access passes to their addressees. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct PassPages(Arc<Context>);

impl PassPages {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns who may see passes, as the settings have it.
    pub fn rule(&self) -> PassRule {
        self.0.settings.access_pass
    }

    /// Returns what waits behind a link for the user with this object id. Makes and shows nothing.
    ///
    /// # Errors
    /// [`PassPageError`](Error) if the page would not show the pass.
    pub async fn look(&self, token: &str, viewer: ObjectId) -> Result<PassOffer, Error> {
        let link = Link::of(&self.0, token, viewer).await?;
        Ok(PassOffer {
            user: link.user(),
            is_own: link.is_own(),
            minutes: self.0.settings.access_pass_minutes,
            expires_at: link.expires_at,
            was_interrupted: link.pass.is_interrupted(),
        })
    }

    /// Has the identity provider make the pass, closes the link, and returns the pass. The link is closed durably
    /// before, so no second call returns a pass, whatever happens to this one. If an earlier call was interrupted
    /// before, its pass is replaced. Runs in its own task, which continues if the caller disconnects.
    ///
    /// # Errors
    /// [`PassPageError`](Error). The link is still open then, unless the store failed.
    pub async fn show(&self, token: &str, viewer: ObjectId, by: Caller) -> Result<ShownPass, Error> {
        let (context, token) = (self.0.clone(), token.to_owned());
        in_own_task(&self.0, async move { show(&context, &token, viewer, by).await }).await
    }
}

/// Link that its addressee opened.
struct Link {
    stored: Stored,
    loaded: Loaded,
    sealed: SealedPass,
    pass: AccessPass,
    expires_at: Timestamp,
}

impl Link {
    async fn of(context: &Context, token: &str, viewer: ObjectId) -> Result<Self, Error> {
        if context.settings.access_pass == PassRule::Off {
            return Err(Error::Unknown);
        }
        let (id, part) = parse_token(token).ok_or(Error::Unknown)?;
        let stored = context.ports.shipments.get(id).await?.ok_or(Error::Unknown)?;
        let loaded = Loaded::existing(context, id).await?.ok_or(Error::Unknown)?;
        let sealed = loaded.secret.pass.clone().ok_or(Error::Unknown)?;
        let expires_at = sealed.link(part).map(|link| link.expires_at).ok_or(Error::Unknown)?;
        // First, so that others learn nothing about the link.
        if sealed.addressee != viewer || sealed.reporter == Some(viewer) {
            return Err(Error::NotAddressee);
        }
        let shipment = stored.shipment();
        let pass = shipment.access_pass().filter(|pass| pass.id == sealed.id).cloned().ok_or(Error::Unknown)?;
        if shipment.withdrawal().is_none_or(|withdrawal| withdrawal.cause != WithdrawalCause::Lost) {
            return Err(Error::Closed);
        }
        if sealed.is_used || pass.seen_at.is_some() {
            return Err(Error::Used);
        }
        if expires_at <= context.now() {
            return Err(Error::Expired);
        }
        Ok(Self { stored, loaded, sealed, pass, expires_at })
    }

    fn shipment(&self) -> &Shipment {
        self.stored.shipment()
    }

    fn user(&self) -> String {
        self.shipment().user().map(ToString::to_string).unwrap_or_default()
    }

    fn is_own(&self) -> bool {
        self.sealed.addressee == self.sealed.person
    }

    /// Checks that person and addressee are still the ones of the report, and may be.
    async fn check_again(&self, context: &Context) -> Result<(), Error> {
        let shipment = self.shipment();
        let with_manager = context.settings.access_pass == PassRule::Manager;
        let person = found(context, shipment, Some(self.sealed.person), with_manager).await?;
        let person = person.map_err(|unreachable| Error::Refused(unreachable.reason().to_owned()))?;
        match addressee(context, &person) {
            Ok(addressee) if addressee.id == self.sealed.addressee => {}
            Ok(_) => return Err(Error::Refused("the addressee has changed since the report".to_owned())),
            Err(unreachable) => return Err(Error::Refused(unreachable.reason().to_owned())),
        }
        let directory = context.directory(provider(context, shipment))?;
        check_rules(context, directory, self.sealed.person).await.map_err(|refused| match refused {
            Refused::Rule(what) => Error::Refused(what),
            Refused::Directory(failure) => Error::Failed(failure),
        })
    }
}

async fn show(context: &Context, token: &str, viewer: ObjectId, by: Caller) -> Result<ShownPass, Error> {
    let link = Link::of(context, token, viewer).await?;
    let (id, worker) = (link.shipment().id(), context.new_id());
    if link.stored.claim.as_ref().is_some_and(|claim| claim.is_valid(context.now(), context.settings.claim)) {
        return Err(Error::Busy);
    }
    let claimed = context.claim(id, &link.stored.version, worker).await?;
    let shown = claimed.during(Box::pin(make_and_close(context, link, &claimed, by))).await;
    match &shown {
        Ok(_) => tracing::info!(shipment = %id, "showed temporary access pass to its addressee"),
        Err(error) => tracing::warn!(shipment = %id, %error, "did not show temporary access pass"),
    }
    shown
}

async fn make_and_close(
    context: &Context,
    mut link: Link,
    claimed: &Claimed<'_>,
    by: Caller,
) -> Result<ShownPass, Error> {
    link.check_again(context).await?;
    let shipment = link.stored.change.shipment().clone();
    let unsupported = || Error::Refused("the identity provider has no temporary access passes".to_owned());
    let identity = identity(context, &shipment).ok_or_else(unsupported)?;
    let user = UserRef::ObjectId(link.sealed.person);
    let held = identity.access_passes(&user).await?.ok_or_else(unsupported)?;
    let usable: Vec<_> = held.into_iter().filter(|pass| pass.is_usable).collect();
    if !usable.iter().all(|held| is_own(&link.pass, held)) {
        let detail = "no temporary access pass was made: the person has one that Keyferry did not make";
        claimed
            .commit(shipment.access_pass_failed(link.pass.is_interrupted(), Note::new(context.now(), detail)))
            .await?;
        return Err(Error::Exists);
    }
    let detail = "the addressee asks to see a temporary access pass; the identity provider is asked to make it";
    let opened = Note::new(context.now(), detail);
    let shipment = claimed.commit(shipment.access_pass_opened(by.clone(), opened)).await?;
    let made = match remake(context, identity, &user, &usable).await {
        Ok(Some(made)) => made,
        Ok(None) => {
            let note = Note::new(context.now(), "no temporary access pass was shown: there are none");
            claimed.commit(shipment.access_pass_failed(false, note)).await?;
            return Err(unsupported());
        }
        Err(failure) => {
            let may_exist = failure.effect == Effect::Unknown || !usable.is_empty();
            let detail = format!("no temporary access pass was shown: {}", failure.short());
            let note = Note::new(context.now(), detail).with_correlation(failure.correlation.clone());
            claimed.commit(shipment.access_pass_failed(may_exist, note)).await?;
            return Err(failure.into());
        }
    };
    if let Err(error) = close(context, &mut link, claimed, shipment, &made, by).await {
        // Nobody has seen it, and nobody will.
        if let Err(failure) = identity.delete_access_pass(&user, &made.id).await {
            tracing::warn!(%failure, "could not delete temporary access pass that was not shown; it expires");
        }
        return Err(error);
    }
    let (user, is_own) = (link.user(), link.is_own());
    Ok(ShownPass { user, is_own, text: made.text, valid_until: made.valid_until })
}

/// Returns whether Keyferry made the pass: for an earlier request, or in an attempt that was interrupted, so that
/// nobody knows it.
fn is_own(pass: &AccessPass, held: &HeldPass) -> bool {
    let opened = pass.opened_at.filter(|_| pass.is_interrupted());
    let is_of_interrupted = opened.is_some_and(|at| held.created_at.is_none_or(|created| at - CLOCKS <= created));
    is_of_interrupted || pass.replaces.as_ref() == Some(&held.id)
}

/// Makes a pass, in place of earlier ones of Keyferry.
async fn remake(
    context: &Context,
    identity: &dyn IdentityProvider,
    user: &UserRef,
    earlier: &[HeldPass],
) -> Result<Option<NewPass>, Failure> {
    for pass in earlier {
        identity.delete_access_pass(user, &pass.id).await?;
    }
    let lifetime = Duration::from_secs(u64::from(context.settings.access_pass_minutes) * 60);
    identity.create_access_pass(user, lifetime).await
}

/// Closes the link in the record and in the secret. After an error, the pass must not be shown.
async fn close(
    context: &Context,
    link: &mut Link,
    claimed: &Claimed<'_>,
    shipment: Shipment,
    made: &NewPass,
    by: Caller,
) -> Result<(), Error> {
    let detail = format!(
        "the addressee has seen the temporary access pass {} on the page; it can be used once, until {}",
        made.id,
        time_text(made.valid_until)
    );
    let note = Note::new(context.now(), detail).with_correlation(made.correlation.clone());
    claimed.commit(shipment.access_pass_seen(made.id.clone(), made.valid_until, by, note)).await?;
    if let Some(sealed) = &mut link.loaded.secret.pass {
        sealed.is_used = true;
    }
    Ok(link.loaded.save(context).await?)
}
