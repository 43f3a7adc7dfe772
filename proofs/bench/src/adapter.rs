//! Used part of Graph's permitted rate, with only the adapter and its pacer between the benchmark and the sandbox.
//!
//! The adapter has more work than the limit permits all the time. Each client is a process.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{Failure, IdentityProvider as _, Lane, UserRef};
use keyferry_entra::{Entra, EntraSettings, GraphClients};
use keyferry_http::{Client, ClientOptions, Pacing};
use keyferry_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

const PER: Duration = Duration::from_secs(10);
/// Names and durations of the measured times.
const PHASES: [(&str, Duration); 2] =
    [("first minute", Duration::from_secs(60)), ("next 4 minutes", Duration::from_secs(240))];
const USER: &str = "a1000000-0000-4000-8000-000000000001";
/// Calls that wait at the same time.
const WORKERS: usize = 16;

struct Given(AccessToken);

#[async_trait]
impl TokenSource for Given {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(self.0.clone())
    }

    fn invalidate(&self, _: &AccessToken) {}
}

/// Measures the cases, so many at the same time, each with its own sandbox. `permitted`: calls in ten seconds.
pub(crate) async fn run(permitted: u32, at_once: usize) {
    println!("permitted: {permitted} calls in 10 s. Figures from the sandbox's books.\n");
    println!("configured  clients  time            permitted  admitted  throttled     used     429");
    let cases = [(1, 1), (2, 1), (10, 1), (1, 2), (10, 2), (1, 3)];
    for cases in cases.chunks(at_once) {
        let start = |(times, clients)| tokio::spawn(measure(permitted, times, clients));
        let running: Vec<_> = cases.iter().copied().map(start).collect();
        for case in running {
            println!("{}", case.await.unwrap());
        }
    }
}

async fn measure(permitted: u32, times: u32, clients: usize) -> String {
    let sandbox = Sandbox::start(SandboxOptions::ephemeral()).await.unwrap();
    let base = sandbox.base_url().to_string();
    let http = reqwest::Client::new();
    let settings = json!({"graph_rate": {"requests": permitted, "seconds": PER.as_secs()}});
    let set = http.put(format!("{base}control/settings")).header("content-type", "application/json");
    let set = set.body(settings.to_string()).send().await.unwrap();
    assert!(set.status().is_success(), "{}", set.text().await.unwrap());
    let mut started: Vec<_> = (0..clients).map(|_| start(&base, permitted * times)).collect();
    wait_for_first_call(&http, &base).await;
    let (mut lines, mut begun, mut before) = (Vec::new(), Instant::now(), [0.0; 2]);
    for (phase, time) in PHASES {
        tokio::time::sleep(time.saturating_sub(begun.elapsed())).await;
        let counts = books(&http, &base).await;
        let seconds = begun.elapsed().as_secs_f64();
        begun = Instant::now();
        let [admitted, throttled] = [counts[0] - before[0], counts[1] - before[1]];
        before = counts;
        let calls = f64::from(permitted) / PER.as_secs_f64() * seconds;
        let (used, refused) = (admitted / calls * 100.0, throttled / (admitted + throttled) * 100.0);
        let figures = format!("{calls:9.0}  {admitted:8}  {throttled:9}  {used:5.1} %  {refused:4.2} %");
        lines.push(format!("{times:9}x  {clients:7}  {phase:14}  {figures}"));
    }
    let mut shares = Vec::new();
    for client in &mut started {
        // The client ends with its standard input.
        drop(client.stdin.take());
    }
    for client in started {
        let output = client.wait_with_output().await.unwrap();
        shares.push(String::from_utf8(output.stdout).unwrap().trim().parse::<f64>().unwrap());
    }
    let all: f64 = shares.iter().sum();
    let shown: Vec<_> = shares.iter().map(|share| format!("{:.0} %", share / all * 100.0)).collect();
    sandbox.shutdown().await;
    format!("{}  share of each client: {}", lines.join("\n"), shown.join(" + "))
}

async fn wait_for_first_call(http: &reqwest::Client, base: &str) {
    while books(http, base).await[0] == 0.0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Returns the numbers of admitted and of throttled calls.
async fn books(http: &reqwest::Client, base: &str) -> [f64; 2] {
    let books = http.get(format!("{base}control/throttling")).send().await.unwrap().text().await.unwrap();
    let books: Value = serde_json::from_str(&books).unwrap();
    ["admitted", "throttled"].map(|name| books["graph"][name].as_f64().unwrap())
}

fn start(base: &str, configured: u32) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["client", base, &configured.to_string()]).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Calls Graph until the standard input ends, and prints the number of successful calls.
pub(crate) async fn client(base: &str, configured: u32) {
    let base = url::Url::parse(base).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "0c0ffee0-0000-4000-8000-000000000001"),
        ("client_secret", "sandbox-connector-secret"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let endpoint = base.join("11111111-2222-4333-8444-555555555555/oauth2/v2.0/token").unwrap();
    let request = reqwest::Client::new().post(endpoint).header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(body).send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let pacing = Some(Pacing { requests: configured, per: PER, longest_wait: None });
    let http = |pacing| Client::new(ClientOptions { pacing, ..ClientOptions::default() }).unwrap();
    let clients = GraphClients { methods: http(pacing), directory: http(None) };
    let tokens = Arc::new(Given(AccessToken::new(token.to_owned())));
    let entra = Arc::new(Entra::new(EntraSettings::new(base), clients, tokens));
    let done = Arc::new(std::sync::atomic::AtomicU32::new(0));
    for _ in 0..WORKERS {
        let (entra, done) = (entra.clone(), done.clone());
        tokio::spawn(Lane::Bulk.scope(async move {
            let user = UserRef::parse(USER).unwrap();
            loop {
                match entra.creation_options(&user, Duration::from_secs(600)).await {
                    Ok(_) => drop(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
                    Err(failure) if failure.to_string().contains("429") => {}
                    Err(failure) => eprintln!("{failure}"),
                }
            }
        }));
    }
    tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await.unwrap().unwrap();
    println!("{}", done.load(std::sync::atomic::Ordering::Relaxed));
}
