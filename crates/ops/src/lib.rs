//! What an operator runs beside the service. The scenario sees the service as everybody does, over HTTP; the doctor looks at the outside
//! from where the service stands.

pub mod audit;
pub mod doctor;
pub mod scenario;
pub mod setup;
mod webdriver;
