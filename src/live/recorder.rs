//! Writes recordings to files, on a thread of its own, so that a slow disk never holds up sound.
//! `recordings/YYYY-MM-DD/<recording id>.wav.part` while the call lasts, renamed to `.wav` with its sha256 at the
//! end. What a crash left behind is mended at the next start. It refuses to lose time: what could not be written is
//! silence in the file, said by name, and the rest stays in its place.

use super::clock::wall_now;
use super::ended::Ended;
use crate::media::{Block, wav};
use crate::store::fail_point;
use crate::words::{LegId, RecordingId, Wall};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

/// Blocks (half a second each, 16 kB) that may wait for the disk.
pub const QUEUE: usize = 2048;
/// The head of a file is brought up to date every so many blocks (10 s).
const HEAD_EVERY: u32 = 20;

/// What became of recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    Closed(Closed),
    /// Something could not be written; told once until it works again. `why` names the file and the fix.
    Failing {
        leg: LegId,
        recording: RecordingId,
        why: String,
    },
    /// It works again; `silent_ms` of this recording are silence.
    Recovered {
        leg: LegId,
        recording: RecordingId,
        silent_ms: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// None: mended at a start; the call is over.
    pub leg: Option<LegId>,
    pub recording: RecordingId,
    pub length_ms: u32,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    /// Within the data folder: `recordings/2026-11-21/00….wav`.
    pub file: String,
}

/// The sending end, for media threads. Never blocks.
#[derive(Debug, Clone)]
pub struct Recorder {
    queue: Sender<Work>,
    spare: Receiver<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Work {
    /// `skipped` bytes before this block found no place in the queue.
    Block {
        block: Block,
        skipped: u64,
    },
    Stop,
}

impl Recorder {
    /// `data`: the data folder. `report` is called from the recorder's thread and must not block for long.
    /// `ended` is told if the thread ends though nobody stopped it.
    pub fn start(
        data: &Path,
        ended: &Ended,
        report: impl FnMut(Report) + Send + 'static,
    ) -> io::Result<(Recorder, JoinHandle<()>)> {
        let (queue, work) = bounded(QUEUE);
        let (give_back, spare) = bounded(QUEUE);
        let writer = Writer { data: data.to_owned(), open: HashMap::new(), report: Box::new(report), give_back };
        let ended = ended.clone();
        let work = move || {
            let _ = ended.keep("recorder", || {
                writer.run(&work);
                Ok(())
            });
        };
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(work)?;
        Ok((Recorder { queue, spare, dropped: Arc::default() }, thread))
    }

    /// A block's way to the disk. Err: the queue is full; the caller keeps the last block of a recording and tells
    /// later how much it left out before it.
    pub fn write(&self, block: Block, skipped: u64) -> Result<(), Block> {
        self.queue.try_send(Work::Block { block, skipped }).map_err(|error| {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(Work::Block { block, .. })
                | TrySendError::Disconnected(Work::Block { block, .. }) => block,
                TrySendError::Full(Work::Stop) | TrySendError::Disconnected(Work::Stop) => {
                    unreachable!("a block was sent")
                }
            }
        })
    }

    /// As `write`, but waits for room: for the end of the program.
    pub fn write_waiting(&self, block: Block, skipped: u64) {
        let _ = self.queue.send(Work::Block { block, skipped }); // the thread is gone: the part is mended at the next start
    }

    /// A buffer that was written, to be used again.
    pub fn spare(&self) -> Option<Vec<u8>> {
        self.spare.try_recv().ok()
    }

    /// Blocks that found the queue full since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// After everything sent before is written, the thread ends.
    pub fn stop(&self) {
        let _ = self.queue.send(Work::Stop); // the thread is gone already: nothing to stop
    }
}

struct Writer {
    data: PathBuf,
    open: HashMap<RecordingId, OpenFile>,
    report: Box<dyn FnMut(Report) + Send>,
    give_back: Sender<Vec<u8>>,
}

