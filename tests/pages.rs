//! The pages in a browser: a real `outpace serve`, a SIPp carrier whose people answer, baresip phones, headless Chromium.
//! Agents work by keyboard alone; axe looks at every state in light and dark; what was typed survives everything.

#[path = "pages/browser.rs"]
mod browser;
#[path = "pages/house.rs"]
mod house;
mod real;

use browser::{Browser, ENTER, ESCAPE, picture};
use house::{House, MANAGER, state};
use real::{run, wait_until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// One after the other: two Chromiums, two phones and a dialer are enough for a small machine.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// In light and in dark.
fn axe(page: &Browser, what: &str) {
    for theme in ["light", "dark"] {
        assert_eq!(page.value("document.documentElement.dataset.theme"), theme);
        page.axe_finds_nothing(&format!("{what}, {theme}"));
        page.value("document.querySelector('[data-k=theme]').click()");
    }
}

#[test]
fn an_agent_sells_and_the_floor_shows_it() {
    let _alone = alone();
    let house = House::open("pages-sells", &["anna"], "en");
    let page = Browser::start(&house.dir, "agent", "en-US");
    page.open(&format!("{}/agent", house.dialer.api));
    page.until("document.querySelector('#name')");
    assert_eq!(page.focused(), "name", "the login waits for the name");
    axe(&page, "login");
    picture(&page, &house.dir, "login");
    wrong_password(&page);
    house.log_in(&page, "/agent", "anna", &house.people[0].password);
    page.until("document.querySelector('#wait form')");
    page.until_text("#strip .detail", "registered");
    axe(&page, "before the shift");
    picture(&page, &house.dir, "shift");
    page.keys(ENTER);
    state(&page, "pause");
    page.keys(ENTER);

    house.a_call(&page);
    assert_eq!(page.text(".who .name"), "Ann Lee");
    assert!(page.text("#who").contains("Asia/Shanghai"), "the customer's own clock: {}", page.text("#who"));
    assert!(page.text("#who").contains("****"), "the number is masked: {}", page.text("#who"));
    assert!(!page.text("body").contains("86199000"), "and stands nowhere whole");
    axe(&page, "talking");
    picture(&page, &house.dir, "agent");

    let floor = Browser::start(&house.dir, "floor", "en-US");
    house.log_in(&floor, "/floor", MANAGER.0, MANAGER.1);
    floor.until_text("#rows", "Talking");
    floor.until("document.querySelector('[data-stage=talking] b')?.textContent === '1'");

    objection_order_and_wrap_up(&page, &house);
    the_floor(&floor, &house);
    let said = page
        .log()
        .into_iter()
        .chain(floor.log())
        .filter(|line| !["401", "404", "409", "422"].iter().any(|refused| line.contains(refused)));
    assert_eq!(said.collect::<Vec<_>>(), Vec::<String>::new(), "no script failed, no policy was broken");
}

fn wrong_password(page: &Browser) {
    page.type_into("#name", "anna");
    page.type_into("#password", "guessed");
    page.keys(ENTER);
    page.until("document.querySelector('#login-error').textContent.length > 10");
    assert_eq!(page.focused(), "password");
}

fn objection_order_and_wrap_up(page: &Browser, house: &House) {
    // The upper letter row holds objections: "too expensive" is the second.
    page.keys("w");
    page.until_text("#step .tag", "Objection");
    picture(page, &house.dir, "objection");
    // What the customer says to it, then to the offer: always the first choice, until the order form.
    for _ in 0..6 {
        if page.has("#form") {
            break;
        }
        let shown = page.text("#say");
        page.keys("1");
        page.until(&format!("document.querySelector('#say')?.textContent !== {shown:?}"));
    }
    page.until("document.querySelector('#form')");
    page.keys("1");
    page.until_text("#form-error", "How many");
    assert_eq!(page.focused(), "field-quantity", "what is missing has the focus");
    axe(page, "a form that is not complete");
    page.keys("2");
    page.keys(ESCAPE);
    page.keys("1");
    page.until_text("#say", "Thank you");
    page.keys("1");
    page.until_text("#step", "The flow has ended");
    page.keys("x");
    state(page, "wrap");
    page.keys("nBlue one, rings at the back door");
    page.keys(ESCAPE);
    page.until_text("#note-state", "Kept");
    axe(page, "wrap-up");
    page.keys("b");
    page.until_text("#count", "3 more");
    // The middle letter row holds outcomes: marked, taken back, and the flow's own stands.
    page.keys("s");
    page.until_text("#closes", "Not interested");
    picture(page, &house.dir, "wrap-up");
    page.keys("z");
    page.until("!document.querySelector('#closes')");
    page.keys("v");
    page.until("document.activeElement?.dataset.k === 'pause-break'");
    assert_eq!(
        page.value("[...document.querySelectorAll('#pauses .btn')].map((e) => e.textContent)"),
        json!(["Break", "Prayer"])
    );
    page.value("document.querySelector('[data-k=pause-prayer]').focus()");
    page.keys(ENTER);
    page.until_text("#strip .detail", "Prayer");
    page.keys(ENTER);
    state(page, "pause");
    page.until_text("#mine", "Order");
    axe(page, "paused");
    let call = house.last_call(0);
    assert_eq!((&call["outcome"], &call["cause"]), (&json!("order"), &json!("handled")), "{call}");
    let order = &house.dialer.get("/v1/orders")["items"][0];
    assert_eq!((&order["call"], &order["lines"][0]["quantity"]), (&call["id"], &json!(2)), "{order}");
    let facts = house.dialer.get(&format!("/v1/calls/{}/timeline", call["id"].as_str().unwrap()));
    let kinds: Vec<&str> = facts.as_array().unwrap().iter().filter_map(|fact| fact["kind"].as_str()).collect();
    wait_until("the extension to be counted", Duration::from_secs(20), || {
        let extended = house.dialer.get("/v1/kpis/wrap_extend_count?group_by=agent");
        extended["rows"][0]["value"] == json!(1) && extended["rows"][0]["group"] == house.people[0].id.as_str()
    });
    for kind in ["objection_raised", "order_taken", "wrap_extended", "outcome_set"] {
        assert_eq!(kinds.iter().filter(|known| **known == kind).count(), 1, "{kind} in {kinds:?}");
    }
}

fn the_floor(floor: &Browser, house: &House) {
    floor.until_text("#rows", "Prayer");
    // Counted once it is on disk.
    wait_until("the pause to be counted by its reason", Duration::from_secs(20), || {
        let pauses = house.dialer.get("/v1/kpis/pause_count?group_by=reason");
        let rows = pauses["rows"].as_array().expect("a list");
        rows.iter().any(|row| row["group"] == "prayer" && row["value"] == json!(1))
    });
    floor.until("document.querySelector('[data-kpi=orders] dd')?.textContent === '1'");
    floor.until_text("[data-chart=dials] tbody", ":");
    axe(floor, "floor");
    floor.height(1400);
    picture(floor, &house.dir, "floor");
    // Asked before it is done.
    floor.value("document.querySelector('[data-act=pause]').click()");
    floor.until("document.querySelector('dialog[open]')");
    axe(floor, "a question");
    floor.keys(ESCAPE);
    floor.until("!document.querySelector('dialog')");
    assert_eq!(house.dialer.get(&format!("/v1/campaigns/{}", house.campaign))["state"], "running");
    floor.value("document.querySelector('[data-act=pause]').focus()");
    floor.keys(ENTER);
    floor.until("document.querySelector('dialog[open]')");
    floor.value("document.querySelector('dialog [data-answer=yes]').focus()");
    floor.keys(ENTER);
    floor.until_text("#why", "Paused");
    assert_eq!(house.dialer.get(&format!("/v1/campaigns/{}", house.campaign))["state"], "paused");
    changes_are_taken_in(floor, house);
}

/// A changed folder is taken in by a click, checked first: what is wrong with it is said on the page.
fn changes_are_taken_in(floor: &Browser, house: &House) {
    let flow = house.dialer.data.join("campaigns/filters/flow.lua");
    let written = std::fs::read_to_string(&flow).expect("the folder is there");
    let version = || house.dialer.get(&format!("/v1/campaigns/{}", house.campaign))["version"].clone();
    let before = version();
    let take = || {
        floor.value("document.querySelector('[data-act=take]').click()");
        floor.until("document.querySelector('dialog[open]')");
        floor.value("document.querySelector('dialog [data-answer=yes]').click()");
    };
    std::fs::write(&flow, "return flow {\n\topener = step(\n").expect("writable");
    take();
    floor.until_text("#trouble", "flow.lua:");
    assert_eq!(version(), before);
    std::fs::write(&flow, format!("{written}-- changed\n")).expect("writable");
    // Calls that are still in flight keep it from being taken in; then it is asked again.
    wait_until("the change to be taken in", Duration::from_secs(60), || {
        take();
        floor.until("!document.querySelector('dialog')");
        version() != before
    });
    floor.until("document.querySelector('#trouble').textContent === ''");
    another_campaign_and_its_list(floor, house);
}

/// A second folder is taken in while the first is there, and a list goes into it: every row that is refused has its reason.
fn another_campaign_and_its_list(floor: &Browser, house: &House) {
    let folders = house.dialer.data.join("campaigns");
    run(Command::new("cp").arg("-r").arg(folders.join("filters")).arg(folders.join("second")));
    floor.value("document.querySelector('[data-act=take-new]').click()");
    floor.until("document.activeElement?.id === 'take'");
    axe(floor, "which folder?");
    floor.keys("nobody");
    floor.keys(ENTER);
    floor.until_text("#take-error", "nobody");
    floor.type_into("#take", "second");
    floor.keys(ENTER);
    floor.until("!document.querySelector('dialog')");
    floor.until("document.querySelectorAll('#tabs [aria-pressed]').length === 2");
    floor.until("document.querySelector('#tabs [aria-pressed=true]') && document.querySelector('#why').textContent.includes('Not started')");
    let second = floor.value("document.querySelector('#tabs [aria-pressed=true]').dataset.k");
    assert_ne!(second, json!(house.campaign), "the new one is looked at");

    floor.value("document.querySelector('[data-act=list]').click()");
    floor.until("document.querySelector('#list-file')");
    floor.value(
        "(() => {
            const list = new File(['phone,name\\n+8619900008888,Ann\\n12,Ben\\n'], 'list.csv', { type: 'text/csv' });
            const chosen = new DataTransfer();
            chosen.items.add(list);
            document.querySelector('#list-file').files = chosen.files;
            document.querySelector('dialog [type=submit]').click();
        })()",
    );
    floor.until_text("#report", "2 rows: 1 accepted, 1 rejected");
    let refused = floor.value("[...document.querySelectorAll('#report tbody td')].map((e) => e.textContent)");
    assert_eq!((&refused[0], refused[1].as_str().map(|why| why.len() > 10)), (&json!("3"), Some(true)), "{refused}");
    axe(floor, "the report of a list");
    picture(floor, &house.dir, "list");
    floor.keys(ESCAPE);
    floor.until("!document.querySelector('dialog')");
    let leads = house.dialer.get(&format!("/v1/leads?campaign={}", second.as_str().expect("an id")));
    assert_eq!(leads["items"].as_array().map(Vec::len), Some(1), "{leads}");
}

