//! Questions at the terminal.

use std::io::IsTerminal as _;

use console::Term;
use zeroize::Zeroizing;

use crate::exit::Failure;

/// Returns whether there is a terminal to ask at. Questions are written to standard error.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line of text.
pub(crate) async fn line(question: String) -> Result<String, Failure> {
    asked(move |terminal| {
        terminal.write_str(&format!("{question} "))?;
        terminal.read_line()
    })
    .await
    .map(|text| text.trim().to_owned())
}

/// Asks for a secret. What is typed is not shown.
pub(crate) async fn secret(question: String) -> Result<Zeroizing<String>, Failure> {
    asked(move |terminal| {
        terminal.write_str(&format!("{question} "))?;
        terminal.read_secure_line()
    })
    .await
    .map(Zeroizing::new)
}

/// Asks a question whose answer is yes or no. Everything but `y` and `yes` is no.
pub(crate) async fn confirmed(question: &str) -> Result<bool, Failure> {
    let answer = line(format!("{question} [y/N]")).await?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

async fn asked(question: impl FnOnce(&Term) -> std::io::Result<String> + Send + 'static) -> Result<String, Failure> {
    // Reading blocks its thread until Enter.
    let answer = tokio::task::spawn_blocking(move || question(&Term::stderr())).await;
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::failed(format!("could not read from the terminal: {error}"))),
        Err(error) => Err(Failure::failed(format!("could not read from the terminal: {error}"))),
    }
}
