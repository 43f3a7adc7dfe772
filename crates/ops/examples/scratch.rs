//! scratch
#![allow(missing_docs, clippy::all, clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]
use keyferry_ops::scenario::*;
struct C;
#[async_trait::async_trait]
impl keyferry_domain::Clock for C {
    fn now(&self) -> keyferry_domain::Timestamp { std::time::SystemTime::now().into() }
    async fn sleep(&self, d: std::time::Duration) { tokio::time::sleep(d).await }
}
#[tokio::main]
async fn main() {
    let a: Vec<String> = std::env::args().collect();
    let v: serde_json::Value = serde_json::from_str(&a[1]).unwrap();
    let s = |n: &str| v[n].as_str().unwrap().to_owned();
    let w = World { api: s("api").parse().unwrap(), sandbox: s("sandbox").parse().unwrap(), token_url: s("token_url").parse().unwrap(),
        client_id: s("client_id"), client_secret: s("client_secret").into(), scope: s("scope"),
        user: a.get(4).cloned().unwrap_or(DEFAULT_USER.into()), one_time_pin: a[3] == "one", patience: std::time::Duration::from_secs(12) };
    let sab = match a[2].as_str() { "pin" => Sabotage::CorruptPin, "method" => Sabotage::DeleteMethod, _ => Sabotage::None };
    match run(&w, sab, &C, &mut |s| println!("{s}")).await {
        Ok(r) => println!("OK {} {:?}", r.signed_in, r.took),
        Err(e) => println!("ERR {e}"),
    }
}
