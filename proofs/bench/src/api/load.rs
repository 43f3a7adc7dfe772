//! Generator of load: a process with one thread. It sends prepared bytes and reads only what it needs of the answers,
//! so that it takes little of the processors that it shares with what it measures.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Part of a request that is replaced by a number, which no other request of the process has.
pub(super) const NUMBER: &str = "0000000000";

/// What one run of the generator measured.
pub(super) struct Measured {
    /// Requests per second.
    pub(super) speed: f64,
    /// Number of requests.
    pub(super) count: f64,
    /// Milliseconds.
    pub(super) median: f64,
    pub(super) high: f64,
}

impl Measured {
    /// Reads what [`load`] printed.
    pub(super) fn read(line: &str) -> Self {
        let figures: Vec<f64> = line.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
        let [speed, count, median, high] = figures.try_into().unwrap();
        Self { speed, count, median, high }
    }
}

/// Reads a request from the standard input, and sends it on each connection, one after the other, for these seconds.
/// Prints requests per second, the number of requests, and median and 99th percentile of their milliseconds. Panics if
/// an answer is no success.
pub(crate) async fn load(address: &str, connections: usize, seconds: u64) {
    let mut request = Vec::new();
    std::io::stdin().lock().read_to_end(&mut request).unwrap();
    let (request, address) = (Arc::new(request), address.to_owned());
    // Numbers begin at the time, so that those of several runs differ.
    let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    let number = Arc::new(AtomicU64::new(number % 10_000_000_000));
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (begin, time) = (Instant::now(), Duration::from_secs(seconds));
            let tasks: Vec<_> = (0..connections)
                .map(|_| tokio::spawn(connection(address.clone(), request.clone(), number.clone(), begin + time)))
                .collect();
            let mut durations = Vec::new();
            for task in tasks {
                durations.extend(task.await.unwrap());
            }
            (durations, begin.elapsed())
        })
    };
    let (mut durations, elapsed) = std::thread::spawn(work).join().unwrap();
    durations.sort();
    let at = |part: usize| durations[(durations.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    println!("{} {} {} {}", durations.len() as f64 / elapsed.as_secs_f64(), durations.len(), at(50), at(99));
}

async fn connection(address: String, request: Arc<Vec<u8>>, number: Arc<AtomicU64>, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut request = request.to_vec();
    let places: Vec<usize> = (0..request.len()).filter(|at| request[*at..].starts_with(NUMBER.as_bytes())).collect();
    let (mut durations, mut buffer) = (Vec::new(), Vec::with_capacity(256 * 1024));
    while Instant::now() < end {
        let number = format!("{:010}", number.fetch_add(1, Ordering::Relaxed));
        places.iter().for_each(|at| request[*at..*at + NUMBER.len()].copy_from_slice(number.as_bytes()));
        let begin = Instant::now();
        stream.write_all(&request).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        durations.push(begin.elapsed());
    }
    durations
}

/// Reads one answer completely.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut length = None;
    while length.is_none_or(|length| buffer.len() < length) {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the connection ended");
        if length.is_none()
            && let Some(end) = buffer.windows(4).position(|part| part == b"\r\n\r\n")
        {
            let head = std::str::from_utf8(&buffer[..end]).unwrap().to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 20"), "{}", String::from_utf8_lossy(buffer));
            let body = head.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap();
            length = Some(end + 4 + body.trim().parse::<usize>().unwrap());
        }
    }
}
