use super::*;

#[derive(Debug, serde::Deserialize)]
struct Pin {
    #[expect(dead_code, reason = "only its type matters")]
    pin: String,
    #[expect(dead_code, reason = "only its type matters")]
    length: u8,
}

#[test]
fn parses_object() {
    let object = parse_object(br#" {"a": [1, -2, 3.5, null, true], "b": {"a": "x"}} "#, 2).unwrap();
    assert_eq!(object["a"][1], -2);
    assert_eq!(object["b"]["a"], "x");
}

#[test]
fn rejects_duplicate_members() {
    for bad in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"o":[{"a":1,"b":2,"a":3}]}"#] {
        let error = parse_object(bad.as_bytes(), 8).unwrap_err();
        assert_eq!(error, Error::DuplicateMember { member: "\"a\"".into() }, "{bad}");
    }
    parse_object(br#"{"a":{"a":1},"b":{"a":1}}"#, 8).unwrap();
}

#[test]
fn limits_nesting() {
    parse_object(br#"{"a":[{}]}"#, 3).unwrap();
    assert_eq!(parse_object(br#"{"a":[{}]}"#, 2), Err(Error::TooDeep { limit: 2 }));
    let deep = "[".repeat(100_000);
    assert_eq!(parse_object(deep.as_bytes(), 16), Err(Error::TooDeep { limit: 16 }));
}

#[test]
fn rejects_anything_but_one_json_object_in_utf_8() {
    for bad in ["", "{", r#"{"a":1} x"#, r#"{"a":1}{"#, "\u{feff}{}", "{'a':1}", r#"{"a":1,}"#] {
        assert!(matches!(parse_object(bad.as_bytes(), 8), Err(Error::Json { .. })), "{bad:?}");
    }
    assert!(matches!(parse_object(b"{\"a\":\"\xff\"}", 8), Err(Error::Json { .. })));
    for other in ["[]", "\"{}\"", "1", "null"] {
        assert_eq!(parse_object(other.as_bytes(), 8), Err(Error::NotAnObject), "{other}");
    }
}

#[test]
fn mismatch_names_the_member_but_not_the_value() {
    let error = from_slice::<Pin>(br#"{"pin":"000000","length":"314159"}"#, 4).unwrap_err().to_string();
    assert!(error.contains("\"length\""), "{error}");
    assert!(!error.contains("314159"), "{error}");

    let error = from_slice::<Pin>(br#"{"pin":271828,"length":6}"#, 4).unwrap_err().to_string();
    assert!(error.contains("\"pin\"") && !error.contains("271828"), "{error}");

    let error = from_slice::<Pin>(br#"{"pin":"271828"}"#, 4).unwrap_err().to_string();
    assert!(error.contains("`length` is missing") && !error.contains("271828"), "{error}");
}

#[test]
fn from_slice_rejects_duplicates() {
    let error = from_slice::<Pin>(br#"{"pin":"1","length":6,"x":1,"x":1}"#, 4).unwrap_err();
    assert!(matches!(error, Error::DuplicateMember { .. }));
}

#[test]
fn distinguishes_truncated_from_malformed_document() {
    for (bad, word) in
        [(r#"{"a":"#, "unexpected end of input"), ("", "unexpected end of input"), (r#"{"a" 1}"#, "not well-formed")]
    {
        let error = parse_object(bad.as_bytes(), 8).unwrap_err().to_string();
        assert!(error.contains(word), "{bad:?}: {error}");
    }
}
