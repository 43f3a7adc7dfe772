//! `POST /v1/webhooks/{webhook_id}/rotate-secret`

mod request;
mod route;

pub(crate) use route::routes;
