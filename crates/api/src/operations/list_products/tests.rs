//! Tests through the router, with test doubles. Countries are listed in the same way.

use axum::http::Method;
use keyferry_domain::{Operation, Party};

use crate::testing::world::{World, answered};

#[tokio::test]
async fn lists_products_and_countries() {
    let world = World::with(|settings| settings.customizations = vec!["CUSTID".into()]);
    let answers = [world.get("/v1/products").await, world.get("/v1/countries").await];
    insta::assert_snapshot!(answers.join("\n\n"));
}

#[tokio::test]
async fn failure_of_the_delivery_service_is_passed_on() {
    let world = World::new();
    let failure = answered(Party::DeliveryService, Operation::ReadCatalogue, 403, None, "it answered 403");
    world.outside.catalogue.fails(failure);
    let answers = [world.get("/v1/products").await, world.call(Method::POST, "/v1/products", "").await];
    insta::assert_snapshot!(answers.join("\n\n"));
}
