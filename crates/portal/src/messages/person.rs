//! Texts of the pages for the person whom a key is for.

use keyferry_domain::CheckCode;

use super::NoticeTexts;

/// Texts in one language.
pub(crate) struct PersonMessages {
    pub(crate) back: &'static str,
    pub(crate) contact: &'static str,
    pub(crate) ordered_for: &'static str,
    pub(crate) ordered_by: &'static str,
    /// Who ordered a key if there is no name.
    pub(crate) unnamed: &'static str,
    pub(crate) ordered_at: &'static str,
    pub(crate) sent_to: &'static str,

    pub(crate) object_title: &'static str,
    pub(crate) object_text: &'static str,
    pub(crate) object_effect: &'static str,
    pub(crate) object_reason: &'static str,
    pub(crate) object_reason_hint: &'static str,
    pub(crate) object_button: &'static str,
    pub(crate) object_wrong: &'static str,

    pub(crate) address_title: &'static str,
    pub(crate) address_text: &'static str,
    pub(crate) address_until: &'static str,
    pub(crate) address_button: &'static str,
    pub(crate) address_use: &'static str,
    /// Label of a field of an address, by its name.
    pub(crate) address_label: fn(name: &str) -> &'static str,
    /// What is wrong with an address, without words that only administrators know. `None`: as in the finding.
    pub(crate) address_problem: fn(code: CheckCode) -> Option<&'static str>,
    /// Announces a text in English. `None` on a page in English.
    pub(crate) in_english: Option<&'static str>,
    pub(crate) optional: &'static str,
    pub(crate) error: &'static str,

    pub(crate) address_given: NoticeTexts,
    pub(crate) address_given_before: NoticeTexts,
    pub(crate) on_hold: NoticeTexts,
    pub(crate) unknown_link: NoticeTexts,
    pub(crate) not_the_person: NoticeTexts,
    pub(crate) expired: NoticeTexts,
    pub(crate) cancelled: NoticeTexts,
    pub(crate) too_late: NoticeTexts,
    pub(crate) busy: NoticeTexts,
    pub(crate) unavailable: NoticeTexts,
}

pub(super) static EN: PersonMessages = PersonMessages {
    back: "Back to the page",
    contact: "Contact:",
    ordered_for: "Key for",
    ordered_by: "Ordered by",
    unnamed: "your organisation's IT",
    ordered_at: "Ordered on",
    sent_to: "Sent to (country)",
    object_title: "Object to a security key",
    object_text: "This security key was ordered for you. Whoever has the key and its PIN can sign in as you.",
    object_effect: "If you object, the order is on hold: the key is not registered for you, and no PIN is sent, until \
                    your IT service desk has looked at it.",
    object_reason: "What is wrong? (optional)",
    object_reason_hint: "For example: I did not ask for a key, or the place is wrong. Your IT service desk reads this. \
                         Do not write a password or a PIN.",
    object_button: "Object",
    object_wrong: "If you expect the key, close this page. There is nothing to do.",
    address_title: "Where shall we send your security key?",
    address_text: "A security key is ordered for you. Enter the address where you can receive a parcel, for example at \
                   home.",
    address_until: "This page can be used until",
    address_button: "Send the address",
    address_use: "The address goes to the delivery service for this parcel. Keyferry keeps it encrypted until the \
                  order is placed, and deletes it then.",
    address_label: |name| match name {
        "recipient_firstname" => "First name",
        "recipient_lastname" => "Last name",
        "recipient_company" => "Company",
        "recipient_email" => "Mail address for the carrier",
        "recipient_telephone" => "Telephone number for the carrier",
        "street_line1" => "Street and number",
        "street_line2" => "Second line",
        "postal_code" => "Postal code",
        "city" => "Town",
        "region" => "State or province (code, in the United States and Canada)",
        _ => "Country",
    },
    address_problem: |code| match code {
        CheckCode::UndeliverableAddress => {
            Some("The delivery service cannot deliver to this address. Correct it. The delivery service answered:")
        }
        _ => None,
    },
    in_english: None,
    optional: "optional",
    error: "Error:",
    address_given: NoticeTexts {
        title: "Thank you",
        text: "The address is recorded, and the order continues.",
        todo: "There is nothing else to do. If you made a mistake, contact your IT service desk soon.",
    },
    address_given_before: NoticeTexts {
        title: "The address is known already",
        text: "It was entered before, by you or by your IT service desk.",
        todo: "There is nothing to do. If it was not you, contact your IT service desk.",
    },
    on_hold: NoticeTexts {
        title: "Your objection is recorded",
        text: "The order is on hold. Your IT service desk sees it, and contacts you.",
        todo: "If the key arrives, do not use it, and tell your IT service desk.",
    },
    unknown_link: NoticeTexts {
        title: "This link is not valid",
        text: "The link is incomplete, or a newer link replaced it.",
        todo: "Use the newest mail. If there is none, contact your IT service desk.",
    },
    not_the_person: NoticeTexts {
        title: "This page is for another person",
        text: "You are signed in with an account for which this key was not ordered. The link works only for the \
               person to whom it was sent.",
        todo: "If it was sent to you, sign in with that account. Otherwise delete the mail, and tell your IT service \
               desk that you received it.",
    },
    expired: NoticeTexts {
        title: "This link has expired",
        text: "Nothing was changed.",
        todo: "Contact your IT service desk.",
    },
    cancelled: NoticeTexts {
        title: "This order was cancelled",
        text: "The key is not registered for you, and there is nothing left to do.",
        todo: "If the key arrives all the same, do not use it, and tell your IT service desk.",
    },
    too_late: NoticeTexts {
        title: "It is too late for this page",
        text: "The order is finished.",
        todo: "If you did not expect the key, contact your IT service desk at once. It can remove the key from your \
               account.",
    },
    busy: NoticeTexts {
        title: "Try again in a minute",
        text: "The order is being processed. Nothing was changed.",
        todo: "Try again in a minute.",
    },
    unavailable: NoticeTexts {
        title: "The page does not work at the moment",
        text: "A service is not available. Nothing was changed.",
        todo: "Try again in some minutes. If it is urgent, contact your IT service desk.",
    },
};

