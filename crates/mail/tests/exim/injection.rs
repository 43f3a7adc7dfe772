//! Injection tests: names, serial numbers, ids and addresses must not add headers, addressees or commands.

use keyferry_domain::EmailAddress;

use super::sender::{Notice, default_delivery, deliver};
use super::server::{Exim, Setup};
use super::stored::{assert_complete, read};

const BCC: &str = "Bcc: eve@evil.example";

fn hostile_names() -> Vec<String> {
    let long = |unit: &str| unit.repeat(40_000 / unit.len());
    let mut names: Vec<String> = [
        "Ada\r\nBcc: eve@evil.example",
        "Ada\nBcc: eve@evil.example",
        "Ada\rBcc: eve@evil.example",
        "Ada\r\n\r\nBcc: eve@evil.example",
        "Ada\r\n .\r\nBcc: eve@evil.example",
        "Ada\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<eve@evil.example>\r\nDATA\r\n",
        "Ada\n.\nMAIL FROM:<eve@evil.example>\n",
        "Ada\r.\rQUIT\r",
        "Ada\0\u{b}\u{c}\u{85}\u{2028}\u{2029}Bcc: eve@evil.example",
        "=?utf-8?q?Ada=0D=0ABcc:_eve@evil.example?=",
        "=?utf-8?b?QWRhDQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
        "=?utf-7?q?+AA0ACg-Bcc:_eve@evil.example?=",
        "\"Ada\" <eve@evil.example>, \"",
        "Ada\", <eve@evil.example>, \"",
        "Ada <eve@evil.example>",
        "Ada>, <eve@evil.example",
        "(Ada) eve@evil.example; eve@evil.example,",
        "Ada\\\\\" \\",
        "Ümläut Großmann",
        "عادة \u{202e}elpmaxe.live@eve\u{202c}",
        "\u{200f}\u{2067}ada\u{2069}",
        "🔑👩‍💻🇩🇪",
        "阿达·洛芙莱斯",
        "--boundary--",
        "Content-Type: text/html",
        "{{ pin }} {% raw %} ${run{/bin/id}} %s $(id)",
        " ",
        "",
        ".",
        "a\t b",
    ]
    .map(str::to_owned)
    .into();
    names.extend([
        long("x"),
        long("🔑"),
        long("x y "),
        long("\r\nBcc: eve@evil.example"),
        long("\"<"),
        long("\u{301}"),
    ]);
    // Lengths around the limits of folded lines and encoded words.
    names.extend((40..80).step_by(3).map(|at| format!("{} \r\n{BCC} {}", "n".repeat(at), "ü".repeat(at))));
    names
}

#[tokio::test]
async fn display_name_adds_no_header_or_addressee() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let (delivery, names) = (default_delivery(&exim), hostile_names());
    for (index, name) in names.iter().enumerate() {
        let message_id = &format!("{index}.0");
        deliver(&delivery, Notice { user_name: name, message_id, ..Notice::default() }).await.unwrap();
    }
    drop(delivery);
    let Some(read) = read(&exim.mails()) else { return };
    assert_eq!(read.len(), names.len());
    for mail in &read {
        let id = mail["message_id"].as_str().unwrap();
        let name = &names[id[1..].split('.').next().unwrap().parse::<usize>().unwrap()];
        let about: String = name.chars().take(60).collect();
        assert_complete(mail, &["grace@contoso.example"], &about);
        let subject = mail["subject"].as_str().unwrap();
        assert!(subject.starts_with("The PIN for the security key of"), "{about:?}: {subject:?}");
        assert!(!subject.contains(|c: char| c.is_control() || c == '\u{202e}'), "{about:?}: {subject:?}");
        assert!(!subject.contains("48213799"), "{about:?}: {subject:?}");
        assert!(mail["longest_line"].as_u64().unwrap() <= 998, "{about:?}: RFC 5322 section 2.1.1");
    }
}

