//! `DELETE /v1/webhooks/{webhook_id}`

mod route;

pub(crate) use route::routes;
