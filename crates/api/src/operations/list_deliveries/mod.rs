//! `GET /v1/webhooks/{webhook_id}/deliveries`

mod response;
mod route;

pub(crate) use route::routes;
