//! The sounds of `tests/peers/media`, made afresh (they are not in the repository), and ways to change and send them.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// A sound's samples, 8 kHz mono, by its name without `.wav`.
pub fn sound(name: &str) -> Vec<i16> {
    let path = FOLDER.get_or_init(make).join(format!("{name}.wav"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    outpace::media::prompt::samples(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn make() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sounds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for sounds");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/media/make_media.sh");
    std::fs::copy(&script, folder.join("make_media.sh")).expect("the script is in the repository");
    let output = Command::new("bash").arg(folder.join("make_media.sh")).output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "make_media.sh needs sox and espeak-ng (apt-get install sox espeak-ng): {said}");
    folder
}

pub fn gain(samples: &[i16], db: f32) -> Vec<i16> {
    let factor = 10f32.powf(db / 20.0);
    samples.iter().map(|&s| (f32::from(s) * factor).clamp(-32768.0, 32767.0) as i16).collect()
}

/// White noise of this loudness (RMS, dBFS) over it, the same every time.
pub fn noise(samples: &[i16], dbfs: f32) -> Vec<i16> {
    let amplitude = 32768.0 * 10f32.powf(dbfs / 20.0) * 3f32.sqrt();
    let mut seed = 12345u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / 8_388_608.0 - 1.0
    };
    samples.iter().map(|&s| (f32::from(s) + amplitude * random()).clamp(-32768.0, 32767.0) as i16).collect()
}

/// Room noise of -60 dBFS before it.
pub fn later(samples: &[i16], ms: usize) -> Vec<i16> {
    let mut all = noise(&vec![0; ms * 8], -60.0);
    all.extend_from_slice(samples);
    all
}

/// Its first part is cut off, as when a line opens late.
pub fn from_ms(samples: &[i16], ms: usize) -> Vec<i16> {
    samples[ms * 8..].to_vec()
}
