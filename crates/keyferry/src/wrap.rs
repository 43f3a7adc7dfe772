//! Line wrapping for printed pages.

/// Longest line of a page, in characters.
const WIDTH: usize = 120;

/// Wraps text at spaces. Lines after the first begin with `indent`. A word that is longer than a line is not broken.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let mut page = String::new();
    let mut width = 0;
    for (index, word) in text.split(' ').enumerate() {
        let long = word.chars().count();
        if index > 0 && width + 1 + long > WIDTH {
            page.push('\n');
            page.push_str(indent);
            width = indent.len();
        } else if index > 0 {
            page.push(' ');
            width += 1;
        }
        page.push_str(word);
        width += long;
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_the_limit() {
        let text = "word ".repeat(60);
        let page = wrapped(text.trim(), "  ");
        assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
        assert!(page.lines().skip(1).all(|line| line.starts_with("  word")), "{page}");
        assert_eq!(page.split_whitespace().count(), 60);
        assert_eq!(wrapped(&"x".repeat(200), ""), "x".repeat(200));
    }
}