#[test]
fn both_pages_speak_chinese() {
    let _alone = alone();
    let house = House::open("pages-chinese", &["wangfang"], "zh-Hans");
    let page = Browser::start(&house.dir, "agent", "zh-CN");
    page.open(&format!("{}/agent", house.dialer.api));
    page.until_text("h1", "登录");
    assert_eq!(page.value("document.documentElement.lang"), "zh-Hans");
    axe(&page, "login in Chinese");
    house.to_the_first_call(&page, 0);
    for word in ["通话", "挂断", "异议", "通话结果", "首次联系该客户"] {
        assert!(page.text("#main").contains(word), "{word} in {}", page.text("#main"));
    }
    // Ann Lee is spoken to in English; the buttons are the agent's.
    assert_eq!(page.value("document.querySelector('#say').lang"), "en");
    axe(&page, "talking, in Chinese");
    picture(&page, &house.dir, "agent-zh");
    page.value(
        "(document.querySelector('#lang').value = 'zh-Hant', document.querySelector('#lang').dispatchEvent(new Event('change')))",
    );
    page.until_text("#strip", "掛斷");
    let floor = Browser::start(&house.dir, "floor", "zh-TW");
    house.log_in(&floor, "/floor", MANAGER.0, MANAGER.1);
    floor.until_text("#rows", "通话");
    floor.value(
        "(document.querySelector('#lang').value = 'zh-Hant', document.querySelector('#lang').dispatchEvent(new Event('change')))",
    );
    floor.until_text("#rows", "通話");
    kpis_by_their_names(&floor, &house, "zh-Hant");
    axe(&floor, "floor in Chinese");
    floor.value("document.querySelector('[data-k=theme]').click()");
    floor.height(1400);
    picture(&floor, &house.dir, "floor-zh");
}

