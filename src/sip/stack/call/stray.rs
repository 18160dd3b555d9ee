//! A 2xx that belongs to no leg.

use crate::sip::branch::{Token, hex};
use crate::sip::dialog::Dialog;
use crate::sip::scan::{Message, Name, scan};
use crate::sip::slots::SlotKey;
use crate::sip::stack::Stack;
use crate::sip::transaction::Owner;
use crate::sip::transport::Peer;
use crate::sip::write::Writer;
use crate::words::Moment;

impl Stack {
    /// A 2xx of another fork, or after its leg has gone: acknowledged, and ended with BYE (RFC 3261 section 13.2.2.4).
    pub(in crate::sip::stack) fn on_stray_success(
        &mut self,
        now: Moment,
        at: SlotKey,
        peer: Peer,
        message: &Message<'_>,
    ) {
        let Some(to) = message.first(Name::To) else { return };
        let Some(client) = self.clients.get_mut(at) else { return };
        let hash = self.keys.tables.hash(&[b"stray", to]);
        let known = client.strays.contains(&hash);
        if !known {
            if client.strays.len() >= 16 {
                return;
            }
            client.strays.push(hash);
        }
        let Some(dialog) = stray_dialog(&client.request, peer, message) else { return };
        let mut branch = Token(*b"ack00000000000000000000000000000");
        hex(self.chance.next(), &mut branch.0[3..19]);
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        dialog.request(&mut w, &self.me, rsip::Method::Ack, &branch, dialog.local_cseq);
        w.no_body();
        self.wire.commit(dialog.hop, begin);
        if known {
            return;
        }
        let Some(branch) = self.next_client() else { return };
        let begin = self.wire.begin();
        let mut w = Writer::new(&mut self.wire.bytes);
        dialog.request(&mut w, &self.me, rsip::Method::Bye, &branch, dialog.local_cseq + 1);
        w.no_body();
        self.launch(now, Owner::Nobody, false, dialog.hop, begin);
    }
}

/// The dialog that a 2xx to `invite` makes, without a leg.
fn stray_dialog(invite: &[u8], peer: Peer, response: &Message<'_>) -> Option<Dialog> {
    let mut scratch = Default::default();
    let request = scan(invite, &mut scratch).ok()?;
    let bracketed = |uri: &[u8]| [b"<", uri, b">"].concat();
    let from = request.from()?;
    let mut dialog = Dialog {
        call_id: request.call_id()?.to_vec(),
        local: bracketed(from.uri),
        remote: bracketed(response.to()?.uri),
        local_tag: Token(from.tag()?.try_into().ok()?),
        remote_tag: Vec::new(),
        target: response.to()?.uri.to_vec(),
        routes: Vec::new(),
        local_cseq: request.cseq()?.number,
        remote_cseq: None,
        hop: peer,
        home: peer,
        pinned: false,
    };
    dialog.establish(response);
    Some(dialog)
}
