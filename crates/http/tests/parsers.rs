//! Property tests of raw HTTP responses.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::LazyLock;
use std::time::Duration;

use keyferry_domain::text::is_deceptive;
use keyferry_http::{Client, ClientOptions, UrlExt as _, clean, encode_segment};
use keyferry_testkit::loopback::{Loopback, RUNTIME};
use keyferry_testkit::mutation::{any_bytes, any_text, config, edited, edits};
use proptest::prelude::*;
use url::Url;

/// Shared by all cases, because reading the system's root certificates is slow.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let options = ClientOptions { timeout: Duration::from_secs(5), max_body: 4096, ..ClientOptions::default() };
    Client::new(options).unwrap()
});

proptest! {
    #![proptest_config(config(128))]

    /// Any bytes result in a response within the limit, or in an error.
    #[test]
    fn any_bytes_are_a_response_or_an_error(
        bytes in any_bytes(200),
        edits in edits(),
        length in prop_oneof![Just(3usize), Just(4096), Just(4097), Just(100_000)],
        retry_after in any_text(),
    ) {
        let retry_after: String = retry_after.chars().filter(|c| !c.is_control()).collect();
        let body = "x".repeat(length);
        let head = format!("HTTP/1.1 429 X\r\nRetry-After: {retry_after}\r\nContent-Length: {length}");
        let valid = format!("{head}\r\n\r\n{body}");
        let answers = [bytes, edited(valid.as_bytes(), &edits), valid.into_bytes()];
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            let url = Url::parse(&loopback.base).unwrap();
            for bytes in answers {
                loopback.says_bytes(bytes);
                match CLIENT.get(&url).send().await {
                    Ok(answer) => {
                        prop_assert!(answer.body().len() <= 4096);
                        prop_assert!(answer.retry_after.is_none_or(|wait| wait <= Duration::from_secs(24 * 60 * 60)));
                        prop_assert!((100..1000).contains(&answer.status));
                    }
                    Err(error) => prop_assert!(!error.to_string().chars().any(char::is_control), "{}", error),
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn cleaned_text_is_one_bounded_line(text in prop_oneof![any_text(), "[ a\\n\u{202e}ü]{0,700}"]) {
        let cleaned = clean(&text);
        prop_assert!(cleaned.chars().count() <= 501);
        prop_assert!(!cleaned.chars().any(is_deceptive), "{:?}", cleaned);
        prop_assert_eq!(clean(&cleaned), cleaned.clone());
        prop_assert_eq!(cleaned.trim(), cleaned.as_str());
    }

    /// Any text becomes one path segment.
    #[test]
    fn any_text_becomes_one_segment(text in any_text()) {
        let encoded = encode_segment(&text);
        prop_assert!(!encoded.contains(['/', '?', '#', '\\', ' ']) && encoded.is_ascii(), "{}", encoded);
        let base = Url::parse("https://api.example/v1").unwrap();
        if let Ok(url) = base.join_segments(["a", text.as_str(), "b"]) {
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 4, "{}", url);
            prop_assert_eq!((segments[0], segments[1], segments[3]), ("v1", "a", "b"));
            prop_assert!(url.query().is_none() && url.fragment().is_none() && url.host_str() == Some("api.example"));
        }
    }
}
