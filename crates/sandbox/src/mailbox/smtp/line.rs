//! Stream that is read line by line.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::idle::within;

/// Maximum length of a command line in bytes. RFC 5321 requires 512; extensions require more.
const LONGEST_LINE: usize = 4096;

/// Connection with its read buffer.
pub(super) struct Lines<S> {
    stream: S,
    ahead: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// Returns the stream, or `None` if the buffer has data.
    ///
    /// Data that a client sent unencrypted after STARTTLS must not be processed as if it came over TLS.
    pub(super) fn into_inner(self) -> Option<S> {
        self.ahead.is_empty().then_some(self.stream)
    }

    /// Returns the next line with its line end, or `None` at the end of the stream.
    ///
    /// # Errors
    /// Returns an error if the line is longer than [`LONGEST_LINE`], or if the read fails.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.ahead[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.ahead.split_off(searched + end + 1);
                return Ok(Some(std::mem::replace(&mut self.ahead, rest)));
            }
            searched = self.ahead.len();
            if searched > LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "command line is too long"));
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Returns the next available bytes; empty at the end of the stream.
    pub(super) async fn chunk(&mut self) -> io::Result<Vec<u8>> {
        if self.ahead.is_empty() {
            self.fill().await?;
        }
        Ok(std::mem::take(&mut self.ahead))
    }

    /// Puts bytes back to the start of the buffer.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.ahead.splice(..0, bytes.iter().copied());
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.stream.write_all(bytes)).await?;
        within(self.stream.flush()).await
    }

    /// Closes the connection cleanly. Without `close_notify`, a TLS client would report a truncation attack.
    pub(super) async fn close(&mut self) {
        if let Err(error) = within(self.stream.shutdown()).await {
            tracing::debug!(%error, "could not close SMTP connection");
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        within(self.stream.read_buf(&mut self.ahead)).await
    }
}
