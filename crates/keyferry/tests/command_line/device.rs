//! Sign-in with a device code, against the documented wire (RFC 8628): what the sandbox cannot be made to do.

use keyferry_testkit::scripted::{Double, Then};
use serde_json::Value;

use crate::shell::Shell;

const BEGUN: &str = r#"{"device_code":"canary-device-code","user_code":"ABCD-EFGH","expires_in":900,"interval":1,
    "verification_uri":"https://login.example/device"}"#;

fn issued(token: &str, seconds: u32) -> Then {
    let next = format!("canary-refresh-after-{token}");
    let body = format!(r#"{{"access_token":"{token}","expires_in":{seconds},"refresh_token":"{next}"}}"#);
    Then::json(200, &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_and_stays_signed_in() {
    let status = || Then::json(200, r#"{"FIDO_CONNECTOR_VERSION":"1"}"#);
    let script = [
        Then::json(200, BEGUN),
        Then::json(400, r#"{"error":"authorization_pending"}"#),
        issued("canary-token-1", 30),
        // The first token is about to expire, so the call that tries it out renews it.
        issued("canary-token-2", 3600),
        status(),
        status(),
        // The connector rejects the token before it expires.
        Then::json(401, r#"{"error_code":"api_error","error_message":"the token was revoked"}"#),
        issued("canary-token-3", 3600),
        status(),
        status(),
    ];
    let mut double = Double::start(script).await;
    let url = double.url.to_string();
    let mut shell = Shell::new();
    let login = ["login", "me", "--url", &url, "--login-url", &url, "--tenant", "contoso", "--client-id", "app"];
    let done = shell.ok(&[&login[..], &["--scope", "api://keyferry/.default", "--device-code"]].concat());
    assert!(done.err.contains("https://login.example/device") && done.err.contains("ABCD-EFGH"), "{}", done.err);
    for _ in 0..3 {
        let status: Value = serde_json::from_str(&shell.ok(&["status", "--json"]).out).unwrap();
        assert_eq!(status["FIDO_CONNECTOR_VERSION"], "1");
    }
    let requests = double.requests();
    let first: Vec<_> = requests.iter().map(|text| text.lines().next().unwrap()).collect();
    assert_eq!(first[0], "POST /contoso/oauth2/v2.0/devicecode HTTP/1.1");
    assert!(requests[0].ends_with("client_id=app&scope=api%3A%2F%2Fkeyferry%2F.default+offline_access"));
    assert!(requests[3].ends_with(
        "grant_type=refresh_token&client_id=app&refresh_token=canary-refresh-after-canary-token-1\
         &scope=api%3A%2F%2Fkeyferry%2F.default+offline_access"
    ));
    assert!(requests[4].contains("authorization: Bearer canary-token-2"), "{requests:?}");
    assert!(requests[5].contains("authorization: Bearer canary-token-2"), "{requests:?}");
    assert!(requests[7].contains("refresh_token=canary-refresh-after-canary-token-2&"), "{requests:?}");
    assert!(requests[9].contains("authorization: Bearer canary-token-3"), "{requests:?}");
    assert!(!shell.output.contains("canary"), "{}", shell.output);
}
