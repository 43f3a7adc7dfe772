//! Checks links of the documentation to files and headings of this repository.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Pages outside `docs`.
const PAGES: [&str; 8] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "crates/engine/tests/data/README.md",
    "deploy/arm-types/README.md",
    "examples/README.md",
    "trust-anchors/README.md",
];

/// Returns one line for each broken link.
pub(crate) fn findings(root: &Path) -> Vec<String> {
    pages(root).iter().flat_map(|page| of_page(root, page)).collect()
}

/// Returns all pages of the documentation.
pub(crate) fn pages(root: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = PAGES.iter().map(|page| root.join(page)).filter(|page| page.exists()).collect();
    collect(&root.join("docs"), &mut pages);
    pages.sort();
    pages
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(path);
        }
    }
}

fn of_page(root: &Path, page: &Path) -> Vec<String> {
    let shown = page.strip_prefix(root).unwrap_or(page).display().to_string();
    let Ok(text) = fs::read_to_string(page) else {
        return vec![format!("cannot read {shown}")];
    };
    let here = page.parent().unwrap_or(root);
    let mut found = Vec::new();
    for link in links(&text) {
        let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
        let target = if file.is_empty() { page.to_path_buf() } else { plain(&here.join(file)) };
        if !target.exists() {
            found.push(format!("{shown}: {link}: no such file"));
        } else if let Some(heading) = heading
            && target.extension().is_some_and(|extension| extension == "md")
            && !fs::read_to_string(&target).is_ok_and(|text| has_heading(&text, heading))
        {
            found.push(format!("{shown}: {link}: no such heading"));
        }
    }
    found
}

/// Returns the targets of Markdown links, except those to other hosts and mail addresses.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// Returns whether a heading has this anchor, as GitHub forms it: lower case, punctuation removed, spaces replaced by
/// dashes.
fn has_heading(text: &str, anchor: &str) -> bool {
    text.lines().filter(|line| line.starts_with('#')).any(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>() == anchor
    })
}

/// Returns the path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn reports_links_without_file_or_heading() {
        let root = env::temp_dir().join(format!("keyferry-links-{}", process::id()));
        fs::create_dir_all(root.join("docs/how-to")).expect("a folder");
        fs::write(
            root.join("README.md"),
            "[a](docs/how-to/a.md#when-it-is-2-o-clock) [b](https://b.example/) [c](docs/c.md)",
        )
        .expect("a page");
        let page = "# When it is 2 o'clock?\n## When it is 2 o clock\n[up](../../README.md) [here](#nothing) [x](b.md)";
        fs::write(root.join("docs/how-to/a.md"), page).expect("a page");
        let found = findings(&root);
        fs::remove_dir_all(&root).expect("removed");
        assert_eq!(
            found,
            [
                "README.md: docs/c.md: no such file",
                "docs/how-to/a.md: #nothing: no such heading",
                "docs/how-to/a.md: b.md: no such file",
            ]
        );
    }
}
