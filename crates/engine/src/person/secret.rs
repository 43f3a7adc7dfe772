//! Secret about the person whom a key is for: who that is, and the links to pages.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{Failure, ObjectId, SecretBytes, ShipmentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::failures::findings;
use crate::shipment_secret::token_hash;

const FORMAT: u32 = 1;

/// Number of links to a page that stay valid: one of each mail.
const MOST_LINKS: usize = 8;

/// What is known about the person, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PersonSecret {
    person_secret: u32,
    /// Town of the parcel, until it was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) town: Option<String>,
    /// The person, fixed with the first mail. `None` before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<ObjectId>,
    /// Newest request for a temporary access pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pass: Option<SealedPass>,
    /// Links to the page for objections, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objections: Vec<StoredLink>,
    /// Links to the page for the address, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<StoredLink>,
}

/// Link to a page. The link itself is stored nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredLink {
    /// SHA-256 of the link's secret part, base64.
    token: String,
    /// Time from which the link is not valid any more.
    pub(crate) expires_at: Timestamp,
}

impl StoredLink {
    fn new(token: &str, expires_at: Timestamp) -> Self {
        Self { token: token_hash(token), expires_at }
    }

    fn is_of(&self, token: &str) -> bool {
        verify_slices_are_equal(self.token.as_bytes(), token_hash(token).as_bytes()).is_ok()
    }
}

/// Request for a temporary access pass: for whom it is, and who sees it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SealedPass {
    /// Id of the request, as the record has it.
    pub(crate) id: ShipmentId,
    /// The person who signs in with the pass.
    pub(crate) person: ObjectId,
    /// The user who sees it.
    pub(crate) addressee: ObjectId,
    /// The user who reported the key, if the report named one. Never sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reporter: Option<ObjectId>,
    /// Newest link. `None` before the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<StoredLink>,
    /// Whether the pass was shown.
    #[serde(default)]
    pub(crate) is_used: bool,
}

impl SealedPass {
    pub(crate) fn new(id: ShipmentId, person: ObjectId, addressee: ObjectId, reporter: Option<ObjectId>) -> Self {
        Self { id, person, addressee, reporter, link: None, is_used: false }
    }

    /// Sets the link. An earlier one is not valid any more.
    pub(crate) fn set_link(&mut self, token: &str, expires_at: Timestamp) {
        self.link = Some(StoredLink::new(token, expires_at));
    }

    /// Returns the link, if this is its secret part.
    pub(crate) fn link(&self, token: &str) -> Option<&StoredLink> {
        self.link.as_ref().filter(|link| link.is_of(token))
    }
}

/// Secret as read, which a replacement must match.
pub(crate) struct Loaded {
    shipment: ShipmentId,
    pub(crate) secret: PersonSecret,
    stored: Option<SecretBytes>,
}

impl Loaded {
    /// Reads the secret of a shipment, or begins a new one.
    pub(crate) async fn of(context: &Context, shipment: ShipmentId) -> Result<Self, Failure> {
        let stored = read(context, shipment).await?;
        let secret = match &stored {
            None => PersonSecret {
                person_secret: FORMAT,
                town: None,
                person: None,
                pass: None,
                objections: Vec::new(),
                addresses: Vec::new(),
            },
            Some(stored) => decode(shipment, stored)?,
        };
        Ok(Self { shipment, secret, stored })
    }

    /// Reads the secret of a shipment. `None` if there is none.
    pub(crate) async fn existing(context: &Context, shipment: ShipmentId) -> Result<Option<Self>, Failure> {
        let Some(stored) = read(context, shipment).await? else { return Ok(None) };
        Ok(Some(Self { shipment, secret: decode(shipment, &stored)?, stored: Some(stored) }))
    }

    /// Stores the secret. Durable when this returns.
    pub(crate) async fn save(&mut self, context: &Context) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(&self.secret).map_err(|_| findings::secret_not_encoded())?;
        let (name, bytes) = (SecretName::of_person(self.shipment), SecretBytes::new(bytes));
        let secrets = &context.ports.secrets;
        let saved = match &self.stored {
            None => secrets.put(&name, &bytes).await,
            Some(stored) => secrets.replace(&name, stored, &bytes).await,
        };
        saved.map_err(|error| findings::store(&error))?;
        self.stored = Some(bytes);
        Ok(())
    }
}

impl PersonSecret {
    /// Adds a link to the page for objections.
    pub(crate) fn add_objection(&mut self, token: &str, expires_at: Timestamp) {
        add(&mut self.objections, StoredLink::new(token, expires_at));
    }

    /// Adds a link to the page for the address.
    pub(crate) fn add_address(&mut self, token: &str, expires_at: Timestamp) {
        add(&mut self.addresses, StoredLink::new(token, expires_at));
    }

    /// Returns the link to the page for the address with this secret part.
    pub(crate) fn address(&self, token: &str) -> Option<&StoredLink> {
        self.addresses.iter().find(|link| link.is_of(token))
    }

    /// Returns the link to the page for objections with this secret part.
    pub(crate) fn objection(&self, token: &str) -> Option<&StoredLink> {
        self.objections.iter().find(|link| link.is_of(token))
    }
}

fn add(links: &mut Vec<StoredLink>, link: StoredLink) {
    links.push(link);
    links.drain(..links.len().saturating_sub(MOST_LINKS));
}

async fn read(context: &Context, shipment: ShipmentId) -> Result<Option<SecretBytes>, Failure> {
    let read = context.ports.secrets.get(&SecretName::of_person(shipment)).await;
    read.map_err(|error| match error {
        // Of this shipment alone.
        StoreError::Broken { .. } | StoreError::Damaged(_) => findings::secret_unusable(shipment, "it is damaged"),
        error => findings::store(&error),
    })
}

fn decode(shipment: ShipmentId, stored: &SecretBytes) -> Result<PersonSecret, Failure> {
    match serde_json::from_slice::<PersonSecret>(stored.expose()) {
        Ok(secret) if secret.person_secret == FORMAT => Ok(secret),
        _ => Err(findings::secret_unusable(shipment, "it is damaged, or of a newer version of Keyferry")),
    }
}
