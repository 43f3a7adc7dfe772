//! Report of a lost key: its passkey is removed, and a replacement is ordered.

use std::sync::Arc;

use keyferry_domain::ports::{StoreError, Summary};
use keyferry_domain::{
    AccessPass, AddressBy, Caller, Change, Note, OrderDraft, OrderInfo, PersonMail, PhaseName, RecipientDraft,
    Replacement, SerialNumber, Shipment, ShipmentId, Term, UserKey, UserRef, Withdrawal, WithdrawalCause,
};
use tracing::Instrument as _;

use super::decision::{Undecided, apply};
use super::task::in_own_task;
use super::withdraw::{Withdrawn, finish_now, mark_and, result};
use crate::context::Context;
use crate::orders::queue::plan;
use crate::orders::{Completion, CreateError, QueueRequest};
use crate::person::{MailPass, PassRefusal, is_wanted, plan_pass};
use crate::views::Views;

/// Report of a lost key.
#[derive(Clone, Debug)]
pub struct LostKey {
    /// Person of the key.
    pub user: UserRef,
    /// The key.
    pub key: WhichKey,
    /// Reason given by the caller.
    pub reason: String,
    /// Caller.
    pub by: Caller,
    /// Order that replaces the key.
    pub replacement: NewKeyOrder,
    /// Whether a temporary access pass is requested for the person.
    pub access_pass: bool,
}

/// Key of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichKey {
    /// The newest key that was made for the person.
    Last,
    /// The key with this serial number.
    Serial(SerialNumber),
    /// The key of this shipment: Keyferry's or the delivery service's id.
    Shipment(String),
}

/// Order that replaces a key.
#[derive(Clone, Debug)]
pub enum NewKeyOrder {
    /// No key is ordered.
    None,
    /// The same product with the same PIN length and PIN addressees. Recipient and address are read from the directory.
    LikeBefore {
        /// Whether the user may hold a privileged role although the settings refuse such users.
        may_be_privileged: bool,
    },
    /// This order. It must be for the same person.
    Given(Box<QueueRequest>),
}

/// Reason why a key was not reported as lost. Nothing was changed or ordered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LostKeyError {
    /// No key was made for the person.
    #[error("no key was made for {0}. To report the key of a parcel, name its shipment")]
    NoKey(UserRef),
    /// No shipment of the person has this id, or this serial number.
    #[error("{user} has no shipment with {key}")]
    NotOfPerson {
        /// Person as given by the caller.
        user: UserRef,
        /// Serial number or id as given by the caller.
        key: String,
    },
    /// The shipment has no key that could be lost.
    #[error("cannot report the key of shipment {id} as lost: {why}")]
    WrongPhase {
        /// Keyferry's id.
        id: ShipmentId,
        /// Current phase.
        phase: PhaseName,
        /// What is in the way, and what to do.
        why: &'static str,
    },
    /// The key was withdrawn for another cause.
    #[error("cannot report the key of shipment {id} as lost: {}", match .cause {
        WithdrawalCause::Returned => "it was returned. To order another key, order it on its own",
        _ => "its person left. To order another key, order it on its own",
    })]
    Withdrawn {
        /// Keyferry's id.
        id: ShipmentId,
        /// Cause of the withdrawal.
        cause: WithdrawalCause,
    },
    /// The address is not known.
    #[error(
        "the address of the earlier order was deleted after that order was sent, and neither \
         KEYFERRY_FILL_FROM_DIRECTORY nor KEYFERRY_ADDRESS_BY gives another one. Give the order of the replacement \
         with its address"
    )]
    NoAddress,
    /// The order is for another person.
    #[error("the order of the replacement is for {0}, but the key is another person's")]
    OtherPerson(UserRef),
    /// The order is not acceptable.
    #[error("{0}")]
    Order(Box<CreateError>),
    /// No temporary access pass can be requested.
    #[error("{0}")]
    Pass(PassRefusal),
    /// The record was claimed or changed by others during all attempts.
    #[error("shipment {0} is being processed. Try again in a minute")]
    Busy(ShipmentId),
    /// The store failed. If the act was committed, runs finish it; the request can be repeated.
    #[error("{0}")]
    Store(StoreError),
}

impl From<StoreError> for LostKeyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Commits the act with the id of its replacement, then does its steps. Runs in its own task.
pub(super) async fn report_lost(context: &Arc<Context>, lost: LostKey) -> Result<Withdrawn, LostKeyError> {
    let task_context = context.clone();
    in_own_task(context, async move {
        let id = select(&task_context, &lost.user, &lost.key).await?;
        let is_repeated = begin(&task_context, id, lost).await?;
        let finished = finish_now(&task_context, id).await?;
        tell(&task_context, id);
        let missing = || StoreError::Conflict(id.to_string());
        Ok(result(&task_context, id, finished, is_repeated).await?.ok_or_else(missing)?)
    })
    .await
}

