//! German.

use super::pass::DE as PASS;
use super::person::DE;
use super::{Messages, NoticeTexts, ShownTexts};

pub(super) static MESSAGES: Messages = Messages {
    tag: "de",
    skip_to_content: "Zum Inhalt",
    signed_in_as: "Angemeldet als",
    sign_out: "Abmelden",
    sign_out_of_provider: "Auch beim Identitätsanbieter abmelden",
    sign_in_again: "Erneut anmelden",
    other_account: "Mit einem anderen Konto anmelden",
    back_to_pin: "Zurück zur Seite mit der PIN",
    footer: "Keyferry. Diese Seite ist nur für Sie. Niemand vom IT-Service wird Sie nach einer PIN \
         fragen.",
    signing_in_title: "Anmeldung",
    signing_in_text: "Sie sind angemeldet. Diese Seite führt von selbst weiter.",
    continue_link: "Weiter",
    ask_title: "Die PIN eines Sicherheits\u{ad}schlüssels",
    ask_for: "Schlüssel für",
    ask_serial: "Seriennummer auf der Rückseite des Schlüssels",
    ask_until: "Dieser Link gilt bis",
    ask_once: |seconds| {
        format!(
            "Die PIN wird einmal gezeigt, {seconds} Sekunden lang. Halten Sie Papier oder Telefon \
             bereit, und achten Sie darauf, dass niemand Ihren Bildschirm sieht."
        )
    },
    ask_arrived: "Der Schlüssel mit dieser Seriennummer ist angekommen, und seine Verpackung war \
         unversehrt.",
    ask_alone: "Geben Sie die PIN persönlich oder am Telefon weiter, nicht in einer E-Mail oder einem \
         Chat.",
    ask_button: "PIN zeigen",
    ask_wrong: "Wenn Sie diese Person nicht kennen oder der Schlüssel nicht angekommen ist, schließen \
         Sie diese Seite und wenden Sie sich an Ihren IT-Service.",
    shown: ShownTexts {
        title: "PIN",
        of: "Schlüssel mit der Seriennummer",
        name: "PIN",
        copy: "PIN kopieren",
        copied: "Die PIN ist kopiert.",
        hide: "Ich habe sie, PIN verbergen",
        time: |seconds| {
            format!(
                "Die PIN verschwindet nach {seconds} Sekunden. Sie kann nicht noch einmal gezeigt \
                 werden."
            )
        },
        next: "Geben Sie die PIN persönlich oder am Telefon an die Person mit dem Schlüssel weiter.",
    },
    shown_change: "Der Schlüssel verlangt bei der ersten Verwendung eine neue PIN.",
    start: NoticeTexts {
        title: "Hier wartet nichts",
        text: "Jede Seite hat einen eigenen Link, den Sie per E-Mail erhalten.",
        todo: "Öffnen Sie den Link in der E-Mail.",
    },
    not_found: NoticeTexts {
        title: "Seite nicht gefunden",
        text: "Unter dieser Adresse gibt es keine Seite.",
        todo: "Öffnen Sie den Link in der E-Mail noch einmal. Kopieren Sie ihn vollständig, wenn \
               Ihr Mailprogramm ihn umbricht.",
    },
    not_signed_in: NoticeTexts {
        title: "Sie sind nicht angemeldet",
        text: "Die Anmeldung wurde nicht abgeschlossen. Vielleicht hat sie länger als zehn \
               Minuten gedauert.",
        todo: "Melden Sie sich erneut an. Wenn es wieder nicht gelingt, wenden Sie sich an Ihren \
               IT-Service.",
    },
    signed_out: NoticeTexts {
        title: "Abgemeldet",
        text: "Sie sind bei Keyferry abgemeldet.",
        todo: "Beim Identitätsanbieter ist Ihr Konto möglicherweise noch angemeldet.",
    },
    session_ended: NoticeTexts {
        title: "Ihre Sitzung ist beendet",
        text: "Es wurde nichts gezeigt.",
        todo: "Öffnen Sie den Link in der E-Mail noch einmal.",
    },
    foreign_form: NoticeTexts {
        title: "Das Formular stammt nicht aus dieser Sitzung",
        text: "Es wurde nichts gezeigt.",
        todo: "Öffnen Sie den Link in der E-Mail noch einmal.",
    },
    too_many: NoticeTexts {
        title: "Zu viele Anfragen",
        text: "Sie haben diese Seiten zu oft geöffnet.",
        todo: "Versuchen Sie es in zehn Minuten noch einmal.",
    },
    unavailable: NoticeTexts {
        title: "Die PIN kann im Moment nicht gezeigt werden",
        text: "Ein Dienst ist nicht verfügbar. Die PIN wurde nicht gezeigt.",
        todo: "Versuchen Sie es in einigen Minuten noch einmal. Wenn die Seite dann meldet, dass \
               der Link benutzt wurde, bitten Sie Ihren IT-Service um einen neuen.",
    },
    closed: NoticeTexts {
        title: "Die PIN ist verborgen",
        text: "Die PIN wurde gezeigt, und der Link ist geschlossen.",
        todo: "Wenn Sie sie nicht notieren konnten: Bitten Sie Ihren IT-Service um einen neuen \
               Link.",
    },
    unknown_link: NoticeTexts {
        title: "Dieser Link ist nicht gültig",
        text: "Der Link ist unvollständig, ein neuerer hat ihn ersetzt, oder die Bestellung des \
               Schlüssels ist beendet.",
        todo: "Verwenden Sie die neueste E-Mail. Wenn es keine gibt, bitten Sie Ihren IT-Service \
               um einen neuen Link.",
    },
    not_addressee: NoticeTexts {
        title: "Diese PIN ist für jemand anderen",
        text: "Sie sind mit einem Konto angemeldet, das diese PIN nicht sehen darf. Der Link gilt \
               nur für die Person, an die er geschickt wurde.",
        todo: "Wenn er an Sie geschickt wurde, melden Sie sich mit diesem Konto an. Sonst löschen \
               Sie die E-Mail und melden Sie Ihrem IT-Service, dass Sie sie erhalten haben.",
    },
    used: NoticeTexts {
        title: "Die PIN wurde schon gezeigt",
        text: "Dieser Link wurde benutzt und gilt nur einmal. Das ist auch so, wenn die \
               Verbindung abbrach, bevor die PIN erschien.",
        todo: "Wenn Sie die PIN nicht gesehen haben, melden Sie es sofort Ihrem IT-Service, und \
               bitten Sie um einen neuen Link.",
    },
    link_closed: NoticeTexts {
        title: "Dieser Link wurde geschlossen",
        text: "Der IT-Service hat diese Zustellung beendet oder die PIN auf einem anderen Weg \
               ausgegeben.",
        todo: "Wenden Sie sich an Ihren IT-Service, wenn Sie die PIN brauchen und nicht haben.",
    },
    expired: NoticeTexts {
        title: "Dieser Link ist abgelaufen",
        text: "Es wurde nichts gezeigt.",
        todo: "Bitten Sie Ihren IT-Service um einen neuen Link.",
    },
    not_delivered: NoticeTexts {
        title: "Der Schlüssel ist noch nicht angekommen",
        text: "Der Paketdienst hat die Zustellung noch nicht gemeldet. Erst danach wird die PIN \
               gezeigt.",
        todo: "Öffnen Sie den Link noch einmal, wenn der Schlüssel da ist.",
    },
    not_confirmed: NoticeTexts {
        title: "Bestätigen Sie, dass der Schlüssel da ist",
        text: "Die PIN wird erst gezeigt, wenn der Schlüssel angekommen ist. Das Kästchen war \
               nicht angekreuzt. Es wurde nichts gezeigt.",
        todo: "Vergleichen Sie die Seriennummer, und kreuzen Sie dann das Kästchen an.",
    },
    refused: NoticeTexts {
        title: "Diese PIN kann nicht gezeigt werden",
        text: "Seit der E-Mail hat sich etwas geändert, zum Beispiel die Führungskraft der \
               Person, oder das Paket ging verloren.",
        todo: "Wenden Sie sich an Ihren IT-Service. Eine berechtigte Person entscheidet, wer die \
               PIN erhält.",
    },
    revoked: NoticeTexts {
        title: "Dieser Schlüssel kann nicht mehr benutzt werden",
        text: "Der Schlüssel wurde gesperrt oder seine Bestellung storniert. Seine PIN wird nicht \
               gezeigt.",
        todo: "Wenden Sie sich an Ihren IT-Service, wenn Sie das nicht erwartet haben.",
    },
    busy: NoticeTexts {
        title: "Versuchen Sie es in einer Minute noch einmal",
        text: "Der Schlüssel wird gerade bearbeitet, oder der Link ist in einem anderen Browser \
               offen. Hier wurde nichts gezeigt.",
        todo: "Versuchen Sie es in einer Minute noch einmal. Wenn der Link dann benutzt wurde und \
               nicht von Ihnen, melden Sie es sofort Ihrem IT-Service.",
    },
    person: &DE,
    pass: &PASS,
};
