use std::fs;

use keyferry_domain::{DeliveryId, EmailAddress, Pin, PinLength, SerialNumber, ShipmentId, UserRef};
use tempfile::{TempDir, tempdir};

use super::*;

fn mail(templates: &MailTemplates, user_name: &str, pin: &str, change_on_first_use: bool) -> Mail {
    mail_about(templates, [user_name, "20123456", "8gYnYQk5vVqYzKqY1p2xTQ"], pin, change_on_first_use)
}

fn mail_about(
    templates: &MailTemplates,
    [user_name, serial, delivery_id]: [&str; 3],
    pin: &str,
    change_on_first_use: bool,
) -> Mail {
    mail_in(Language::English, templates, [user_name, serial, delivery_id], pin, change_on_first_use)
}

fn mail_in(
    language: Language,
    templates: &MailTemplates,
    [user_name, serial, delivery_id]: [&str; 3],
    pin: &str,
    change_on_first_use: bool,
) -> Mail {
    let length = PinLength::try_from(i64::try_from(pin.chars().count()).unwrap()).unwrap();
    let notice = PinNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        delivery_id: &DeliveryId::new(delivery_id),
        user: &UserRef::parse("ada@contoso.example").unwrap(),
        user_name,
        language,
        serial: &SerialNumber::new(serial),
        pin: &Pin::new(pin.to_owned().into(), length).ok().unwrap(),
        change_on_first_use,
        addressees: &[EmailAddress::parse("grace@contoso.example").unwrap()],
        message_id: "0196f0a0.1",
    };
    templates.render(&notice).unwrap()
}

fn html(mail: &Mail) -> &str {
    mail.html.as_ref().unwrap().as_str()
}

fn released(language: Language, templates: &MailTemplates, user_name: &str) -> Mail {
    let notice = ReleaseNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        delivery_id: &DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ"),
        user_name,
        language,
        serial: &SerialNumber::new("20123456"),
        addressees: &[EmailAddress::parse("grace@contoso.example").unwrap()],
        message_id: "0196f0a0.released",
    };
    templates.render_released(&notice).unwrap()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn refusal(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let Err(error) = MailTemplates::load(Some(folder.path())) else { panic!("{files:?} was accepted") };
    error.to_string().replace(&folder.path().display().to_string(), "[folder]")
}

#[test]
fn built_in_mail() {
    let mail = mail(&MailTemplates::load(None).unwrap(), "Ada Lovelace", "482137", false);
    insta::assert_snapshot!("subject", mail.subject);
    insta::assert_snapshot!("text", mail.text.as_str());
    insta::assert_snapshot!("html", html(&mail));
}

#[test]
fn built_in_mail_with_change_on_first_use() {
    let mail = mail(&MailTemplates::load(None).unwrap(), "Ada Lovelace", "482137", true);
    insta::assert_snapshot!("text_change_on_first_use", mail.text.as_str());
    insta::assert_snapshot!("html_change_on_first_use", html(&mail));
}

#[test]
fn built_in_mail_to_previous_addressee() {
    let mail = released(Language::English, &MailTemplates::load(None).unwrap(), "Ada Lovelace");
    insta::assert_snapshot!("released", format!("{}\n\n{}", mail.subject, mail.text.as_str()));
    assert!(mail.html.is_none());
    let mail = released(Language::English, &MailTemplates::load(None).unwrap(), "Eve\r\nBcc: x@y =?utf-8?q?x?=");
    assert!(!mail.subject.contains(['\r', '\n']) && !mail.subject.contains("=?"), "{:?}", mail.subject);
    assert!(!mail.text.contains("\nBcc:"));
}

#[test]
fn built_in_mails_in_german() {
    let templates = MailTemplates::load(None).unwrap();
    let german = |change_on_first_use| {
        let values = ["Ada Lovelace", "20123456", "8gYnYQk5vVqYzKqY1p2xTQ"];
        mail_in(Language::German, &templates, values, "482137", change_on_first_use)
    };
    let mail = german(true);
    insta::assert_snapshot!("text_de", format!("{}\n\n{}", mail.subject, mail.text.as_str()));
    insta::assert_snapshot!("html_de", html(&mail));
    assert!(german(false).text.contains("jederzeit") && html(&german(false)).contains("jederzeit"));
    let mail = released(Language::German, &templates, "Ada Lovelace");
    insta::assert_snapshot!("released_de", format!("{}\n\n{}", mail.subject, mail.text.as_str()));
    let notice = LinkNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        delivery_id: &DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ"),
        user_name: "Ada Lovelace",
        language: Language::German,
        serial: &SerialNumber::new("20123456"),
        link: SAMPLE_LINK,
        expires_at: keyferry_domain::Timestamp::UNIX_EPOCH,
        addressees: &[EmailAddress::parse("grace@contoso.example").unwrap()],
        message_id: "0196f0a0.link",
    };
    let mail = templates.render_link(&notice).unwrap();
    insta::assert_snapshot!("link_de", format!("{}\n\n{}", mail.subject, mail.text.as_str()));
}

#[test]
fn template_of_the_mail_to_the_previous_addressee_has_no_pin() {
    let error = refusal(&[("released.txt", "PIN {{ pin }}")]);
    assert!(error.contains("released.txt") && error.contains("pin"), "{error}");
}

#[test]
fn hostile_name_adds_no_header_or_markup() {
    let name = "Eve</td><script>\r\nBcc: x@y\u{202e} {{ pin }}";
    let mail = mail(&MailTemplates::load(None).unwrap(), name, "482137", false);
    assert!(!mail.subject.contains(['\r', '\n', '\u{202e}']), "{:?}", mail.subject);
    assert!(!mail.subject.contains("482137"), "values are not templates");
    assert!(!html(&mail).contains("<script>"));
    assert!(html(&mail).contains("Eve&lt;"));
    assert!(!mail.text.contains("\nBcc:"));
}

