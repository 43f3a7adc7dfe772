//! Mails to the person. A failure never keeps a shipment from progressing.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use chrono::TimeDelta;
use futures::{StreamExt as _, stream};
use keyferry_domain::ports::{PersonNews, PersonNotice, ShipmentFilter, ShipmentSort, StoreError, TimeRange};
use keyferry_domain::{
    Change, Failure, FailureClass, FailureKind, Note, PersonMail, Phase, PhaseName, Shipment, ShipmentId, Timestamp,
};

use super::mailed::Mailed;
use super::pass::{self, PassRule};
use super::recipient::{ordered_by, recipient};
use super::secret::Loaded;
use super::{links, loss};
use crate::claim::Claimed;
use crate::context::Context;
use crate::failures::{Scope, meaning};
use crate::settings::EngineSettings;

/// Attempts for one mail. With the pauses between them, they take about two days.
pub(super) const MOST_ATTEMPTS: u32 = 10;

/// Mails in a row without an answer after which a run sends no more.
const MOST_UNANSWERED: u32 = 3;

/// Phases in which runs send mails. The dispatcher sends those of queued orders.
const PHASES: [PhaseName; 6] = [
    PhaseName::Accepted,
    PhaseName::Fulfilled,
    PhaseName::Registered,
    PhaseName::Complete,
    // Keys that were lost before they could be used.
    PhaseName::Cancelling,
    PhaseName::Cancelled,
];

/// Sends the mails that are due, at the end of a run.
pub(crate) struct MailPass<'a> {
    context: &'a Context,
    unanswered: AtomicU32,
    /// Whether this run sends no more mails.
    is_over: AtomicBool,
}

impl<'a> MailPass<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context, unanswered: AtomicU32::new(0), is_over: AtomicBool::new(false) }
    }

    /// Sends the mails that are due. Returns the time before which no further run needs to look at mails.
    pub(crate) async fn run(&self) -> Result<Option<Timestamp>, StoreError> {
        let context = self.context;
        let begin = context.now();
        if let Some(end) = self.end_of_pause() {
            return Ok(Some(end));
        }
        let next_attempt = TimeRange::before(begin + TimeDelta::microseconds(1));
        // Most shipments are complete, so the index of the times is walked.
        let due = ShipmentFilter { next_attempt, phases: PHASES.to_vec(), ..ShipmentFilter::default() };
        let mut after = None;
        loop {
            let page = context.ports.shipments.query(&due, ShipmentSort::NextAttempt, after.as_ref(), 100).await?;
            let ids: Vec<_> = page.items.into_iter().map(|summary| summary.id).collect();
            let work = stream::iter(ids).map(|id| self.mail_unless_over(id));
            work.buffer_unordered(context.settings.concurrency).for_each(|()| std::future::ready(())).await;
            match page.next {
                Some(next) if !self.is_over() => after = Some(next),
                _ => break,
            }
        }
        if self.is_over.load(Ordering::Relaxed) {
            context.mail_pause.begin(context.ports.clock.monotonic());
        }
        Ok(self.end_of_pause())
    }

    fn end_of_pause(&self) -> Option<Timestamp> {
        let left = self.context.mail_pause.left(self.context.ports.clock.monotonic())?;
        Some(self.context.now() + TimeDelta::from_std(left).unwrap_or_default())
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || self.context.stopping.is_cancelled()
    }

    /// Sends the mails of one shipment that are due, without a run.
    pub(crate) async fn run_for(&self, id: ShipmentId) {
        if self.end_of_pause().is_none() {
            self.mail_unless_over(id).await;
        }
    }

    async fn mail_unless_over(&self, id: ShipmentId) {
        if self.is_over() {
            return;
        }
        match self.mail(id).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => {
                tracing::info!(shipment = %id, "sent no mail to person: another worker has the shipment");
            }
            Err(error) => {
                tracing::warn!(shipment = %id, %error, "could not read or write record for a mail to person");
                self.is_over.store(true, Ordering::Relaxed);
            }
        }
    }

    async fn mail(&self, id: ShipmentId) -> Result<(), StoreError> {
        let context = self.context;
        let Some(stored) = context.ports.shipments.get(id).await? else { return Ok(()) };
        let is_claimed = stored.claim.as_ref().is_some_and(|it| it.is_valid(context.now(), context.settings.claim));
        if stored.change.is_changed() || is_claimed || !is_due(stored.shipment(), context.now()) {
            return Ok(());
        }
        let claimed = context.claim(id, &stored.version, context.new_id()).await?;
        claimed.during(self.mail_all(&claimed, stored.change.into_shipment())).await
    }

    /// Sends the mails of one shipment that are due, one after the other.
    async fn mail_all(&self, claimed: &Claimed<'_>, mut shipment: Shipment) -> Result<(), StoreError> {
        while is_due(&shipment, self.context.now()) && !self.is_over() {
            let (change, failure) = next_mail(self.context, shipment).await;
            if let Some(failure) = &failure {
                self.count(failure);
            } else {
                self.unanswered.store(0, Ordering::Relaxed);
            }
            shipment = claimed.commit(change).await?;
        }
        Ok(())
    }

    fn count(&self, failure: &Failure) {
        let is_unanswered =
            matches!(failure.kind, FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::ConnectionLost);
        let times = match is_unanswered || failure.class() == FailureClass::Unavailable {
            true => self.unanswered.fetch_add(1, Ordering::Relaxed) + 1,
            false => 0,
        };
        if meaning(failure.class()).scope == Scope::Run || times >= MOST_UNANSWERED {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }
}