/// Mode preview: a lead is read, passed over or dialed, with a key each. Mode manual: nothing comes unasked.
#[test]
fn a_lead_is_read_before_it_is_dialed() {
    let _alone = alone();
    let house = House::open_in("pages-lead", &["anna"], "en", "preview");
    let page = Browser::start(&house.dir, "agent", "en-US");
    house.log_in(&page, "/agent", "anna", &house.people[0].password);
    page.until("document.querySelector('#wait form')");
    page.until_text("#strip .detail", "registered");
    page.keys(ENTER);
    state(&page, "pause");
    page.keys(ENTER);
    state(&page, "preview");
    page.until("document.querySelector('.who .name')");
    let first = page.text(".who .name");
    assert!(page.text("#who").contains("Asia/Shanghai"), "the customer's own clock: {}", page.text("#who"));
    assert!(page.text("#who").contains("****"), "the number is masked: {}", page.text("#who"));
    page.until_text("#lead", "Dials by itself in");
    assert!(page.text("#lead").contains("Attempt1"), "{}", page.text("#lead"));
    axe(&page, "a lead before the call");
    picture(&page, &house.dir, "lead");
    page.reload();
    state(&page, "preview");
    page.until(&format!("document.querySelector('.who .name')?.textContent === {first:?}"));

    page.keys("m");
    page.until(&format!("![undefined, '', {first:?}].includes(document.querySelector('.who .name')?.textContent)"));
    let second = page.text(".who .name");
    page.keys(ENTER);
    house.a_call(&page);
    assert_eq!(page.text(".who .name"), second, "whom the agent read about is whom the agent meets");
    let facts = house.dialer.get("/v1/events?limit=1000");
    let held = facts["items"].as_array().expect("a list").iter().filter(|fact| fact["kind"] == "lead_held");
    assert_eq!(held.count(), 1, "one was passed over: {facts}");

    // Each call is asked for.
    page.keys("x");
    state(&page, "wrap");
    asks_for_each_call(&house);
    page.keys("s");
    page.until("document.querySelector('#closes')");
    page.keys(ENTER);
    state(&page, "ready");
    page.until("document.querySelector('[data-next]')");
    assert!(page.text("#wait").contains("Ask for a lead"), "{}", page.text("#wait"));
    axe(&page, "no lead asked for");
    page.keys(ENTER);
    state(&page, "preview");
    page.until("document.querySelector('.who .name') && !document.querySelector('#lead-left')");
    page.keys(ENTER);
    house.a_call(&page);
    let said: Vec<String> = page.log().into_iter().filter(|line| !line.contains("401")).collect();
    assert_eq!(said, Vec::<String>::new(), "no script failed, no policy was broken");
}

