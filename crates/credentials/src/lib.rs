//! How the connector shows who it is.

pub mod sdk;
