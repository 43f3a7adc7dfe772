//! Texts of the page with a temporary access pass.

use super::{NoticeTexts, ShownTexts};

/// Texts in one language.
pub(crate) struct PassMessages {
    pub(crate) ask_title: &'static str,
    pub(crate) ask_for: &'static str,
    pub(crate) ask_minutes: &'static str,
    pub(crate) ask_once: fn(seconds: u32) -> String,
    /// An earlier attempt was interrupted.
    pub(crate) ask_interrupted: &'static str,
    /// For the person who signs in with it.
    pub(crate) ask_own: &'static str,
    /// For the manager.
    pub(crate) ask_other: &'static str,
    pub(crate) ask_button: &'static str,
    pub(crate) ask_wrong: &'static str,

    pub(crate) shown_own: ShownTexts,
    pub(crate) shown_other: ShownTexts,
    pub(crate) shown_until: fn(until: &str) -> String,

    pub(crate) closed: NoticeTexts,
    pub(crate) unknown_link: NoticeTexts,
    pub(crate) not_addressee: NoticeTexts,
    pub(crate) used: NoticeTexts,
    pub(crate) expired: NoticeTexts,
    pub(crate) link_closed: NoticeTexts,
    pub(crate) refused: NoticeTexts,
    pub(crate) exists: NoticeTexts,
    pub(crate) busy: NoticeTexts,
    pub(crate) unavailable: NoticeTexts,
}

const SHOWN_EN: ShownTexts = ShownTexts {
    title: "Temporary access pass",
    of: "For the account",
    name: "Temporary access pass",
    copy: "Copy the pass",
    copied: "The pass is copied.",
    hide: "I have it, hide the pass",
    time: |seconds| format!("The pass disappears after {seconds} seconds. It cannot be shown again."),
    next: "Sign in with your user name and this pass, in place of the key. Tell it to nobody.",
};

pub(super) static EN: PassMessages = PassMessages {
    ask_title: "A temporary access pass",
    ask_for: "For the account",
    ask_minutes: "Valid, once it is shown, for",
    ask_once: |seconds| {
        format!(
            "The pass is shown once, for {seconds} seconds, and signs in once. Have paper or the phone at hand, and \
             make sure that no other person sees your screen."
        )
    },
    ask_interrupted: "An earlier attempt was interrupted. If you continue, a new pass is made, and one of that attempt \
                      is not valid any more.",
    ask_own: "Whoever has the pass can sign in as you. Your IT service desk never asks you for it.",
    ask_other: "Whoever has the pass can sign in as this person. Make sure that the person lost the key, and give the \
                pass to this person only: in person, or by a telephone number that you know. Do not send it in a mail \
                or a chat.",
    ask_button: "Show the pass",
    ask_wrong: "If the key is not lost, or you do not know this person, close this page and contact your IT service \
                desk.",
    shown_own: SHOWN_EN,
    shown_other: ShownTexts {
        next: "Give the pass to this person in person or by telephone. It signs in with the user name above, in place \
               of the key.",
        ..SHOWN_EN
    },
    shown_until: |until| format!("It signs in once, until {until}."),
    closed: NoticeTexts {
        title: "The pass is hidden",
        text: "The pass was shown, and the link is closed.",
        todo: "If you could not note it, ask your IT service desk to request another one.",
    },
    unknown_link: NoticeTexts {
        title: "This link is not valid",
        text: "The link is incomplete, or a newer link replaced it.",
        todo: "Use the newest mail. If there is none, ask your IT service desk to request another pass.",
    },
    not_addressee: NoticeTexts {
        title: "This pass is for another person",
        text: "You are signed in with an account that must not see this pass. The link works only for the person to \
               whom it was sent.",
        todo: "If it was sent to you, sign in with that account. Otherwise delete the mail, and tell your IT service \
               desk that you received it.",
    },
    used: NoticeTexts {
        title: "The pass was shown already",
        text: "This link was used, and works only once. That is also the case if the connection broke off before the \
               pass appeared.",
        todo: "If you did not see the pass, tell your IT service desk at once, and ask for another one.",
    },
    expired: NoticeTexts {
        title: "This link has expired",
        text: "Nothing was shown.",
        todo: "If the pass is still needed, ask your IT service desk to request another one.",
    },
    link_closed: NoticeTexts {
        title: "This link was closed",
        text: "The key was returned, or the person left. No pass is shown any more.",
        todo: "Contact your IT service desk if you did not expect this.",
    },
    refused: NoticeTexts {
        title: "This pass cannot be shown",
        text: "Something changed since the mail was sent, for example the manager of the person, or the person's \
               roles. Nothing was shown.",
        todo: "Contact your IT service desk.",
    },
    exists: NoticeTexts {
        title: "There is another pass",
        text: "This person has a temporary access pass that was made elsewhere, for example by your IT service desk. \
               It would not be valid any more. Nothing was shown.",
        todo: "Use that pass. Or ask your IT service desk to delete it, and open this link again.",
    },
    busy: NoticeTexts {
        title: "Try again in a minute",
        text: "The key is being processed, or the link is open in another browser. Nothing was shown here.",
        todo: "Try again in a minute. If the link was used by then and it was not you, tell your IT service desk at \
               once.",
    },
    unavailable: NoticeTexts {
        title: "The pass cannot be shown at the moment",
        text: "A service is not available, or it refused to make the pass. Nothing was shown. If a pass was made, \
               nobody knows it, and the next attempt replaces it.",
        todo: "Try again in some minutes. If it fails again, contact your IT service desk.",
    },
};