/// The mode is switched while an agent works.
fn asks_for_each_call(house: &House) {
    let agent = ureq::Agent::new_with_defaults();
    let switched = agent
        .post(format!("{}/v1/campaigns/{}/mode", house.dialer.api, house.campaign))
        .header("Authorization", format!("Bearer {}", house.dialer.key))
        .header("If-Match", "*")
        .send_json(json!({ "mode": "manual" }))
        .expect("a manager may");
    assert_eq!(switched.status(), 200);
}

/// As the dictionary names them, in the language of the page.
fn kpis_by_their_names(floor: &Browser, house: &House, lang: &str) {
    floor.until("document.querySelector('[data-kpi=abandon_rate] dt')");
    let agent = ureq::Agent::new_with_defaults();
    let mut answer = agent
        .get(format!("{}/v1/kpis", house.dialer.api))
        .header("Authorization", format!("Bearer {}", house.dialer.key))
        .header("Accept-Language", lang)
        .call()
        .expect("the catalogue");
    let catalogue: Value = answer.body_mut().read_json().expect("JSON");
    let shown = floor
        .value("[...document.querySelectorAll('[data-kpi]')].map((e) => [e.dataset.kpi, e.firstChild.textContent])");
    for pair in shown.as_array().expect("a list") {
        let named = catalogue.as_array().unwrap().iter().find(|kpi| kpi["id"] == pair[0]).expect("in the catalogue");
        assert_eq!(named["name"], pair[1], "{pair}");
    }
}

