use reqwest::Method;
use serde_json::json;

use crate::testing::key::{Proof, TestKey};
use crate::testing::{ADA, AUDITOR, Bench, GUIDE_CONNECTOR, read};

#[tokio::test]
async fn lists_reads_and_deletes_passkeys() {
    let bench = Bench::start().await;
    let (token, auditor) = (bench.graph_token(GUIDE_CONNECTOR).await, bench.graph_token(AUDITOR).await);
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    let (_, made) = bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;

    let list = "beta/users/ada.lovelace%40contoso.onmicrosoft.com/authentication/fido2Methods";
    let (status, body) = bench.graph(&auditor, Method::GET, list, None).await;
    assert_eq!((status, &body["value"][0]["id"]), (200, &made["id"]));
    assert_eq!(
        body["@odata.context"],
        "https://graph.microsoft.com/beta/$metadata#users('ada.lovelace%40contoso.onmicrosoft.com')\
         /authentication/fido2Methods"
    );

    let one = format!("v1.0/users/{ADA}/authentication/fido2Methods/{}", key.method_id());
    let (status, body) = bench.graph(&token, Method::GET, &one, None).await;
    assert_eq!((status, &body["aaGuid"]), (200, &made["aaGuid"]));
    let elsewhere = one.replace("000000000001", "000000000002");
    assert_eq!(bench.graph(&token, Method::GET, &elsewhere, None).await.0, 404);

    assert_eq!(bench.graph(&token, Method::DELETE, &one, None).await, (204, json!("")));
    assert_eq!(bench.graph(&token, Method::GET, &one, None).await.0, 404);
    assert_eq!(bench.graph(&token, Method::DELETE, &one, None).await.0, 404);
    let (status, body) = bench.graph(&token, Method::PUT, &one, None).await;
    assert_eq!((status, body["error"]["message"].as_str()), (405, Some("The method is not supported for this URL.")));
}

#[tokio::test]
async fn control_api_deletes_passkeys() {
    let bench = Bench::start().await;
    let token = bench.graph_token(GUIDE_CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;
    let (_, held) = read(bench.get(&format!("control/methods/{ADA}"))).await;
    assert_eq!(held[0]["id"], key.method_id());
    let path = format!("control/methods/{ADA}/{}", key.method_id());
    assert_eq!(read(bench.delete(&path)).await.0, 204);
    assert_eq!(read(bench.delete(&path)).await.0, 404);
}
