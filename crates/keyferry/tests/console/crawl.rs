//! All pages, found by following each link from the overview: none is broken, and each is valid HTML, as
//! `html-validate` checks it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use url::Url;

use super::browser::{Browser, Page};
use super::chromium::fill;
use super::pages::assert_page;
use super::support::Demo;

/// Number of pages of one kind that are visited.
const OF_ONE_KIND: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_link_leads_to_a_valid_page() {
    let demo = Demo::start().await;
    fill(&demo).await;
    let folder = keyferry_outsiders::artifacts().join("console").join("html");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    let mut browser = Browser::grace(&demo).await;
    for language in ["en", "de"] {
        browser.language = language;
        let pages = crawl(&mut browser, OF_ONE_KIND).await;
        for (index, page) in pages.values().flatten().enumerate() {
            std::fs::write(folder.join(format!("{language}-{index:03}.html")), &page.text).unwrap();
        }
        assert!(pages.len() > 10, "{:?}", pages.keys());
    }
    validate(&folder);
}

/// Returns the kind and the address of one page of each kind.
pub(super) async fn one_of_each_kind(browser: &mut Browser) -> Vec<(String, String)> {
    let pages = crawl(browser, 1).await;
    pages.into_iter().map(|(kind, mut pages)| (kind, pages.remove(0).url)).collect()
}

/// Follows all links within the console. Returns the visited pages of each kind, at most `most` of each.
async fn crawl(browser: &mut Browser, most: usize) -> BTreeMap<String, Vec<Page>> {
    let mut waiting = VecDeque::from([browser.console.clone()]);
    let (mut seen, mut kinds) = (BTreeSet::new(), BTreeMap::<String, Vec<Page>>::new());
    while let Some(address) = waiting.pop_front() {
        if !seen.insert(address.clone()) {
            continue;
        }
        let kind = kind(&address);
        if kinds.get(&kind).is_some_and(|pages| pages.len() >= most) {
            continue;
        }
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}: {}", page.text);
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        assert_page(&page);
        waiting.extend(links(&page));
        kinds.entry(kind).or_default().push(page);
    }
    kinds
}

/// Returns the addresses of the console that the page links to, without fragments.
fn links(page: &Page) -> Vec<String> {
    let base = Url::parse(&page.url).unwrap();
    let parts = page.text.split("<a ").skip(1).filter_map(|rest| rest.split('>').next());
    let targets = parts.filter_map(|tag| tag.split("href=\"").nth(1)?.split('"').next());
    let targets = targets.map(|target| base.join(&target.replace("&#38;", "&").replace("&#39;", "'")).unwrap());
    let left_out = ["/console/sign-in", "/console/sign-out"];
    let targets = targets.filter(|target| {
        let is_console = target.path() == "/console" || target.path().starts_with("/console/");
        target.origin() == base.origin() && is_console && !left_out.contains(&target.path())
    });
    targets
        .map(|mut target| {
            target.set_fragment(None);
            target.into()
        })
        .collect()
}

/// Returns the address without what differs between pages of one kind: ids, and the values of parameters.
fn kind(address: &str) -> String {
    let url = Url::parse(address).unwrap();
    let is_id = |part: &&str| part.len() > 12 || part.contains('%') || part.contains(|c: char| c.is_ascii_digit());
    let path: Vec<_> = url.path().split('/').map(|part| if is_id(&part) { "{id}" } else { part }).collect();
    let names: BTreeSet<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    format!("{} {}", path.join("/"), names.into_iter().collect::<Vec<_>>().join(" "))
}

/// Checks all pages in a folder with `html-validate`.
pub(super) fn validate(folder: &Path) {
    let Some(mut command) = keyferry_outsiders::tool("html-validate") else { return };
    let config = keyferry_outsiders::folder().join("html/htmlvalidate.json");
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let command = command.arg("--config").arg(config).args(["--formatter", "text"]).args(&files);
    let output = command.output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{found}{}", String::from_utf8_lossy(&output.stderr));
}
