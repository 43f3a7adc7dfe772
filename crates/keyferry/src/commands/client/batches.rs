//! `keyferry batches`

use std::time::Duration;

use keyferry_client::BatchQuery;
use keyferry_client::model::{Batch, BatchState};

use super::check;
use super::file::{self, Target};
use super::session::{Session, confirm, reason};
use super::summaries::time;
use crate::cli::{BatchList, BatchResult, BatchSteer, BatchSubmit, Batches, BatchesCommand, Format};
use crate::exit::{Failure, Kind};
use crate::terminal::{Cell, Column, Screen, Table, duration, fields, note};

pub(super) async fn run(options: Batches) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    match options.command {
        BatchesCommand::List(options) => list(&session, options).await,
        BatchesCommand::Show(batch) => {
            let reply = session.api.batch(&batch.id).await?;
            session.print(&reply.json, |screen| text(&reply.body, screen))
        }
        BatchesCommand::Check(batch) => {
            let reply = check::check(&session, &batch.id).await?;
            check::print_checked(&session, &reply).await?;
            match reply.body.rows.errors {
                0 => Ok(()),
                _ => Err(Failure::new(Kind::Findings, "")),
            }
        }
        BatchesCommand::Submit { batch, submit } => self::submit(&session, &batch.id, &submit).await,
        BatchesCommand::Watch(batch) => check::watch(&session, &batch.id).await,
        BatchesCommand::Pause(steer) => pause(&session, steer).await,
        BatchesCommand::Resume(steer) => resume(&session, steer).await,
        BatchesCommand::Cancel(steer) => cancel(&session, steer).await,
        BatchesCommand::Result(options) => result(&session, options).await,
        BatchesCommand::Template => file::receive(session.api.batch_template().await?, Target::Stdout).await,
    }
}

async fn list(session: &Session, options: BatchList) -> Result<(), Failure> {
    let query = BatchQuery { state: options.state, limit: Some(options.limit), cursor: None };
    let reply = session.api.batches(&query).await?;
    session.print(&reply.json, |_| {
        let mut table = Table::new([
            Column::new("ID"),
            Column::new("NAME").cut(12),
            Column::new("STATE"),
            Column::new("ROWS").right(),
            Column::new("CREATED").optional(3),
        ]);
        for batch in &reply.body.batches {
            table.row([
                Cell::new(&batch.id),
                Cell::new(&batch.name),
                Cell::painted(batch.state.as_str(), check::of_state(&batch.state)),
                Cell::new(batch.total.to_string()),
                Cell::new(time(batch.created_at)),
            ]);
        }
        session.table(&table, "There is no batch.")
    })?;
    if reply.body.next_cursor.is_some() && !session.json {
        note("There are more. Select with --state, or show up to 500 with --limit.");
    }
    Ok(())
}

fn text(batch: &Batch, screen: &Screen) -> String {
    let rows = &batch.rows;
    let progress = batch.progress.as_ref();
    let text = fields(
        screen,
        [
            ("batch", Cell::new(&batch.id)),
            ("name", Cell::new(&batch.name)),
            ("state", Cell::painted(batch.state.as_str(), check::of_state(&batch.state))),
            ("created", Cell::new(format!("{} by {}", time(batch.created_at), batch.created_by))),
            ("rows a minute", Cell::of(progress.map(|one| format!("{:.0}", one.rate_per_minute)))),
            ("time left", Cell::of(progress.map(|one| duration(Duration::from_secs(one.seconds_left))))),
        ],
    );
    let counts = [
        ("ROWS", rows.total),
        ("CHECKED", rows.checked),
        ("ERRORS", rows.errors),
        ("WARNINGS", rows.warnings),
        ("TO SEND", rows.to_send),
    ];
    let sent = [
        ("ORDERS", rows.queued),
        ("WAITING", rows.waiting),
        ("SENT", rows.sent),
        ("COMPLETE", rows.complete),
        ("REFUSED", rows.refused),
        ("CANCELLED", rows.cancelled),
        ("NEED AN OPERATOR", rows.needs_human),
    ];
    // Most batches have no such orders.
    let asked = [("WAITING FOR ADDRESS", rows.awaiting_address)];
    let sent = sent.into_iter().chain(asked.into_iter().filter(|(_, count)| *count > 0)).collect::<Vec<_>>();
    let one_row = |counts: &[(&'static str, u64)]| {
        let mut table = Table::new(counts.iter().map(|(title, _)| Column::new(title).right()));
        table.row(counts.iter().map(|(_, count)| Cell::new(count.to_string())));
        table.render(screen)
    };
    let mut history = Table::new([
        Column::new("TIME"),
        Column::new("ACT"),
        Column::new("REASON").wrap(16).unless_empty(),
        Column::new("BY").cut(10),
    ]);
    for act in &batch.history {
        let by = act.by.clone().unwrap_or_else(|| "Keyferry".to_owned());
        let name = act.act.replace('_', " ");
        history.row([Cell::new(time(act.at)), Cell::new(name), Cell::of(act.reason.as_ref()), Cell::new(by)]);
    }
    let (rows, orders) = (one_row(&counts), one_row(&sent));
    format!("{text}\n{rows}\n{orders}\n{}{}", history.render(screen), check::mapping(batch, screen))
}

async fn submit(session: &Session, id: &str, options: &BatchSubmit) -> Result<(), Failure> {
    let mut reply = session.api.batch(id).await?;
    match reply.body.state {
        BatchState::Draft | BatchState::Checking => {
            reply = check::check(session, id).await?;
            if !session.json {
                check::print_checked(session, &reply).await?;
            }
        }
        // Submitted already, perhaps by an earlier run of this command.
        BatchState::Submitted | BatchState::Paused | BatchState::Finished => return check::watch(session, id).await,
        _ => {}
    }
    check::submit(session, &reply.body, options).await
}

async fn pause(session: &Session, options: BatchSteer) -> Result<(), Failure> {
    let (id, decision) = (options.batch.id, options.reason);
    let reason = reason(&decision, "pause the batch").await?;
    let reply = session.api.pause_batch(&id, &reason).await?;
    session.print(&reply.json, |_| String::new())?;
    note(&format!("Batch {id} is paused: no further row is sent. To continue: keyferry batches resume {id}"));
    Ok(())
}

async fn resume(session: &Session, options: BatchSteer) -> Result<(), Failure> {
    let (id, decision) = (options.batch.id, options.reason);
    let reason = reason(&decision, "continue the batch").await?;
    let reply = session.api.resume_batch(&id, &reason).await?;
    session.print(&reply.json, |_| String::new())?;
    note(&format!("Batch {id} continues. Watch it: keyferry batches watch {id}"));
    Ok(())
}

async fn cancel(session: &Session, options: BatchSteer) -> Result<(), Failure> {
    let (id, decision) = (options.batch.id, options.reason);
    let reason = reason(&decision, "cancel the batch").await?;
    confirm(decision.yes, &format!("Cancel all rows of batch {id} that have not left?")).await?;
    let reply = session.api.cancel_batch(&id, &reason).await?;
    session.print(&reply.json, |_| String::new())?;
    note(&format!("Batch {id} is cancelled. Orders that have left are not: keyferry shipments list --batch {id}"));
    Ok(())
}

async fn result(session: &Session, options: BatchResult) -> Result<(), Failure> {
    let format = if session.json { Format::Jsonl } else { options.format };
    let response = session.api.batch_result(&options.batch.id, format.media_type()).await?;
    file::receive(response, Target::of(options.output)).await
}
