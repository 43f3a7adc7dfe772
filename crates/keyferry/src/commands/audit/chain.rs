//! `keyferry audit verify` and `keyferry audit export`

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use keyferry_domain::Clock as _;
use keyferry_evidence::{Broken, EvidenceStore, Export, Head, KnownKey, Summary};

use crate::cli::{AuditExport, AuditVerify};
use crate::commands::{fail, print, wrong_settings};
use crate::config::{self, Source};
use crate::system::SystemClock;
use crate::wiring;

pub(super) async fn verify(options: AuditVerify) -> ExitCode {
    let expected: Result<Vec<_>, _> = options.expect.iter().map(|text| head(text)).collect();
    let expected = match expected {
        Ok(expected) => expected,
        Err(error) => return fail(&error),
    };
    let store = match open(options.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let found = async {
        let keys = store.signing_keys().await?;
        Ok::<_, keyferry_domain::ports::StoreError>((
            keys,
            keyferry_evidence::verify(&*store, &options.trust, expected).await?,
        ))
    };
    match found.await {
        Ok((keys, Ok(summary))) => print(&report(&summary, &keys)),
        Ok((_, Err(broken))) => {
            print(&report_broken(&broken));
            ExitCode::FAILURE
        }
        Err(error) => fail(&format!("could not verify the events: {error}")),
    }
}

pub(super) async fn export(options: AuditExport) -> ExitCode {
    let store = match open(options.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let mut out = BufWriter::new(io::stdout());
    let keys = match store.signing_keys().await {
        Ok(keys) => keys,
        Err(error) => return fail(&format!("could not export the events: {error}")),
    };
    let mut written = writeln!(out, "{}", Export::header(SystemClock.now(), &keys));
    if written.is_ok() {
        match keyferry_evidence::read(&*store, |item| writeln!(out, "{}", Export::line(&item))).await {
            Ok(done) => written = done,
            Err(error) => return fail(&format!("could not export the events: {error}")),
        }
    }
    // A closed pipe is an error, too: a cut export must not look like a whole one.
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("could not write to standard output: {error}")),
    }
}

fn open(config: Option<&Path>) -> Result<Arc<dyn EvidenceStore>, ExitCode> {
    let source = Source::read(std::env::vars_os(), config);
    let settings = source.and_then(|source| config::read(&source)).map_err(|errors| wrong_settings(&errors))?;
    wiring::evidence_store(&settings).map_err(|error| fail(&error))
}

fn head(text: &str) -> Result<Head, String> {
    let parsed = text.split_once(':').and_then(|(position, hash)| {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        Some(Head { position: position.parse().ok()?, hash: is_hash.then(|| hash.to_owned())? })
    });
    parsed.ok_or_else(|| {
        format!(
            "--expect: {text:?} is not the number and the hash of an entry (64 lower-case hex digits), joined by `:`"
        )
    })
}

fn report(summary: &Summary, keys: &[KnownKey]) -> String {
    let mut text = format!(
        "The event chain is intact: {} entries, {} deleted shipments, {} checkpoints.\n",
        summary.entries, summary.deleted, summary.checkpoints
    );
    if let Some(newest) = &summary.newest {
        text.push_str(&format!(
            "newest       {}:{} of {}\n",
            newest.position,
            newest.hash,
            newest.at.format("%Y-%m-%dT%H:%M:%SZ")
        ));
    }
    for key in keys {
        let held = if key.is_held { "" } else { " (lost)" };
        text.push_str(&format!("signing key  {}{held}\n", key.jwk["kid"].as_str().unwrap_or("without an id")));
    }
    text.push_str("Keep these lines outside of this machine. Later, pass the newest entry with --expect.\n");
    text
}

fn report_broken(broken: &Broken) -> String {
    let mut text = format!("BROKEN       {broken}\n");
    if let Some(position) = broken.position.filter(|position| *position > 1) {
        text.push_str(&format!("Entries before {position} are not changed.\n"));
    }
    text.push_str("Make a copy of the stored data before you change anything, and compare it with a backup.\n");
    text
}
