//! `PATCH /v1/webhooks/{webhook_id}`

mod request;
mod route;

pub(crate) use route::routes;
