//! The data folder: campaigns as folders, the shipped ones embedded, the store beside them.

use super::{Failure, check, config::Config};
use crate::campaign::Settings;
use crate::campaign::check::Problem;
use crate::campaign::folder::{self, Bundle};
use crate::campaign::list::{ImportOptions, Importer, Rejected, Row, Sink};
use crate::live::clock::wall_now;
use crate::store::{NewCampaign, Store};
use crate::words::{CampaignId, ClientId, Lang, Reason, SellerId};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `campaigns/` of the source tree: telesales, reminder, and the template of `outpace new`.
static CAMPAIGNS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/campaigns");
/// `scripts/` of the source tree: the Lua that campaigns share.
static SCRIPTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scripts");

/// A campaign folder's files by path, forward slashes.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Nothing in a campaign folder is larger: a prompt of four minutes has 4 MB.
const FILE_BYTES_MAX: u64 = 16 << 20;
const FILES_MAX: usize = 1_000;

pub(crate) async fn open_store(config: &Config) -> Result<Store, Failure> {
    std::fs::create_dir_all(&config.data.dir)
        .map_err(|e| Failure(format!("data folder {}: {e}. Choose another with --data.", config.data.dir.display())))?;
    Ok(Store::open(&config.store.url, &config.data.dir).await?)
}

/// Reads a campaign folder. Hidden files are left out; links are not followed.
pub(crate) fn read_folder(dir: &Path) -> Result<Files, Reason> {
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Reason::new("folder.unreadable").with("path", &path).with("error", error)
    };
    let mut files = Files::new();
    let mut folders = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let unreadable = unreadable(&entry.path());
            let kind = entry.file_type().map_err(&unreadable)?;
            if kind.is_dir() {
                folders.push((entry.path(), path));
            } else if kind.is_file() {
                if entry.metadata().map_err(&unreadable)?.len() > FILE_BYTES_MAX {
                    return Err(Reason::new("folder.file_large").with("path", entry.path().display()));
                }
                files.insert(path, std::fs::read(entry.path()).map_err(&unreadable)?);
                if files.len() > FILES_MAX {
                    return Err(Reason::new("folder.many_files").with("path", dir.display()).with("most", FILES_MAX));
                }
            }
        }
    }
    if !files.contains_key("campaign.toml") {
        return Err(Reason::new("folder.no_campaign").with("path", dir.display()));
    }
    Ok(files)
}

/// A shipped campaign's files.
pub(crate) fn embedded(name: &str) -> Option<Files> {
    let dir = CAMPAIGNS.get_dir(name)?;
    let mut files = Files::new();
    collect(dir, name, &mut files);
    Some(files)
}

fn collect(dir: &Dir<'_>, root: &str, files: &mut Files) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        let path = path.strip_prefix(root).unwrap_or(&path).trim_start_matches('/').to_owned();
        files.insert(path, file.contents().to_vec());
    }
    for sub in dir.dirs() {
        collect(sub, root, files);
    }
}

/// The shared scripts under `scripts/NAME.lua`, as flows require them.
pub(crate) fn shared_scripts() -> BTreeMap<String, String> {
    SCRIPTS
        .files()
        .filter(|f| f.path().extension().is_some_and(|e| e == "lua"))
        .filter_map(|f| Some((format!("scripts/{}", f.path().to_string_lossy()), f.contents_utf8()?.to_owned())))
        .collect()
}

/// A folder with mistakes, all of them.
pub(crate) struct Wrong {
    name: String,
    problems: Vec<Problem>,
}

impl Wrong {
    /// One line a mistake.
    pub(crate) fn lines(&self, lang: Lang) -> String {
        let lines: Vec<String> = self.problems.iter().map(|p| format!("{}/{}", self.name, p.text(lang))).collect();
        lines.join("\n")
    }
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Failure {
        let lang = check::lang(None);
        let count = Reason::new("folder.wrong").with("campaign", &wrong.name).with("count", wrong.problems.len());
        Failure(format!("{}\n{}", count.text(lang), wrong.lines(lang)))
    }
}

/// Checked, with the shared scripts added; all problems at once.
pub(crate) fn bundle(name: &str, files: &Files) -> Result<Bundle, Wrong> {
    let bundle = folder::bundle(files).map_err(|problems| Wrong { name: name.to_owned(), problems })?;
    Ok(with_shared_scripts(bundle))
}

/// A campaign's own script of the same name wins.
pub(crate) fn with_shared_scripts(mut bundle: Bundle) -> Bundle {
    for (path, source) in shared_scripts() {
        bundle.sources.entry(path).or_insert(source);
    }
    bundle
}

/// Into the store: the same name is the same campaign, in a new version.
pub(crate) async fn keep_campaign(
    store: &Store,
    name: &str,
    bundle: &Bundle,
    files: &Files,
) -> Result<CampaignId, Failure> {
    let kept: Files =
        files.iter().filter(|(path, _)| folder::belongs(path)).map(|(p, b)| (p.clone(), b.clone())).collect();
    let spec = serde_json::to_string(&bundle.settings)?;
    let new = NewCampaign {
        name,
        version: &bundle.version,
        seller: SellerId(1),
        client: ClientId(1),
        spec: &spec,
        files: &kept,
        now: wall_now(),
    };
    Ok(store.put_campaign(&new).await?)
}

/// The first good row of a list, for dry walks.
pub(crate) fn first_lead(settings: &Settings, list: &Path) -> Option<BTreeMap<String, String>> {
    struct First(Option<BTreeMap<String, String>>);
    impl Sink for First {
        fn row(&mut self, row: Row) {
            self.0.get_or_insert_with(|| {
                let mut fields = row.fields;
                fields.extend(row.lang.map(|lang| ("lang".to_owned(), lang.tag().to_owned())));
                fields
            });
        }
        fn rejected(&mut self, _: &Rejected) {}
    }
    let options = ImportOptions::new(&settings.dialing.region, &settings.dialing.regions, [0; 32]);
    let mut first = First(None);
    Importer::new(options).read_all(std::fs::File::open(list).ok()?, &mut first).ok()?;
    first.0
}

/// Campaign folders of the data folder, by name.
pub(crate) fn campaign_folders(config: &Config) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(config.data.dir.join("campaigns")).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().join("campaign.toml").is_file());
    folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

/// A campaign by its name in the data folder, by its path, or by a shipped name. The data folder comes first: what a
/// server takes does not hang on where it was started.
pub(crate) fn find_campaign(config: &Config, name: &str) -> Result<(String, Files), Reason> {
    let known = campaign_folders(config);
    if let Some(path) = known.get(name) {
        return Ok((name.to_owned(), read_folder(path)?));
    }
    let path = Path::new(name);
    if path.join("campaign.toml").is_file() {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok((name, read_folder(&path)?));
    }
    if let Some(files) = embedded(name).filter(|_| name != "template") {
        return Ok((name.to_owned(), files));
    }
    let known: Vec<String> = known.into_keys().collect();
    Err(Reason::new("folder.unknown")
        .with("campaign", name)
        .with("folder", config.data.dir.join("campaigns").display())
        .with("known", if known.is_empty() { "-".to_owned() } else { known.join(", ") }))
}
