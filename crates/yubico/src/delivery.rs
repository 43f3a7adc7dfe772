//! The adapter [`Delivery`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use keyferry_domain::ports::{
    AddressVerdict, Country, Deletion, DeliveryStatus, Inventory, ListedOrders, OfferedProduct, OpenedCredential,
    OpenedPin, OrderToPlace, PlacedOrder, Preparation, PreparedOrder,
};
use keyferry_domain::{
    Clock, DeliveryId, DeliveryService, Entropy, Failure, FailureKind, MailingAddress, Operation, Order, OrderFinding,
    Party, PinLength, Sealer, SecretBytes, ShipmentId,
};
use keyferry_http::{Client, SecretSource, UrlExt as _};
use url::Url;

use crate::call::Caller;
use crate::cancel;
use crate::catalogue::Catalogue;
use crate::failures::DELIVERY_SERVICE;
use crate::jwks::{PublishedKeys, Purpose};
use crate::open::Response;
use crate::response_keys::ResponseKeys;
use crate::wire::{OrderAnswer, OrderBody, ShipmentAnswer, Unusable};
use crate::{Error, YubicoSettings, limits, seal};

const PARTY: Party = Party::DeliveryService;

/// Client of the delivery service and of the factory behind it.
///
/// The response key that `prepare` returns is a private JWK with `kid`, as UTF-8 JSON (RFC 7518 section 6.2.2).
pub struct Delivery {
    settings: YubicoSettings,
    shipments: Url,
    http: Client,
    caller: Caller,
    transport_keys: PublishedKeys,
    signing_keys: PublishedKeys,
    response_keys: ResponseKeys,
    entropy: Arc<dyn Entropy>,
    /// Names of unreadable members that were logged as a warning.
    unreadable: Mutex<BTreeSet<&'static str>>,
}

impl Delivery {
    /// Creates the adapter without making a call. The API token is read from `token` for each call.
    ///
    /// # Errors
    /// [`Error::NothingAccepted`] for an empty algorithm allow-list, [`Error::BaseAddress`] for an invalid base URL.
    pub fn new(
        settings: YubicoSettings,
        http: Client,
        token: Arc<dyn SecretSource>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        for (header, empty) in [("alg", settings.accepted_algs.is_empty()), ("enc", settings.accepted_encs.is_empty())]
        {
            if empty {
                return Err(Error::NothingAccepted { header });
            }
        }
        let shipments = settings
            .api_base
            .join_segments(["fpr", "shipments"])
            .map_err(|_| Error::BaseAddress { scheme: settings.api_base.scheme().to_owned() })?;
        let published = |purpose, url: &Url| PublishedKeys::new(purpose, url.clone(), http.clone(), Arc::clone(&clock));
        Ok(Self {
            shipments,
            transport_keys: published(Purpose::Transport, &settings.jwks_transport),
            signing_keys: published(Purpose::Signing, &settings.jwks_sign),
            response_keys: ResponseKeys::default(),
            settings,
            http,
            caller: Caller::new(token),
            entropy,
            unreadable: Mutex::default(),
        })
    }
}

impl Delivery {
    /// Requests a shipment without a token and returns the HTTP status. The delivery service returns 401 or 403.
    ///
    /// # Errors
    /// Fails when no response arrives, or when the id cannot be part of a URL.
    pub async fn unauthenticated_status(&self, shipment: &DeliveryId) -> Result<u16, Failure> {
        const OPERATION: Operation = Operation::ShipmentStatus;
        let url = self.shipments.join_segments([shipment.as_str()]).map_err(|error| {
            Failure::new(&DELIVERY_SERVICE, OPERATION, FailureKind::Found("unusable-shipment-id"), error.to_string())
        })?;
        let answer = self.http.get(&url).about(PARTY, OPERATION).send().await;
        answer.map(|answer| answer.status).map_err(|error| error.into_failure(&DELIVERY_SERVICE, OPERATION))
    }

    /// Returns the number of usable transport keys and the number of usable signing keys.
    ///
    /// # Errors
    /// Fails when a key set cannot be fetched or has no usable key.
    pub async fn published_keys(&self) -> Result<(usize, usize), Failure> {
        let (transport, signing) = (self.transport_keys.get().await?, self.signing_keys.get().await?);
        Ok((transport.encryption_keys().len(), signing.verification_keys().len()))
    }
}

