//! Graph misbehaves: it is told an access token and, where it sends the mail, the PIN. So does the login service, whose
//! published keys callers' tokens are checked with.

use reqwest::StatusCode;

use crate::hostile::{Hostile, How, Shape, Trick, What};
use crate::rig::Plan;
use keyferry_proof_support::{ADA, ALAN};

/// An answer that is right but for texts that repeat the access token.
fn talkative(members: &'static [&'static str]) -> Trick {
    Trick::changed(move |said, credentials| {
        for pointer in members {
            if let Some(member) = said.pointer_mut(pointer) {
                *member = credentials.into();
            }
        }
    })
}

#[tokio::test]
async fn a_graph_that_repeats_the_access_token_when_a_key_is_ordered() {
    let rig = Plan::new().await.start().await;
    for (on, members) in [
        ("GET creationOptions", &["/publicKey/user/displayName", "/publicKey/rp/name"][..]),
        ("GET /v1.0/users/", &["/displayName", "/mail", "/userPrincipalName"]),
    ] {
        let mut struck = 0;
        for trick in Trick::that_repeat(&[What::Credentials]).into_iter().chain([talkative(members)]) {
            rig.hostile.play(on, trick);
            rig.try_order(ADA).await;
            struck += usize::from(rig.hostile.struck());
        }
        assert!(struck > 15, "{on}: {struck}");
        rig.hostile.behave(on);
    }
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment]).await;
}

#[tokio::test]
async fn a_graph_that_repeats_the_access_token_when_a_key_is_registered() {
    let rig = Plan::new().await.start().await;
    let register = "POST fido2Methods";
    let mut last = rig.shipped(ADA).await;
    // Where the effect is unknown, it is looked up with pauses: a few of these are enough.
    let mut unknown = 0;
    let tricks = Trick::that_repeat(&[What::Credentials]).into_iter().filter(|trick| {
        let refused = matches!(trick, Trick::Echo { status: 400..500, .. });
        unknown += usize::from(!refused);
        refused || unknown % 4 == 0
    });
    for trick in tricks.chain([talkative(&["/displayName", "/id"])]) {
        rig.hostile.play(register, trick.clone());
        rig.process().await;
        if !rig.hostile.struck() {
            // The last one came to its end, good or bad.
            rig.hostile.behave(register);
            last = rig.shipped(ADA).await;
            rig.hostile.play(register, trick.clone());
            rig.process().await;
        }
        assert!(rig.hostile.struck(), "{trick:?}\n{}", rig.details(&last).await);
    }
    // A method is looked up when the answer of its registration is lost.
    let look_up = "GET fido2Methods/ !creationOptions";
    rig.hostile.behave(register);
    last = rig.shipped(ADA).await;
    rig.hostile.play(register, Trick::Cut);
    for how in [How::AsItIs, How::Escapes, How::Base64] {
        for (shape, status) in [(Shape::Objects, 403), (Shape::Plain, 200)] {
            rig.hostile.play(look_up, Trick::Echo { what: What::Credentials, how, shape, status });
            rig.process().await;
            assert!(rig.hostile.struck(), "{how:?}");
        }
    }
    rig.hostile.behave(look_up);
    rig.hostile.behave(register);
    let shipment = rig.completed(ALAN).await;
    rig.assert_silent(&[&shipment, &last]).await;
}

#[tokio::test]
async fn a_graph_that_repeats_the_pin_of_a_mail() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    for on in ["POST sendMail", "GET /manager"] {
        let all = if on.ends_with("sendMail") {
            &[What::Pin, What::Credentials, What::Body][..]
        } else {
            &[What::Credentials][..]
        };
        for trick in Trick::that_repeat(all) {
            rig.hostile.play(on, trick.clone());
            rig.resend(&shipment).await;
            assert!(rig.hostile.struck(), "{on}: {trick:?}");
        }
        rig.hostile.behave(on);
    }
    // The same on the way that nobody watches.
    let other = rig.shipped(ALAN).await;
    play_all(&rig.hostile, "POST sendMail", What::Pin);
    rig.process().await;
    assert!(rig.hostile.struck());
    rig.hostile.behave("POST sendMail");
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment, &other]).await;
}

fn play_all(hostile: &Hostile, on: &str, what: What) {
    hostile.play(on, Trick::Echo { what, how: How::AsItIs, shape: Shape::Objects, status: 400 });
}

#[tokio::test]
async fn a_login_service_that_publishes_no_keys() {
    let plan = Plan::new().await;
    let on = "GET .well-known/openid-configuration";
    plan.hostile.play(on, Trick::Redirect(302));
    let rig = plan.start().await;
    let answer = rig.try_order(ADA).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(rig.hostile.struck());
    rig.hostile.behave(on);
    // Keys that could not be had are asked for again after five seconds.
    rig.until("keys", async || rig.get("/v1/status").await.status == StatusCode::OK).await;
    let shipment = rig.completed(ADA).await;
    rig.assert_silent(&[&shipment]).await;
}
