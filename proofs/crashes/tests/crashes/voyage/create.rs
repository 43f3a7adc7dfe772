use serde_json::json;
use tokio::task::JoinSet;

use super::{AFTER_CLAIMS, Voyage};
use crate::life::{Life, Stop};
use crate::order::{Fate, Told};

impl Voyage<'_> {
    /// Every caller who has a reason to asks, the usual ones all at once.
    pub(super) async fn create(&mut self, life: &Life) -> Result<(), Stop> {
        for _ in 0..4 {
            self.ask(life, |fate| fate == Fate::Usual).await?;
            if self.has_asking(Fate::AnswerLost) {
                let fault = json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 });
                self.world.set_fault(&fault).await;
                self.ask(life, |fate| fate == Fate::AnswerLost).await?;
                self.world_without_orders_faults().await;
            }
            if self.has_asking(Fate::Refused) {
                let fault = json!({ "endpoint": "delivery.order", "kind": "fail_before", "status": 400, "times": 1 });
                self.world.set_fault(&fault).await;
                self.ask(life, |fate| fate == Fate::Refused).await?;
                self.world_without_orders_faults().await;
            }
            if !self.orders.iter().any(|order| order.told == Told::InUse && order.is_to_be_asked()) {
                break;
            }
            self.pass(AFTER_CLAIMS, life).await?;
        }
        Ok(())
    }

    fn has_asking(&self, fate: Fate) -> bool {
        self.orders.iter().any(|order| order.fate == fate && order.is_to_be_asked())
    }

    /// A fault meant for one order is not left for another.
    async fn world_without_orders_faults(&self) {
        if !self.case.faults {
            self.world.clear_faults().await;
        }
    }

    async fn ask(&mut self, life: &Life, whose: impl Fn(Fate) -> bool) -> Result<(), Stop> {
        let mut asking = JoinSet::new();
        let api = self.api(life);
        for (index, order) in self.orders.iter_mut().enumerate() {
            if whose(order.fate) && order.is_to_be_asked() {
                order.asked += 1;
                let (api, order) = (api.clone(), order.clone());
                asking.spawn(async move { (index, api.order(&order).await) });
            }
        }
        let mut lost = false;
        while let Some(answer) = asking.join_next().await {
            let (index, told) = answer.unwrap();
            lost |= told == Told::Lost;
            self.orders[index].told = told;
        }
        if lost { Err(life.why().await) } else { Ok(()) }
    }
}
