//! `keyferry status`, `products`, `countries`, `process`, `people` and `report`.

use keyferry_client::ReportQuery;
use keyferry_client::model::{Group, Leg};

use super::session::Session;
use super::{offboard, summaries, withdraw};
use crate::cli::{Countries, People, PeopleCommand, Process, Products, Report, Status};
use crate::exit::Failure;
use crate::terminal::{Cell, Column, Paint, Table, note};

/// Regions of a country that are shown.
const REGIONS: usize = 60;

pub(super) async fn status(options: &Status) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let reply = session.api.status().await?;
    session.print(&reply.json, |screen| {
        let mut table = Table::new([Column::new("SETTING"), Column::new("VALUE").wrap(20)]);
        for (name, value) in &reply.body.0 {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let value = if value.is_empty() { Cell::painted("-", Paint::Faint) } else { Cell::new(value) };
            table.row([Cell::new(name), value]);
        }
        table.render(screen)
    })
}

pub(super) async fn products(options: &Products) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let reply = session.api.products().await?;
    session.print(&reply.json, |screen| {
        let mut products = Table::new([Column::new("PRODUCT").right(), Column::new("NAME").wrap(20)]);
        for product in reply.body.items.iter().flatten() {
            products.row([product.product_id.to_string().into(), Cell::of(product.name.as_ref())]);
        }
        let mut inventory = Table::new([
            Column::new("INVENTORY").right(),
            Column::new("NAME").cut(20),
            Column::new("LEFT").right(),
            Column::new("PRODUCTS").wrap(10),
        ]);
        for stock in reply.body.inventory.iter().flatten() {
            let products: Vec<_> = stock.product_ids.iter().map(i64::to_string).collect();
            let left = stock.quantity.map_or(Cell::new(""), |left| {
                Cell::painted(left.to_string(), if left > 0 { Paint::Plain } else { Paint::Bad })
            });
            let name = Cell::of(stock.name.as_ref());
            inventory.row([stock.inventory_product_id.to_string().into(), name, left, products.join(", ").into()]);
        }
        let customizations = reply.body.customizations.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let mut text = [products, inventory]
            .iter()
            .filter(|table| !table.is_empty())
            .map(|table| table.render(screen))
            .collect::<Vec<_>>()
            .join("\n");
        if !customizations.is_empty() {
            text.push_str(&format!("\nCustomizations: {}\n", keyferry_http::clean(&customizations)));
        }
        if text.is_empty() {
            note("The delivery service does not offer the lists.");
        }
        text
    })
}

pub(super) async fn countries(options: &Countries) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let reply = session.api.countries().await?;
    session.print(&reply.json, |_| {
        let mut table = Table::new([
            Column::new("CODE"),
            Column::new("COUNTRY").cut(12),
            Column::new("DELIVERY TYPES").optional(2),
            Column::new("REGIONS").wrap(20).optional(1),
        ]);
        for country in reply.body.items.iter().flatten() {
            let types: Vec<_> = country.delivery_types.iter().map(i64::to_string).collect();
            let mut regions = country.regions.iter().take(REGIONS).cloned().collect::<Vec<_>>().join(" ");
            if country.regions.len() > REGIONS {
                regions.push_str(" …");
            }
            let name = Cell::of(country.name.as_ref());
            table.row([Cell::new(&country.country_code_2), name, types.join(", ").into(), regions.into()]);
        }
        session.table(&table, "The delivery service does not offer the list.")
    })
}

pub(super) async fn process(options: &Process) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    session.api.process().await?;
    note("Open shipments were processed. If that takes longer than 20 seconds, the run continues in the background.");
    Ok(())
}

pub(super) async fn people(options: People) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let user = match options.command {
        PeopleCommand::Show { user } => user,
        PeopleCommand::LostKey(options) => return withdraw::lost_key(&session, options).await,
        PeopleCommand::Return { serial, decision } => return withdraw::give_back(&session, &serial, &decision).await,
        PeopleCommand::Offboard { users, file, decision } => {
            return offboard::run(&session, users, file.as_deref(), &decision).await;
        }
    };
    let reply = session.api.person(&user).await?;
    summaries::report_unreadable(&reply.body.unreadable);
    session.print(&reply.json, |_| {
        session.table(&summaries::table(&reply.body.shipments), "No key was ordered for this person.")
    })
}

pub(super) async fn report(options: Report) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    let by = options.by.iter().map(|by| by.as_str().to_owned()).collect();
    let reply = session.api.report(&ReportQuery { from: options.from, to: options.to, by }).await?;
    summaries::report_unreadable(&reply.body.unreadable);
    session.print(&reply.json, |screen| {
        let groups = &reply.body.groups;
        let text = [figures(groups), days(groups), stuck(groups)]
            .iter()
            .filter(|table| !table.is_empty())
            .map(|table| table.render(screen))
            .collect::<Vec<_>>()
            .join("\n");
        if text.is_empty() {
            note("No shipment was ordered in this period.");
        }
        text
    })
}

/// Returns the columns that name a group.
fn group_columns() -> [Column; 3] {
    ["BATCH", "PRODUCT", "COUNTRY"].map(|title| Column::new(title).optional(9))
}

fn group_cells(group: &Group) -> [Cell; 3] {
    [Cell::of(group.batch.as_ref()), Cell::of(group.product_id), Cell::of(group.country.as_ref())]
}

fn figures(groups: &[Group]) -> Table {
    let titles = ["ORDERED", "SHIPPED", "REGISTERED", "PIN SENT", "COMPLETE", "REFUSED", "CANCELLED"];
    let mut table = Table::new(group_columns().into_iter().chain(titles.map(|title| Column::new(title).right())));
    for group in groups {
        let numbers = [
            group.ordered,
            group.shipped,
            group.registered,
            group.pin_delivered,
            group.completed,
            group.refused,
            group.cancelled,
        ];
        table.row(group_cells(group).into_iter().chain(numbers.map(|number| Cell::new(number.to_string()))));
    }
    table
}

fn days(groups: &[Group]) -> Table {
    let columns = [
        Column::new("DAYS FROM").cut(12),
        Column::new("TO").cut(12),
        Column::new("MEDIAN").right(),
        Column::new("95 %").right(),
    ];
    let mut table = Table::new(group_columns().into_iter().chain(columns));
    for group in groups {
        let days = &group.days;
        for (from, to, leg) in [
            ("order", "shipped", &days.ordered_to_shipped),
            ("shipped", "registered", &days.shipped_to_registered),
            ("registered", "PIN sent", &days.registered_to_pin_delivered),
            ("order", "PIN sent", &days.ordered_to_pin_delivered),
        ] {
            let Leg { median: Some(median), percentile_95: Some(high) } = leg else { continue };
            let cells = [from.into(), to.into(), number(*median), number(*high)];
            table.row(group_cells(group).into_iter().chain(cells));
        }
    }
    table
}

fn number(days: f64) -> Cell {
    // A demo takes seconds.
    Cell::new(if days >= 0.05 { format!("{days:.1}") } else { "< 0.1".to_owned() })
}

fn stuck(groups: &[Group]) -> Table {
    let columns = [Column::new("NEEDS AN OPERATOR"), Column::new("SHIPMENTS").right()];
    let mut table = Table::new(group_columns().into_iter().chain(columns));
    for group in groups {
        for stuck in &group.stuck {
            let reason = Cell::painted(&stuck.reason, Paint::Bad);
            table.row(group_cells(group).into_iter().chain([reason, stuck.shipments.to_string().into()]));
        }
    }
    table
}
