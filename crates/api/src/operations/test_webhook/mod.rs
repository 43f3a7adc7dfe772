//! `POST /v1/webhooks/{webhook_id}/test`

mod route;

pub(crate) use route::routes;
