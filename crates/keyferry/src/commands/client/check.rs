//! From a file of orders to sent rows: upload, check, confirmation, submission, progress.

use std::os::fd::AsFd as _;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use keyferry_client::model::{Batch, BatchState, Finding, RowCounts, Severity};
use keyferry_client::{ClientError, Reply, TokenError};
use keyferry_domain::finding::counted;
use tokio::io::{AsyncRead, ReadBuf};

use super::interrupt;
use super::session::Session;
use crate::cli::{BatchFile, BatchSubmit, Format};
use crate::exit::{Failure, Kind};
use crate::terminal::{self, Bar, Cell, Column, Paint, Screen, Table, duration, note, out};

/// Time between two looks at a batch.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks after which a line is printed where there is no bar.
const LOOKS: u32 = 60;

/// Failed looks in a row after which the command ends.
const PATIENCE: u32 = 30;

/// Rows with findings that are shown.
const SHOWN: u32 = 50;

/// Reader that shows how much was read.
struct Counted<R> {
    reader: R,
    bar: Bar,
}

impl<R: AsyncRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.reader).poll_read(context, buffer);
        self.bar.add((buffer.filled().len() - before).try_into().unwrap_or_default());
        result
    }
}

/// Uploads a file while it is read.
pub(super) async fn upload(session: &Session, file: &BatchFile) -> Result<Batch, Failure> {
    let path = &file.file;
    let failed = |error: std::io::Error| Failure::usage(format!("could not read {}: {error}", path.display()));
    let is_stdin = path == Path::new("-");
    let opened = match is_stdin {
        true => std::fs::File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(failed)?),
        false => std::fs::File::open(path).map_err(failed)?,
    };
    let about = opened.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(Failure::usage(format!("{} is a folder: expected a file of orders", path.display())));
    }
    let length = about.is_file().then_some(about.len()).filter(|_| !is_stdin);
    let mapping = file.mapping.as_deref().map(super::file::json_object).transpose()?;
    let named = path.file_name().map(|name| name.to_string_lossy().into_owned()).filter(|_| !is_stdin);
    let name = file.name.clone().or(named).unwrap_or_else(|| "standard input".to_owned());
    let format = file.format.unwrap_or_else(|| of_name(path));
    let bar = Bar::bytes("uploading", length);
    let reader = Counted { reader: tokio::fs::File::from_std(opened), bar: bar.handle() };
    interrupt::explain_with("Nothing was ordered.");
    let mapping = mapping.map(|mapping| mapping.to_string());
    let reply = session.api.create_batch(&name, format.media_type(), mapping, reader, length).await;
    bar.end();
    Ok(reply?.body)
}

fn of_name(path: &Path) -> Format {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("jsonl" | "ndjson") => Format::Jsonl,
        _ => Format::Csv,
    }
}

/// Checks a batch, and returns it when it is checked. The connector does so without this command, too.
pub(super) async fn check(session: &Session, id: &str) -> Result<Reply<Batch>, Failure> {
    interrupt::explain_with(format!(
        "Nothing was ordered. The connector continues to check the batch. To see the findings: keyferry batches check \
         {id}. To discard it: keyferry batches cancel {id}"
    ));
    session.api.check_batch(id).await?;
    let bar = Bar::start("checking", 0);
    let checked = follow(session, id, |batch| {
        let rows = &batch.rows;
        let words = format!("{}{}", counted_errors(rows.errors), left(batch));
        bar.set(rows.checked, rows.total, words.clone());
        match batch.state {
            BatchState::Uploading | BatchState::Draft | BatchState::Checking => {
                Some(format!("Checked {} of {} rows, {words}", rows.checked, rows.total))
            }
            _ => None,
        }
    })
    .await;
    bar.end();
    checked
}

