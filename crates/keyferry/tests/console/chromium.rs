//! The console in Chromium, controlled through chromedriver: sign-in, list, and one shipment, with pictures of each
//! page, light and dark, narrow and wide.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_proof_support::{ADA, ALAN, GRACE};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::support::Demo;

/// Name under which WebDriver returns an element (<https://www.w3.org/TR/webdriver2/#elements>).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(super) struct Driver {
    process: Child,
    http: Client,
    base: String,
    session: String,
}

impl Driver {
    /// Starts chromedriver and a browser. `None` if they are not installed.
    pub(super) async fn start(dark: bool) -> Option<Self> {
        keyferry_outsiders::system("chromium")?;
        let program = keyferry_outsiders::system("chromedriver")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let mut driver = Self { process, http, base: format!("http://127.0.0.1:{port}"), session: String::new() };
        // Dark pages are in German, whose words are longer.
        let (scheme, language) = if dark { (0, "de") } else { (1, "en") };
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let language = format!("--accept-lang={language}");
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", &scheme, &language];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } });
        for _ in 0..100 {
            let asked = driver.http.post(format!("{}/session", driver.base)).json(&wanted).send().await;
            if let Ok(answer) = asked {
                let answer: Value = answer.json().await.unwrap();
                let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}"));
                driver.session = format!("{}/session/{id}", driver.base);
                return Some(driver);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("chromedriver does not answer")
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        if !answer["value"]["error"].is_null() {
            let script = json!({ "script": "return location.href + ' ' + document.body.innerText", "args": [] });
            let shown = self.http.post(format!("{}/execute/sync", self.session)).json(&script).send().await.unwrap();
            panic!("{path}: {} on the page {}", answer["value"]["message"], shown.text().await.unwrap());
        }
        answer["value"].clone()
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn open(&self, address: &str) {
        self.post("/url", json!({ "url": address })).await;
    }

    pub(super) async fn address(&self) -> String {
        self.ask(Method::GET, "/url", None).await.as_str().unwrap().to_owned()
    }

    async fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let driver = &self.session;
        // A click returns before the page that it leads to is there.
        for _ in 0..50 {
            let answer = self.http.post(format!("{driver}/element")).json(&wanted).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            if let Some(found) = answer["value"][ELEMENT].as_str() {
                return found.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.post("/element", wanted).await[ELEMENT].as_str().unwrap().to_owned()
    }

    pub(super) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    pub(super) async fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    pub(super) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    pub(super) async fn until_at(&self, path: &str) {
        for _ in 0..100 {
            if self.address().await.split("//").nth(1).is_some_and(|rest| rest.ends_with(path)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the browser is at {}, not at {path}", self.address().await)
    }

    /// Waits until a script returns `true`.
    pub(super) async fn until(&self, script: &str) {
        for _ in 0..300 {
            if self.run(script).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let text = self.run("return document.body.innerText").await;
        panic!("never: {script}\n{}\n{text}", self.address().await)
    }

    async fn until_below(&self, path: &str) {
        for _ in 0..100 {
            if self.address().await.contains(path) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the browser is at {}, not below {path}", self.address().await)
    }

    /// Checks the page with axe-core: WCAG 2.2 A and AA, and its best practices. Texts, colours and sizes are those of
    /// the current width and colour scheme.
    async fn assert_accessible(&self, name: &str) {
        let Some(modules) = keyferry_outsiders::node_modules() else { return };
        let axe = std::fs::read_to_string(modules.join("axe-core/axe.min.js")).unwrap();
        self.run(&axe).await;
        let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        let script = "const [tags, done] = arguments; const only = { type: 'tag', values: tags }; \
                      const shown = (it) => [it.id, it.help, it.nodes[0].html]; \
                      axe.run({ runOnly: only }).then((it) => done([it.passes.length, it.violations.map(shown)]))";
        let found = self.post("/execute/async", json!({ "script": script, "args": [tags] })).await;
        assert!(found[0].as_u64().unwrap() > 10, "axe-core checked nothing: {found}");
        assert_eq!(found[1], json!([]), "{name}");
    }

    /// Saves a picture of the page at this width, and checks that it does not scroll sideways and is accessible.
    pub(super) async fn picture(&self, name: &str, width: u32) {
        let size = |height: u32| {
            json!({
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": { "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false },
            })
        };
        self.post("/goog/cdp/execute", size(900)).await;
        let measured = self.run("let e = document.documentElement; return [e.scrollWidth, e.scrollHeight]").await;
        assert!(measured[0].as_u64().unwrap() <= u64::from(width), "{name} is wider than {width}: {measured}");
        self.assert_accessible(&format!("{name}-{width}")).await;
        self.post("/goog/cdp/execute", size(u32::try_from(measured[1].as_u64().unwrap().min(3000)).unwrap())).await;
        let picture = self.ask(Method::GET, "/screenshot", None).await;
        let picture = STANDARD.decode(picture.as_str().unwrap()).unwrap();
        assert!(picture.len() > 10_000, "{name} is empty");
        let clear = json!({ "cmd": "Emulation.clearDeviceMetricsOverride", "params": {} });
        self.post("/goog/cdp/execute", clear).await;
        std::fs::write(pictures().join(format!("{name}-{width}.png")), picture).unwrap();
    }
}

impl Drop for Driver {
    /// Ends the browser first: without its driver it would stay.
    fn drop(&mut self) {
        let host = self.base.trim_start_matches("http://");
        if let (Some(path), Ok(mut driver)) = (self.session.strip_prefix(&self.base), TcpStream::connect(host)) {
            let request = format!("DELETE {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            drop(driver.write_all(request.as_bytes()));
            // It answers when the browser has ended, and may keep the connection.
            drop(driver.set_read_timeout(Some(Duration::from_secs(20))));
            drop(driver.read(&mut [0; 64]));
        }
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn pictures() -> PathBuf {
    let folder = keyferry_outsiders::artifacts().join("console");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Fills the demo: a complete shipment, one on its way, one without an addressee, and one whose response is lost.
pub(super) async fn fill(demo: &Demo) -> String {
    let complete = demo.complete_order(ADA).await;
    let stuck = demo.order("nomanager@contoso.onmicrosoft.com").await;
    demo.parcel_to(&stuck, 103).await;
    demo.process_until(&stuck, "an obstacle", |details| details["obstacle"].is_object()).await;
    demo.order(ALAN).await;
    demo.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 })).await;
    demo.create(&keyferry_proof_support::order_for(GRACE)).await;
    complete
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_works_in_chromium() {
    let demo = Demo::start().await;
    let Some(driver) = Driver::start(false).await else { return };
    let complete = fill(&demo).await;
    let console = demo.announced["console"].as_str().unwrap().to_owned();
    tour(&driver, &console, &complete, "light").await;
    // By keyboard: the first stop leads past the navigation.
    driver.open(&console).await;
    driver
        .post(
            "/actions",
            json!({ "actions": [{ "type": "key", "id": "k", "actions": [
        { "type": "keyDown", "value": "\u{e004}" }, { "type": "keyUp", "value": "\u{e004}" },
        { "type": "keyDown", "value": "\u{e007}" }, { "type": "keyUp", "value": "\u{e007}" },
    ] }] }),
        )
        .await;
    assert_eq!(driver.run("return location.hash + ' ' + document.activeElement.id").await, "#content content");
    // Times are in the viewer's time zone, and the UTC time is their title.
    driver.open(&format!("{console}/shipments")).await;
    let title = driver.run("return document.querySelector('time').title").await;
    assert!(title.as_str().unwrap().ends_with(" UTC"), "{title}");
    // The form becomes a short address.
    driver.fill("#q", ADA).await;
    driver.click(".find button").await;
    driver.until_at("/console/shipments?user=ada.lovelace%40contoso.onmicrosoft.com").await;
    driver.click(".filter button").await;
    driver.until_at("/console/shipments?user=ada.lovelace%40contoso.onmicrosoft.com&sort=newest").await;
    driver.click(".who button").await;
    driver.until_at("/console/signed-out").await;
    driver.picture("signed-out-light", 1440).await;
    drop(driver);

    let driver = Driver::start(true).await.unwrap();
    tour(&driver, &console, &complete, "dark").await;
    assert_eq!(driver.run("return document.documentElement.lang").await, "de");
}

/// Signs in, and takes pictures of the pages.
async fn tour(driver: &Driver, console: &str, complete: &str, scheme: &str) {
    driver.open(&format!("{console}/shipments?needs_human=true")).await;
    driver.fill("input[name=login]", GRACE).await;
    driver.fill("input[name=passwd]", "sandbox-password").await;
    driver.click("button[type=submit], button").await;
    driver.until_at("/console/shipments?needs_human=true").await;
    driver.click("tbody a").await;
    let stuck = driver.address().await;
    let pages = [
        ("overview", console.to_owned()),
        ("shipments", format!("{console}/shipments")),
        ("wrong-condition", format!("{console}/shipments?phase=lost")),
        ("found", format!("{console}/shipments?q=al")),
        ("bulk", format!("{console}/shipments/actions?action=cancel&for=all&phase=accepted%2Cregistered%2Ccomplete")),
        ("resend-pin", format!("{console}/shipments/{complete}/resend-pin")),
        ("print-pin", format!("{console}/shipments/{complete}/print-pin")),
        ("adopt", format!("{stuck}/adopt")),
        ("stuck", stuck),
        ("work", format!("{console}/work")),
        ("people", format!("{console}/people?user={ADA}")),
        ("lost-key", format!("{console}/people/lost-key?user={ADA}&shipment={complete}")),
        ("stop", format!("{console}/people/stop?user={ALAN}")),
        ("complete", format!("{console}/shipments/{complete}")),
        ("health", format!("{console}/health")),
        ("audit", format!("{console}/audit")),
        ("audit-wrong", format!("{console}/audit?from=tomorrow")),
    ];
    for (name, address) in pages {
        driver.open(&address).await;
        // The policy blocks nothing that the page needs: the style sheet and the script are in effect.
        let styled = driver.run("return getComputedStyle(document.querySelector('.bar')).display").await;
        assert_eq!(styled, "flex", "{name}");
        for width in [360, 1440] {
            driver.picture(&format!("{name}-{scheme}"), width).await;
        }
    }
    driver.open(&format!("{console}/people?user={ADA}")).await;
    driver.click("td.last a").await;
    for width in [360, 1440] {
        driver.picture(&format!("revoke-{scheme}"), width).await;
    }
    driver.open(&format!("{console}/shipments/{complete}/replace")).await;
    for width in [360, 1440] {
        driver.picture(&format!("replace-{scheme}"), width).await;
    }
    save_and_act(driver, console, scheme).await;
}

/// Saves a list with other columns, ticks a shipment in it, and acts.
async fn save_and_act(driver: &Driver, console: &str, scheme: &str) {
    driver.open(&format!("{console}/shipments?phase=registered%2Caccepted%2Ccomplete")).await;
    driver.click(".filter details:last-of-type summary").await;
    driver.click("input[name=columns][value=country]").await;
    driver.click(".filter button").await;
    driver.until_at("columns=state%2Cserial%2Ctracking%2Creference%2Ccreated%2Cdeadline%2Ccountry").await;
    driver.click(".keep summary").await;
    driver.fill("#view-name", &format!("On their way ({scheme})")).await;
    driver.click(".keep button").await;
    driver.until_at("&notice=saved").await;
    for width in [360, 1440] {
        driver.picture(&format!("saved-{scheme}"), width).await;
    }
    driver.click("tbody input[name=id]").await;
    driver.click("#action option[value=retry]").await;
    driver.click("button[value=ticked]").await;
    driver.fill("#reason", "the manager is entered").await;
    driver.click(".act button").await;
    driver.until_below("/console/shipments/actions/").await;
    assert_eq!(driver.run("return document.querySelectorAll('[role=status]').length").await, 1);
    for width in [360, 1440] {
        driver.picture(&format!("bulk-result-{scheme}"), width).await;
    }
}
