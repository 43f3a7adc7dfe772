//! `keyferry reconcile --journal`

use std::process::ExitCode;

use keyferry_domain::finding::counted;
use keyferry_domain::time_text;
use keyferry_engine::Continuity;

use super::{fail, print, wrong_settings};
use crate::cli::Reconcile;
use crate::config::{self, Source};
use crate::wiring::{self, PortWrapper};

pub(super) async fn run(options: Reconcile, wrapper: &dyn PortWrapper) -> ExitCode {
    let source = Source::read(std::env::vars_os(), options.config.as_deref());
    let settings = source.and_then(|mut source| {
        if let Some(directory) = &options.data_dir {
            source.set("KEYFERRY_DATA_DIR", directory.display().to_string());
        }
        config::read(&source)
    });
    let settings = match settings {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    match wiring::reconcile(settings, wrapper, options.confirm).await {
        Ok(found) if options.confirm || found.is_intact() => print(&report(&found, options.confirm)),
        Ok(found) => {
            print(&report(&found, false));
            ExitCode::FAILURE
        }
        Err(error) => fail(&error),
    }
}

fn report(found: &Continuity, confirmed: bool) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    for place in &found.unreadable {
        line(format!("unreadable   {place} of the journal"));
    }
    for order in &found.unrecorded {
        line(format!("recorded     shipment {}: its acceptance was only in the journal", order.shipment));
    }
    for order in &found.missing {
        line(format!(
            "missing      shipment {}: the delivery service accepted it as {} at {}, but the database has no record",
            order.shipment,
            order.delivery_id,
            time_text(order.at)
        ));
    }
    for shipment in &found.unconfirmed {
        line(format!(
            "unconfirmed  shipment {shipment}: its order was sent and its response lost, and the database has no record"
        ));
    }
    for shipment in &found.behind {
        line(format!("behind       shipment {shipment}: its PIN was sent, but the record is in an earlier phase"));
    }
    if found.is_intact() {
        line("The database contains everything that the journal says.".to_owned());
    } else {
        line(format!(
            "\n{} missing, {} unconfirmed, and {} behind.",
            counted(found.missing.len(), "order is", "orders are"),
            counted(found.unconfirmed.len(), "is", "are"),
            counted(found.behind.len(), "record is", "records are")
        ));
        line(
            "Keyferry cannot complete a missing or unconfirmed order: its secret is lost. Look each one up in the \
             delivery service's console, and delete it there or order a replacement. A record that is behind is \
             processed again; its PIN is not sent again."
                .to_owned(),
        );
    }
    if confirmed {
        line("Confirmed. Keyferry starts with this database.".to_owned());
    } else if !found.is_intact() {
        line("To start with this database, run `keyferry reconcile --confirm`.".to_owned());
    }
    text
}