const SHOWN_DE: ShownTexts = ShownTexts {
    title: "Befristeter Zugangscode",
    of: "Für das Konto",
    name: "Befristeter Zugangscode",
    copy: "Code kopieren",
    copied: "Der Code ist kopiert.",
    hide: "Ich habe ihn, Code verbergen",
    time: |seconds| format!("Der Code verschwindet nach {seconds} Sekunden. Er kann nicht noch einmal gezeigt werden."),
    next: "Melden Sie sich mit Ihrem Benutzernamen und diesem Code an, anstelle des Schlüssels. Sagen Sie ihn \
           niemandem.",
};

pub(super) static DE: PassMessages = PassMessages {
    ask_title: "Ein befristeter Zugangscode",
    ask_for: "Für das Konto",
    ask_minutes: "Gültig, sobald er gezeigt wurde, für",
    ask_once: |seconds| {
        format!(
            "Der Code wird einmal gezeigt, {seconds} Sekunden lang, und gilt für eine Anmeldung. Halten Sie Papier \
             oder das Telefon bereit, und achten Sie darauf, dass niemand sonst Ihren Bildschirm sieht."
        )
    },
    ask_interrupted: "Ein früherer Versuch wurde unterbrochen. Wenn Sie fortfahren, entsteht ein neuer Code, und einer \
                      aus jenem Versuch gilt nicht mehr.",
    ask_own: "Wer den Code hat, kann sich als Sie anmelden. Ihr IT-Service fragt Sie nie danach.",
    ask_other: "Wer den Code hat, kann sich als diese Person anmelden. Vergewissern Sie sich, dass die Person den \
                Schlüssel verloren hat, und geben Sie den Code nur ihr: persönlich, oder unter einer Telefonnummer, \
                die Sie kennen. Schicken Sie ihn nicht per E-Mail oder Chat.",
    ask_button: "Code zeigen",
    ask_wrong: "Wenn der Schlüssel nicht verloren ist oder Sie diese Person nicht kennen, schließen Sie diese Seite, \
                und wenden Sie sich an Ihren IT-Service.",
    shown_own: SHOWN_DE,
    shown_other: ShownTexts {
        next: "Geben Sie den Code persönlich oder am Telefon an diese Person weiter. Sie meldet sich damit unter dem \
               Benutzernamen oben an, anstelle des Schlüssels.",
        ..SHOWN_DE
    },
    shown_until: |until| format!("Er gilt für eine Anmeldung, bis {until}."),
    closed: NoticeTexts {
        title: "Der Code ist verborgen",
        text: "Der Code wurde gezeigt, und der Link ist geschlossen.",
        todo: "Wenn Sie ihn nicht notieren konnten: Bitten Sie Ihren IT-Service, einen neuen anzufordern.",
    },
    unknown_link: NoticeTexts {
        title: "Dieser Link ist nicht gültig",
        text: "Der Link ist unvollständig, oder ein neuerer hat ihn ersetzt.",
        todo: "Verwenden Sie die neueste E-Mail. Wenn es keine gibt, bitten Sie Ihren IT-Service, einen neuen Code \
               anzufordern.",
    },
    not_addressee: NoticeTexts {
        title: "Dieser Code ist für jemand anderen",
        text: "Sie sind mit einem Konto angemeldet, das diesen Code nicht sehen darf. Der Link gilt nur für die \
               Person, an die er geschickt wurde.",
        todo: "Wenn er an Sie geschickt wurde, melden Sie sich mit diesem Konto an. Sonst löschen Sie die E-Mail und \
               melden Sie Ihrem IT-Service, dass Sie sie erhalten haben.",
    },
    used: NoticeTexts {
        title: "Der Code wurde schon gezeigt",
        text: "Dieser Link wurde benutzt und gilt nur einmal. Das ist auch so, wenn die Verbindung abbrach, bevor der \
               Code erschien.",
        todo: "Wenn Sie den Code nicht gesehen haben, melden Sie es sofort Ihrem IT-Service, und bitten Sie um einen \
               neuen.",
    },
    expired: NoticeTexts {
        title: "Dieser Link ist abgelaufen",
        text: "Es wurde nichts gezeigt.",
        todo: "Wenn der Code noch gebraucht wird, bitten Sie Ihren IT-Service, einen neuen anzufordern.",
    },
    link_closed: NoticeTexts {
        title: "Dieser Link wurde geschlossen",
        text: "Der Schlüssel wurde zurückgegeben, oder die Person ist ausgeschieden. Es wird kein Code mehr gezeigt.",
        todo: "Wenden Sie sich an Ihren IT-Service, wenn Sie das nicht erwartet haben.",
    },
    refused: NoticeTexts {
        title: "Dieser Code kann nicht gezeigt werden",
        text: "Seit der E-Mail hat sich etwas geändert, zum Beispiel die Führungskraft der Person oder deren Rollen. \
               Es wurde nichts gezeigt.",
        todo: "Wenden Sie sich an Ihren IT-Service.",
    },
    exists: NoticeTexts {
        title: "Es gibt einen anderen Code",
        text: "Diese Person hat einen befristeten Zugangscode, der anderswo entstand, zum Beispiel bei Ihrem \
               IT-Service. Er würde nicht mehr gelten. Es wurde nichts gezeigt.",
        todo: "Verwenden Sie jenen Code. Oder bitten Sie Ihren IT-Service, ihn zu löschen, und öffnen Sie diesen Link \
               noch einmal.",
    },
    busy: NoticeTexts {
        title: "Versuchen Sie es in einer Minute noch einmal",
        text: "Der Schlüssel wird gerade bearbeitet, oder der Link ist in einem anderen Browser offen. Hier wurde \
               nichts gezeigt.",
        todo: "Versuchen Sie es in einer Minute noch einmal. Wenn der Link dann benutzt ist und Sie es nicht waren, \
               melden Sie es sofort Ihrem IT-Service.",
    },
    unavailable: NoticeTexts {
        title: "Der Code kann im Moment nicht gezeigt werden",
        text: "Ein Dienst ist nicht verfügbar, oder er erstellt den Code nicht. Es wurde nichts gezeigt. Falls ein \
               Code entstand, kennt ihn niemand, und der nächste Versuch ersetzt ihn.",
        todo: "Versuchen Sie es in einigen Minuten noch einmal. Wenn es wieder nicht gelingt, wenden Sie sich an Ihren \
               IT-Service.",
    },
};
