//! `keyferry listen`: events as they happen, for people and for receivers that are being developed.

mod feed;
mod line;
mod receiver;
mod resume;
mod secret;

use self::feed::Feed;
use self::receiver::Receiver;
use self::resume::Resume;
use super::interrupt;
use super::session::Session;
use super::webhooks::event_types;
use crate::cli::ListenEvents;
use crate::exit::Failure;
use crate::terminal::{note, out};

/// Events that are read at once. Without a receiver, a page is printed as a whole.
const PAGE: u32 = 100;

pub(super) async fn run(options: ListenEvents) -> Result<(), Failure> {
    // Before anything is called: a wrong URL or secret is a mistake in the command.
    let receiver = receiver(&options)?;
    let session = Session::open(&options.connection).await?;
    // With a receiver one at a time, so that the position after each event is known.
    let limit = if receiver.is_some() { 1 } else { PAGE };
    let feed = Feed::begin(&session.api, event_types(&options.events), limit, options.after.clone()).await?;
    let types = match options.events.is_empty() {
        true => "all events".to_owned(),
        false => format!("events {}", options.events.join(", ")),
    };
    note(&format!("Listening for {types} of {}. Ctrl-C ends it.", session.api.base()));
    let mut resume = Resume::new(&options, &feed.position);
    interrupt::explain_with(resume.words());
    let failure = listen(&session, feed, receiver, &mut resume).await;
    note(&resume.words());
    Err(failure)
}

fn receiver(options: &ListenEvents) -> Result<Option<Receiver>, Failure> {
    let Some(url) = &options.forward_to else {
        if options.secret.secret_file.is_some() || options.secret.secret_variable.is_some() {
            return Err(Failure::usage("a signing secret is only used with --forward-to"));
        }
        return Ok(None);
    };
    let secret = secret::of(&options.secret)?;
    let receiver = Receiver::new(url, secret.bytes).map_err(Failure::usage)?;
    note(&format!("Forwarding to {receiver}. {}", secret.words.as_str()));
    Ok(Some(receiver))
}

/// Prints and forwards events until that is no longer possible.
async fn listen(session: &Session, mut feed: Feed<'_>, mut receiver: Option<Receiver>, resume: &mut Resume) -> Failure {
    loop {
        let page = match feed.next().await {
            Ok(page) => page,
            Err(failure) => return failure,
        };
        for event in &page.events {
            let forwarded = match &mut receiver {
                Some(receiver) => Some(receiver.deliver(event).await),
                None => None,
            };
            let line = match session.json {
                true => line::json(event, forwarded.as_ref()),
                false => line::text(&session.screen, event, forwarded.as_ref()),
            };
            if let Err(failure) = out(format!("{line}\n").as_bytes()) {
                return failure;
            }
            if forwarded.is_some_and(|forwarded| !forwarded.accepted) {
                resume.refused();
            }
        }
        // Ctrl-C is noticed where this function waits. Between the last line and here it does not.
        resume.advance(&page.next);
        feed.position = page.next;
        interrupt::explain_with(resume.words());
    }
}
