//! `outpace new NAME`: a campaign folder that works.

use super::{Failure, data};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const TEMPLATE: &str = "template";
/// As the template has it; a test of this file says so.
const TITLE: &str = r#"title = { en = "My campaign", zh-Hans = "我的活动" }"#;

#[derive(clap::Args)]
pub(crate) struct New {
    /// The folder to make; its last part names the campaign. 要创建的文件夹。
    name: PathBuf,
    /// Start from a shipped campaign: telesales or reminder. 以内置活动为模板。
    #[arg(long, value_name = "CAMPAIGN", default_value = TEMPLATE)]
    from: String,
}

impl New {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let name = self.name.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if name.is_empty() || !plain {
            return Err(Failure(format!("\"{name}\": a campaign's name has letters, digits, - and _ only")));
        }
        if self.name.exists() {
            return Err(Failure(format!(
                "{} exists already: choose another name, nothing was changed",
                self.name.display()
            )));
        }
        let mut files = data::embedded(&self.from)
            .ok_or_else(|| Failure(format!("--from {}: shipped are telesales and reminder", self.from)))?;
        if let Some(settings) = files.get_mut("campaign.toml").filter(|_| self.from == TEMPLATE) {
            // Two campaigns on one page are told apart by it.
            let text = String::from_utf8_lossy(settings).replacen(TITLE, &format!("title = \"{name}\""), 1);
            *settings = text.into_bytes();
        }
        if let Err(error) = write(&self.name, &files) {
            // Half a campaign would be taken for a whole one.
            let _ = std::fs::remove_dir_all(&self.name);
            let dir = self.name.display();
            return Err(Failure(format!(
                "{dir}: {error}. Choose a folder that is writable and has room; nothing was made."
            )));
        }
        let dir = self.name.display();
        println!("Made {dir} with {} files. 已创建。", files.len());
        println!("  outpace check {dir}      settings, flow and prompts 检查");
        println!("  outpace preview {dir}    its page in a browser, with a phone beside it 在浏览器中预览");
        println!("  outpace test {dir}       its flow_test.lua 测试流程");
        println!("  outpace simulate {dir}   a day of it in virtual time 模拟一天");
        Ok(ExitCode::SUCCESS)
    }
}

fn write(dir: &Path, files: &data::Files) -> std::io::Result<()> {
    for (path, bytes) in files {
        let target = dir.join(path);
        std::fs::create_dir_all(target.parent().expect("a file has a folder"))?;
        std::fs::write(target, bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_the_title_that_is_replaced() {
        let files = data::embedded(TEMPLATE).expect("it is shipped");
        assert!(String::from_utf8_lossy(&files["campaign.toml"]).contains(TITLE));
    }
}