#[tokio::test]
async fn ordinary_name_in_any_script_arrives_unchanged() {
    let names = [
        "O'Brien, \"Conan\" <x>",
        "Ümläut Großmann",
        "阿达·洛芙莱斯",
        "🔑👩‍💻",
        "=?utf-8?q?Ada?=",
        "a & b",
        "שרה (HR)\u{200f}",
    ];
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let delivery = default_delivery(&exim);
    for (index, name) in names.iter().enumerate() {
        let message_id = &format!("{index}.0");
        deliver(&delivery, Notice { user_name: name, message_id, ..Notice::default() }).await.unwrap();
    }
    drop(delivery);
    let Some(read) = read(&exim.mails()) else { return };
    for (index, name) in names.iter().enumerate() {
        let id = format!("<{index}.0@contoso.example>");
        let mail = read.iter().find(|mail| mail["message_id"] == id.as_str()).unwrap();
        let text = mail["parts"][1]["text"].as_str().unwrap();
        assert!(text.contains(&format!("{name} is getting a new security key")), "{name}: {text}");
        // Keyferry breaks up what a mail program would decode as an encoded word (RFC 2047).
        let shown = name.replace("=?", "= ?");
        assert_eq!(mail["subject"], format!("The PIN for the security key of {shown}"));
    }
}

#[tokio::test]
async fn serial_and_shipment_id_add_no_header_or_command() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let delivery = default_delivery(&exim);
    let hostile = [
        "1\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<eve@evil.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n\
         QUIT\r\n",
        "1\n.\nMAIL FROM:<eve@evil.example>\n",
        "1\r.\r\nMAIL FROM:<eve@evil.example>\r\n",
        "1\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
        "1\r\n\r\n--boundary\r\nContent-Type: text/html\r\n\r\n<b>",
        "=0D=0ABcc: eve@evil.example",
        &"9".repeat(100_000),
    ];
    for text in hostile {
        deliver(&delivery, Notice { serial: text, delivery_id: text, ..Notice::default() }).await.unwrap();
    }
    drop(delivery);
    let Some(read) = read(&exim.mails()) else { return };
    assert_eq!(read.len(), hostile.len(), "{}", exim.log());
    for mail in &read {
        assert_complete(mail, &["grace@contoso.example"], "serial");
        assert!(mail["longest_line"].as_u64().unwrap() <= 998);
    }
    assert!(!exim.log().contains("evil.example>"), "{}", exim.log());
}

#[tokio::test]
async fn address_is_one_addressee_or_rejected() {
    let Some(exim) = Exim::start(Setup::default()) else { return };
    let delivery = default_delivery(&exim);
    let mut sent = Vec::new();
    for (index, text) in [
        "grace@contoso.example\r\nBcc: eve@evil.example",
        "grace@contoso.example>\r\nRCPT TO:<eve@evil.example",
        "grace@contoso.example> NOTIFY=SUCCESS",
        "grace@contoso.example,eve@evil.example",
        "grace@contoso.example;eve@evil.example",
        "\"grace eve@evil.example\"@contoso.example",
        "grace(comment)@contoso.example",
        "@evil.example:grace@contoso.example",
        "grace@contoso.example\u{2028}",
        "grace@contoso.example\u{0}",
        "eve%evil.example@contoso.example",
        "evil.example!eve@contoso.example",
        "|id@contoso.example",
        "/etc/passwd@contoso.example",
        "`id`$(id)@contoso.example",
        "=?utf-8?q?eve=40evil.example=2C?=@contoso.example",
        "-froot@contoso.example",
        "grace+tag@contoso.example",
        "o'brien@contoso.example",
        "..@contoso.example",
        "grace@[127.0.0.1]",
        "<eve@evil.example>grace@contoso.example",
    ]
    .into_iter()
    .enumerate()
    {
        // Most are rejected before a mail is composed.
        if EmailAddress::parse(text).is_err() {
            continue;
        }
        let message_id = &format!("{index}.0");
        let notice = Notice { addressees: &[text], message_id, ..Notice::default() };
        if deliver(&delivery, notice).await.is_ok() {
            sent.push((format!("<{index}.0@contoso.example>"), text));
        }
    }
    drop(delivery);
    assert!(sent.iter().any(|(_, text)| *text == "o'brien@contoso.example"), "{sent:?}");
    let Some(read) = read(&exim.mails()) else { return };
    assert_eq!(read.len(), sent.len());
    for (id, text) in sent {
        let mail = read.iter().find(|mail| mail["message_id"] == id.as_str()).unwrap();
        assert_complete(mail, &[text], text);
    }
    assert!(!exim.log().contains("for eve@evil.example"), "{}", exim.log());
}
