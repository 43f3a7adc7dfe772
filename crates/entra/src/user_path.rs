//! Path segments that identify a user in a URL.

use keyferry_domain::UserRef;
use keyferry_http::encode_segment;

/// Returns the percent-encoded path segments of a user: `users/{key}` or `users('{key}')`.
///
/// Graph requires the second form for names with a leading `$` (<https://learn.microsoft.com/graph/api/user-get>). It
/// is also used for `.` and `..`, which would be removed from a path.
pub(crate) fn segments(user: &UserRef) -> Vec<String> {
    let key = user.to_string();
    if key.starts_with('$') || matches!(key.as_str(), "." | "..") {
        // inferred: quotes are doubled as in OData string literals (OData 4.01 ABNF, `SQUOTE-in-string`).
        vec![format!("users('{}')", encode_segment(&key.replace('\'', "''")))]
    } else {
        vec!["users".to_owned(), encode_segment(&key)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_every_name_as_one_key() {
        for (user, path) in [
            ("A1000000-0000-4000-8000-000000000001", "users/a1000000-0000-4000-8000-000000000001"),
            ("ada@contoso.example", "users/ada%40contoso.example"),
            ("a_b.com#EXT#@t.example", "users/a_b.com%23EXT%23%40t.example"),
            ("o'brien@t.example", "users/o%27brien%40t.example"),
            ("jürgen weiß@t.example", "users/j%C3%BCrgen%20wei%C3%9F%40t.example"),
            ("a/../b?c@t.example", "users/a%2F..%2Fb%3Fc%40t.example"),
            ("$x@t.example", "users('%24x%40t.example')"),
            ("$o'x@t.example", "users('%24o%27%27x%40t.example')"),
            ("..", "users('..')"),
        ] {
            assert_eq!(segments(&UserRef::parse(user).unwrap()).join("/"), path, "{user}");
        }
    }
}