#[test]
fn nothing_that_was_typed_or_clicked_is_lost() {
    let _alone = alone();
    let mut house = House::open("pages-lost", &["anna"], "en");
    let page = Browser::start(&house.dir, "agent", "en-US");
    house.to_the_first_call(&page, 0);
    let call = page.value("Object.keys(localStorage).find((key) => key.startsWith('outpace.draft.')).slice(14)");
    let call = call.as_str().expect("the call in hand").to_owned();

    // A reload: the same call, the same step, the same words.
    page.keys("nfirst words");
    page.reload();
    house.a_call(&page);
    page.until("document.querySelector('#note')?.value === 'first words'");

    // A second tab shows the same; a click in one is applied once and seen in both.
    let first = page.tabs()[0].clone();
    let second = page.new_tab();
    page.to_tab(&second);
    page.open(&format!("{}/agent", house.dialer.api));
    house.a_call(&page);
    let opener = page.text("#say");
    page.keys("1");
    page.until(&format!("document.querySelector('#say').textContent !== {opener:?}"));
    let offer = page.text("#say");
    page.close_tab();
    page.to_tab(&first);
    page.until(&format!("document.querySelector('#say').textContent === {offer:?}"));
    made_choices(&house, &call, 1);

    without_network(&page, &house, &call);
    a_page_that_is_gone(&page, &house);
    a_restart_in_wrap_up(&page, &mut house);
    drop(page);
    a_word_after_the_call(&mut house, &call);
}

/// A closed call is amended: its lead is opened again for the promised time, on the customer's clock. Every table agrees
/// with the facts afterwards.
fn a_word_after_the_call(house: &mut House, call: &str) {
    let word = json!({ "outcome": "callback", "callback_local": "2031-03-03T15:00" });
    house.dialer.post(&format!("/v1/calls/{call}/outcome"), &word);
    let lead = house.dialer.get(&format!("/v1/calls/{call}"))["lead"].as_str().expect("a lead").to_owned();
    wait_until("the lead to be planned anew", Duration::from_secs(20), || {
        house.dialer.get(&format!("/v1/leads/{lead}"))["state"] == "scheduled"
    });
    let at = house.dialer.get(&format!("/v1/leads/{lead}"))["callback_at"].clone();
    assert_eq!(at, "2031-03-03T07:00:00.000Z", "Shanghai is eight hours ahead");
    let past = json!({ "outcome": "callback", "callback_local": "2011-03-03T15:00" });
    let (status, problem) = house.dialer.try_post(&format!("/v1/calls/{call}/outcome"), &past);
    assert_eq!((status, &problem["field"]), (422, &json!("callback_local")), "{problem}");
    let said = house.dialer.stop();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("199000000"), "a whole number stands in the log:\n{said}");
    let verified = house.dialer.command(&["verify"]);
    assert!(verified.contains("agree"), "{verified}");
}

