use serde_json::json;
use tokio::task::JoinSet;

use super::{AFTER_CLAIMS, CaseRun, end_if_refused};
use crate::connector::{Connector, Stop};
use crate::order::{LastAnswer, Scenario};

impl CaseRun<'_> {
    /// Sends the request of every caller that has one to send. Orders without an arranged outcome are sent
    /// concurrently.
    pub(super) async fn create(&mut self, connector: &Connector) -> Result<(), Stop> {
        for _ in 0..4 {
            self.ask(connector, |scenario| scenario == Scenario::Usual).await?;
            if self.has_asking(Scenario::AnswerLost) {
                let fault = json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 });
                self.world.set_fault(&fault).await;
                self.ask(connector, |scenario| scenario == Scenario::AnswerLost).await?;
                self.clear_order_fault().await;
            }
            if self.has_asking(Scenario::Refused) {
                let fault = json!({ "endpoint": "delivery.order", "kind": "fail_before", "status": 400, "times": 1 });
                self.world.set_fault(&fault).await;
                self.ask(connector, |scenario| scenario == Scenario::Refused).await?;
                self.clear_order_fault().await;
            }
            if !self.orders.iter().any(|order| order.last_answer == LastAnswer::InUse && order.has_request()) {
                break;
            }
            self.advance(AFTER_CLAIMS, connector).await?;
        }
        Ok(())
    }

    fn has_asking(&self, scenario: Scenario) -> bool {
        self.orders.iter().any(|order| order.scenario == scenario && order.has_request())
    }

    /// Removes a fault that was meant for one order, so that it does not affect another.
    async fn clear_order_fault(&self) {
        if !self.case.faults {
            self.world.clear_faults().await;
        }
    }

    async fn ask(&mut self, connector: &Connector, whose: impl Fn(Scenario) -> bool) -> Result<(), Stop> {
        let mut asking = JoinSet::new();
        let api = self.api(connector);
        for (index, order) in self.orders.iter_mut().enumerate() {
            if whose(order.scenario) && order.has_request() {
                order.asked += 1;
                let (api, order) = (api.clone(), order.clone());
                asking.spawn(async move { (index, api.order(&order).await) });
            }
        }
        let mut lost = false;
        while let Some(answer) = asking.join_next().await {
            let (index, last_answer) = answer.unwrap();
            lost |= last_answer == LastAnswer::Lost;
            self.orders[index].last_answer = last_answer;
        }
        if lost { Err(connector.stop_reason().await) } else { end_if_refused(connector) }
    }
}
