//! Error responses. All have the same body, as defined by the guide.

mod body;
mod common_errors;
mod failure;
mod response;
mod schema;
mod store;

pub(crate) use body::{ErrorCode, ErrorType};
pub(crate) use common_errors::CommonErrors;
pub(crate) use failure::{DEFAULT_RETRY_AFTER, error_code, message_of};
pub(crate) use response::Problem;
pub(crate) use schema::ErrorBody;
