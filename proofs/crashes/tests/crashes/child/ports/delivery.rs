use async_trait::async_trait;
use keyferry_domain::ports::{
    AddressVerdict, Country, Deletion, DeliveryStatus, Inventory, ListedOrders, OfferedProduct, OpenedCredential,
    OpenedPin, OrderToPlace, PlacedOrder, Preparation, PreparedOrder,
};
use keyferry_domain::{
    DeliveryId, DeliveryService, Failure, MailingAddress, Order, OrderFinding, PinLength, Sealer, SecretBytes,
    ShipmentId,
};

use super::super::flows::FlowHint::{Begins, Otherwise};
use super::Wrapped;

#[async_trait]
impl DeliveryService for Wrapped<dyn DeliveryService> {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        self.inner.check(order)
    }

    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        self.inner.products().await
    }

    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        self.inner.inventory().await
    }

    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        self.inner.countries().await
    }

    async fn orders(&self, offset: u64) -> Result<Option<ListedOrders>, Failure> {
        self.inner.orders(offset).await
    }

    async fn validate_address(&self, address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        self.inner.validate_address(address).await
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        self.steps.around(Begins("create"), "delivery_service.order", self.inner.order(order)).await
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.steps.around(Otherwise("resolve"), "delivery_service.status", self.inner.status(shipment)).await
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        self.steps.around(Otherwise("cancel"), "delivery_service.cancel", self.inner.cancel(shipment)).await
    }
}

#[async_trait]
impl Sealer for Wrapped<dyn Sealer> {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        self.steps.around(Begins("create"), "sealer.prepare", self.inner.prepare(preparation)).await
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let work = self.inner.open_credential(request, response_key, envelope);
        self.steps.around(Begins("process"), "sealer.open_credential", work).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let work = self.inner.open_pin(request, response_key, envelope, length);
        self.steps.around(Begins("process"), "sealer.open_pin", work).await
    }
}
