//! A do-not-call list on its way in: a CSV file, read as lead lists are, to suppressed numbers. Numbers that would never be
//! dialed anyway are taken, too. It keeps hashes only, and refuses to guess what cannot be read.

use super::Store;
use super::import::CHUNK_MAX;
use super::intake::{IntakeError, open};
use super::suppression::Suppressed;
use crate::campaign::list::{Discard, ImportOptions, ImportReport, Importer, Rejected, Row, Sink};
use crate::words::Wall;
use serde::Serialize;
use std::io::BufReader;
use std::path::Path;
use tokio::sync::mpsc;

/// What came of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListReport {
    /// Of the file: every row accepted, or rejected with its reason.
    #[serde(flatten)]
    pub file: ImportReport,
    /// Numbers that were on no list before.
    pub new: u64,
    /// Leads that waited, and are excluded now.
    pub leads_excluded: u64,
}

impl Store {
    /// Takes a list in, chunk by chunk. The same file again finds all of it known. `region`: where numbers without a country
    /// code are (ISO 3166).
    pub async fn suppress_file(
        &self,
        path: &Path,
        region: &str,
        why: &str,
        author: &str,
        now: Wall,
    ) -> Result<ListReport, IntakeError> {
        let (sender, mut chunks) = mpsc::channel(2);
        let (store, file, importer) = (self.clone(), path.to_owned(), importer(region));
        let reader = tokio::task::spawn_blocking(move || {
            let mut hashes = Hashes { store, sender, chunk: Vec::new(), gone: false };
            let report = importer.read_all(BufReader::new(open(&file)?), &mut hashes).map_err(IntakeError::List)?;
            hashes.send();
            Ok::<_, IntakeError>(report)
        });
        let mut sum = Suppressed::default();
        while let Some(chunk) = chunks.recv().await {
            let done = self.suppress_by(&chunk, why, author, now).await?;
            sum.numbers += done.numbers;
            sum.leads += done.leads;
        }
        let file = reader.await.expect("reading does not panic")?;
        Ok(ListReport { file, new: sum.numbers, leads_excluded: sum.leads })
    }
}

/// What would come of a list, without keeping anything.
pub fn dry_run(path: &Path, region: &str) -> Result<ImportReport, IntakeError> {
    importer(region).read_all(BufReader::new(open(path)?), &mut Discard).map_err(IntakeError::List)
}

fn importer(region: &str) -> Importer {
    // The store hashes numbers with its own key; this one only finds numbers that stand twice in the file.
    let mut options = ImportOptions::new(region, &[], [0; 32]);
    options.any_number = true;
    Importer::new(options)
}

struct Hashes {
    store: Store,
    sender: mpsc::Sender<Vec<String>>,
    chunk: Vec<String>,
    gone: bool,
}

impl Hashes {
    fn send(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() && !self.gone {
            // Nobody takes them any more: the store failed, and its error is the one to tell.
            self.gone = self.sender.blocking_send(chunk).is_err();
        }
    }
}

impl Sink for Hashes {
    fn row(&mut self, row: Row) {
        self.chunk.push(self.store.hash_number(&row.phone));
        if self.chunk.len() == CHUNK_MAX / 4 {
            self.send();
        }
    }
    fn rejected(&mut self, _: &Rejected) {}
}
