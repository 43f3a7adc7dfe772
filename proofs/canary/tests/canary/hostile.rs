//! A misbehaving external system: a proxy in front of the sandbox that forwards every request unless a fault is
//! injected.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The part of a request that a fault repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The value of the header `Authorization`, or of `Proxy-Authorization`.
    Credentials,
    Query,
    Body,
    /// The PIN in the body: its longest run of digits.
    Pin,
}

/// How the repeated part is encoded.
#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    Verbatim,
    /// Each character as `\u....` in JSON.
    Escapes,
    Base64,
    Percent,
    Hex,
    Html,
}

/// Where the answer contains the repeated part.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `error` is an object, as in answers of Graph and Logic Apps. Also has the members of the other services.
    Objects,
    /// `error` is a string, as in RFC 6749.
    Strings,
    /// In the names of members.
    Names,
    /// Plain text, no JSON.
    Plain,
    /// Truncated JSON.
    Broken,
}

/// Changes an answer. The second argument is the value of `Authorization`.
type Change = dyn Fn(&mut Value, &str) + Send + Sync;

#[derive(Clone)]
pub enum Fault {
    /// The request is not forwarded, and the answer repeats a part of it.
    Echo { what: Part, how: Encoding, shape: Shape, status: u16 },
    /// Like `Echo`, with a body shorter than `content-length`.
    Truncated(Part),
    /// Redirects to another URL, whose query contains the query and the credentials of the request.
    Redirect(u16),
    /// The connection is closed without an answer.
    Cut,
    /// The request is forwarded, and its answer changed.
    Changed(Arc<Change>),
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Echo { what, how, shape, status } => write!(f, "{status} that repeats {what:?}, {how:?}, {shape:?}"),
            Self::Truncated(what) => write!(f, "a truncated answer with {what:?}"),
            Self::Redirect(status) => write!(f, "a redirect by {status}"),
            Self::Cut => f.write_str("a cut connection"),
            Self::Changed(_) => f.write_str("a changed answer"),
        }
    }
}

impl Fault {
    /// Returns all faults that repeat one of these parts.
    pub fn repeating(all: &[Part]) -> Vec<Self> {
        let statuses = [400, 403, 404, 409, 412, 500, 502, 503, 200, 202, 204, 302, 307, 401];
        let hows =
            [Encoding::Verbatim, Encoding::Escapes, Encoding::Base64, Encoding::Percent, Encoding::Hex, Encoding::Html];
        let mut faults = vec![Self::Redirect(302), Self::Redirect(308), Self::Cut];
        for &what in all {
            for (index, status) in statuses.into_iter().enumerate() {
                let shape = [Shape::Objects, Shape::Strings][index % 2];
                faults.push(Self::Echo { what, how: hows[index % hows.len()], shape, status });
            }
            for shape in [Shape::Objects, Shape::Strings, Shape::Names, Shape::Plain, Shape::Broken] {
                faults.push(Self::Echo { what, how: Encoding::Verbatim, shape, status: 400 });
            }
            for shape in [Shape::Names, Shape::Plain, Shape::Broken] {
                faults.push(Self::Echo { what, how: Encoding::Verbatim, shape, status: 200 });
            }
            faults.push(Self::Truncated(what));
        }
        faults
    }

    pub fn changed(change: impl Fn(&mut Value, &str) + Send + Sync + 'static) -> Self {
        Self::Changed(Arc::new(change))
    }
}