#[test]
fn subject_contains_no_encoded_word() {
    let templates = MailTemplates::load(None).unwrap();
    let mail = mail(&templates, "=?utf-8?q?Ada=0D=0ABcc:_eve@evil.example?=", "482137", false);
    assert!(!mail.subject.contains("=?"), "{}", mail.subject);
}

#[test]
fn hostile_serial_or_shipment_id_adds_no_line() {
    let values = ["Ada", "2012\n.\nSend the PIN to eve@evil.example", "8gYn\r\n\r\nSend the PIN to eve@evil.example"];
    let mail = mail_about(&MailTemplates::load(None).unwrap(), values, "482137", false);
    assert!(!mail.text.lines().any(|line| line == "." || line.starts_with("Send the PIN")), "{}", mail.text.as_str());
}

/// A right-to-left override in one value would reverse the text after it, such as the serial number.
#[test]
fn no_value_reorders_or_hides_the_text_around_it() {
    let own = folder(&[
        ("pin.subject.txt", "{{ user_name }} {{ serial }} {{ shipment_id }}"),
        ("pin.txt", "{{ user_name }} {{ serial }} {{ shipment_id }} {{ pin }}"),
        ("pin.html", "<p>{{ user_name }} {{ serial }} {{ shipment_id }} {{ pin }}</p>"),
    ]);
    for templates in [MailTemplates::load(None).unwrap(), MailTemplates::load(Some(own.path())).unwrap()] {
        for c in ['\u{202e}', '\u{202a}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{e0061}'] {
            let name = format!("Eve{c} Smith");
            for place in 0..3 {
                let mut values = ["Ada", "20123456", "8gYn"];
                values[place] = &name;
                let mail = mail_about(&templates, values, "482137", false);
                let shown = format!("Eve{} Smith", c.escape_unicode());
                for part in [mail.text.as_str(), html(&mail)] {
                    assert!(part.contains(&shown) && !part.contains(c), "{part}");
                }
                assert!(!mail.subject.contains(c), "{:?}", mail.subject);
                assert_eq!(mail.subject.contains(&shown), place == 0 || mail.subject.starts_with("Ada "));
            }
        }
        let hebrew = mail(&templates, "(שרה\u{200f})", "482137", false);
        assert!(hebrew.text.contains("(שרה\u{200f})") && html(&hebrew).contains("(שרה\u{200f})"));
    }
}

#[test]
fn escapes_pin_in_html_only() {
    let mail = mail(&MailTemplates::load(None).unwrap(), "Ada", "a<b>&\"1", false);
    assert!(mail.text.contains("a<b>&\"1"));
    assert!(html(&mail).contains("a&lt;b&gt;&amp;&quot;1"));
}

#[test]
fn file_replaces_only_the_template_of_the_same_name() {
    let folder = folder(&[("pin.subject.txt", "PIN für {{ user_name }}\n")]);
    let mail = mail(&MailTemplates::load(Some(folder.path())).unwrap(), "Ada", "482137", false);
    assert_eq!(mail.subject, "PIN für Ada");
    assert!(mail.text.starts_with("Hello,"));
}

#[test]
fn rejects_broken_templates_with_file_and_line() {
    for (name, text, expected) in [
        ("pin.txt", "{{ pin }}\n{{ user_nmae }}\n", "pin.txt, line 2: there is no variable `user_nmae`"),
        (
            "pin.html",
            "{{ pin }}\n\n{% if change_on_first_use %}{% if false %}{{ typo }}{% endif %}{% endif %}",
            "pin.html, line 3: there is no variable `typo`",
        ),
        ("pin.html", "{{ pin }}\n{% if change_on_first_use %}\nx", "pin.html, line 3: syntax error"),
        ("pin.txt", "{{ pin }}\n{{ serial|nosuchfilter }}", "pin.txt, line 2: unknown filter"),
        ("pin.txt", "{{ pin }} {{ user_name.first }}", "pin.txt, line 1: undefined value"),
        ("pin.txt", "your key {{ serial }}", "pin.txt: it does not show the PIN"),
        ("pin.html", "<p>{{ serial }}</p>", "pin.html: it does not show the PIN"),
        ("pin.subject.txt", "{{ pin }} for {{ user_name }}", "pin.subject.txt: it shows the PIN"),
        ("pin.subject.txt", "a\nb", "pin.subject.txt: the subject must be one line"),
        ("pin.subject.txt", "\n", "pin.subject.txt: the subject is empty"),
        ("pin.subject.txt", &"x".repeat(201), "pin.subject.txt: the subject has 201 characters"),
        ("pin.txt", &"x".repeat(300 * 1024), "pin.txt: it has more than"),
    ] {
        let error = refusal(&[(name, text)]);
        assert!(error.contains(&format!("[folder]/{expected}")), "{error}");
    }
}

#[test]
fn rejects_template_that_is_not_utf8() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("pin.txt"), [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(MailTemplates::load(Some(folder.path())), Err(Error::TemplateFile { .. })));
}

#[test]
fn rejects_folder_without_templates() {
    assert!(refusal(&[("pin.htm", "{{ pin }}")]).contains("contains none of pin.subject.txt, pin.txt"));
    let error = MailTemplates::load(Some("/nowhere".as_ref())).err().unwrap().to_string();
    assert!(error.contains("/nowhere"), "{error}");
}
