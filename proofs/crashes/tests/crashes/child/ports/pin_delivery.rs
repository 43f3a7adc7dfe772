use async_trait::async_trait;
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{Failure, PinDelivery};

use super::super::flows::FlowHint::Begins;
use super::super::planted::Bug;
use super::Wrapped;

#[async_trait]
impl PinDelivery for Wrapped<dyn PinDelivery> {
    fn addressing(&self) -> Addressing {
        self.inner.addressing()
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let work = async {
            if self.planted.is_after_restart(Bug::PinSkipped) {
                return Ok(());
            }
            let own = format!("{}.{}", notice.shipment, self.planted.restarts);
            let message_id = if self.planted.is(Bug::MessageIdPerProcess) { &own } else { notice.message_id };
            self.inner.deliver(&PinNotice { message_id, ..*notice }).await
        };
        self.steps.around(Begins("process"), "pin_delivery.deliver", work).await
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        self.steps.around(Begins("process"), "pin_delivery.deliver_link", self.inner.deliver_link(notice)).await
    }

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        let work = async {
            let own = format!("{}.{}", notice.message_id, self.planted.restarts);
            let message_id = if self.planted.is(Bug::PersonMailIdPerProcess) { &own } else { notice.message_id };
            self.inner.mail_person(&PersonNotice { message_id, ..*notice }).await
        };
        self.steps.around(Begins("process"), "pin_delivery.mail_person", work).await
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        self.inner.tell_released(notice).await
    }
}
