//! English.

use super::pass::EN as PASS;
use super::person::EN;
use super::{Messages, NoticeTexts, ShownTexts};

pub(super) static MESSAGES: Messages = Messages {
    tag: "en",
    skip_to_content: "Skip to content",
    signed_in_as: "Signed in as",
    sign_out: "Sign out",
    sign_out_of_provider: "Sign out of the identity provider, too",
    sign_in_again: "Sign in again",
    other_account: "Sign in with another account",
    back_to_pin: "Back to the page with the PIN",
    footer: "Keyferry. This page is for you alone. The IT service desk never asks \
         you for a PIN.",
    signing_in_title: "Signing in",
    signing_in_text: "You are signed in. This page continues by itself.",
    continue_link: "Continue",
    ask_title: "The PIN of a security key",
    ask_for: "Key for",
    ask_serial: "Serial number on the back of the key",
    ask_until: "This link can be used until",
    ask_once: |seconds| {
        format!(
            "The PIN is shown once, for {seconds} seconds. Have paper or the phone at hand, and \
             make sure that no other person sees your screen."
        )
    },
    ask_arrived: "The key with this serial number has arrived, and its packaging was intact.",
    ask_alone: "Give the PIN to the user of the key in person or by phone. Do not send it in a mail or a \
         chat.",
    ask_button: "Show the PIN",
    ask_wrong: "If you do not know this person, or the key has not arrived, close this page and contact \
         your IT service desk.",
    shown: ShownTexts {
        title: "PIN",
        of: "Key with serial number",
        name: "PIN",
        copy: "Copy the PIN",
        copied: "The PIN is copied.",
        hide: "I have it, hide the PIN",
        time: |seconds| format!("The PIN disappears after {seconds} seconds. It cannot be shown again."),
        next: "Give the PIN to the user of the key in person or by phone.",
    },
    shown_change: "The key requires a new PIN when it is used for the first time.",
    start: NoticeTexts {
        title: "Nothing waits here",
        text: "Each page has a link of its own, which you receive by mail.",
        todo: "Open the link in the mail.",
    },
    not_found: NoticeTexts {
        title: "Page not found",
        text: "There is no page at this address.",
        todo: "Open the link in the mail again. Copy it completely if your mail program breaks \
               it.",
    },
    not_signed_in: NoticeTexts {
        title: "You are not signed in",
        text: "The sign-in was not completed. It may have taken longer than ten minutes.",
        todo: "Sign in again. If it fails again, contact your IT service desk.",
    },
    signed_out: NoticeTexts {
        title: "Signed out",
        text: "You are signed out of Keyferry.",
        todo: "Your account may still be signed in at the identity provider.",
    },
    session_ended: NoticeTexts {
        title: "Your session has ended",
        text: "Nothing was shown.",
        todo: "Open the link in the mail again.",
    },
    foreign_form: NoticeTexts {
        title: "The form is not from this session",
        text: "Nothing was shown.",
        todo: "Open the link in the mail again.",
    },
    too_many: NoticeTexts {
        title: "Too many requests",
        text: "You have opened these pages too often.",
        todo: "Try again in ten minutes.",
    },
    unavailable: NoticeTexts {
        title: "The PIN cannot be shown at the moment",
        text: "A service is not available. The PIN was not shown.",
        todo: "Try again in some minutes. If the page then says that the link was used, ask your \
               IT service desk for a new link.",
    },
    closed: NoticeTexts {
        title: "The PIN is hidden",
        text: "The PIN was shown, and the link is closed.",
        todo: "If you could not note it, ask your IT service desk for a new link.",
    },
    unknown_link: NoticeTexts {
        title: "This link is not valid",
        text: "The link is incomplete, a newer link replaced it, or the order of the key has ended.",
        todo: "Use the newest mail. If there is none, ask your IT service desk for a new link.",
    },
    not_addressee: NoticeTexts {
        title: "This PIN is for another person",
        text: "You are signed in with an account that must not see this PIN. The link works only \
               for the person to whom it was sent.",
        todo: "If it was sent to you, sign in with that account. Otherwise delete the mail, and \
               tell your IT service desk that you received it.",
    },
    used: NoticeTexts {
        title: "The PIN was shown already",
        text: "This link was used, and works only once. That is also the case if the connection \
               broke off before the PIN appeared.",
        todo: "If you did not see the PIN, tell your IT service desk at once, and ask for a new \
               link.",
    },
    link_closed: NoticeTexts {
        title: "This link was closed",
        text: "The IT service desk ended this delivery, or released the PIN another way.",
        todo: "Contact your IT service desk if you need the PIN and do not have it.",
    },
    expired: NoticeTexts {
        title: "This link has expired",
        text: "Nothing was shown.",
        todo: "Ask your IT service desk for a new link.",
    },
    not_delivered: NoticeTexts {
        title: "The key has not arrived yet",
        text: "The carrier has not reported that the parcel was delivered. The PIN is shown after \
               that.",
        todo: "Open the link again when the key has arrived.",
    },
    not_confirmed: NoticeTexts {
        title: "Confirm that the key has arrived",
        text: "The PIN is shown only after the key has arrived. The box was not ticked. Nothing \
               was shown.",
        todo: "Compare the serial number, then tick the box.",
    },
    refused: NoticeTexts {
        title: "This PIN cannot be shown",
        text: "Something changed since the mail was sent, for example the manager of the person, \
               or the parcel was lost.",
        todo: "Contact your IT service desk. An authorised person decides who receives the PIN.",
    },
    revoked: NoticeTexts {
        title: "This key cannot be used any more",
        text: "The key was revoked or its order was cancelled, so its PIN is not shown.",
        todo: "Contact your IT service desk if you did not expect this.",
    },
    busy: NoticeTexts {
        title: "Try again in a minute",
        text: "The key is being processed, or the link is open in another browser. Nothing was \
               shown here.",
        todo: "Try again in a minute. If the link was used by then and it was not you, tell your \
               IT service desk at once.",
    },
    person: &EN,
    pass: &PASS,
};
