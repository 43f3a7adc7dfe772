//! Misbehaving Graph: it knows an access token and, when it sends the mail, the PIN, and repeats them. Also a
//! misbehaving login service, whose published keys verify callers' tokens.

use reqwest::StatusCode;

use crate::hostile::{Encoding, Fault, Hostile, Part, Shape};
use crate::rig::Plan;
use keyferry_proof_support::{ADA, ALAN};

/// Returns a fault that replaces texts of a correct answer with the access token.
fn talkative(members: &'static [&'static str]) -> Fault {
    Fault::changed(move |reply, credentials| {
        for pointer in members {
            if let Some(member) = reply.pointer_mut(pointer) {
                *member = credentials.into();
            }
        }
    })
}

#[tokio::test]
async fn no_leak_when_graph_repeats_access_token_on_order() {
    let rig = Plan::new().await.start().await;
    for (on, members) in [
        ("GET creationOptions", &["/publicKey/user/displayName", "/publicKey/rp/name"][..]),
        ("GET /v1.0/users/", &["/displayName", "/mail", "/userPrincipalName"]),
    ] {
        let mut triggered = 0;
        for fault in Fault::repeating(&[Part::Credentials]).into_iter().chain([talkative(members)]) {
            rig.hostile.inject(on, fault);
            rig.try_order(ADA).await;
            triggered += usize::from(rig.hostile.triggered());
        }
        assert!(triggered > 15, "{on}: {triggered}");
        rig.hostile.clear(on);
    }
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment]).await;
}

#[tokio::test]
async fn no_leak_when_graph_repeats_access_token_on_registration() {
    let rig = Plan::new().await.start().await;
    let register = "POST fido2Methods";
    let mut last = rig.shipped(ADA).await;
    // When the effect is unknown, the connector looks the method up several times with pauses. To limit the duration of
    // the test, only a quarter of these faults run.
    let mut unknown = 0;
    let faults = Fault::repeating(&[Part::Credentials]).into_iter().filter(|fault| {
        let refused = matches!(fault, Fault::Echo { status: 400..500, .. });
        unknown += usize::from(!refused);
        refused || unknown % 4 == 0
    });
    for fault in faults.chain([talkative(&["/displayName", "/id"])]) {
        rig.hostile.inject(register, fault.clone());
        rig.process().await;
        if !rig.hostile.triggered() {
            // The last shipment is finished, so it makes no more calls: order another one.
            rig.hostile.clear(register);
            last = rig.shipped(ADA).await;
            rig.hostile.inject(register, fault.clone());
            rig.process().await;
        }
        assert!(rig.hostile.triggered(), "{fault:?}\n{}", rig.details(&last).await);
    }
    // The connector looks a method up when the answer to its registration was lost.
    let look_up = "GET fido2Methods/ !creationOptions";
    rig.hostile.clear(register);
    last = rig.shipped(ADA).await;
    rig.hostile.inject(register, Fault::Cut);
    for how in [Encoding::Verbatim, Encoding::Escapes, Encoding::Base64] {
        for (shape, status) in [(Shape::Objects, 403), (Shape::Plain, 200)] {
            rig.hostile.inject(look_up, Fault::Echo { what: Part::Credentials, how, shape, status });
            rig.process().await;
            assert!(rig.hostile.triggered(), "{how:?}");
        }
    }
    rig.hostile.clear(look_up);
    rig.hostile.clear(register);
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment, &last]).await;
}

#[tokio::test]
async fn no_leak_when_graph_repeats_pin_of_a_mail() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    for on in ["POST sendMail", "GET expand=manager"] {
        let all = if on.ends_with("sendMail") {
            &[Part::Pin, Part::Credentials, Part::Body][..]
        } else {
            &[Part::Credentials][..]
        };
        for fault in Fault::repeating(all) {
            rig.hostile.inject(on, fault.clone());
            rig.resend(&shipment).await;
            assert!(rig.hostile.triggered(), "{on}: {fault:?}");
        }
        rig.hostile.clear(on);
    }
    // The same in a run, without a caller that waits for the answer.
    let other = rig.shipped(ALAN).await;
    inject_echo(&rig.hostile, "POST sendMail", Part::Pin);
    rig.process().await;
    assert!(rig.hostile.triggered());
    rig.hostile.clear("POST sendMail");
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other]).await;
}

fn inject_echo(hostile: &Hostile, on: &str, what: Part) {
    hostile.inject(on, Fault::Echo { what, how: Encoding::Verbatim, shape: Shape::Objects, status: 400 });
}

#[tokio::test]
async fn no_leak_when_login_service_publishes_no_keys() {
    let plan = Plan::new().await;
    let on = "GET .well-known/openid-configuration";
    plan.hostile.inject(on, Fault::Redirect(302));
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(rig.hostile.triggered());
    rig.hostile.clear(on);
    // A failed request for keys is retried after five seconds.
    rig.until("keys", async || rig.get("/v1/status").await.status == StatusCode::OK).await;
    let shipment = rig.completed(ADA).await;
    rig.assert_silent(&[&shipment]).await;
}
