//! Erasing a person: the number, the name, the columns, what was said, and the recordings' rows go; facts stay,
//! for they hold ids and keyed hashes only. The number's suppression stays too, so that it is not called again.

use super::db::{args, statements};
use super::named::Touched;
use super::projection::ERASED;
use super::rows::LeadState;
use super::touched::Work;
use super::{Store, StoreError};
use crate::words::LeadId;

statements! {
    LEADS_OF_NUMBER = one("SELECT id, person FROM lead WHERE number_hash = $1 ORDER BY id");
    FILES_OF_LEAD = one("SELECT file FROM recording WHERE lead = $1 ORDER BY id");
    DROP_FIELDS = one("DELETE FROM call_field WHERE lead = $1");
    DROP_NOTES = one("DELETE FROM call_note WHERE lead = $1");
    DROP_RECORDINGS = one("UPDATE recording SET file = '' WHERE lead = $1");
    DROP_PERSON = one("DELETE FROM person WHERE id = $1");
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    Done {
        leads: Vec<LeadId>,
    },
    /// A call to the person is being prepared, or goes on: nothing was erased. Ask again after it.
    InHand(LeadId),
}

impl Store {
    /// Everything about this number in all campaigns. Leads that wait are excluded. `delete` is given each recording's
    /// file, relative to the recordings' folder, before the rows go: if one cannot be deleted nothing is erased, and who
    /// asks again finds it named still. A file that is gone already is no error of `delete`'s.
    pub async fn erase_person(
        &self,
        number_hash: &str,
        mut delete: impl FnMut(&str) -> std::io::Result<()> + Send,
    ) -> Result<Erasure, StoreError> {
        let mut tx = self.db().begin().await?;
        let rows = tx.all(&LEADS_OF_NUMBER, args![number_hash]).await?;
        let leads = rows.iter().map(|row| Ok(LeadId::from_sql(row.int(0)?))).collect::<Result<Vec<_>, StoreError>>()?;
        let mut work = Work::load(&mut tx, &Touched { leads: leads.clone(), ..Touched::default() }).await?;
        let in_hand = |state: LeadState| matches!(state, LeadState::Leased | LeadState::InFlight);
        if let Some(lead) = work.now.leads.values().find(|lead| in_hand(lead.state)) {
            return Ok(Erasure::InHand(lead.id));
        }
        let waiting = |state: LeadState| matches!(state, LeadState::Pending | LeadState::Scheduled);
        for lead in work.now.leads.values_mut().filter(|lead| waiting(lead.state)) {
            lead.end(LeadState::Excluded, ERASED.to_owned());
        }
        work.save(&mut tx).await?;
        for lead in &leads {
            for row in tx.all(&FILES_OF_LEAD, args![lead.sql()]).await? {
                let file = row.text(0)?;
                if !file.is_empty() {
                    delete(&file).map_err(|error| not_deleted(&file, &error))?;
                }
            }
            for sql in [&DROP_FIELDS, &DROP_NOTES, &DROP_RECORDINGS] {
                tx.run(sql, args![lead.sql()]).await?;
            }
        }
        for row in &rows {
            if let Some(person) = row.opt_int(1)? {
                tx.run(&DROP_PERSON, args![person]).await?;
            }
        }
        tx.commit().await?;
        Ok(Erasure::Done { leads })
    }
}

fn not_deleted(file: &str, error: &std::io::Error) -> StoreError {
    let cause = format!("{file}: {error}. Nothing was erased: mend the folder's rights, and ask again");
    StoreError::Broken { place: "deleting a recording", cause }
}