impl Delivery {
    fn catalogue(&self) -> Catalogue<'_> {
        Catalogue { base: &self.settings.api_base, http: &self.http, caller: &self.caller }
    }

    /// Logs members that inform operators and could not be read.
    ///
    /// The form of a member is that of the service and not that of a shipment, so each member is a warning once per
    /// process, and not once per poll of each shipment.
    fn log_unreadable(&self, shipment: &DeliveryId, members: &BTreeSet<&'static str>, client_request_id: &str) {
        for member in members {
            let is_new = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(member);
            if is_new {
                tracing::warn!(delivery_id = %shipment, member, client_request_id,
                    remedy = "Shipments are processed without this value. Report a bug with the member's form.",
                    "could not read informational member of delivery status");
            } else {
                tracing::debug!(delivery_id = %shipment, member, client_request_id,
                    "could not read informational member of delivery status again");
            }
        }
    }

    /// Returns the failure for a status of another shipment than `asked`, and closes all connections: on a connection
    /// whose responses are shifted, each further response would belong to another call as well.
    fn mismatch(&self, asked: &DeliveryId, answered: &str, client_request_id: &str) -> Failure {
        self.drop_connections();
        tracing::error!(delivery_id = %asked, answered, client_request_id,
            remedy = "Look for a proxy that mixes up responses. Nothing of the response was used.",
            "delivery status belongs to another shipment");
        let message = format!("the delivery service was asked for shipment {asked}, but returned another shipment");
        let kind = FailureKind::Found("response-of-another-shipment");
        Failure::new(&DELIVERY_SERVICE, Operation::ShipmentStatus, kind, message).with_correlation(client_request_id)
    }
}

// The shipment's id is the only proof that a response belongs to its call: the public documents mention no header or
// member that repeats `client-request-id`.
#[async_trait]
impl DeliveryService for Delivery {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        match self.settings.check_shipment_limits {
            true => limits::check(&self.settings, order),
            false => Vec::new(),
        }
    }

    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        self.catalogue().products().await
    }

    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        self.catalogue().inventory().await
    }

    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        self.catalogue().countries().await
    }

    async fn orders(&self, offset: u64) -> Result<Option<ListedOrders>, Failure> {
        match self.settings.list_orders {
            true => self.catalogue().orders(offset).await,
            false => Ok(None),
        }
    }

    async fn validate_address(&self, address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        self.catalogue().validate(address).await
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        let body = OrderBody::new(order);
        let answer = self.caller.send(Operation::Order, || self.http.post(&self.shipments).json(&body)).await?;
        match OrderAnswer::parse(answer.body()) {
            Some(id) => Ok(PlacedOrder { id, correlation: Some(answer.correlation.clone()) }),
            None => Err(answer.not_understood(
                &DELIVERY_SERVICE,
                Operation::Order,
                "it has no valid `shipment_id`; the order may exist",
            )),
        }
    }

    fn drop_connections(&self) {
        self.http.drop_connections();
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        const OPERATION: Operation = Operation::ShipmentStatus;
        let url = self.shipments.join_segments([shipment.as_str()]).map_err(|error| {
            Failure::new(&DELIVERY_SERVICE, OPERATION, FailureKind::Found("unusable-shipment-id"), error.to_string())
        })?;
        let answer = self.caller.send(OPERATION, || self.http.get(&url)).await?;
        let parsed: ShipmentAnswer = answer.json().map_err(|error| error.into_failure(&DELIVERY_SERVICE, OPERATION))?;
        match parsed.into_status(shipment, answer.correlation.clone()) {
            Ok(parsed) => {
                self.log_unreadable(shipment, &parsed.unreadable, &answer.correlation);
                Ok(parsed.status)
            }
            Err(Unusable::OtherShipment { answered }) => Err(self.mismatch(shipment, &answered, &answer.correlation)),
            Err(error @ Unusable::MissingSerial) => {
                Err(answer.not_understood(&DELIVERY_SERVICE, OPERATION, error.to_string()))
            }
        }
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        match self.settings.delete_cancelled {
            true => cancel::delete(&self.caller, &self.http, &self.shipments, shipment).await,
            false => Ok(cancel::switched_off()),
        }
    }
}

#[async_trait]
impl Sealer for Delivery {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        let transport_keys = self.transport_keys.get().await?;
        seal::prepare(&self.settings, &transport_keys, &*self.entropy, preparation)
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let response = Response { operation: Operation::OpenCredential, request, response_key, envelope };
        let format = self.settings.format;
        let keys = (&self.response_keys, &self.signing_keys);
        response.open(&self.settings, keys, |signed| format.credential_response(request, signed)).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let response = Response { operation: Operation::OpenPin, request, response_key, envelope };
        let format = self.settings.format;
        let keys = (&self.response_keys, &self.signing_keys);
        response.open(&self.settings, keys, |signed| format.pin_response(request, length, signed)).await
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