struct OpenFile {
    /// None: it could not be opened (yet).
    file: Option<File>,
    /// Within the data folder, without `.part`.
    name: String,
    /// Bytes of sound, written or not.
    length: u64,
    blocks: u32,
    failing: bool,
    silent: u64,
}

impl Writer {
    fn run(mut self, work: &Receiver<Work>) {
        while let Ok(Work::Block { block, skipped }) = work.recv() {
            self.take(&block, skipped);
            let _ = self.give_back.try_send(block.bytes); // enough spare ones wait already
        }
        // What is still open belongs to calls cut off: close it as it is.
        for (recording, open) in std::mem::take(&mut self.open) {
            self.close(recording, None, open);
        }
    }

    fn take(&mut self, block: &Block, skipped: u64) {
        let data = &self.data;
        let open = self.open.entry(block.recording).or_insert_with(|| OpenFile::new(block.recording));
        let written = open.write(data, &block.bytes, skipped);
        let (leg, recording) = (block.leg, block.recording);
        match written {
            Err(error) if !open.failing => {
                open.failing = true;
                let why = explain(&data.join(&open.name), &error);
                tracing::error!(%recording, %why, "recording is failing");
                (self.report)(Report::Failing { leg, recording, why });
            }
            Ok(()) if open.failing => {
                open.failing = false;
                let silent_ms = wav::length_ms(open.silent);
                tracing::info!(%recording, silent_ms, "recording works again");
                (self.report)(Report::Recovered { leg, recording, silent_ms });
            }
            Ok(()) | Err(_) => {}
        }
        if block.end.is_some()
            && let Some(open) = self.open.remove(&recording)
        {
            self.close(recording, Some(leg), open);
        }
    }

    fn close(&mut self, recording: RecordingId, leg: Option<LegId>, open: OpenFile) {
        let Some(file) = open.file else { return }; // never opened: `Failing` was told
        let part = self.data.join(part(&open.name));
        let closed = finish(file, open.length).and_then(|sha256| {
            fail_point("at", "recording_closing");
            fs::rename(&part, self.data.join(&open.name))?;
            fail_point("at", "recording_closed");
            Ok(Closed { leg, recording, length_ms: wav::length_ms(open.length), sha256, file: open.name })
        });
        match closed {
            Ok(closed) => (self.report)(Report::Closed(closed)),
            Err(error) => {
                // The part stays and is mended at the next start.
                let why = explain(&part, &error);
                tracing::error!(%recording, %why, "recording could not be closed");
                (self.report)(Report::Failing { leg: leg.unwrap_or_default(), recording, why });
            }
        }
    }
}

impl OpenFile {
    fn new(recording: RecordingId) -> OpenFile {
        let day = wall_now().timestamp().strftime("%Y-%m-%d");
        let name = format!("recordings/{day}/{recording}.wav");
        OpenFile { file: None, name, length: 0, blocks: 0, failing: false, silent: 0 }
    }

    /// At its own place, whatever failed before: a hole in the file is silence.
    fn write(&mut self, data: &Path, bytes: &[u8], skipped: u64) -> io::Result<()> {
        let at = self.length + skipped;
        self.length = at + bytes.len() as u64;
        self.silent += skipped;
        let result = self.write_at(data, bytes, at);
        if result.is_err() {
            self.silent += bytes.len() as u64;
        }
        result
    }

    fn write_at(&mut self, data: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let part = data.join(part(&self.name));
                fs::create_dir_all(part.parent().expect("recordings/day/"))?;
                let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(part)?;
                self.file.insert(file)
            }
        };
        if self.blocks.is_multiple_of(HEAD_EVERY) {
            file.write_all_at(&head(self.length), 0)?;
        }
        self.blocks += 1;
        file.write_all_at(bytes, wav::HEAD as u64 + at)
    }
}

fn part(name: &str) -> String {
    format!("{name}.part")
}