/// Looks at a batch until `unfinished` returns no words about it.
async fn follow(
    session: &Session,
    id: &str,
    unfinished: impl Fn(&Batch) -> Option<String>,
) -> Result<Reply<Batch>, Failure> {
    let (mut looks, mut failures) = (0, 0);
    loop {
        match session.api.batch(id).await {
            Ok(reply) => {
                failures = 0;
                let Some(words) = unfinished(&reply.body) else { return Ok(reply) };
                looks += 1;
                if looks % LOOKS == 0 && !terminal::can_ask() {
                    note(&words);
                }
            }
            Err(error)
                if failures >= PATIENCE
                    || error.problem().is_some_and(|problem| problem.status < 500)
                    || matches!(&error, ClientError::Token(reason) if !matches!(reason, TokenError::Call(_))) =>
            {
                return Err(error.into());
            }
            // The connector may be restarting. The batch is in its store.
            Err(_) => failures += 1,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn counted_errors(errors: u64) -> String {
    counted(usize::try_from(errors).unwrap_or(usize::MAX), "row with errors", "rows with errors")
}

/// Returns rate and time left, with a leading comma.
fn left(batch: &Batch) -> String {
    batch.progress.as_ref().map_or_else(String::new, |progress| {
        let left = duration(Duration::from_secs(progress.seconds_left));
        format!(", {:.0} a minute, {left} left", progress.rate_per_minute)
    })
}

/// Prints the findings about a checked batch. With `--json`: the batch, then each row with findings, as JSON Lines.
pub(super) async fn print_checked(session: &Session, batch: &Reply<Batch>) -> Result<(), Failure> {
    let id = &batch.body.id;
    let rows = &batch.body.rows;
    if session.json {
        out(format!("{}\n", batch.json.trim_end()).as_bytes())?;
    }
    let mut cursor = None;
    let mut shown = 0;
    for finding in batch.body.findings.iter().filter(|_| !session.json) {
        note(&format!("{}: {}", finding.severity.as_str(), sentences(finding)));
    }
    let mut table = Table::new([
        Column::new("ROW").right(),
        Column::new("USER").cut(12).optional(2),
        Column::new("SEVERITY"),
        Column::new("MEMBER").cut(10).optional(1),
        Column::new("FINDING").wrap(24).prefer(40),
    ]);
    loop {
        let page = session.api.rows_with_findings(id, SHOWN, cursor).await?;
        if session.json {
            let raw: serde_json::Value = serde_json::from_str(&page.json).unwrap_or_default();
            for row in raw["rows"].as_array().into_iter().flatten() {
                out(format!("{row}\n").as_bytes())?;
            }
        }
        for row in page.body.rows.iter().filter(|_| !session.json) {
            shown += 1;
            for finding in &row.findings {
                let paint = if finding.severity == Severity::Error { Paint::Bad } else { Paint::Careful };
                table.row([
                    Cell::new(row.row.to_string()),
                    Cell::new(&row.user_id),
                    Cell::painted(finding.severity.as_str(), paint),
                    Cell::of(finding.member.as_deref().map(short)),
                    Cell::new(sentences(finding)),
                ]);
            }
        }
        cursor = page.body.next_cursor;
        if cursor.is_none() || (!session.json && shown >= SHOWN) {
            break;
        }
    }
    if !session.json && !table.is_empty() {
        out(format!("{}\n", table.render(&session.screen)).as_bytes())?;
    }
    if cursor.is_some() {
        note(&format!("These are the first {SHOWN} rows with findings. All: keyferry batches result {id}"));
    }
    note(&format!(
        "Checked {} rows: {} can be ordered. With errors: {}. With warnings: {}.",
        rows.total, rows.to_send, rows.errors, rows.warnings
    ));
    Ok(())
}

/// Returns the last name of the path of a member: the first ones are the same for most, and a table cuts the end.
fn short(member: &str) -> &str {
    member.rsplit('.').next().unwrap_or(member)
}

/// Returns what was found and what to do, as two sentences.
fn sentences(finding: &Finding) -> String {
    let message = finding.message.trim_end();
    let end = if message.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{message}{end} {}", finding.remedy)
}

/// Orders the rows of a checked batch after a confirmation, and shows the progress.
pub(super) async fn submit(session: &Session, batch: &Batch, options: &BatchSubmit) -> Result<(), Failure> {
    let (id, rows) = (&batch.id, &batch.rows);
    interrupt::explain_with(format!("Nothing was ordered. To continue: keyferry batches submit {id}"));
    if rows.errors > 0 && !options.skip_errors {
        return Err(Failure::new(
            Kind::Findings,
            format!(
                "nothing was ordered: {}. Correct the file, or order the other rows with: keyferry batches submit {id} \
                 --skip-errors",
                counted_errors(rows.errors)
            ),
        ));
    }
    if rows.to_send == 0 {
        return Err(Failure::failed("nothing was ordered: no row can be ordered"));
    }
    if let Some(expected) = options.confirm.filter(|expected| *expected != rows.to_send) {
        return Err(Failure::failed(format!(
            "nothing was ordered: expected {expected} orders, but {} rows can be ordered",
            rows.to_send
        )));
    }
    if options.confirm.is_none() && !options.yes {
        confirm_number(id, rows).await?;
    }
    session.api.submit_batch(id, rows.to_send).await.map_err(|error| {
        let in_doubt = error.is_in_doubt();
        let mut failure = Failure::from(error);
        if in_doubt {
            // A row is idempotent by batch and key.
            failure.message.push_str(&format!(
                ". It is not known whether the rows were ordered. A repetition does no harm: \
                 keyferry batches submit {id}"
            ));
        }
        failure
    })?;
    note(&format!("Submitted batch {id}: {} orders.", rows.to_send));
    if options.no_wait {
        return session.print(&session.api.batch(id).await?.json, |_| String::new());
    }
    watch(session, id).await
}

/// Asks for the number of orders.
async fn confirm_number(id: &str, rows: &RowCounts) -> Result<(), Failure> {
    let number = rows.to_send;
    let skip = if rows.errors > 0 { " --skip-errors" } else { "" };
    if !terminal::can_ask() {
        return Err(Failure::usage(format!(
            "nothing was ordered, because there is no terminal to confirm at. To order {number} keys: keyferry batches \
             submit {id} --confirm {number}{skip}"
        )));
    }
    let answer = terminal::line(format!("This orders {number} keys. To confirm, type the number of keys:")).await?;
    match answer.parse() == Ok(number) {
        true => Ok(()),
        false => {
            Err(Failure::failed(format!("nothing was ordered. To order later: keyferry batches submit {id}{skip}")))
        }
    }
}

/// Shows the progress of a submitted batch until its end.
pub(super) async fn watch(session: &Session, id: &str) -> Result<(), Failure> {
    interrupt::explain_with(format!(
        "The connector continues with batch {id}. Watch it: keyferry batches watch {id}. Stop it: \
         keyferry batches pause {id}"
    ));
    let bar = Bar::start("ordering", 0);
    let reply = follow(session, id, |batch| {
        let rows = &batch.rows;
        let gone = rows.sent + rows.refused;
        let failures = rows.refused + rows.needs_human;
        let awaiting = match rows.awaiting_address {
            0 => String::new(),
            number => format!(", {number} without address"),
        };
        let words = format!("{} complete, {failures} failed{awaiting}{}", rows.complete, left(batch));
        let total = rows.total.saturating_sub(rows.invalid);
        bar.set(gone, total, words.clone());
        let unfinished = match batch.state {
            // Persons may take days.
            BatchState::Submitted => !only_addresses_miss(rows),
            BatchState::Cancelling => true,
            _ => false,
        };
        unfinished.then(|| format!("Sent {gone} of {total} orders, {words}"))
    })
    .await;
    bar.end();
    let reply = reply?;
    let (batch, rows) = (&reply.body, &reply.body.rows);
    session.print(&reply.json, |_| String::new())?;
    note(&format!(
        "Batch {id} is {}: {} complete, {} sent, {} refused, {} cancelled, {} need an operator.",
        batch.state.as_str(),
        rows.complete,
        rows.sent,
        rows.refused,
        rows.cancelled,
        rows.needs_human
    ));
    if batch.state == BatchState::Paused {
        let reason = batch.history.last().and_then(|act| act.reason.as_ref());
        let why = reason.map(|reason| format!(" ({})", keyferry_http::clean(reason))).unwrap_or_default();
        return Err(Failure::failed(format!("the batch is paused{why}. To continue: keyferry batches resume {id}")));
    }
    if batch.state == BatchState::Submitted {
        let asked = usize::try_from(rows.awaiting_address).unwrap_or(usize::MAX);
        note(&format!(
            "{} for an address, which the person gives. Look again with: keyferry batches show {id}",
            counted(asked, "order waits", "orders wait")
        ));
    }
    if batch.state == BatchState::Finished {
        note(&format!("All orders have left. Follow the keys: keyferry shipments watch --batch {id}"));
    }
    match rows.refused + rows.needs_human {
        0 => Ok(()),
        _ => Err(Failure::new(Kind::Findings, "")),
    }
}

/// Returns whether all that is left of a submitted batch are orders that wait for their addresses.
fn only_addresses_miss(rows: &RowCounts) -> bool {
    rows.awaiting_address > 0 && rows.to_send == 0 && rows.waiting == rows.awaiting_address
}

/// Returns the colour of a state.
pub(super) fn of_state(state: &BatchState) -> Paint {
    match state {
        BatchState::Finished => Paint::Good,
        BatchState::Submitted | BatchState::Checking | BatchState::Uploading => Paint::Active,
        BatchState::Paused => Paint::Careful,
        BatchState::Cancelling | BatchState::Cancelled => Paint::Faint,
        BatchState::Draft | BatchState::Checked | BatchState::Other(_) => Paint::Plain,
    }
}

/// Returns the columns of a file and what they mean, as text.
pub(super) fn mapping(batch: &Batch, screen: &Screen) -> String {
    let mut table = Table::new([Column::new("COLUMN").cut(12), Column::new("MEMBER").cut(12)]);
    for column in &batch.mapping.columns {
        table.row([Cell::new(&column.header), Cell::new(column.members.join(", "))]);
    }
    for header in &batch.mapping.unused_columns {
        table.row([Cell::new(header), Cell::painted("not used", Paint::Faint)]);
    }
    if table.is_empty() { String::new() } else { format!("\n{}", table.render(screen)) }
}
