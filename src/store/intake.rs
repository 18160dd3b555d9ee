//! A list on its way in: a CSV file to rows of the store, in chunks, with one report.
//! The command line and the API take lists in through here, so that both say the same.

use super::campaigns::CampaignRow;
use super::import::{CHUNK_MAX, Import, NewLead, RowResult};
use super::{Store, StoreError};
use crate::campaign::Settings;
use crate::campaign::list::{Discard, ImportError, ImportOptions, ImportReport, Importer, Rejected, Row, Sink};
use crate::words::Wall;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use tokio::sync::mpsc;

/// Rejections that the report holds in full; the others are counted.
const REJECTIONS_KEPT: usize = 10_000;

#[derive(Debug)]
pub enum IntakeError {
    /// The file cannot be opened or read.
    File {
        path: String,
        error: std::io::Error,
    },
    /// The file as a whole is no list.
    List(ImportError),
    Store(StoreError),
}

impl fmt::Display for IntakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntakeError::File { path, error } => write!(f, "{path}: {error}"),
            IntakeError::List(error) => error.fmt(f),
            IntakeError::Store(error) => error.fmt(f),
        }
    }
}
impl std::error::Error for IntakeError {}

impl From<StoreError> for IntakeError {
    fn from(error: StoreError) -> IntakeError {
        IntakeError::Store(error)
    }
}

/// What would come of a file, without keeping anything.
pub fn dry_run(settings: &Settings, path: &Path) -> Result<ImportReport, IntakeError> {
    let file = open(path)?;
    importer(settings).read_all(BufReader::new(file), &mut Discard).map_err(IntakeError::List)
}

impl Store {
    /// Takes a file in. The same file again goes on where a broken run stopped; `progress` hears of rows read.
    pub async fn import_file(
        &self,
        campaign: &CampaignRow,
        path: &Path,
        now: Wall,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<ImportReport, IntakeError> {
        let settings: Settings = serde_json::from_str(&campaign.spec).map_err(|e| StoreError::Invalid {
            what: "stored settings",
            value: e.to_string(),
            fix: "put the campaign again",
        })?;
        let for_hash = path.to_owned();
        let sha256 =
            tokio::task::spawn_blocking(move || file_sha256(&for_hash)).await.expect("hashing does not panic")?;
        let mut import = self.begin_import(campaign.id, &sha256, now).await?;
        let (sender, mut chunks) = mpsc::channel(2);
        let path = path.to_owned();
        let reader = tokio::task::spawn_blocking(move || read(&settings, &path, sender));
        let mut refused = Vec::new();
        let mut rows = 0;
        while let Some(chunk) = chunks.recv().await {
            rows += chunk.len() as u64;
            push(&mut import, chunk, &mut refused).await?;
            progress(rows);
        }
        let mut report = reader.await.expect("reading does not panic")?;
        import.finish(report.rows, report.rejected, now).await?;
        for rejected in refused {
            report.refuse(rejected, REJECTIONS_KEPT);
        }
        Ok(report)
    }
}

async fn push(import: &mut Import, chunk: Vec<(u64, NewLead)>, refused: &mut Vec<Rejected>) -> Result<(), StoreError> {
    let (lines, rows): (Vec<u64>, Vec<NewLead>) = chunk.into_iter().unzip();
    let answers = import.push(&rows).await?;
    for ((line, row), answer) in lines.into_iter().zip(&rows).zip(answers) {
        // Rows of the same file that stand already, and numbers kept but excluded, are in.
        let refused_here = matches!(answer, RowResult::Duplicate);
        if let Some(reason) = answer.reason().filter(|_| refused_here) {
            refused.push(Rejected { line, reason, value: row.phone.to_string() });
        }
    }
    Ok(())
}

/// Reads the file on a thread of its own; chunks wait for the store.
fn read(
    settings: &Settings,
    path: &Path,
    sender: mpsc::Sender<Vec<(u64, NewLead)>>,
) -> Result<ImportReport, IntakeError> {
    let mut chunks = Chunks { sender, chunk: Vec::new(), gone: false };
    let report = importer(settings).read_all(BufReader::new(open(path)?), &mut chunks).map_err(IntakeError::List)?;
    chunks.send();
    Ok(report)
}

struct Chunks {
    sender: mpsc::Sender<Vec<(u64, NewLead)>>,
    chunk: Vec<(u64, NewLead)>,
    gone: bool,
}

impl Chunks {
    fn send(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() && !self.gone {
            // Nobody takes them any more: the store failed, and its error is the one to tell.
            self.gone = self.sender.blocking_send(chunk).is_err();
        }
    }
}

impl Sink for Chunks {
    fn row(&mut self, row: Row) {
        self.chunk.push((row.line, new_lead(row)));
        if self.chunk.len() == CHUNK_MAX / 4 {
            self.send();
        }
    }
    fn rejected(&mut self, _: &Rejected) {}
}

fn new_lead(row: Row) -> NewLead {
    NewLead {
        name: row.fields.get("name").filter(|name| !name.is_empty()).cloned(),
        lang: row.lang,
        phone: row.phone,
        zones: row.zones,
        callback_at: row.callback_at,
        fields: row.fields,
    }
}

fn importer(settings: &Settings) -> Importer {
    // The store hashes numbers with its own key; this one only finds numbers that stand twice in the file.
    let mut options = ImportOptions::new(&settings.dialing.region, &settings.dialing.regions, [0; 32]);
    options.rejections_kept = REJECTIONS_KEPT;
    Importer::new(options)
}

pub(super) fn open(path: &Path) -> Result<File, IntakeError> {
    File::open(path).map_err(|error| IntakeError::File { path: path.display().to_string(), error })
}

fn file_sha256(path: &Path) -> Result<String, IntakeError> {
    let mut file = open(path)?;
    let mut digest = Sha256::new();
    let mut portion = vec![0; 1 << 16];
    loop {
        let read =
            file.read(&mut portion).map_err(|error| IntakeError::File { path: path.display().to_string(), error })?;
        if read == 0 {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(&portion[..read]);
    }
}