/// Returns whether a mail to the person is due.
pub(super) fn is_due(shipment: &Shipment, now: Timestamp) -> bool {
    shipment.due_mail().is_some_and(|(_, from)| from <= now)
}

/// Sends the next mail of a claimed shipment. Returns what to commit, and the failure.
pub(super) async fn next_mail(context: &Context, shipment: Shipment) -> (Change, Option<Failure>) {
    let Some((mail, _)) = shipment.due_mail() else { return (Change::none(shipment), None) };
    if !is_wanted(&context.settings, mail) {
        return (shipment.drop_person_mail(mail), None);
    }
    let (id, name) = (shipment.id(), mail.as_str());
    let sent = match mail {
        PersonMail::AccessPass => pass::send(context, &shipment).await,
        mail if mail.is_about_loss() => loss::send(context, &shipment, mail).await,
        mail => send(context, &shipment, mail).await,
    };
    match sent {
        Ok(Mailed::Sent) => {
            let addressee = addressee(&context.settings, mail);
            let detail = format!("the mail about \"{}\" was sent to the {addressee}", mail.setting().as_str());
            let note = Note::new(context.now(), detail);
            (shipment.person_mailed(mail, note), None)
        }
        Ok(Mailed::Never(reason)) => {
            tracing::info!(shipment = %id, mail = name, reason, "mail to person is not sent");
            let detail = format!("{} is not sent: {reason}", described(mail));
            let note = Note::new(context.now(), detail);
            (shipment.person_not_mailed(mail, note), None)
        }
        Err(failure) => (later(context, shipment, mail, &failure), Some(failure)),
    }
}

/// Returns whether the settings ask for this mail.
pub(crate) fn is_wanted(settings: &EngineSettings, mail: PersonMail) -> bool {
    match mail {
        PersonMail::AccessPass => settings.access_pass != PassRule::Off,
        mail => settings.person_mails.contains(&mail.setting()),
    }
}

fn addressee(settings: &EngineSettings, mail: PersonMail) -> &'static str {
    match mail {
        PersonMail::LostToManager => "manager",
        PersonMail::AccessPass if settings.access_pass == PassRule::Manager => "manager",
        _ => "person",
    }
}

/// Returns the mail for the history.
fn described(mail: PersonMail) -> String {
    let name = mail.setting().as_str();
    match mail {
        PersonMail::LostToManager => format!("the mail about \"{name}\" to the manager"),
        _ => format!("the mail about \"{name}\""),
    }
}