struct Shared {
    world: String,
    http: reqwest::Client,
    faults: Mutex<Vec<(String, Fault)>>,
    triggered: AtomicUsize,
    /// The signature in the connector's Logic App URL, and the one that the sandbox requires.
    signatures: (String, &'static str),
    bearers: Mutex<BTreeSet<String>>,
    stolen: AtomicUsize,
}

pub struct Hostile {
    pub base: String,
    shared: Arc<Shared>,
}

impl Hostile {
    /// Starts the proxy in front of the sandbox at `world`. `signature` is percent-encoded.
    pub async fn start(world: &str, signature: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            world: world.to_owned(),
            http: reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            faults: Mutex::default(),
            triggered: AtomicUsize::default(),
            signatures: (signature, "sandbox-logic-app-signature"),
            bearers: Mutex::default(),
            stolen: AtomicUsize::default(),
        });
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                // The connector may close the connection early: not an error.
                tokio::spawn(async move { drop(shared.serve(stream).await) });
            }
        });
        Self { base, shared }
    }

    /// Injects a fault into matching requests, and replaces an earlier fault with the same `on`.
    ///
    /// A request matches if its method and path, such as `POST /fpr/shipments`, contain all words of `on`, and none of
    /// the words that follow a `!`.
    pub fn inject(&self, on: &str, fault: Fault) {
        self.shared.triggered.store(0, Ordering::SeqCst);
        let mut faults = self.shared.faults.lock().unwrap();
        faults.retain(|(other, _)| other != on);
        faults.push((on.to_owned(), fault));
    }

    /// Removes the fault with this `on`.
    pub fn clear(&self, on: &str) {
        self.shared.faults.lock().unwrap().retain(|(other, _)| other != on);
    }

    /// Returns whether a fault was applied since the last call of `inject`.
    pub fn triggered(&self) -> bool {
        self.shared.triggered.load(Ordering::SeqCst) > 0
    }

    /// Returns the access tokens that were received.
    pub fn bearers(&self) -> Vec<String> {
        self.shared.bearers.lock().unwrap().iter().cloned().collect()
    }

    /// Returns how often a redirect was followed.
    pub fn stolen(&self) -> usize {
        self.shared.stolen.load(Ordering::SeqCst)
    }
}

struct Request {
    method: String,
    /// With the query.
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn credentials(&self) -> &str {
        [self.header("authorization"), self.header("proxy-authorization")].into_iter().max().unwrap_or_default()
    }

