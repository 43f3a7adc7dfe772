//! Through the router, over doubles.

use crate::testing::world::World;

#[tokio::test]
async fn status_has_the_guides_fields_and_no_query_string() {
    let mut world = World::new();
    world.state.status.email_api_send_endpoint = "https://logic.example/workflows/1?sp=run&sig=SECRET".into();
    world.state.status.azure_tables_shipments_table_name = "fprshipments".into();
    let answer = world.get("/v1/status").await;
    assert!(!answer.contains("SECRET"));
    insta::assert_snapshot!(answer);
}
