//! This machine's clock against Microsoft's.

use chrono::DateTime;

use super::{Finding, Patient};

const CHECK: &str = "clock";

/// Seconds: tokens and assertions are refused from about five minutes on.
const WARN: i64 = 60;
const FAIL: i64 = 300;

pub(super) async fn skew(patient: &Patient) -> Finding {
    let answer = match patient.http.get(&patient.tenant_metadata).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let todo =
                "Look at the network, the proxy and MS_Login_Online_Endpoint: without the login service nothing works.";
            return Finding::failed(CHECK, format!("the login service cannot be reached: {error}"), todo);
        }
    };
    let told = answer.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(told) = told else {
        return Finding::not_examined(
            CHECK,
            "the login service does not tell its time",
            "Compare the machine's clock by hand.",
        );
    };
    let skew = (patient.ports.clock.now() - told.to_utc()).num_seconds();
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
