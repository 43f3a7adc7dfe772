//! `keyferry shipments`

use keyferry_client::{Filter, ShipmentQuery};

use super::file::{self, Target};
use super::session::Session;
use super::{letter, show, summaries, verbs, watch};
use crate::cli::{Export, Filters, Format, List, Shipments, ShipmentsCommand};
use crate::exit::Failure;
use crate::terminal::{Cell, Column, Table, note};

pub(super) async fn run(options: Shipments) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    match options.command {
        ShipmentsCommand::List(list) => self::list(&session, list).await,
        ShipmentsCommand::Count(filters) => count(&session, &filters).await,
        ShipmentsCommand::Show(options) => {
            let reply = session.api.shipment(&options.id).await?;
            session.print(&reply.json, |screen| show::text(&reply.body, screen))
        }
        ShipmentsCommand::Watch(options) => watch::run(&session, options).await,
        ShipmentsCommand::Export(options) => export(&session, options).await,
        ShipmentsCommand::Retry(bulk) => verbs::retry(&session, bulk).await,
        ShipmentsCommand::Cancel(bulk) => verbs::cancel(&session, bulk).await,
        ShipmentsCommand::Abandon(bulk) => verbs::abandon(&session, bulk).await,
        ShipmentsCommand::ResendPin(bulk) => verbs::resend_pin(&session, bulk).await,
        ShipmentsCommand::PrintPin(options) => letter::print(&session, options).await,
        ShipmentsCommand::Resolve(options) => verbs::resolve(&session, options).await,
        ShipmentsCommand::Adopt(options) => verbs::adopt(&session, options).await,
        ShipmentsCommand::Address(options) => verbs::address(&session, options).await,
        ShipmentsCommand::Replace(options) => verbs::replace(&session, options).await,
    }
}

async fn list(session: &Session, options: List) -> Result<(), Failure> {
    let query = ShipmentQuery {
        filter: Filter::from(&options.filters),
        sort: Some(options.sort.as_str().to_owned()),
        cursor: options.cursor,
        limit: Some(options.limit),
    };
    let reply = session.api.shipments(&query).await?;
    summaries::report_unreadable(&reply.body.unreadable);
    session.print(&reply.json, |_| session.table(&summaries::table(&reply.body.items), "No shipment matches."))?;
    if let Some(cursor) = reply.body.next_cursor.filter(|_| !session.json) {
        note(&format!("There are more. Next page: add --cursor {cursor}. All: keyferry shipments export"));
    }
    Ok(())
}

async fn count(session: &Session, filters: &Filters) -> Result<(), Failure> {
    let reply = session.api.count_shipments(&Filter::from(filters)).await?;
    session.print(&reply.json, |screen| {
        let mut table = Table::new([
            Column::new("PHASE"),
            Column::new("OBSTACLE").optional(1),
            Column::new("CLASS").optional(2),
            Column::new("SHIPMENTS").right(),
        ]);
        for count in &reply.body.counts {
            let class = count.obstacle_class.as_ref();
            table.row([
                summaries::phase(&count.phase),
                Cell::of(count.obstacle_code.as_ref()),
                class.map_or(Cell::new(""), |class| Cell::painted(class.as_str(), summaries::of_class(class))),
                Cell::new(count.shipments.to_string()),
            ]);
        }
        table.row(["total".into(), Cell::new(""), Cell::new(""), reply.body.total.to_string().into()]);
        table.render(screen)
    })
}

async fn export(session: &Session, options: Export) -> Result<(), Failure> {
    let format = if session.json { Format::Jsonl } else { options.format };
    let sort = Some(options.sort.as_str().to_owned());
    let response = session.api.export_shipments(&Filter::from(&options.filters), sort, format.media_type()).await?;
    file::receive(response, Target::of(options.output)).await
}
