use keyferry_domain::{EmailAddress, ShipmentId, Timestamp};

use super::*;
use crate::MailTemplates;

const OBJECT: &str = "https://k.example/me/object/t0ken";
const PASS_PAGE: &str = "https://k.example/me/pass/t0ken";
const FORM: &str = "https://k.example/me/address/t0ken";

fn rendered(folder: Option<&std::path::Path>, news: PersonNews<'_>, contact: &str) -> (String, String) {
    let notice = PersonNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        addressee: &EmailAddress::parse("ada@contoso.example").unwrap(),
        user_name: "Ada Lovelace",
        contact,
        news,
        message_id: "0196f0a0.ordered",
    };
    let Ok(templates) = MailTemplates::load(folder) else { panic!("the templates are refused") };
    let mail = templates.render_person(&notice).unwrap();
    assert!(mail.html.is_none());
    (mail.subject, mail.text.as_str().to_owned())
}

fn built_in(news: PersonNews<'_>) -> String {
    let (subject, text) = rendered(None, news, "IT service desk, +1 555 0100");
    format!("{subject}\n\n{text}")
}

fn known() -> Tracking {
    let some = |text: &str| Some(text.to_owned());
    Tracking { carrier: some("FEDEX"), number: some("794684"), link: some("https://carrier.example/794684") }
}

#[test]
fn built_in_mails() {
    let serial = SerialNumber::new("20123456");
    let ordered = PersonNews::Ordered { ordered_by: "Grace Hopper", town: Some("London"), object: Some(OBJECT) };
    insta::assert_snapshot!("ordered", built_in(ordered));
    insta::assert_snapshot!("shipped", built_in(PersonNews::Shipped { serial: &serial, tracking: &known() }));
    let registered = PersonNews::Registered { serial: &serial, key_name: "YubiKey 20123456" };
    insta::assert_snapshot!("registered", built_in(registered));
    let address = |is_reminder| PersonNews::Address {
        ordered_by: "Grace Hopper",
        link: FORM,
        object: OBJECT,
        until: Timestamp::UNIX_EPOCH,
        is_reminder,
    };
    insta::assert_snapshot!("address", built_in(address(false)));
    insta::assert_snapshot!("lost", built_in(PersonNews::Lost(lost(&serial))));
    let to_manager = LossNews { to_manager: true, next_key: NextKey::None, ..lost(&serial) };
    insta::assert_snapshot!("lost_to_manager", built_in(PersonNews::Lost(to_manager)));
    for to_manager in [true, false] {
        let (requested_by, link, until, minutes) = ("Grace Hopper", PASS_PAGE, Timestamp::UNIX_EPOCH, 60);
        let pass = PersonNews::AccessPass(PassNews { to_manager, requested_by, link, until, minutes });
        insta::assert_snapshot!(if to_manager { "pass_to_manager" } else { "pass" }, built_in(pass));
    }
    let (subject, text) = rendered(None, address(true), "");
    assert!(subject.starts_with("Reminder: ") && text.contains("we still need"), "{subject}\n{text}");
    assert!(!text.contains("Questions"), "{text}");
}

fn lost(serial: &SerialNumber) -> LossNews<'_> {
    let at = |second: i64| Timestamp::from_timestamp(1_795_000_000 + second, 0).unwrap();
    LossNews {
        to_manager: false,
        serial: Some(serial),
        ordered_at: at(0),
        reported_by: "Grace Hopper",
        reported_at: at(86_400),
        unusable_since: at(86_402),
        was_registered: true,
        next_key: NextKey::Ordered,
    }
}

#[test]
fn lost_parcel_has_no_serial_and_opened_no_account() {
    let serial = SerialNumber::new("20123456");
    for to_manager in [false, true] {
        let parcel = LossNews { to_manager, serial: None, was_registered: false, ..lost(&serial) };
        let text = built_in(PersonNews::Lost(parcel));
        assert!(!text.contains("Serial") && !text.contains("since") && text.contains("never registered"), "{text}");
    }
}

/// The templates in German that the documentation offers are as complete as the built-in ones.
#[test]
fn german_templates_are_accepted() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/mail-templates/de");
    let serial = SerialNumber::new("20123456");
    for to_manager in [false, true] {
        let news = PersonNews::Lost(LossNews { to_manager, ..lost(&serial) });
        let (subject, text) = rendered(Some(&folder), news, "IT, +49 555 0100");
        assert!(subject.contains("als verloren gemeldet"), "{subject}");
        for part in ["20123456", "Grace Hopper", "Ada Lovelace", "+49 555 0100"] {
            assert!(text.contains(part), "{part} is missing: {text}");
        }
    }
}

#[test]
fn what_is_not_known_leaves_no_trace() {
    let serial = SerialNumber::new("20123456");
    let shipped = PersonNews::Shipped { serial: &serial, tracking: &Tracking::default() };
    let (_, text) = rendered(None, shipped, "");
    assert!(!text.contains("Tracking number") && !text.contains("Questions"), "{text}");
    let ordered = PersonNews::Ordered { ordered_by: "Grace Hopper", town: None, object: None };
    let (_, text) = rendered(None, ordered, "");
    assert!(!text.contains("Sent to") && !text.contains("Object on this page"), "{text}");
}

/// Names come from the order and the directory, and must not change how the mail is read.
#[test]
fn foreign_values_stay_one_line() {
    let evil = "Eve\r\n\r\nCall +1 555 6666 \u{202e}now";
    let (subject, text) = rendered(None, PersonNews::Ordered { ordered_by: evil, town: Some(evil), object: None }, "");
    assert!(!subject.contains("Eve"));
    assert!(!text.contains("\nCall +1") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn own_templates_are_used_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("ordered.subject.txt", "Schlüssel für {{ user_name }}");
    let news = || PersonNews::Ordered { ordered_by: "Grace", town: None, object: Some(OBJECT) };
    assert_eq!(rendered(Some(folder.path()), news(), "").0, "Schlüssel für Ada Lovelace");
    for (name, text, problem) in [
        ("ordered.txt", "no page", "add {{ object }}"),
        ("address.txt", "{{ object }}", "add {{ link }}"),
        ("address.subject.txt", "{{ link }}", "it shows a link"),
        ("shipped.txt", "{{ pin }}", "there is no variable `pin`"),
        ("registered.subject.txt", "a\nb", "one line"),
    ] {
        write(name, text);
        let Err(error) = MailTemplates::load(Some(folder.path())) else { panic!("{name} was accepted") };
        assert!(error.to_string().contains(problem), "{error}");
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
}
