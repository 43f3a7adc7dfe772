//! CPU of one outgoing call with `keyferry-http`, which removes secrets from the answer, against bare `reqwest`.
//!
//! The server is a thread. Only the client's thread is measured.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use keyferry_http::{Client, ClientOptions};
use url::Url;

use crate::usage::of_this_thread;

const CALLS: u32 = 2000;
const ROUNDS: u32 = 5;

/// Name, status, length of the body, and length of the token.
const CASES: [(&str, u16, usize, usize); 4] = [
    ("creation options: token of 1,600 bytes, answer of 2.5 kB", 200, 2500, 1600),
    ("failed look-up: token of 1,600 bytes, 404 of 400 bytes", 404, 400, 1600),
    ("delivery status: token of 40 bytes, answer of 6 kB", 200, 6000, 40),
    ("refusal: token of 1,600 bytes, 400 of 2 kB", 400, 2000, 1600),
];

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!("CPU microseconds per call, {ROUNDS} rounds of {CALLS} calls in turns\n");
    println!("| | reqwest | keyferry-http | ratio |\n| --- | --- | --- | --- |");
    for (name, status, length, token) in CASES {
        let url = serve(status, length);
        let token: String =
            "eyJ0eXAiOiJKV1QiLCJub25jZSI6".chars().cycle().take(token - 8).collect::<String>() + "a1B2c3D4";
        let ours = Client::new(ClientOptions::default()).unwrap();
        let bare = reqwest::Client::builder().no_proxy().build().unwrap();
        let (mut of_ours, mut of_bare) = (Duration::ZERO, Duration::ZERO);
        runtime.block_on(async {
            for round in 0..=ROUNDS {
                let begin = of_this_thread();
                for _ in 0..CALLS {
                    let answer = bare.get(url.clone()).bearer_auth(&token).send().await.unwrap();
                    assert_eq!(answer.status(), status);
                    assert_eq!(answer.bytes().await.unwrap().len(), length);
                }
                let middle = of_this_thread();
                for _ in 0..CALLS {
                    let answer = ours.get(&url).bearer(&token).send().await.unwrap();
                    assert_eq!((answer.status, answer.body().len()), (status, length));
                }
                // The first round opens the connections and derives the encodings of the token.
                if round > 0 {
                    of_bare += middle - begin;
                    of_ours += of_this_thread() - middle;
                }
            }
        });
        let each = |sum: Duration| sum.as_secs_f64() * 1e6 / f64::from(CALLS * ROUNDS);
        let ratio = of_ours.as_secs_f64() / of_bare.as_secs_f64();
        println!("| {name} | {:.0} | {:.0} | {ratio:.2} |", each(of_bare), each(of_ours));
    }
}

/// Starts a server that gives the same answer to each request without a body.
fn serve(status: u16, length: usize) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/beta/users/ada", listener.local_addr().unwrap()).parse().unwrap();
    let mut answer = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    for number in 0..8 {
        write!(answer, "x-ms-header-{number}: 0196f0a0-0000-7000-8000-00000000000{number}\r\n").unwrap();
    }
    answer.push_str("\r\n");
    let body: String = r#"{"value":"0123456789 abcdefghij","#.chars().cycle().take(length).collect();
    answer.push_str(&body);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            std::thread::spawn(move || respond(stream.unwrap(), answer.as_bytes()));
        }
    });
    url
}

fn respond(mut stream: TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let (mut read, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
        if read.ends_with(b"\r\n\r\n") {
            read.clear();
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}
