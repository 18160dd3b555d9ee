//! The data folder: campaigns as folders, the shipped ones embedded, the store beside them.

use super::{Failure, config::Config};
use crate::campaign::Settings;
use crate::campaign::folder::{self, Bundle};
use crate::campaign::list::{ImportOptions, Importer, Rejected, Row, Sink};
use crate::live::clock::wall_now;
use crate::store::{NewCampaign, Store};
use crate::words::{CampaignId, ClientId, Lang, SellerId};
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
pub(crate) fn read_folder(dir: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut folders = vec![(dir.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| {
            let fix = "a campaign folder is expected; `outpace new NAME` makes one";
            Failure(format!("{}: {e}; {fix}", folder.display()))
        })?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((entry.path(), path));
            } else if kind.is_file() {
                if entry.metadata()?.len() > FILE_BYTES_MAX {
                    return Err(Failure(format!(
                        "{}: larger than 16 MB; a campaign folder holds texts and short sounds",
                        entry.path().display()
                    )));
                }
                files.insert(path, std::fs::read(entry.path())?);
                if files.len() > FILES_MAX {
                    return Err(Failure(format!("{}: more than {FILES_MAX} files", dir.display())));
                }
            }
        }
    }
    if !files.contains_key("campaign.toml") {
        return Err(Failure(format!(
            "{}: no campaign.toml in it. `outpace new NAME` makes a campaign folder.",
            dir.display()
        )));
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

/// Checked, with the shared scripts added; all problems at once.
pub(crate) fn bundle(name: &str, files: &Files) -> Result<Bundle, Failure> {
    let bundle = folder::bundle(files).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|p| format!("{name}/{}", p.text(Lang::En))).collect();
        Failure(format!("campaign \"{name}\" cannot be taken, {} problems:\n{}", problems.len(), lines.join("\n")))
    })?;
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
pub(crate) fn campaign_folders(config: &Config) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let dir = config.data.dir.join("campaigns");
    let mut found = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(found) };
    for entry in entries {
        let entry = entry?;
        if entry.path().join("campaign.toml").is_file() {
            found.insert(entry.file_name().to_string_lossy().into_owned(), entry.path());
        }
    }
    Ok(found)
}

/// A campaign by its name in the data folder, by its path, or by a shipped name. The data folder comes first: what a
/// server takes does not hang on where it was started.
pub(crate) fn find_campaign(config: &Config, name: &str) -> Result<(String, Files), Failure> {
    if let Some(path) = campaign_folders(config)?.get(name) {
        return Ok((name.to_owned(), read_folder(path)?));
    }
    let path = Path::new(name);
    if path.join("campaign.toml").is_file() {
        let name = path.canonicalize()?.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok((name, read_folder(path)?));
    }
    if let Some(files) = embedded(name).filter(|_| name != "template") {
        return Ok((name.to_owned(), files));
    }
    let known: Vec<String> = campaign_folders(config)?.into_keys().collect();
    Err(Failure(format!(
        "campaign \"{name}\": neither a folder with campaign.toml, nor one of {}/campaigns ({}), nor a shipped one (telesales, reminder)",
        config.data.dir.display(),
        if known.is_empty() { "none there".to_owned() } else { known.join(", ") }
    )))
}
