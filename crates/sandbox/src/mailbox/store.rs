//! Store of received mails.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Channel that a mail came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Via {
    Smtp,
    LogicApp,
    Graph,
}

/// Mail to store. It can contain a PIN, so `Debug` shows neither subject nor body.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) via: Via,
    pub(crate) to: Vec<String>,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    /// `Message-ID` with its angle brackets, if the sender set one.
    pub(crate) message_id: Option<String>,
    /// Custom headers.
    pub(crate) headers: Vec<Header>,
}

/// Header of a mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Header {
    /// Returns whether the name begins with `x-`, in any case.
    pub(crate) fn is_custom(&self) -> bool {
        self.name.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case("x-"))
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Incoming").field("via", &self.via).field("to", &self.to).finish_non_exhaustive()
    }
}

/// Received mail.
#[derive(Clone, Serialize)]
pub(super) struct Message {
    pub(super) id: u64,
    /// Time of the parcel clock, RFC 3339.
    pub(super) received_at: String,
    pub(super) via: Via,
    pub(super) to: Vec<String>,
    pub(super) from: String,
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) headers: Vec<Header>,
}

/// Page of mails.
pub(super) struct Found {
    /// Number of mails on all pages.
    pub(super) total: usize,
    /// Number of this page, counted from 1.
    pub(super) page: usize,
    pub(super) messages: Vec<Message>,
}

/// Texts that a mail contains, in lower case. An empty one is in every mail.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// In an address, the subject or the body.
    anywhere: String,
    /// In a recipient's address.
    to: String,
    subject: String,
}

impl Search {
    /// Creates a search. Case is ignored, as is white space around the texts.
    pub(super) fn new(anywhere: &str, to: &str, subject: &str) -> Self {
        let [anywhere, to, subject] = [anywhere, to, subject].map(|text| text.trim().to_lowercase());
        Self { anywhere, to, subject }
    }

    fn finds(&self, message: &Message) -> bool {
        let any = |text: &str, members: &[&String]| {
            text.is_empty() || members.iter().any(|member| member.to_lowercase().contains(text))
        };
        // A mail's HTML repeats its text.
        let body = message.text.as_ref().or(message.html.as_ref());
        let everything: Vec<_> = [&message.from, &message.subject].into_iter().chain(&message.to).chain(body).collect();
        any(&self.to, &Vec::from_iter(&message.to))
            && any(&self.subject, &[&message.subject])
            && any(&self.anywhere, &everything)
    }
}

/// Number of mails that the store keeps. Older ones are deleted, to limit memory.
const CAPACITY: usize = 25_000;

/// Received mails, oldest first.
#[derive(Default)]
pub(super) struct Store(Mutex<(u64, VecDeque<Message>)>);

impl Store {
    pub(super) fn put(&self, received_at: String, mail: Incoming) {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.0 += 1;
        let message = Message {
            id: store.0,
            received_at,
            via: mail.via,
            to: mail.to,
            from: mail.from,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            message_id: mail.message_id,
            headers: mail.headers,
        };
        if store.1.len() == CAPACITY {
            store.1.pop_front();
        }
        store.1.push_back(message);
    }

    /// Returns the first wanted mails with a higher id than `after`, oldest first.
    pub(super) fn after(&self, wanted: &Search, after: u64, limit: usize) -> Vec<Message> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let later = store.1.partition_point(|message| message.id <= after);
        store.1.iter().skip(later).filter(|message| wanted.finds(message)).take(limit).cloned().collect()
    }

    /// Returns one page of the wanted mails, newest first.
    ///
    /// Pages count from 1. A page number after the last page selects the last page.
    pub(super) fn search(&self, wanted: &Search, page: usize, size: usize) -> Found {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<&Message> = store.1.iter().rev().filter(|message| wanted.finds(message)).collect();
        let total = found.len();
        let page = page.clamp(1, total.div_ceil(size).max(1));
        let messages = found.into_iter().skip((page - 1) * size).take(size).cloned().collect();
        Found { total, page, messages }
    }

    pub(super) fn one(&self, id: u64) -> Option<Message> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = store.1.binary_search_by_key(&id, |message| message.id).ok()?;
        store.1.get(place).cloned()
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clear();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}
