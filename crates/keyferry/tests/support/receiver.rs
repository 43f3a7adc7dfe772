//! Receiver of messages, which verifies them with npm `standardwebhooks`.

use std::time::Duration;

use keyferry_outsiders::Background;
use reqwest::StatusCode;
use serde_json::Value;

use super::Demo;

/// Receiver, as a process.
pub struct Receiver {
    pub port: u64,
    http: reqwest::Client,
    _process: Background,
}

impl Receiver {
    /// Starts the receiver on a port, or on a free one. `None`: npm packages are missing.
    pub fn start(port: u64) -> Option<Self> {
        Self::with(&[("PORT", &port.to_string())])
    }

    /// Starts the receiver again. It has the secret before the first message arrives.
    pub fn restart(port: u64, secret: &str) -> Self {
        Self::with(&[("PORT", &port.to_string()), ("SECRET", secret)]).unwrap()
    }

    fn with(variables: &[(&str, &str)]) -> Option<Self> {
        let mut command = keyferry_outsiders::node("webhooks/receiver.mjs")?;
        command.envs(variables.iter().copied());
        let process = keyferry_outsiders::start(command);
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Some(Self { port: process.ready["port"].as_u64().unwrap(), http, _process: process })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?key=confidential", self.port)
    }

    pub async fn set(&self, what: &str, value: &str) {
        let url = format!("http://127.0.0.1:{}/{what}", self.port);
        let answer = self.http.put(url).body(value.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }

    pub async fn received(&self) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/received", self.port);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Waits until the receiver accepted a message of this type.
    pub async fn until(&self, demo: &Demo, event_type: &str) -> Vec<Value> {
        demo.until(event_type, async || {
            self.received().await.iter().any(|one| one["answer"] == 204 && one["payload"]["type"] == event_type)
        })
        .await;
        self.received().await
    }
}
