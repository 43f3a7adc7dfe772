//! A stream that is read in lines.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::idle::within;

/// Longest command line that is read; RFC 5321 asks for 512, extensions for more.
const LONGEST_LINE: usize = 4096;

/// A connection with what was read ahead.
pub(super) struct Lines<S> {
    stream: S,
    ahead: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    /// The stream itself, when nothing was read ahead. What a client sends in the clear behind STARTTLS would be taken
    /// for something that came encrypted.
    pub(super) fn into_inner(self) -> Option<S> {
        self.ahead.is_empty().then_some(self.stream)
    }

    /// The next line with its end; none at the end of the stream. Longer ones are an error.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.ahead[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.ahead.split_off(searched + end + 1);
                return Ok(Some(std::mem::replace(&mut self.ahead, rest)));
            }
            searched = self.ahead.len();
            if searched > LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the command line is too long"));
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Whatever comes next; empty at the end of the stream.
    pub(super) async fn chunk(&mut self) -> io::Result<Vec<u8>> {
        if self.ahead.is_empty() {
            self.fill().await?;
        }
        Ok(std::mem::take(&mut self.ahead))
    }

    /// Gives back what belongs to the next line.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.ahead.splice(..0, bytes.iter().copied());
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.stream.write_all(bytes)).await?;
        within(self.stream.flush()).await
    }

    /// Says goodbye properly, so that a client does not take the end for an attack.
    pub(super) async fn close(&mut self) {
        if let Err(error) = within(self.stream.shutdown()).await {
            tracing::debug!(%error, "an SMTP connection was not closed properly");
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        within(self.stream.read_buf(&mut self.ahead)).await
    }
}