pub(super) static DE: PersonMessages = PersonMessages {
    back: "Zurück zur Seite",
    contact: "Kontakt:",
    ordered_for: "Schlüssel für",
    ordered_by: "Bestellt von",
    unnamed: "die IT Ihrer Organisation",
    ordered_at: "Bestellt am",
    sent_to: "Versand nach (Land)",
    object_title: "Einem Sicherheits\u{ad}schlüssel widersprechen",
    object_text: "Dieser Sicherheitsschlüssel wurde für Sie bestellt. Wer den Schlüssel und seine PIN hat, kann sich \
                  als Sie anmelden.",
    object_effect: "Wenn Sie widersprechen, ruht die Bestellung: Der Schlüssel wird nicht für Sie registriert, und es \
                    wird keine PIN versandt, bis Ihr IT-Service sie geprüft hat.",
    object_reason: "Was stimmt nicht? (freiwillig)",
    object_reason_hint: "Zum Beispiel: Ich habe keinen Schlüssel verlangt, oder der Ort ist falsch. Ihr IT-Service \
                         liest das. Schreiben Sie kein Passwort und keine PIN.",
    object_button: "Widersprechen",
    object_wrong: "Wenn Sie den Schlüssel erwarten, schließen Sie diese Seite. Es ist nichts zu tun.",
    address_title: "Wohin sollen wir Ihren Sicherheits\u{ad}schlüssel senden?",
    address_text: "Für Sie wird ein Sicherheitsschlüssel bestellt. Geben Sie die Adresse an, an der Sie ein Paket \
                   annehmen können, zum Beispiel zu Hause.",
    address_until: "Diese Seite gilt bis",
    address_button: "Adresse absenden",
    address_use: "Die Adresse geht für dieses Paket an den Versanddienst. Keyferry bewahrt sie verschlüsselt auf, bis \
                  die Bestellung aufgegeben ist, und löscht sie dann.",
    address_label: |name| match name {
        "recipient_firstname" => "Vorname",
        "recipient_lastname" => "Nachname",
        "recipient_company" => "Firma",
        "recipient_email" => "E-Mail-Adresse für den Paketdienst",
        "recipient_telephone" => "Telefonnummer für den Paketdienst",
        "street_line1" => "Straße und Hausnummer",
        "street_line2" => "Zweite Zeile",
        "postal_code" => "Postleitzahl",
        "city" => "Ort",
        "region" => "Bundesstaat oder Provinz (Kürzel, in den USA und Kanada)",
        _ => "Land",
    },
    address_problem: |code| {
        Some(match code {
            CheckCode::InvalidMember => "Die Angabe fehlt oder ist ungültig.",
            CheckCode::TooLong => "Die Angabe ist zu lang. Kürzen Sie sie. Umlaute zählen wie zwei Zeichen.",
            CheckCode::StreetTooLong => "Die beiden Zeilen der Straße sind zusammen zu lang. Kürzen Sie sie.",
            CheckCode::InvalidCharacters => {
                "Die Angabe enthält Zeichen, die der Versanddienst nicht annimmt. Verwenden Sie lateinische Buchstaben."
            }
            CheckCode::RegionRequired => {
                "In den USA und Kanada gehört der Bundesstaat oder die Provinz dazu: ein Kürzel aus zwei Buchstaben."
            }
            CheckCode::UnknownRegion => "Diesen Bundesstaat oder diese Provinz gibt es in dem Land nicht.",
            CheckCode::InvalidPostalCode => "Die Postleitzahl hat nicht die Form, die in dem Land gilt.",
            CheckCode::InvalidCountry => "Das Land fehlt oder ist ungültig.",
            CheckCode::PostOfficeBox => {
                "An ein Postfach kann das Paket nicht geliefert werden. Geben Sie eine Straße an."
            }
            CheckCode::UnservedCountry => "In dieses Land liefert der Versanddienst nicht.",
            CheckCode::UndeliverableAddress => {
                "Der Versanddienst kann an diese Adresse nicht liefern. Korrigieren Sie sie. Antwort des \
                 Versanddienstes (auf Englisch):"
            }
            _ => return None,
        })
    },
    in_english: Some("Die Angabe wurde nicht angenommen. Meldung auf Englisch:"),
    optional: "freiwillig",
    error: "Fehler:",
    address_given: NoticeTexts {
        title: "Danke",
        text: "Die Adresse ist vermerkt, und die Bestellung geht weiter.",
        todo: "Es ist nichts weiter zu tun. Wenn Sie sich vertippt haben, wenden Sie sich bald an Ihren IT-Service.",
    },
    address_given_before: NoticeTexts {
        title: "Die Adresse ist schon bekannt",
        text: "Sie wurde schon angegeben, von Ihnen oder von Ihrem IT-Service.",
        todo: "Es ist nichts zu tun. Wenn Sie das nicht waren, wenden Sie sich an Ihren IT-Service.",
    },
    on_hold: NoticeTexts {
        title: "Ihr Widerspruch ist vermerkt",
        text: "Die Bestellung ruht. Ihr IT-Service sieht das und meldet sich bei Ihnen.",
        todo: "Wenn der Schlüssel ankommt, verwenden Sie ihn nicht, und melden Sie es Ihrem IT-Service.",
    },
    unknown_link: NoticeTexts {
        title: "Dieser Link ist ungültig",
        text: "Der Link ist unvollständig, oder ein neuerer hat ihn ersetzt.",
        todo: "Verwenden Sie die neueste E-Mail. Wenn es keine gibt, wenden Sie sich an Ihren IT-Service.",
    },
    not_the_person: NoticeTexts {
        title: "Diese Seite ist für eine andere Person",
        text: "Sie sind mit einem Konto angemeldet, für das dieser Schlüssel nicht bestellt wurde. Der Link gilt nur \
               für die Person, an die er gesandt wurde.",
        todo: "Wenn er an Sie gesandt wurde, melden Sie sich mit jenem Konto an. Löschen Sie sonst die E-Mail, und \
               melden Sie Ihrem IT-Service, dass Sie sie erhalten haben.",
    },
    expired: NoticeTexts {
        title: "Dieser Link ist abgelaufen",
        text: "Es wurde nichts geändert.",
        todo: "Wenden Sie sich an Ihren IT-Service.",
    },
    cancelled: NoticeTexts {
        title: "Diese Bestellung wurde storniert",
        text: "Der Schlüssel wird nicht für Sie registriert, und es ist nichts mehr zu tun.",
        todo: "Wenn der Schlüssel trotzdem ankommt, verwenden Sie ihn nicht, und melden Sie es Ihrem IT-Service.",
    },
    too_late: NoticeTexts {
        title: "Für diese Seite ist es zu spät",
        text: "Die Bestellung ist abgeschlossen.",
        todo: "Wenn Sie den Schlüssel nicht erwartet haben, wenden Sie sich sofort an Ihren IT-Service. Er kann den \
               Schlüssel aus Ihrem Konto entfernen.",
    },
    busy: NoticeTexts {
        title: "Versuchen Sie es in einer Minute noch einmal",
        text: "Die Bestellung wird gerade bearbeitet. Es wurde nichts geändert.",
        todo: "Versuchen Sie es in einer Minute noch einmal.",
    },
    unavailable: NoticeTexts {
        title: "Die Seite funktioniert im Moment nicht",
        text: "Ein Dienst ist nicht erreichbar. Es wurde nichts geändert.",
        todo: "Versuchen Sie es in einigen Minuten noch einmal. Wenn es eilt, wenden Sie sich an Ihren IT-Service.",
    },
};
