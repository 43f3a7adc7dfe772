use keyferry_domain::{EmailAddress, ShipmentId, Timestamp};

use super::*;
use crate::MailTemplates;

const OBJECT: &str = "https://k.example/me/object/t0ken";
const PASS_PAGE: &str = "https://k.example/me/pass/t0ken";
const FORM: &str = "https://k.example/me/address/t0ken";

fn rendered(folder: Option<&std::path::Path>, news: PersonNews<'_>, contact: &str) -> (String, String) {
    rendered_in(Language::English, folder, news, contact)
}

fn rendered_in(
    language: Language,
    folder: Option<&std::path::Path>,
    news: PersonNews<'_>,
    contact: &str,
) -> (String, String) {
    let notice = PersonNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        addressee: &EmailAddress::parse("ada@contoso.example").unwrap(),
        user_name: "Ada Lovelace",
        language,
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
    built_in_in(Language::English, news)
}

fn built_in_in(language: Language, news: PersonNews<'_>) -> String {
    let (subject, text) = rendered_in(language, None, news, "IT service desk, +1 555 0100");
    format!("{subject}\n\n{text}")
}

fn known() -> Tracking {
    let some = |text: &str| Some(text.to_owned());
    Tracking { carrier: some("FEDEX"), number: some("794684"), link: some("https://carrier.example/794684") }
}

#[test]
fn built_in_mails() {
    let serial = SerialNumber::new("20123456");
    let ordered = PersonNews::Ordered { ordered_by: Some("Grace Hopper"), town: Some("London"), object: Some(OBJECT) };
    insta::assert_snapshot!("ordered", built_in(ordered));
    insta::assert_snapshot!("shipped", built_in(PersonNews::Shipped { serial: &serial, tracking: &known() }));
    let registered = PersonNews::Registered { serial: &serial, key_name: "YubiKey 20123456" };
    insta::assert_snapshot!("registered", built_in(registered));
    let address = |is_reminder| PersonNews::Address {
        ordered_by: Some("Grace Hopper"),
        link: FORM,
        object: OBJECT,
        until: Timestamp::UNIX_EPOCH,
        is_reminder,
    };
    insta::assert_snapshot!("address", built_in(address(false)));
    insta::assert_snapshot!("lost", built_in(PersonNews::Lost(lost(&serial))));
    let to_manager = LossNews { to_manager: true, next_key: NextKey::None, ..lost(&serial) };
    insta::assert_snapshot!("lost_to_manager", built_in(PersonNews::Lost(to_manager)));
    insta::assert_snapshot!("pass", built_in(pass(false)));
    insta::assert_snapshot!("pass_to_manager", built_in(pass(true)));
    let (subject, text) = rendered(None, address(true), "");
    assert!(subject.starts_with("Reminder: ") && text.contains("we still need"), "{subject}\n{text}");
    assert!(!text.contains("Questions"), "{text}");
}

fn pass(to_manager: bool) -> PersonNews<'static> {
    let (requested_by, link, until, minutes) = (Some("Grace Hopper"), PASS_PAGE, Timestamp::UNIX_EPOCH, 60);
    PersonNews::AccessPass(PassNews { to_manager, requested_by, link, until, minutes })
}

