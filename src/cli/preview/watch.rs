//! The preview follows the folder: what is saved is checked at once, and the next call has it. What is wrong with it, and
//! a flow that fails in a call, stand on the page with their file and line. It refuses to change a call in hand.

use super::{NAME, ask, folder};
use crate::api::preview::News;
use crate::api::{Event, Taken};
use crate::campaign;
use crate::cli::assembly::Assembly;
use crate::cli::{check, data};
use crate::engine::Request;
use crate::facts::Fact;
use crate::script::check as walk;
use crate::words::{CampaignId, Lang, Text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::sync::broadcast::error::RecvError;

/// Quick enough for whoever saves a file and looks up.
const LOOK: Duration = Duration::from_millis(300);

/// What the page says beside the phone.
pub(super) type Board = Arc<Mutex<News>>;

/// Changed files by path: length and time.
type Stamp = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Settings, Lua and prompts, read and walked through: every mistake with its file and line.
pub(super) fn proof(dir: &Path) -> Result<(), Text> {
    let files = data::read_folder(dir).map_err(|reason| reason.in_each())?;
    let each_lang = |lines: &dyn Fn(Lang) -> Vec<String>| Text::in_each(|lang| lines(lang).join("\n"));
    let bundle = campaign::bundle(&files)
        .map_err(|problems| each_lang(&|lang| problems.iter().map(|problem| problem.text(lang)).collect()))?;
    let report = walk::check(&check::inputs(dir, &data::with_shared_scripts(bundle)));
    if !report.has_errors() {
        return Ok(());
    }
    Err(each_lang(&|lang| report.lines(lang).collect()))
}

/// Until it is dropped.
pub(super) async fn follow(dir: &Path, copy: &Path, assembly: &Assembly, campaign: CampaignId, board: &Board) {
    let mut seen = stamp(dir);
    let mut look = tokio::time::interval(LOOK);
    let mut waits = false;
    loop {
        look.tick().await;
        let now = stamp(dir);
        if now != seen {
            seen = now;
            let (dir, copy) = (dir.to_owned(), copy.to_owned());
            let taken = tokio::task::spawn_blocking(move || take(&dir, &copy)).await;
            let problem = match taken {
                Ok(Ok(())) => None,
                Ok(Err(why)) => Some(why),
                Err(broken) => Some(Text::plain(broken.to_string())),
            };
            waits = problem.is_none();
            tell(board, |news| {
                news.problem = problem;
                news.waits = waits;
            });
        }
        if waits && renew(assembly, campaign).await {
            waits = false;
            tell(board, |news| {
                news.waits = false;
                news.version += 1;
            });
        }
    }
}

/// The flows that fail in calls.
pub(super) async fn listen(assembly: &Assembly, board: &Board) {
    let mut facts = assembly.feed.listen();
    loop {
        match facts.recv().await {
            Ok(Event::Fact(fact, _)) => {
                if let Fact::FlowFailed { at, error, .. } = &fact.fact {
                    tell(board, |news| news.problem = Some(Text::plain(format!("{at}: {error}"))));
                }
            }
            Ok(Event::Agent(_) | Event::Campaign(_)) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(board: &Board, change: impl FnOnce(&mut News)) {
    change(&mut board.lock().expect("nobody panics with it"));
}

/// Checked, and then written over the copy that is dialed from.
fn take(dir: &Path, copy: &Path) -> Result<(), Text> {
    proof(dir)?;
    folder::write(dir, copy).map(|_| ()).map_err(|failure| Text::plain(failure.0))
}

/// False: calls are still in hand, which keep the flow they began with. What rings is let go.
async fn renew(assembly: &Assembly, campaign: CampaignId) -> bool {
    let shelf = assembly.api.shelf.clone();
    let Ok(Ok(Taken { spec, keep })) = tokio::task::spawn_blocking(move || shelf.take(NAME)).await else {
        return false;
    };
    let paused = ask(assembly, Request::PauseCampaign { campaign }).await;
    let taken = ask(assembly, Request::Configure(spec)).await;
    if paused.is_err() || taken.is_err() {
        return false;
    }
    // The next start of a preview begins with nothing: what the store keeps matters to the page's texts alone.
    let kept = tokio::task::spawn_blocking(keep).await;
    kept.is_ok_and(|kept| kept.is_ok()) && ask(assembly, Request::StartCampaign { campaign }).await.is_ok()
}

fn stamp(dir: &Path) -> Stamp {
    let mut stamp = Stamp::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
            let Some(about) = entry.metadata().ok().filter(|_| !hidden) else { continue };
            if about.is_dir() {
                folders.push(path);
            } else {
                stamp.insert(path, (about.len(), about.modified().ok()));
            }
        }
    }
    stamp
}
