//! Request body: which key was lost, and the order that replaces it.

use keyferry_domain::SerialNumber;
use keyferry_engine::WhichKey;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::body::optional_object;
use crate::kit::order::QueueOrder;
use crate::kit::problem::Problem;
use crate::kit::shipment_key::is_id;

/// Report of a lost key. Without `serial` and `shipment`, it is the newest key that was made for the person.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LoseKey {
    /// What happened. It is stored in the history of the key's shipment.
    #[schema(
        max_length = 500,
        example = "left on a train, ticket 4711",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub(super) reason: String,
    /// Serial number of the key.
    #[serde(default)]
    #[schema(example = "20250007", pattern = "^[!-~]{0,128}$")]
    pub(super) serial: Option<String>,
    /// Delivery service's or Keyferry's id of the key's shipment, for example if the parcel was lost.
    #[serde(default)]
    #[schema(example = "019a0000-0000-7000-8000-000000000001", pattern = "^[!-~]{0,128}$")]
    pub(super) shipment: Option<String>,
    /// Whether to order a replacement. Default: `true`.
    #[serde(default)]
    #[schema(example = true)]
    pub(super) replace: Option<bool>,
    /// Whether to request a temporary access pass, with which the person can sign in until the next key arrives. Its
    /// addressee (`KEYFERRY_ACCESS_PASS`) gets a mail with a link to a page, which shows it once. The response does not
    /// contain it. Requires the role `Keyferry.Pin`. Each request makes a new link, and ends the one before. Default:
    /// `false`.
    #[serde(default)]
    #[schema(example = false)]
    pub(super) access_pass: Option<bool>,
    /// Order of the replacement, for the same person. Without it, the same product is ordered with the same PIN length
    /// and PIN addressees, and its recipient and address are read from the directory, if the connector does that
    /// (`KEYFERRY_FILL_FROM_DIRECTORY`): the address of the earlier order was deleted after that order was sent.
    #[serde(default, deserialize_with = "optional_object")]
    pub(super) order: Option<QueueOrder>,
}

impl LoseKey {
    /// Returns the key that the request names.
    ///
    /// # Errors
    /// 400 if it names two, or if a name cannot be one.
    pub(super) fn key(&self) -> Result<WhichKey, Problem> {
        let given =
            |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned()).filter(|it| !it.is_empty());
        let checked = |member: &str, id: String| match is_id(&id) {
            true => Ok(id),
            false => {
                let message = format!("`{member}`: expected 1 to 128 visible ASCII characters without spaces");
                Err(Problem::field(member, message))
            }
        };
        match (given(&self.serial), given(&self.shipment)) {
            (None, None) => Ok(WhichKey::Last),
            (Some(serial), None) => checked("serial", serial).map(|it| WhichKey::Serial(SerialNumber::new(it))),
            (None, Some(id)) => checked("shipment", id).map(WhichKey::Shipment),
            (Some(_), Some(_)) => {
                let message = "`shipment`: expected either `serial` or `shipment`, but got both".to_owned();
                Err(Problem::field("shipment", message))
            }
        }
    }
}
