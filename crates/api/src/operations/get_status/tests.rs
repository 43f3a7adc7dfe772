//! Tests through the router, with test doubles.

use crate::testing::world::World;

#[tokio::test]
async fn returns_fields_of_the_guide_without_query_string() {
    let mut world = World::new();
    world.state.status.email_api_send_endpoint = "https://logic.example/workflows/1?sp=run&sig=SECRET".into();
    world.state.status.azure_tables_shipments_table_name = "fprshipments".into();
    let answer = world.get("/v1/status").await;
    assert!(!answer.contains("SECRET"));
    insta::assert_snapshot!(answer);
}