/// So many, and not one more, once they are on disk.
fn made_choices(house: &House, call: &str, number: usize) {
    let made = || {
        let facts = house.dialer.get(&format!("/v1/calls/{call}/timeline"));
        facts.as_array().expect("a list").iter().filter(|fact| fact["kind"] == "choice_made").count()
    };
    wait_until("the choices to be on disk", Duration::from_secs(20), || made() >= number);
    assert_eq!(made(), number);
}

/// Clicks and words are kept while there is no network, and arrive once it is back.
fn without_network(page: &Browser, house: &House, call: &str) {
    let offer = page.text("#say");
    page.network(false);
    page.value("window.dispatchEvent(new Event('offline'))");
    page.keys("1");
    page.keys("nwritten without network");
    page.until_text("#line", "No connection");
    assert_eq!(page.text("#say"), offer, "nothing pretends to have happened");
    page.keys(ESCAPE);
    page.network(true);
    page.value("window.dispatchEvent(new Event('online'))");
    page.until("document.querySelector('#form')");
    page.until_text("#note-state", "Kept");
    page.until("document.querySelector('#line').textContent === ''");
    made_choices(house, call, 2);
}

/// Nobody is put through to an agent whose page is gone.
fn a_page_that_is_gone(page: &Browser, house: &House) {
    let now = || house.dialer.get(&format!("/v1/agents/{}", house.people[0].id))["now"].clone();
    page.open("about:blank");
    wait_until("the pause to be asked for", Duration::from_secs(30), || now()["next"]["pause"] == "page_lost");
    page.open(&format!("{}/agent", house.dialer.api));
    house.a_call(page);
    wait_until("the pause to be taken back", Duration::from_secs(30), || now()["next"].is_null());
}

/// `kill -9` while the agent writes: the words are there after the restart, the agent is signed in again, and the
/// outcome goes to the call that it belongs to.
fn a_restart_in_wrap_up(page: &Browser, house: &mut House) {
    page.keys("x");
    state(page, "wrap");
    page.value("document.querySelector('#note').select()");
    page.keys("call her on Monday");
    page.until_text("#note-state", "Kept");
    house.dialer.kill();
    page.keys(", after four");
    page.until_text("#line", "No connection");
    let dir = house.dir.clone();
    house.dialer.start(&dir);
    page.until("document.querySelector('[data-unfinished] textarea')?.value === 'call her on Monday, after four'");
    page.axe_finds_nothing("a call that is not finished");
    picture(page, &house.dir, "restarted");
    page.value("document.querySelector('[data-unfinished] [data-outcome=not_interested]').click()");
    page.until("!document.querySelector('[data-unfinished]')");
    wait_until("the outcome to be on disk", Duration::from_secs(30), || {
        house.last_call(0)["outcome"] == "not_interested"
    });
    let call = house.last_call(0)["id"].as_str().expect("an id").to_owned();
    page.until("['pause', 'no_device'].includes(document.querySelector('#strip').dataset.state)");
    page.until_text("#mine", "Not interested");
    // A later call to the same lead would show it: the note stands with the call.
    let facts = house.dialer.get(&format!("/v1/calls/{call}/timeline"));
    let set = facts.as_array().unwrap().iter().filter(|fact| fact["kind"] == "outcome_set").count();
    assert_eq!(set, 1, "{facts}");
    let notes = std::process::Command::new("python3")
        .args(["-c", "import sqlite3,sys; print([r[0] for r in sqlite3.connect(sys.argv[1]).execute('SELECT note FROM call_note WHERE call = ? ORDER BY place', (int(sys.argv[2], 16),))])"])
        .arg(house.dialer.data.join("outpace.db"))
        .arg(&call)
        .output()
        .expect("python3 is there");
    let notes = String::from_utf8_lossy(&notes.stdout).into_owned();
    assert!(notes.contains("call her on Monday, after four"), "{notes}");
}