fn head(length: u64) -> [u8; wav::HEAD] {
    wav::head(u32::try_from(length).unwrap_or(u32::MAX - wav::HEAD as u32))
}

/// The final head and length, on disk; the sum of the whole file.
fn finish(mut file: File, length: u64) -> io::Result<String> {
    file.set_len(wav::HEAD as u64 + length)?;
    file.write_all_at(&head(length), 0)?;
    file.sync_data()?;
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let mut sum = String::with_capacity(64);
    hasher.finalize().iter().for_each(|byte| write!(sum, "{byte:02x}").expect("a String takes it"));
    Ok(sum)
}

fn explain(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!(
                "{path}: the disk is full: free some space; recording goes on by itself, with silence where it was full"
            )
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("{path}: {error}: let this user write there")
        }
        _ => format!("{path}: {error}"),
    }
}

/// Mends and closes every `.part` of a run that died: the head is set to what is there. Call it before any recording
/// starts. Files that cannot be mended stay, and are logged by name.
pub fn mend(data: &Path) -> Vec<Closed> {
    let mut closed = Vec::new();
    let mut days: Vec<PathBuf> = entries(&data.join("recordings"));
    days.sort();
    for file in days.iter().flat_map(|day| entries(day)) {
        let Some(recording) = part_of(&file) else { continue };
        match mend_one(data, &file, recording) {
            Ok(one) => closed.extend(one),
            Err(error) => tracing::error!(why = explain(&file, &error), "recording could not be mended"),
        }
    }
    closed
}

/// Whole files that were written since then: the run may have died between closing one and recording that it did.
pub fn closed_since(data: &Path, since: Wall) -> Vec<(RecordingId, PathBuf)> {
    let since = UNIX_EPOCH + Duration::from_micros(u64::try_from(since.0).unwrap_or(0));
    let young = |path: &PathBuf| fs::metadata(path).and_then(|m| m.modified()).is_ok_and(|at| at >= since);
    let days = entries(&data.join("recordings"));
    // A day's folder is written to as long as files appear in it.
    let files = days.iter().filter(|day| young(day)).flat_map(|day| entries(day)).filter(young);
    let whole = |path: PathBuf| {
        let id = path.file_name()?.to_str()?.strip_suffix(".wav")?.parse().ok()?;
        Some((id, path))
    };
    let mut files: Vec<_> = files.filter_map(whole).collect();
    files.sort();
    files
}

/// What `Report::Closed` would have told of a whole file.
pub fn describe(data: &Path, recording: RecordingId, path: &Path) -> io::Result<Closed> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len().saturating_sub(wav::HEAD as u64);
    let sha256 = finish(file, length)?;
    let file = path.strip_prefix(data).unwrap_or(path).to_string_lossy().into_owned();
    Ok(Closed { leg: None, recording, length_ms: wav::length_ms(length), sha256, file })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() }; // no recordings yet
    entries.flatten().map(|entry| entry.path()).collect()
}

fn part_of(file: &Path) -> Option<RecordingId> {
    file.file_name()?.to_str()?.strip_suffix(".wav.part")?.parse().ok()
}

/// None: there was no sound in it yet; it is removed.
fn mend_one(data: &Path, part: &Path, recording: RecordingId) -> io::Result<Option<Closed>> {
    let file = OpenOptions::new().read(true).write(true).open(part)?;
    let length = file.metadata()?.len().saturating_sub(wav::HEAD as u64);
    let length = length - length % u64::from(wav::BYTES_PER_FRAME);
    if length == 0 {
        fs::remove_file(part)?;
        return Ok(None);
    }
    let sha256 = finish(file, length)?;
    let whole = part.with_extension(""); // takes `.part` off
    fs::rename(part, &whole)?;
    let file = whole.strip_prefix(data).unwrap_or(&whole).to_string_lossy().into_owned();
    Ok(Some(Closed { leg: None, recording, length_ms: wav::length_ms(length), sha256, file }))
}
