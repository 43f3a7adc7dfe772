//! `POST /v1/webhooks/{webhook_id}/replay`

mod request;
mod route;

pub(crate) use route::routes;