    fn part(&self, what: Part) -> String {
        let body = String::from_utf8_lossy(&self.body);
        match what {
            Part::Credentials => self.credentials().to_owned(),
            Part::Query => self.target.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default(),
            Part::Body => body.into_owned(),
            Part::Pin => {
                let digits = body.split(|c: char| !c.is_ascii_digit());
                digits.max_by_key(|run| run.len()).unwrap_or_default().to_owned()
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        // A TLS handshake (RFC 8446 section 5.1) gets an answer in plain HTTP.
        if bytes[0] == 22 {
            stream.write_all(b"HTTP/1.1 400 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await?;
            return Ok(None);
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
        let headers = rest.lines().filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Request { method, target, headers, body: Vec::new() };
        let length: usize = request.header("content-length").parse().unwrap_or_default();
        if bytes.len() >= end + 4 + length {
            request.body = bytes[end + 4..end + 4 + length].to_vec();
            return Ok(Some(request));
        }
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = read(&mut stream).await? else { return Ok(()) };
        if let Some((_, token)) = request.header("authorization").split_once(' ') {
            self.bearers.lock().unwrap().insert(token.to_owned());
        }
        // Public reads without credentials follow redirects on the same host.
        if request.target.contains("stolen") && !request.target.ends_with("&credentials=") {
            self.stolen.fetch_add(1, Ordering::SeqCst);
        }
        let called = format!("{} {}", request.method, request.target);
        let matching = |(on, _): &&(String, Fault)| {
            on.split(' ').all(|word| match word.strip_prefix('!') {
                Some(word) => !called.contains(word),
                None => called.contains(word),
            })
        };
        let fault = self.faults.lock().unwrap().iter().find(matching).map(|(_, fault)| fault.clone());
        let answer = match fault {
            None => self.pass_on(&request, None).await,
            Some(Fault::Changed(change)) => self.pass_on(&request, Some(&*change)).await,
            Some(Fault::Cut) => Vec::new(),
            Some(Fault::Redirect(status)) => redirect(&request, status),
            Some(Fault::Truncated(what)) => {
                let body = body(&request.part(what), Encoding::Verbatim, Shape::Objects);
                format!("HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 99999\r\n\r\n{body}")
                    .into()
            }
            Some(Fault::Echo { what, how, shape, status }) => {
                let part = request.part(what);
                assert!(!part.is_empty(), "{called} has no {what:?} to repeat");
                echo(&part, how, shape, status)
            }
        };
        if self.faults.lock().unwrap().iter().any(|one| matching(&one)) {
            self.triggered.fetch_add(1, Ordering::SeqCst);
        }
        stream.write_all(&answer).await?;
        stream.shutdown().await
    }

    async fn pass_on(&self, request: &Request, change: Option<&Change>) -> Vec<u8> {
        let target = request.target.replace(&self.signatures.0, self.signatures.1);
        let method = request.method.parse().unwrap_or(reqwest::Method::GET);
        let mut call = self.http.request(method, format!("{}{target}", self.world)).body(request.body.clone());
        for (name, value) in &request.headers {
            if !["host", "connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                call = call.header(name, value);
            }
        }
        let Ok(answer) = call.send().await else { return Vec::new() };
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", answer.status().as_u16());
        for (name, value) in answer.headers() {
            if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
                head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
            }
        }
        let Ok(body) = answer.bytes().await else { return Vec::new() };
        let mut body = body.to_vec();
        if let Some(change) = change {
            let mut reply: Value = serde_json::from_slice(&body).unwrap_or_default();
            change(&mut reply, request.credentials());
            body = reply.to_string().into_bytes();
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        [head.into_bytes(), body].concat()
    }
}

fn redirect(request: &Request, status: u16) -> Vec<u8> {
    let query = request.part(Part::Query);
    let hidden: String = url::form_urlencoded::byte_serialize(request.credentials().as_bytes()).collect();
    let place = format!("{}/stolen?{query}&credentials={hidden}", request.header("host"));
    let body = json!({ "message": format!("moved to http://{place}"), "error": { "message": format!("see {place}") } });
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nlocation: http://{place}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn echo(part: &str, how: Encoding, shape: Shape, status: u16) -> Vec<u8> {
    let kind = if matches!(shape, Shape::Plain) { "text/plain" } else { "application/json" };
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nconnection: close\r\n");
    let header: String = written(part, how).chars().filter(char::is_ascii_graphic).collect();
    for name in ["request-id", "client-request-id", "x-ms-workflow-run-id", "x-request-id", "www-authenticate", "date"]
    {
        head.push_str(&format!("{name}: {header}\r\n"));
    }
    if status == 204 {
        return format!("{head}\r\n").into_bytes();
    }
    let body = body(part, how, shape);
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn written(part: &str, how: Encoding) -> String {
    match how {
        Encoding::Verbatim | Encoding::Escapes => part.to_owned(),
        Encoding::Base64 => STANDARD.encode(part),
        Encoding::Percent => url::form_urlencoded::byte_serialize(part.as_bytes()).collect(),
        Encoding::Hex => part.bytes().map(|byte| format!("{byte:02x}")).collect(),
        Encoding::Html => part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
    }
}

/// Placeholder for the repeated part.
const MARK: &str = "@@@";

fn body(part: &str, how: Encoding, shape: Shape) -> String {
    let written = written(part, how);
    let form = match shape {
        Shape::Plain => return format!("You sent {written}"),
        Shape::Objects | Shape::Broken => json!({
            "error": { "code": MARK, "message": MARK, "innerError": { "code": MARK, "request-id": MARK } },
            "code": MARK, "message": MARK, "detail": MARK, "title": MARK, "shipment_id": MARK,
        }),
        Shape::Strings => json!({
            "error": MARK, "error_description": format!("{MARK}: {MARK}"), "trace_id": MARK, "correlation_id": MARK,
            "code": MARK, "message": MARK, "id": MARK, "token_type": MARK, "issuer": MARK, "jwks_uri": MARK,
        }),
        Shape::Names => json!({ MARK: { MARK: 1 }, "error": { MARK: { MARK: MARK } }, "access_token": { MARK: 7 } }),
    };
    let inside = match how {
        Encoding::Escapes => written.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        _ => serde_json::to_string(&written).unwrap().trim_matches('"').to_owned(),
    };
    let mut body = form.to_string().replace(MARK, &inside);
    if matches!(shape, Shape::Broken) {
        let half = body.floor_char_boundary(body.len() * 2 / 3);
        body.truncate(half);
    }
    body
}
