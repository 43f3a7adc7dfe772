//! Error responses. All have the same body, as defined by the guide.

mod body;
mod common_errors;
mod failure;
mod response;
mod store;

pub(crate) use body::{ErrorBody, ErrorCode, ErrorType};
pub(crate) use common_errors::CommonErrors;
pub(crate) use failure::{DEFAULT_RETRY_AFTER, error_code, message_of};
pub(crate) use response::Problem;
