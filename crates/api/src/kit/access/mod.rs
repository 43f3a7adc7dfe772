//! Access to operations: `keyferry-access` decides, and this module asks it and answers for it.

mod caller;
mod layer;
mod limits;
mod response;
#[cfg(test)]
mod tests;

pub(crate) use caller::Allowed;
pub(crate) use keyferry_access::may;
pub(crate) use layer::authenticate;
