//! `keyferry audit`

mod chain;
mod trail;

use std::process::ExitCode;

use crate::cli::{Audit, AuditCommand};
use crate::wiring::PortWrapper;

pub(super) async fn run(options: Audit, wrapper: &dyn PortWrapper) -> ExitCode {
    match options.command {
        Some(AuditCommand::Verify(options)) => chain::verify(options).await,
        Some(AuditCommand::Export(options)) => chain::export(options).await,
        None => trail::run(options.trail, wrapper).await,
    }
}
