//! Objection of the person to a key.

use std::sync::Arc;

use keyferry_domain::ports::Stored;
use keyferry_domain::{
    Caller, NewObstacle, Note, ObjectId, ObstacleClass, Phase, Shipment, ShipmentId, Timestamp, text,
};

use super::page_error::PersonPageError as Error;
use super::recipient::ordered_by;
use super::secret::{Loaded, StoredLink};
use crate::context::Context;
use crate::failures::person::{OBJECTED, objected};
use crate::operator::{Undecided, apply};
use crate::pins::parse_token;
use crate::processing::obstacle;

/// Longest text of an objection, in characters.
const LONGEST_TEXT: usize = 500;

/// Order to which the person can object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectionOffer {
    /// The person, as the order named them.
    pub user: String,
    /// Who ordered the key. `None` without a name.
    pub ordered_by: Option<String>,
    /// Time of the order.
    pub ordered_at: Timestamp,
    /// Country to which the key is sent: ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// Whether the order is on hold, because the person objected.
    pub is_on_hold: bool,
}

/// Takes objections of persons to their keys. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Objections(Arc<Context>);

impl Objections {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns whom to call, as the settings have it.
    pub fn contact(&self) -> Option<&str> {
        self.0.settings.person_contact.as_deref()
    }

    /// Returns the order behind a link, for the user with this object id. Changes nothing.
    ///
    /// # Errors
    /// [`PersonPageError`](Error) if the person cannot object.
    pub async fn look(&self, token: &str, viewer: ObjectId) -> Result<ObjectionOffer, Error> {
        let (stored, _) = found(&self.0, token, viewer).await?;
        let shipment = stored.shipment();
        reject_ended(shipment)?;
        Ok(ObjectionOffer {
            user: shipment.user().map(ToString::to_string).unwrap_or_default(),
            ordered_by: ordered_by(shipment),
            ordered_at: shipment.created_at(),
            country: shipment.info().country.clone(),
            is_on_hold: shipment.objection().is_some(),
        })
    }

    /// Records the objection of the person, and puts the shipment on hold until an operator releases or cancels it. Can
    /// be repeated. White space and invisible characters in `text` are shown as such.
    ///
    /// # Errors
    /// [`PersonPageError`](Error); nothing changed.
    pub async fn object(&self, token: &str, viewer: ObjectId, by: Caller, text: &str) -> Result<(), Error> {
        let context = &self.0;
        let (stored, _) = found(context, token, viewer).await?;
        let id = stored.shipment().id();
        let said = said(text);
        let decided = apply(context, &id.to_string(), |change| {
            let shipment = change.into_shipment();
            if context.is_creating(id) || matches!(shipment.phase(), Phase::Submitting(_)) {
                return Err(Error::Busy);
            }
            reject_ended(&shipment)?;
            let failure = objected();
            let obstacle =
                NewObstacle { next_attempt: None, ..obstacle(context, &shipment, &failure, ObstacleClass::Attention) };
            let note = Note::new(context.now(), said.clone());
            shipment.object(by.clone(), note, obstacle).ok_or(Error::TooLate)
        })
        .await;
        match decided {
            Ok(change) => {
                if change.is_changed() {
                    tracing::warn!(shipment = %id, "person objected to key; shipment is on hold");
                }
                Ok(())
            }
            Err(Undecided::NotFound) => Err(Error::Unknown),
            Err(Undecided::Busy) => Err(Error::Busy),
            Err(Undecided::Refused(error)) => Err(error),
            Err(Undecided::Store(error)) => Err(Error::Store(error)),
        }
    }
}

/// Returns the text for the history, on one line.
fn said(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_TEXT).collect();
    match text::is_blank(&text) {
        true => "the person objected, without a text".to_owned(),
        false => format!("the person objected: {}", text::visible(&text)),
    }
}

/// Returns the shipment and the link of a token, if the link is that of the person.
async fn found(context: &Context, token: &str, viewer: ObjectId) -> Result<(Stored, StoredLink), Error> {
    let (id, part) = parse_token(token).ok_or(Error::Unknown)?;
    let (stored, loaded) = person_of(context, id).await?;
    let link = loaded.secret.objection(part).cloned().ok_or(Error::Unknown)?;
    // First, so that others learn nothing about the order.
    if loaded.secret.person != Some(viewer) {
        return Err(Error::NotThePerson);
    }
    match link.expires_at <= context.now() {
        true => Err(Error::Expired),
        false => Ok((stored, link)),
    }
}

/// Returns the shipment, and what is sealed about its person.
pub(super) async fn person_of(context: &Context, id: ShipmentId) -> Result<(Stored, Loaded), Error> {
    let stored = context.ports.shipments.get(id).await?.ok_or(Error::Unknown)?;
    let loaded = Loaded::existing(context, id).await?.ok_or(Error::Unknown)?;
    Ok((stored, loaded))
}

/// Rejects a shipment with which nothing can be held any more.
pub(super) fn reject_ended(shipment: &Shipment) -> Result<(), Error> {
    match shipment.phase() {
        Phase::Refused(_) | Phase::Cancelling(_) | Phase::Cancelled(_) => Err(Error::Cancelled),
        Phase::Complete(_) => Err(Error::TooLate),
        _ => Ok(()),
    }
}

/// Returns whether the objection of the person keeps the shipment from progressing, and whether that is recorded as its
/// obstacle. A cancellation continues.
pub(crate) fn is_on_hold(shipment: &Shipment) -> (bool, bool) {
    let is_cancelled = matches!(shipment.phase(), Phase::Cancelling(_));
    let is_recorded = shipment.obstacle().is_some_and(|met| met.code == OBJECTED);
    (shipment.objection().is_some() && !is_cancelled, is_recorded)
}