fn lost(serial: &SerialNumber) -> LossNews<'_> {
    let at = |second: i64| Timestamp::from_timestamp(1_795_000_000 + second, 0).unwrap();
    LossNews {
        to_manager: false,
        serial: Some(serial),
        ordered_at: at(0),
        reported_by: Some("Grace Hopper"),
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

#[test]
fn built_in_mails_in_german() {
    let serial = SerialNumber::new("20123456");
    fn german(news: PersonNews<'_>) -> String {
        built_in_in(Language::German, news)
    }
    let ordered = |ordered_by| PersonNews::Ordered { ordered_by, town: Some("London"), object: Some(OBJECT) };
    insta::assert_snapshot!("ordered_de", german(ordered(Some("Grace Hopper"))));
    insta::assert_snapshot!("shipped_de", german(PersonNews::Shipped { serial: &serial, tracking: &known() }));
    let registered = PersonNews::Registered { serial: &serial, key_name: "YubiKey 20123456" };
    insta::assert_snapshot!("registered_de", german(registered));
    let until = Timestamp::UNIX_EPOCH;
    let address =
        |is_reminder| german(PersonNews::Address { ordered_by: None, link: FORM, object: OBJECT, until, is_reminder });
    insta::assert_snapshot!("address_de", address(false));
    assert!(address(true).starts_with("Erinnerung: ") && address(true).contains("fehlt uns noch"));
    insta::assert_snapshot!("lost_de", german(PersonNews::Lost(lost(&serial))));
    let to_manager = LossNews { to_manager: true, next_key: NextKey::None, reported_by: None, ..lost(&serial) };
    insta::assert_snapshot!("lost_to_manager_de", german(PersonNews::Lost(to_manager)));
    insta::assert_snapshot!("pass_de", german(pass(false)));
    insta::assert_snapshot!("pass_to_manager_de", german(pass(true)));
    assert!(german(ordered(None)).contains("die IT Ihrer Organisation"));
    assert!(built_in(ordered(None)).contains("your organisation's IT"));
}

/// Whoever has a text of their own, in whatever language, does not want ours beside it.
#[test]
fn own_template_is_for_all_languages_unless_there_is_one_for_the_language() {
    let folder = tempfile::tempdir().unwrap();
    let news = || PersonNews::Ordered { ordered_by: Some("Grace"), town: None, object: Some(OBJECT) };
    let text = |language| rendered_in(language, Some(folder.path()), news(), "").1;
    std::fs::write(folder.path().join("ordered.txt"), "Ours {{ object }}").unwrap();
    for language in Language::ALL {
        assert!(text(language).starts_with("Ours"), "{language:?}");
    }
    let subject = rendered_in(Language::German, Some(folder.path()), news(), "").0;
    assert_eq!(subject, "Für Sie wurde ein Sicherheitsschlüssel bestellt", "the file is missing");
    std::fs::create_dir(folder.path().join("de")).unwrap();
    std::fs::write(folder.path().join("de/ordered.txt"), "Unsere {{ object }}").unwrap();
    assert!(text(Language::German).starts_with("Unsere") && text(Language::English).starts_with("Ours"));
    std::fs::remove_file(folder.path().join("ordered.txt")).unwrap();
    assert!(text(Language::German).starts_with("Unsere") && text(Language::English).starts_with("Hello"));
    std::fs::write(folder.path().join("de/ordered.txt"), "keine Seite").unwrap();
    let Err(error) = MailTemplates::load(Some(folder.path())) else { panic!("it was accepted") };
    assert!(error.to_string().contains("de/ordered.txt"), "{error}");
}

#[test]
fn what_is_not_known_leaves_no_trace() {
    let serial = SerialNumber::new("20123456");
    let shipped = PersonNews::Shipped { serial: &serial, tracking: &Tracking::default() };
    let (_, text) = rendered(None, shipped, "");
    assert!(!text.contains("Tracking number") && !text.contains("Questions"), "{text}");
    let ordered = PersonNews::Ordered { ordered_by: Some("Grace Hopper"), town: None, object: None };
    let (_, text) = rendered(None, ordered, "");
    assert!(!text.contains("Sent to") && !text.contains("Object on this page"), "{text}");
}

/// Names come from the order and the directory, and must not change how the mail is read.
#[test]
fn foreign_values_stay_one_line() {
    let evil = "Eve\r\n\r\nCall +1 555 6666 \u{202e}now";
    let (subject, text) =
        rendered(None, PersonNews::Ordered { ordered_by: Some(evil), town: Some(evil), object: None }, "");
    assert!(!subject.contains("Eve"));
    assert!(!text.contains("\nCall +1") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn own_templates_are_used_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("ordered.subject.txt", "Schlüssel für {{ user_name }}");
    let news = || PersonNews::Ordered { ordered_by: Some("Grace"), town: None, object: Some(OBJECT) };
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
