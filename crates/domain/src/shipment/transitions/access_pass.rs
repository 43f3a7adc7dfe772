//! Transitions of the temporary access pass of a person whose key was lost.

use crate::shipment::access_pass::AccessPass;
use crate::shipment::aggregate::Shipment;
use crate::shipment::change::Change;
use crate::shipment::person::PersonMail;
use crate::{Actor, Caller, EventKind, Note, Timestamp, WithdrawalCause};

impl Shipment {
    /// Records that a pass was requested, and plans the mail with the link to it. An earlier request ends: its link is
    /// not valid any more. In the commit of the report, so that no crash separates them. Changes nothing if the key was
    /// not reported as lost.
    pub fn with_access_pass(mut self, pass: AccessPass, note: Note) -> Change {
        if self.withdrawal().is_none_or(|withdrawal| withdrawal.cause != WithdrawalCause::Lost) {
            return Change::none(self);
        }
        let mails = &mut self.common.person.mails;
        mails.retain(|mail| mail.is_about_loss() && *mail != PersonMail::AccessPass);
        mails.push(PersonMail::AccessPass);
        if mails.len() == 1 {
            (self.common.person.attempts, self.common.person.next_mail) = (0, None);
        }
        let by = pass.requested_by.clone();
        self.common.access_pass = Some(pass.after(self.common.access_pass.take()));
        Change::with_event(self, EventKind::AccessPassRequested, Actor::Caller(by), note)
    }

    /// Records that the addressee asks to see the pass. Before the identity provider is asked to make it.
    pub fn access_pass_opened(self, by: Caller, note: Note) -> Change {
        let at = note.at;
        // The earliest of several interrupted attempts, each of which may have made a pass.
        let opened = self.with_pass(|pass| AccessPass { opened_at: pass.opened_at.or(Some(at)), ..pass });
        Change::with_event(opened, EventKind::AccessPassOpened, Actor::Caller(by), note)
    }

    /// Records that no pass was shown. `was_made` is whether the identity provider may have made one.
    pub fn access_pass_failed(self, was_made: bool, note: Note) -> Change {
        let failed = self.with_pass(|pass| AccessPass { opened_at: pass.opened_at.filter(|_| was_made), ..pass });
        Change::with_event(failed, EventKind::AccessPassFailed, Actor::Processing, note)
    }

    /// Records that the pass is shown to its addressee. Before it is shown.
    pub fn access_pass_seen(self, method: String, valid_until: Timestamp, by: Caller, note: Note) -> Change {
        let seen_at = Some(note.at);
        let seen = self.with_pass(|pass| AccessPass {
            seen_at,
            method_id: Some(method),
            valid_until: Some(valid_until),
            ..pass
        });
        Change::with_event(seen, EventKind::AccessPassSeen, Actor::Caller(by), note)
    }

    /// Records that the pass was deleted at the identity provider before its time.
    pub fn access_pass_removed(self, by: Caller, note: Note) -> Change {
        let removed_at = Some(note.at);
        let removed = self.with_pass(|pass| AccessPass { removed_at, ..pass });
        Change::with_event(removed, EventKind::AccessPassRemoved, Actor::Caller(by), note)
    }

    fn with_pass(mut self, change: impl FnOnce(AccessPass) -> AccessPass) -> Self {
        self.common.access_pass = self.common.access_pass.take().map(change);
        self
    }
}