/// Records a failed attempt. After the last one, the mail is not sent.
fn later(context: &Context, shipment: Shipment, mail: PersonMail, failure: &Failure) -> Change {
    let (id, name, attempts) = (shipment.id(), mail.as_str(), shipment.mail_attempts().saturating_add(1));
    // Without the message, which may quote the mail address.
    let code = failure.short();
    if attempts >= MOST_ATTEMPTS {
        tracing::warn!(shipment = %id, mail = name, code, attempts, "gave up mail to person");
        let detail = format!("{} was not sent in {attempts} attempts: {code}", described(mail));
        let note = Note::new(context.now(), detail).with_correlation(failure.correlation.clone());
        return shipment.person_not_mailed(mail, note);
    }
    tracing::info!(shipment = %id, mail = name, code, attempts, "could not send mail to person; a later run retries");
    shipment.person_mail_failed(context.now() + pause_before(attempts, failure))
}

/// Returns the pause before the next attempt: it doubles from ten minutes to about ten hours.
pub(super) fn pause_before(attempts: u32, failure: &Failure) -> TimeDelta {
    let pause = TimeDelta::minutes(10 * (1 << attempts.saturating_sub(1).min(6)));
    let asked = failure.retry_after.and_then(|pause| TimeDelta::from_std(pause).ok());
    pause.max(asked.unwrap_or_default())
}

async fn send(context: &Context, shipment: &Shipment, mail: PersonMail) -> Result<Mailed, Failure> {
    if !matches!(shipment.phase(), Phase::Queued(_)) {
        // Whoever edits the record must not direct a mail to another person.
        context.secret(shipment).await?;
    }
    let mut loaded = Loaded::of(context, shipment.id()).await?;
    let person = match recipient(context, shipment, loaded.secret.person).await? {
        Ok(person) => person,
        Err(unreachable) => return Ok(Mailed::Never(unreachable.reason())),
    };
    let (ordered_by, town) = (ordered_by(shipment), loaded.secret.town.clone());
    let phase = shipment.phase();
    let made = phase.fulfilled().and_then(|fulfilled| fulfilled.keys.first());
    let mut object = None;
    loaded.secret.person = Some(person.id);
    if mail == PersonMail::Ordered && phase.registered().is_none() {
        object = Some(links::objection(context, shipment.id(), &mut loaded.secret)?);
    }
    let news = match (mail, made, phase.registered()) {
        (PersonMail::Shipped, Some(made), _) => PersonNews::Shipped {
            serial: &made.serial,
            tracking: phase.accepted().map(|accepted| &accepted.tracking).unwrap_or(&NO_TRACKING),
        },
        (PersonMail::Registered, Some(made), Some(registered)) => PersonNews::Registered {
            serial: &made.serial,
            key_name: registered.credentials.iter().flatten().next().map_or("", |it| it.display_name.as_str()),
        },
        _ => PersonNews::Ordered {
            ordered_by: ordered_by.as_deref(),
            town: town.as_deref().or(shipment.info().country.as_deref()),
            object: object.as_deref(),
        },
    };
    // Before the mail: a link that was mailed must work.
    loaded.save(context).await?;
    let notice = PersonNotice {
        shipment: shipment.id(),
        addressee: &person.mail,
        user_name: &person.name,
        language: person.language,
        contact: context.settings.person_contact.as_deref().unwrap_or_default(),
        news,
        message_id: &format!("{}.{}", shipment.id(), mail.as_str()),
    };
    context.ports.pin_delivery.mail_person(&notice).await?;
    if loaded.secret.town.take().is_some()
        && mail == PersonMail::Ordered
        && let Err(failure) = loaded.save(context).await
    {
        tracing::info!(shipment = %shipment.id(), %failure, "town stays in the secret of the shipment until it ends");
    }
    Ok(Mailed::Sent)
}

static NO_TRACKING: keyferry_domain::Tracking = keyferry_domain::Tracking { carrier: None, number: None, link: None };
