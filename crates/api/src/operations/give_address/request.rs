//! Request body: address and data of the recipient.

use keyferry_domain::OrderFinding;
use keyferry_engine::GivenAddress;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::body::optional_object;
use crate::kit::order::{PartialAddress, PartialRecipient};

/// Address of the parcel, and data of the recipient that the order lacks.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GiveAddress {
    /// Data of the recipient. Only what the order lacks is used.
    #[serde(default, deserialize_with = "optional_object")]
    recipient: Option<PartialRecipient>,
    /// Postal address. The whole address is required.
    mailing_address: PartialAddress,
}

impl GiveAddress {
    /// Reads the texts.
    ///
    /// # Errors
    /// One finding for each text that no order can contain.
    pub(super) fn read(&self) -> Result<GivenAddress, Vec<OrderFinding>> {
        let recipient = self.recipient.as_ref().map(PartialRecipient::texts);
        let texts = self.mailing_address.texts().into_iter().chain(recipient.into_iter().flatten());
        GivenAddress::read(texts.filter_map(|(name, text)| Some((name, text?))))
    }
}
