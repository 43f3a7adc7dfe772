//! Client for the connector's API, whose answers can be lost when the connector is killed.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::connector::{Connector, Stop};
use crate::order::{LastAnswer, Order};

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) http: Client,
    pub(crate) base: String,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Api {
    /// Calls the API. `None`: the answer was lost.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        Some(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    /// Calls the API. A lost answer is an error: why the connector stopped.
    pub(crate) async fn call(
        &self,
        connector: &Connector,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Stop> {
        match self.try_call(method, path, None, body).await {
            Some(answer) => Ok(answer),
            None => Err(connector.stop_reason().await),
        }
    }

    /// Places an order. Returns the answer as the caller understands it.
    pub(crate) async fn order(&self, order: &Order) -> LastAnswer {
        let answer = self.try_call(Method::POST, "/v1/fpr/shipments", order.key.as_deref(), Some(&order.body())).await;
        let Some(Answer { status, body }) = answer else { return LastAnswer::Lost };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match status {
            201 => LastAnswer::Accepted(text(&body["data"]["shipment_id"])),
            _ if body["error_data"]["order_may_exist"] == true => {
                let accepted_as = body["error_data"]["delivery_shipment_id"].as_str().map(str::to_owned);
                LastAnswer::InDoubt { id: text(&body["error_data"]["shipment_id"]), accepted_as }
            }
            409 => LastAnswer::InUse,
            _ => LastAnswer::NotOrdered(status),
        }
    }
}
