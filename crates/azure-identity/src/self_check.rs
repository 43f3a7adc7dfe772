//! This machine's clock against the login service's, and when the connector's own app credentials expire.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use keyferry_domain::Finding;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_http::Client;
use url::Url;

use crate::AppCredentialExpiries;

/// Seconds: tokens and assertions are refused from about five minutes on.
const WARN: i64 = 60;
const FAIL: i64 = 300;

const SOON: TimeDelta = TimeDelta::days(30);

/// Compares this machine's clock with the login service's.
#[expect(missing_debug_implementations, reason = "it holds a client")]
pub struct LoginClock {
    http: Client,
    metadata: Url,
}

impl LoginClock {
    /// `metadata` is the OpenID metadata of the tenant, whose answer tells the time.
    pub fn new(http: Client, metadata: Url) -> Self {
        Self { http, metadata }
    }

    async fn skew(&self, request: &CheckRequest<'_>) -> Finding {
        const CHECK: &str = "clock";
        let answer = match self.http.get(&self.metadata).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let todo = "Look at the network, the proxy and MS_Login_Online_Endpoint: without the login service nothing works.";
                return Finding::failed(CHECK, format!("the login service cannot be reached: {error}"), todo);
            }
        };
        let told = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let Some(told) = told else {
            let todo = "Compare the machine's clock by hand.";
            return Finding::not_examined(CHECK, "the login service does not tell its time", todo);
        };
        let skew = (request.now - told.to_utc()).num_seconds();
        let found = match skew {
            0 => "no difference to the login service's".to_owned(),
            ahead if ahead > 0 => format!("{ahead} s ahead of the login service's"),
            behind => format!("{} s behind the login service's", -behind),
        };
        let todo = "Set the clock (NTP): tokens and assertions are refused, and deadlines are seen at the wrong time.";
        match skew.abs() {
            small if small < WARN => Finding::ok(CHECK, found),
            some if some < FAIL => Finding::warning(CHECK, found, todo),
            _ => Finding::failed(CHECK, found, todo),
        }
    }
}

#[async_trait]
impl SelfCheck for LoginClock {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![self.skew(request).await]
    }
}

/// Of those that were read while everything else was looked at.
#[async_trait]
impl SelfCheck for AppCredentialExpiries {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        const CHECK: &str = "ends of credentials";
        let now = request.now;
        let known = self.known();
        if known.is_empty() {
            let todo = "Give the secrets in the vault an expiry date, and remember that the API token lives for a year: the connector warns then.";
            return vec![Finding::not_examined(CHECK, "no credential tells when it ends", todo)];
        }
        let told = known.into_iter().map(|(name, ends)| {
            let (days, at) = ((ends - now).num_days(), ends.format("%Y-%m-%d"));
            let todo = "Put a new one in its place (how-to pages on rotation); the old one stays good meanwhile.";
            if ends <= now {
                Finding::failed(CHECK, format!("{name} ended on {at}"), todo)
            } else if ends - now < SOON {
                Finding::warning(CHECK, format!("{name} ends on {at}, in {days} days"), todo)
            } else {
                Finding::ok(CHECK, format!("{name} ends on {at}, in {days} days"))
            }
        });
        told.collect()
    }
}
