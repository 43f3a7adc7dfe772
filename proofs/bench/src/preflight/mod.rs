//! Reading of an order file, against a plain read of the same file, and its upload.
//!
//! Each read is a process of its own, so that its memory is that of nothing else. The reads take turns.

mod file;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use keyferry_proof_support::{Answer, Sandbox};
use keyferry_sheet::{Format, Mapping, Options, Reader};

use crate::connector::Connector;
use crate::usage::{Usage, anonymous, peak, reset_peak};

const SIZES: [u32; 2] = [10_000, 100_000];
const ROUNDS: usize = 3;

/// Size of the parts in which a file is read, as a request's body arrives in parts.
const PART: usize = 16 * 1024;

/// Measures, and prints two tables.
pub(crate) async fn run(program: &str) {
    let directory = tempfile::tempdir().unwrap();
    println!("| rows | MiB | read by | rows per second, median of {ROUNDS} | CPU, µs per row | peak memory, MiB |");
    println!("|{}", " --- |".repeat(6));
    for rows in SIZES {
        let path = directory.path().join(format!("{rows}.csv"));
        file::write(&path, rows);
        let size = path.metadata().unwrap().len() as f64 / 1024.0 / 1024.0;
        let mut reads = [const { Vec::new() }; 2];
        for _ in 0..ROUNDS {
            for (reader, reads) in ["csv", "sheet"].iter().zip(&mut reads) {
                reads.push(in_a_process(reader, &path));
            }
        }
        for (reader, mut reads) in ["csv", "keyferry-sheet"].into_iter().zip(reads) {
            reads.sort_by(|a, b| a[0].total_cmp(&b[0]));
            let [speed, cpu, memory] = reads[ROUNDS / 2];
            println!("| {rows} | {size:.1} | {reader} | {speed:.0} | {cpu:.2} | {memory:.1} |");
        }
    }
    println!(
        "\n| rows | upload, s | rows per second | CPU of serve, µs per row | bytes to disk per row \
              | anonymous memory before, MiB | after | peak memory beyond that before |"
    );
    println!("|{}", " --- |".repeat(8));
    let sandbox = Sandbox::start(program);
    for rows in SIZES {
        upload(program, &sandbox.base, rows, &directory.path().join(format!("{rows}.csv"))).await;
    }
}

fn in_a_process(reader: &str, path: &Path) -> [f64; 3] {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["read", reader]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = line.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    figures.try_into().unwrap()
}

/// Reads the file, and prints rows per second, microseconds of processor time per row, and the peak memory in MiB.
pub(crate) fn read(reader: &str, path: &str) {
    let (begin, before) = (Instant::now(), crate::usage::of_this_thread());
    let rows = match reader {
        "csv" => read_plainly(path),
        _ => read_orders(path),
    };
    let (wall, cpu) = (begin.elapsed().as_secs_f64(), crate::usage::of_this_thread() - before);
    let rows = f64::from(rows);
    println!("{} {} {}", rows / wall, cpu.as_secs_f64() * 1e6 / rows, peak(std::process::id()) as f64 / 1024.0);
}

fn read_plainly(path: &str) -> u32 {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(PART).from_path(path).unwrap();
    let (mut record, mut rows, mut cells) = (csv::StringRecord::new(), 0, 0);
    while reader.read_record(&mut record).unwrap() {
        rows += 1;
        cells += record.iter().filter(|cell| !cell.is_empty()).count();
    }
    assert!(cells > 0);
    rows
}

fn read_orders(path: &str) -> u32 {
    let mapping = Mapping::from_json(file::MAPPING).unwrap();
    let mut reader = Reader::new(Format::Csv, mapping, Options::default()).unwrap();
    let (mut file, mut part) = (File::open(path).unwrap(), vec![0; PART]);
    let (mut rows, mut wrong) = (0, 0);
    loop {
        let length = file.read(&mut part).unwrap();
        let read = if length == 0 { reader.finish() } else { reader.push(&part[..length]) }.unwrap();
        rows += read.len() as u32;
        wrong += read.iter().filter(|row| !row.findings.is_empty()).count() as u32;
        if length == 0 {
            break;
        }
    }
    assert_eq!((wrong, reader.warnings().len()), (rows / file::WRONG * 2, 0), "of {rows} rows");
    rows
}

async fn upload(program: &str, base: &str, rows: u32, path: &Path) {
    let connector = Connector::start(program, base, 5).await;
    let pid = connector.pid();
    // The first request fetches the keys of the tokens.
    connector.client.get("/v1/batches").await;
    let body = std::fs::read(path).unwrap();
    let address = format!("/v1/batches?name=bench&mapping={}", urlencoded(file::MAPPING));
    let request = connector.client.request(reqwest::Method::POST, &address).header("content-type", "text/csv");
    reset_peak(pid);
    let (memory, highest, before, begin) = (anonymous(pid), peak(pid), Usage::of(pid), Instant::now());
    let answer = Answer::of(request.body(body).send().await.unwrap()).await;
    let (wall, used) = (begin.elapsed().as_secs_f64(), Usage::of(pid).since(before));
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["rows"]["total"], rows, "{}", answer.body);
    let each = f64::from(rows);
    let mib = |kib: u64| kib as f64 / 1024.0;
    println!(
        "| {rows} | {wall:.1} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} |",
        each / wall,
        used.cpu.as_secs_f64() * 1e6 / each,
        used.written as f64 / each,
        mib(memory),
        mib(anonymous(pid)),
        mib(peak(pid) - highest),
    );
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
