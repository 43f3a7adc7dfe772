//! Checks of this machine's clock and of the expiry of the connector's app credentials.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use keyferry_domain::Finding;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_http::Client;
use url::Url;

use crate::AppCredentialExpiries;

/// Clock skew in seconds from which the check warns.
const WARN: i64 = 60;
/// Clock skew in seconds from which the check fails. From about five minutes, tokens and assertions are refused.
const FAIL: i64 = 300;

/// Time before the expiry of an app credential from which the check warns.
const SOON: TimeDelta = TimeDelta::days(30);

/// Compares this machine's clock with the login service's.
#[expect(missing_debug_implementations, reason = "it holds a client")]
pub struct ClockCheck {
    http: Client,
    metadata: Url,
}

impl ClockCheck {
    /// Creates the check. `metadata` is the URL of the tenant's OpenID metadata. The check reads the `Date` header of
    /// the response.
    pub fn new(http: Client, metadata: Url) -> Self {
        Self { http, metadata }
    }

    async fn skew(&self, request: &CheckRequest<'_>) -> Finding {
        const CHECK: &str = "clock";
        let answer = match self.http.get(&self.metadata).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let todo = "Check the network, the proxy and MS_Login_Online_Endpoint. The connector cannot work \
                            without the login service.";
                return Finding::failed(CHECK, format!("the login service cannot be reached: {error}"), todo);
            }
        };
        let date = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let Some(date) = date else {
            let todo = "Check the machine's clock manually.";
            return Finding::not_examined(CHECK, "the login service returned no valid Date header", todo);
        };
        let skew = (request.now - date.to_utc()).num_seconds();
        let found = match skew {
            0 => "in sync with the login service".to_owned(),
            ahead if ahead > 0 => format!("{ahead} s ahead of the login service"),
            behind => format!("{} s behind the login service", -behind),
        };
        let todo = "Synchronize the clock (NTP). With a wrong clock, tokens and assertions are refused, and deadlines \
                    are missed.";
        match skew.abs() {
            small if small < WARN => Finding::ok(CHECK, found),
            some if some < FAIL => Finding::warning(CHECK, found, todo),
            _ => Finding::failed(CHECK, found, todo),
        }
    }
}

#[async_trait]
impl SelfCheck for ClockCheck {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![self.skew(request).await]
    }
}

/// Checks the app credentials that the other checks have read.
#[async_trait]
impl SelfCheck for AppCredentialExpiries {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        const CHECK: &str = "app credential expiry";
        let now = request.now;
        let known = self.known();
        if known.is_empty() {
            let todo = "Set an expiry date for the secrets in the vault, so that the connector can warn before they \
                        expire. API tokens expire after one year.";
            return vec![Finding::not_examined(CHECK, "no app credential has an expiry date", todo)];
        }
        let findings = known.into_iter().map(|(name, ends)| {
            let (days, at) = ((ends - now).num_days(), ends.format("%Y-%m-%d"));
            let todo = "Replace it (see the how-to pages on rotation). The old one keeps working until it expires or \
                        is disabled.";
            if ends <= now {
                Finding::failed(CHECK, format!("{name} expired on {at}"), todo)
            } else if ends - now < SOON {
                Finding::warning(CHECK, format!("{name} expires on {at}, in {days} days"), todo)
            } else {
                Finding::ok(CHECK, format!("{name} expires on {at}, in {days} days"))
            }
        });
        findings.collect()
    }
}