/// Sends the mails about the loss that are due, in a task of its own: the caller does not wait for a mail system. What
/// is not sent now is sent by runs.
fn tell(context: &Arc<Context>, id: ShipmentId) {
    let has_mails =
        is_wanted(&context.settings, PersonMail::Lost) || is_wanted(&context.settings, PersonMail::AccessPass);
    if has_mails && !context.stopping.is_cancelled() {
        let task_context = context.clone();
        let work = async move { MailPass::new(&task_context).run_for(id).await };
        drop(context.tasks.spawn(work.in_current_span()));
    }
}

/// Returns whether the key was reported as lost before, so that a repeated report orders nothing.
pub(super) async fn is_reported(context: &Arc<Context>, user: &UserRef, key: &WhichKey) -> Result<bool, LostKeyError> {
    let id = select(context, user, key).await?;
    let stored = context.ports.shipments.get(id).await?;
    Ok(stored.is_some_and(|stored| is_lost(stored.shipment())))
}

fn is_lost(shipment: &Shipment) -> bool {
    shipment.withdrawal().is_some_and(|withdrawal| withdrawal.cause == WithdrawalCause::Lost)
}

/// Returns the shipment of the key.
async fn select(context: &Arc<Context>, user: &UserRef, key: &WhichKey) -> Result<ShipmentId, LostKeyError> {
    let found = Views::new(context.clone()).person(user, None).await?;
    let has = |summary: &&Summary| match key {
        WhichKey::Last => summary.serial.is_some(),
        WhichKey::Serial(serial) => summary.serial.as_ref() == Some(serial),
        WhichKey::Shipment(id) => {
            summary.id.to_string() == *id || summary.delivery_id.as_ref().is_some_and(|other| other.as_str() == id)
        }
    };
    let mut all = found.items.iter().filter(has);
    let missing = || LostKeyError::NotOfPerson { user: user.clone(), key: key.to_string() };
    let named = if *key == WhichKey::Last { None } else { all.next().map(|summary| summary.id) };
    if let Some(id) = named {
        return Ok(id);
    }
    if let Some((id, reason)) = found.broken.into_iter().next() {
        // It may be the one that is meant.
        return Err(StoreError::Broken { id, reason }.into());
    }
    if *key != WhichKey::Last {
        return Err(missing());
    }
    for summary in all {
        let Some(stored) = context.ports.shipments.get(summary.id).await? else { continue };
        let shipment = stored.shipment();
        let is_cancelled = matches!(shipment.phase().name(), PhaseName::Cancelling | PhaseName::Cancelled);
        // A key that is reported again is the same one: its replacement is not made yet.
        if is_lost(shipment) || !(is_cancelled || shipment.withdrawal().is_some()) {
            return Ok(summary.id);
        }
    }
    Err(LostKeyError::NoKey(user.clone()))
}

impl std::fmt::Display for WhichKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Last => f.write_str("a key"),
            Self::Serial(serial) => write!(f, "serial number {serial}"),
            Self::Shipment(id) => write!(f, "id {id}"),
        }
    }
}

/// Stores the sealed order of the replacement, then commits the act. Returns whether it was committed before.
async fn begin(context: &Arc<Context>, id: ShipmentId, lost: LostKey) -> Result<bool, LostKeyError> {
    let gone = || StoreError::Conflict(id.to_string());
    let shipment = context.ports.shipments.get(id).await?.ok_or_else(gone)?.change.into_shipment();
    let is_repeated = is_lost(&shipment);
    if !is_repeated {
        check(&shipment)?;
    }
    let pass = match lost.access_pass {
        true => Some(plan_pass(context, &shipment, &lost.user, &lost.by).await.map_err(LostKeyError::Pass)?),
        false => None,
    };
    if is_repeated {
        request_pass(context, id, pass).await?;
        return Ok(true);
    }
    let new = context.new_id();
    let replacement = match order(context, &shipment, &lost)? {
        Some(request) => {
            plan(context, new, request).await.map_err(|error| LostKeyError::Order(Box::new(error)))?;
            Some(Replacement { shipment: new, is_queued: false })
        }
        None => None,
    };
    let LostKey { reason, by, .. } = lost;
    let at = context.now();
    let decide = |shipment: &Shipment| {
        if is_lost(shipment) {
            return Ok(None);
        }
        check(shipment)?;
        let (by, reason) = (by.clone(), reason.clone());
        Ok(Some(Withdrawal { cause: WithdrawalCause::Lost, by, reason, at, replacement }))
    };
    let marked = mark_and(context, id, decide, |marked| with_pass(marked, pass.as_ref())).await;
    let is_of_this = match &marked {
        Ok(change) => change.shipment().withdrawal().and_then(|withdrawal| withdrawal.replacement) == replacement,
        // After a failure of the store, the act may be committed, and need the order.
        Err(Undecided::Store(_)) => true,
        Err(_) => false,
    };
    if replacement.is_some() && !is_of_this {
        context.drop_queued_order(new).await;
    }
    let change = marked.map_err(|undecided| not_marked(id, undecided))?;
    if change.is_changed() {
        tracing::warn!(shipment = %id, caller = %by, replacement = ?replacement.map(|it| it.shipment.to_string()),
            "operator reported key as lost");
    }
    Ok(!change.is_changed())
}

