//! `keyferry orders`

use super::session::Session;
use super::{check, file, verbs};
use crate::cli::{OrderFile, Orders, OrdersCommand, QueueOrder, SubmitFile};
use crate::exit::{Failure, Kind};
use crate::terminal::note;

pub(super) async fn run(options: Orders) -> Result<(), Failure> {
    let session = Session::open(&options.connection).await?;
    match options.command {
        OrdersCommand::Check(options) => self::check(&session, options).await,
        OrdersCommand::Submit(options) => submit(&session, options).await,
        OrdersCommand::Queue(options) => queue(&session, options).await,
    }
}

/// Checks a file. The upload contains addresses, so it is discarded unless it is needed.
async fn check(session: &Session, options: OrderFile) -> Result<(), Failure> {
    let batch = check::upload(session, &options.file).await?;
    let checked = check::check(session, &batch.id).await;
    let printed = match checked {
        Ok(reply) => check::print_checked(session, &reply).await.map(|()| reply.body.rows.errors),
        Err(failure) => Err(failure),
    };
    if options.keep {
        note(&format!("Order these rows with: keyferry batches submit {}", batch.id));
    } else if let Err(error) = session.api.cancel_batch(&batch.id, "checked only").await {
        note(&format!("keyferry: could not discard batch {}: {error}", batch.id));
    }
    match printed? {
        0 => Ok(()),
        _ => Err(Failure::new(Kind::Findings, "")),
    }
}

async fn submit(session: &Session, options: SubmitFile) -> Result<(), Failure> {
    let batch = check::upload(session, &options.file).await?;
    let reply = check::check(session, &batch.id).await?;
    if !session.json {
        check::print_checked(session, &reply).await?;
    }
    check::submit(session, &reply.body, &options.submit).await
}

async fn queue(session: &Session, options: QueueOrder) -> Result<(), Failure> {
    let order = file::json_object(&options.file)?;
    let has_key = options.idempotency_key.is_some();
    let reply = session.api.queue_order(order, options.idempotency_key).await.map_err(|error| {
        let in_doubt = error.is_in_doubt();
        let mut failure = Failure::from(error);
        if in_doubt {
            failure.message.push_str(match has_key {
                true => ". It is not known whether it was queued: run the same command again",
                false => {
                    ". It is not known whether it was queued: look at `keyferry shipments list` before you repeat it"
                }
            });
        }
        failure
    })?;
    verbs::print_id(session, &reply.json, &reply.body.id)?;
    note(&format!("Queued the order. Follow it with: keyferry shipments watch {}", reply.body.id));
    Ok(())
}