/// Requests another temporary access pass for a key that was reported before. The link to an earlier one ends.
async fn request_pass(context: &Context, id: ShipmentId, pass: Option<AccessPass>) -> Result<(), LostKeyError> {
    let key = id.to_string();
    let applied = apply(context, &key, |change| match is_lost(change.shipment()) {
        true => Ok(with_pass(change, pass.as_ref())),
        false => check(change.shipment()).map(|()| change),
    });
    applied.await.map(drop).map_err(|undecided| not_marked(id, undecided))
}

fn with_pass(change: Change, pass: Option<&AccessPass>) -> Change {
    let Some(pass) = pass else { return change };
    let note = Note::new(pass.requested_at, "a temporary access pass was requested for the meantime");
    change.then(|shipment| shipment.with_access_pass(pass.clone(), note))
}

fn not_marked(id: ShipmentId, undecided: Undecided<LostKeyError>) -> LostKeyError {
    match undecided {
        Undecided::NotFound => LostKeyError::Store(StoreError::Conflict(id.to_string())),
        Undecided::Busy => LostKeyError::Busy(id),
        Undecided::Refused(error) => error,
        Undecided::Store(error) => LostKeyError::Store(error),
    }
}

/// Checks that the shipment has a key that can be lost.
fn check(shipment: &Shipment) -> Result<(), LostKeyError> {
    let (id, phase) = (shipment.id(), shipment.phase().name());
    if let Some(withdrawal) = shipment.withdrawal() {
        return Err(LostKeyError::Withdrawn { id, cause: withdrawal.cause });
    }
    let wrong = |why| Err(LostKeyError::WrongPhase { id, phase, why });
    match phase {
        PhaseName::Queued => wrong("its order was not sent yet. Cancel it, and order again"),
        PhaseName::Submitting => wrong("its order is being sent. Try again in a few minutes"),
        PhaseName::Refused => wrong("its order was not placed, so there is no key"),
        PhaseName::Unconfirmed => {
            wrong("it is not known whether its order was placed. Look it up at the delivery service first")
        }
        _ => Ok(()),
    }
}

/// Returns the order of the replacement.
fn order(context: &Context, shipment: &Shipment, lost: &LostKey) -> Result<Option<QueueRequest>, LostKeyError> {
    let mut request = match &lost.replacement {
        NewKeyOrder::None => return Ok(None),
        NewKeyOrder::Given(request) => (**request).clone(),
        NewKeyOrder::LikeBefore { may_be_privileged } => like_before(context, shipment, &lost.by, *may_be_privileged)?,
    };
    let user = &request.order.user;
    if *user != lost.user && !shipment.terms().contains(&Term::person(&UserKey::from(user))) {
        return Err(LostKeyError::OtherPerson(user.clone()));
    }
    if matches!(user, UserRef::ObjectId(_)) {
        request.info.user_name = shipment.user_name().map(str::to_owned);
    }
    request.info.replaces = Some(shipment.id());
    Ok(Some(request))
}

fn like_before(
    context: &Context,
    shipment: &Shipment,
    by: &Caller,
    may_be_privileged: bool,
) -> Result<QueueRequest, LostKeyError> {
    let completion = Completion::of(&context.settings);
    if !completion.is_possible() {
        return Err(LostKeyError::NoAddress);
    }
    // Without an order there is no choice to read, so the person is asked where that is permitted and needed.
    let by_person = !completion.directory && completion.offers_person();
    let planned = shipment.keys().first().and_then(|key| Some((key, key.credentials.first()?)));
    let (key, credential) = planned.ok_or(LostKeyError::NoAddress)?;
    let order = OrderDraft {
        // The name may be another user's by now.
        user: credential.pinned_user(),
        pin_length: key.pin_length,
        enrollment_contacts: shipment.enrollment_contacts().to_vec(),
        reseller_organization_id: None,
        delivery_type: 1,
        address_validation_bypass: false,
        recipient: RecipientDraft::default(),
        mailing_address: None,
        product: key.product.clone(),
    };
    Ok(QueueRequest {
        caller: by.clone(),
        order,
        info: OrderInfo { address_by: by_person.then_some(AddressBy::Person), ..OrderInfo::default() },
        batch: None,
        additional: false,
        may_be_privileged,
        idempotency: None,
        unknown_members: Vec::new(),
    })
}
