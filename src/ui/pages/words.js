// The pages' words in three languages, one line each: English, simplified and traditional Chinese.
// Names of KPIs, outcomes, campaigns and reasons come from the server; these are the rest. Terms are the glossary's.

const WORDS = {
  "app.agent": ["Agent", "座席", "座席"],
  "app.floor": ["Floor", "现场监控", "現場監控"],
  "app.skip": ["Skip to content", "跳到内容", "跳到內容"],
  "app.language": ["Language", "语言", "語言"],
  "app.dark": ["Dark", "深色", "深色"],
  "app.keys": ["Keys", "快捷键", "快速鍵"],
  "app.logout": ["Log out", "退出登录", "登出"],
  "app.online": ["Connected", "已连接", "已連線"],
  "app.offline": ["No connection", "连接中断", "連線中斷"],
  "app.offline.kept": [
    "No connection to the server. What you type and choose is kept here and sent when it is back.",
    "与服务器的连接已中断。您输入和选择的内容会保存在本页，恢复后自动发送。",
    "與伺服器的連線已中斷。您輸入和選擇的內容會保存在本頁，恢復後自動送出。"],
  "app.offline.floor": [
    "No connection to the server: what you see is old. Trying again.",
    "与服务器的连接已中断：当前画面不是最新，正在重连。",
    "與伺服器的連線已中斷：目前畫面不是最新，正在重新連線。"],
  "app.close": ["Close", "关闭", "關閉"],
  "app.cancel": ["Cancel", "取消", "取消"],
  "app.save": ["Save", "保存", "儲存"],
  "app.dismiss": ["Dismiss", "知道了", "知道了"],

  "login.title": ["Log in", "登录", "登入"],
  "login.name": ["Name", "用户名", "使用者名稱"],
  "login.password": ["Password", "密码", "密碼"],
  "login.go": ["Log in", "登录", "登入"],
  "login.empty": ["Name and password, please.", "请输入用户名和密码。", "請輸入使用者名稱和密碼。"],
  "login.failed": ["The server did not answer. Try again.", "服务器没有响应，请重试。", "伺服器沒有回應，請重試。"],

  "state.ready": ["Ready", "就绪", "就緒"],
  "state.reserved": ["Reserved", "预占", "預佔"],
  "state.talk": ["Talking", "通话", "通話"],
  "state.hold": ["On hold", "保持", "保留"],
  "state.wrap": ["Wrap-up", "整理", "整理"],
  "state.pause": ["Paused", "示忙", "示忙"],
  "state.manual_dial": ["Dialling by hand", "手动拨号", "手動撥號"],
  "state.preview": ["Reading a lead", "预览", "預覽"],
  "state.no_device": ["Phone lost", "话机失联", "話機失聯"],
  "state.off": ["Off shift", "未签入", "未簽入"],

  "shift.title": ["Start your shift", "签入上岗", "簽入上線"],
  "shift.campaigns": ["Campaigns you work for", "参与的外呼活动", "參與的外撥活動"],
  "shift.none": [
    "No campaign is open for agents yet. A manager adds one; it appears here by itself.",
    "目前没有可参与的外呼活动。经理添加后会自动显示在此。",
    "目前沒有可參與的外撥活動。經理新增後會自動顯示在此。"],
  "shift.start": ["Start shift", "签入", "簽入"],
  "shift.end": ["End shift", "签出", "簽出"],
  "shift.end.after": ["Ends after this call", "本次通话后签出", "本次通話後簽出"],
  "shift.phone.yes": ["Softphone registered", "软电话已注册", "軟體電話已註冊"],
  "shift.phone.no": [
    "Softphone not registered: start it first. It must answer by itself.",
    "软电话未注册：请先启动并设为自动应答。",
    "軟體電話未註冊：請先啟動並設為自動應答。"],
  "shift.again": ["You were signed in again after the server's restart.", "服务器重启后已为您重新签入。", "伺服器重新啟動後已為您重新簽入。"],
  "shift.one": ["Choose at least one campaign.", "请至少选择一个外呼活动。", "請至少選擇一個外撥活動。"],

  "do.ready": ["Ready for calls", "就绪接听", "就緒接聽"],
  "do.pause": ["Pause", "示忙", "示忙"],
  "do.pause.after": ["Pause after this call", "本次通话后示忙", "本次通話後示忙"],
  "do.pause.undo": ["No pause: go on working", "取消示忙，继续接听", "取消示忙，繼續接聽"],
  "do.hold": ["Hold", "保持", "保留"],
  "do.unhold": ["Take back", "恢复通话", "恢復通話"],
  "do.hangup": ["Hang up", "挂断", "掛斷"],
  "do.done": ["Close call", "结束整理", "結束整理"],
  "do.extend": ["+30 s", "+30 秒", "+30 秒"],
  "do.undo": ["Undo", "撤销", "復原"],
  "do.dial": ["Dial", "拨打", "撥打"],
  "do.skip": ["Skip", "跳过", "跳過"],
  "do.next": ["Next lead", "下一条名单", "下一筆名單"],
  "do.note": ["Note", "备注", "備註"],

  "pause.choose": ["Why do you pause?", "请选择示忙原因", "請選擇示忙原因"],
  "pause.login": ["just signed in", "刚签入", "剛簽入"],
  "pause.page_lost": ["The page was gone", "页面已断开", "頁面已斷開"],
  "pause.pause": ["Pause", "示忙", "示忙"],

  "wait.ready": ["Waiting for the next customer", "等待下一位客户", "等待下一位客戶"],
  "wait.ready.more": [
    "The call is put through by itself: you hear a beep, then the customer.",
    "客户接通后自动转入：先听到提示音，随后即可通话。",
    "客戶接通後自動轉入：先聽到提示音，隨後即可通話。"],
  "wait.pause": ["Paused", "示忙中", "示忙中"],
  "wait.pause.more": ["Nobody is put through to you.", "此时不会转入客户。", "此時不會轉入客戶。"],
  "wait.no_device": ["Your softphone is not connected", "软电话未连接", "軟體電話未連線"],
  "wait.no_device.more": [
    "It is called again every few seconds. Check that it runs, is registered as {name}, and answers by itself.",
    "系统每隔几秒会重新呼叫话机。请确认软电话已运行、以 {name} 注册并自动应答。",
    "系統每隔幾秒會重新呼叫話機。請確認軟體電話已執行、以 {name} 註冊並自動應答。"],

  "wait.preview": ["Waiting for the next lead", "等待下一条名单", "等待下一筆名單"],
  "wait.preview.more": [
    "It is shown here by itself. Read it, then dial.",
    "名单会自动显示在此，查看后再拨打。",
    "名單會自動顯示在此，檢視後再撥打。"],
  "wait.manual": ["Ask for a lead when you are ready to call", "准备好后请取下一条名单", "準備好後請取下一筆名單"],
  "wait.manual.more": ["You see who it is before anybody is called.", "先查看客户资料，再决定拨打。", "先檢視客戶資料，再決定撥打。"],
  "wait.closed": ["The campaign is not running. A manager starts it.", "活动未在运行，由经理启动。", "活動未在執行，由經理啟動。"],

  "lead.title": ["Before the call", "拨打前预览", "撥打前預覽"],
  "lead.calling": ["Calling", "正在拨打", "正在撥打"],
  "lead.calling.more": [
    "Whoever answers is put through to you. If nobody does, you are free again by itself.",
    "客户接听后自动转入；无人接听则自动恢复就绪。",
    "客戶接聽後自動轉入；無人接聽則自動恢復就緒。"],
  "lead.dial": ["Dials by itself in", "自动拨打倒计时", "自動撥打倒數"],
  "lead.skip": ["Passed over by itself in", "自动跳过倒计时", "自動跳過倒數"],
  "lead.no_limit": ["Take your time: nothing is dialled until you say so.", "不限时：由您决定何时拨打。", "不限時：由您決定何時撥打。"],
  "lead.shown": ["Lead: {name}", "名单客户：{name}", "名單客戶：{name}"],
  "lead.attempt": ["Attempt", "第几次拨打", "第幾次撥打"],
  "lead.callback": ["Callback promised for", "约定回拨时间", "約定回撥時間"],
  "lead.there": ["Time there", "当地时间", "當地時間"],

  "who.title": ["Customer", "客户", "客戶"],
  "who.nameless": ["No name on the list", "名单中无姓名", "名單中無姓名"],
  "who.there": ["there", "当地时间", "當地時間"],
  "who.why": ["Why this call", "本次来由", "本次來由"],
  "who.first": ["First call to this customer", "首次联系该客户", "首次聯絡該客戶"],
  "who.again": ["Call number {n} to this customer", "第 {n} 次联系该客户", "第 {n} 次聯絡該客戶"],
  "who.promised": ["Callback promised for {time}", "已约定 {time} 回拨", "已約定 {time} 回撥"],
  "who.lang": ["Speaks", "语言", "語言"],
  "who.phone": ["Number", "号码", "號碼"],
  "who.loading": ["Looking up the customer", "正在查询客户资料", "正在查詢客戶資料"],
  "who.history": ["Earlier calls", "历史通话", "歷史通話"],
  "who.history.none": ["None yet.", "暂无。", "暫無。"],
  "lang.en": ["English", "英语", "英語"],
  "lang.zh-Hans": ["Chinese (simplified)", "中文（简体）", "中文（簡體）"],
  "lang.zh-Hant": ["Chinese (traditional)", "中文（繁体）", "中文（繁體）"],

  "step.opener": ["Opener", "开场白", "開場白"],
  "step.step": ["Step", "步骤", "步驟"],
  "step.objection": ["Objection", "异议处理", "異議處理"],
  "step.closing": ["Closing", "促成", "促成"],
  "step.say": ["Say", "话术", "話術"],
  "step.answer": ["The customer says", "客户回答", "客戶回答"],
  "step.objections": ["Objections", "异议", "異議"],
  "step.form": ["Form", "表单", "表單"],
  "step.required": ["required", "必填", "必填"],
  "step.fill": ["{field}: please fill it in.", "请填写：{field}", "請填寫：{field}"],
  "step.none": ["The flow has ended", "话术流程已结束", "話術流程已結束"],
  "step.none.talk": [
    "Say good-bye and hang up; the outcome stands at the side.",
    "请礼貌道别并挂断；结果在侧栏。",
    "請禮貌道別並掛斷；結果在側欄。"],
  "step.left": ["The customer has hung up", "客户已挂断", "客戶已掛斷"],
  "step.sending": ["Sent, waiting for the next step", "已发送，等待下一步", "已送出，等待下一步"],

  "outcome.title": ["Outcome", "通话结果", "通話結果"],
  "outcome.closes": ["{name}: closes in {n} s", "{name}：{n} 秒后结束", "{name}：{n} 秒後結束"],
  "outcome.left": ["{n} more", "还可 {n} 次", "還可 {n} 次"],
  "outcome.saved": ["Kept", "已保存", "已儲存"],
  "outcome.typing": ["Not sent yet", "尚未发送", "尚未送出"],
  "outcome.ends": ["Ends by itself in", "自动结束倒计时", "自動結束倒數"],
  "outcome.callback": ["When, on the customer's clock", "回拨时间（客户当地）", "回撥時間（客戶當地）"],
  "outcome.callback.set": ["Promise this time", "确认约定", "確認約定"],
  "outcome.callback.agreed": ["Agreed: {time}, customer's time", "已约定：{time}（客户当地时间）", "已約定：{time}（客戶當地時間）"],
  "outcome.callback.past": ["Choose a time to come.", "请选择将来的时间。", "請選擇將來的時間。"],
  "outcome.in_1h": ["in 1 hour", "1 小时后", "1 小時後"],
  "outcome.tonight": ["today 18:00", "今天 18:00", "今天 18:00"],
  "outcome.tomorrow": ["tomorrow 10:00", "明天 10:00", "明天 10:00"],
  "outcome.days3": ["in 3 days 10:00", "3 天后 10:00", "3 天後 10:00"],
  "outcome.unfinished": ["A call is not finished", "有未完成的整理", "有未完成的整理"],
  "outcome.unfinished.more": [
    "The server began anew during your wrap-up. Your words are kept: choose the outcome and save.",
    "整理期间服务器重新启动。您填写的内容已保留：请选择结果并保存。",
    "整理期間伺服器重新啟動。您填寫的內容已保留：請選擇結果並儲存。"],
  "outcome.none": ["no outcome", "无结果", "無結果"],
  "outcome.correct": ["Correct", "更正", "更正"],
  "outcome.correct.title": ["Correct the outcome", "更正通话结果", "更正通話結果"],

  "mine.numbers": ["My day", "我的今日", "我的今日"],
  "mine.calls": ["My calls today", "我的今日通话", "我的今日通話"],
  "mine.calls.none": ["No call yet today.", "今日暂无通话。", "今日暫無通話。"],
  "mine.time": ["Time", "时间", "時間"],
  "mine.who": ["Customer", "客户", "客戶"],
  "mine.outcome": ["Outcome", "结果", "結果"],
  "mine.talk": ["Talk", "通话", "通話"],

  "keys.title": ["Single keys", "单键快捷键", "單鍵快速鍵"],
  "keys.on": ["Use single keys", "启用单键快捷键", "啟用單鍵快速鍵"],
  "keys.row1": ["Number row: choices of the step", "数字行：步骤选项", "數字列：步驟選項"],
  "keys.row2": ["Upper letter row: objections", "上排字母：异议", "上排字母：異議"],
  "keys.row3": ["Middle letter row: outcomes", "中排字母：通话结果", "中排字母：通話結果"],
  "keys.row4": ["Lower letter row: Z undo, X hang up, C hold, V pause, B +30 s, N note, M skip the lead", "下排字母：Z 撤销，X 挂断，C 保持，V 示忙，B +30 秒，N 备注，M 跳过名单", "下排字母：Z 復原，X 掛斷，C 保留，V 示忙，B +30 秒，N 備註，M 跳過名單"],
  "keys.enter": ["Enter: what the state asks for (ready, next lead, dial, close the call)", "回车：当前状态的主操作（就绪、下一条名单、拨打、结束整理）", "Enter：目前狀態的主要操作（就緒、下一筆名單、撥打、結束整理）"],
  "keys.typing": ["While you type in a field, keys are letters. Esc leaves the field.", "在输入框中按键为普通输入，Esc 离开输入框。", "在輸入框中按鍵為一般輸入，Esc 離開輸入框。"],

  "call.new": ["Call: {name}, {campaign}", "客户接入：{name}，{campaign}", "客戶接入：{name}，{campaign}"],

  "floor.none": ["No campaign yet", "暂无外呼活动", "暫無外撥活動"],
  "floor.none.more": [
    "A campaign is a folder that `outpace new data/campaigns/NAME` makes where the server looks.",
    "活动是一个文件夹：在服务器上用 outpace new data/campaigns/名称 创建。",
    "活動是一個資料夾：在伺服器上用 outpace new data/campaigns/名稱 建立。"],
  "floor.take": ["Take in a campaign", "导入活动", "匯入活動"],
  "floor.take.name": ["Folder in the server's data/campaigns", "服务器 data/campaigns 中的文件夹名", "伺服器 data/campaigns 中的資料夾名"],
  "floor.take.again": ["Take in changes", "更新活动", "更新活動"],
  "floor.sure.take": ["Take in what was changed in {name}?", "导入“{name}”的改动？", "匯入「{name}」的改動？"],
  "floor.sure.take.more": [
    "Its folder is read and checked anew; the next calls have it. While calls are in flight it is refused: pause first.",
    "重新读取并检查活动文件夹，之后的通话使用新版本。有在途呼叫时无法更新，请先暂停。",
    "重新讀取並檢查活動資料夾，之後的通話使用新版本。有進行中的呼叫時無法更新，請先暫停。"],
  "floor.taken": ["{name}: version {version}", "{name}：版本 {version}", "{name}：版本 {version}"],
  "floor.list.upload": ["Upload a list", "导入名单", "匯入名單"],
  "floor.list.file": ["CSV file: UTF-8, UTF-16, GB18030 or Big5", "CSV 文件：UTF-8、UTF-16、GB18030 或 Big5", "CSV 檔案：UTF-8、UTF-16、GB18030 或 Big5"],
  "floor.list.import": ["Import", "导入", "匯入"],
  "floor.list.sending": ["Reading {file} …", "正在读取 {file} ……", "正在讀取 {file} ……"],
  "floor.list.report": ["{rows} rows: {accepted} accepted, {rejected} rejected", "共 {rows} 行：接受 {accepted}，拒绝 {rejected}", "共 {rows} 列：接受 {accepted}，拒絕 {rejected}"],
  "floor.list.rejected": ["Rejected rows", "被拒绝的行", "被拒絕的列"],
  "floor.list.line": ["Line", "行", "列"],
  "floor.list.why": ["Reason", "原因", "原因"],
  "floor.list.value": ["Value", "取值", "值"],
  "floor.list.more": ["and {n} more", "另有 {n} 行", "另有 {n} 列"],
  "floor.wait": ["Waiting for the first picture", "正在等待数据", "正在等待資料"],
  "floor.why": ["What the dialer does, and why", "拨号器动态与原因", "撥號器動態與原因"],
  "floor.start": ["Start", "启动", "啟動"],
  "floor.pause": ["Pause", "暂停", "暫停"],
  "floor.drain": ["Drain", "收尾", "收尾"],
  "floor.sure.start": ["Start {name}?", "启动“{name}”？", "啟動「{name}」？"],
  "floor.sure.start.more": [
    "Calls leave at once, within the called party's hours and the limits of the law.",
    "将立即外呼，并遵守被叫时段与法定限制。",
    "將立即外撥，並遵守被叫時段與法定限制。"],
  "floor.sure.pause": ["Pause {name}?", "暂停“{name}”？", "暫停「{name}」？"],
  "floor.sure.pause.more": [
    "Ringing calls are let go, conversations go on, no new call leaves.",
    "振铃中的呼叫将取消，通话继续，不再发起新呼叫。",
    "響鈴中的呼叫將取消，通話繼續，不再發起新呼叫。"],
  "floor.sure.drain": ["Drain {name}?", "收尾“{name}”？", "收尾「{name}」？"],
  "floor.sure.drain.more": [
    "No new call leaves; those in flight finish as they are.",
    "不再发起新呼叫，在途呼叫自然结束。",
    "不再發起新呼叫，進行中的呼叫自然結束。"],
  "floor.state.idle": ["Not started", "未启动", "未啟動"],
  "floor.state.running": ["Running", "运行中", "執行中"],
  "floor.state.paused": ["Paused", "已暂停", "已暫停"],
  "floor.state.draining": ["Draining", "收尾中", "收尾中"],
  "floor.state.finished": ["List finished", "名单已完成", "名單已完成"],
  "mode.manual": ["manual", "手动", "手動"],
  "mode.preview": ["preview", "预览式", "預覽式"],
  "mode.progressive": ["progressive", "渐进式", "漸進式"],
  "mode.ratio": ["ratio", "倍率式", "倍率式"],
  "mode.predictive": ["predictive", "预测式", "預測式"],
  "mode.agentless": ["agentless", "无座席", "無座席"],
  "floor.flight": ["Calls in flight", "在途呼叫", "進行中呼叫"],
  "flight.dialing": ["dialling", "拨号", "撥號"],
  "flight.ringing": ["ringing", "振铃", "響鈴"],
  "flight.listening": ["person or machine?", "人机识别", "人機識別"],
  "flight.waiting": ["waiting for an agent", "等待座席", "等待座席"],
  "flight.message": ["hears the message", "播放提示音", "播放提示音"],
  "flight.talking": ["talking", "通话", "通話"],
  "flight.wrapping": ["wrap-up", "整理", "整理"],
  "floor.abandon": ["Abandonment", "骚扰率", "騷擾率"],
  "floor.abandon.of": ["{n} of {of} people, limit {limit}", "{of} 人中 {n} 人，上限 {limit}", "{of} 人中 {n} 人，上限 {limit}"],
  "floor.use": ["Utilization now", "当前占用率", "目前佔用率"],
  "floor.use.of": ["{n} of {of} at work, target {limit}", "{of} 人在岗，{n} 人忙碌，目标 {limit}", "{of} 人在線，{n} 人忙碌，目標 {limit}"],
  "floor.list": ["Left on the list", "名单剩余", "名單剩餘"],
  "floor.list.of": ["{n} of {of} finished", "{of} 条中已完成 {n} 条", "{of} 筆中已完成 {n} 筆"],
  "floor.kpis": ["Today", "今日指标", "今日指標"],
  "floor.courses": ["The last two hours", "近两小时", "近兩小時"],
  "floor.burn": ["List burn-down", "名单消耗", "名單消耗"],
  "floor.table": ["As a table", "以表格查看", "以表格檢視"],
  "floor.agents": ["Agents", "座席", "座席"],
  "floor.agents.none": ["Nobody is signed in.", "暂无座席签入。", "暫無座席簽入。"],
  "floor.col.name": ["Name", "姓名", "姓名"],
  "floor.col.state": ["State", "状态", "狀態"],
  "floor.col.since": ["For", "持续", "持續"],
  "floor.col.what": ["With", "内容", "內容"],
  "floor.all": ["All", "全部", "全部"],
  "floor.campaigns": ["Campaigns", "外呼活动", "外撥活動"],
  "floor.done": ["{name}: {state}", "{name}：{state}", "{name}：{state}"],
  "floor.faults": ["Fault: {names}", "故障：{names}", "故障：{names}"],
  "floor.role": ["The floor is for managers, supervisors and clients.", "现场监控仅供经理、主管和委托方使用。", "現場監控僅供經理、主管和委託方使用。"],
};

const LANGS = ["en", "zh-Hans", "zh-Hant"];

export const lang = () => (LANGS.includes(document.documentElement.lang) ? document.documentElement.lang : "en");

export function setLang(tag) {
  if (!LANGS.includes(tag)) return;
  document.documentElement.lang = tag;
  try { localStorage.setItem("outpace.lang", tag); } catch { /* kept for this page only */ }
}

/** The sentence of a key, with its blanks filled. A key without a sentence shows itself. */
export function t(key, blanks = {}) {
  const line = WORDS[key];
  let text = line ? line[LANGS.indexOf(lang())] : key;
  for (const [name, value] of Object.entries(blanks)) text = text.replaceAll(`{${name}}`, value);
  return text;
}

export const has = (key) => key in WORDS;

/** A text of a campaign: plain, or by language. Missing ones fall back as on the server. */
export function own(text, tag = lang()) {
  if (text == null || typeof text === "string") return text ?? "";
  const near = { "zh-Hans": "zh-Hant", "zh-Hant": "zh-Hans" }[tag] ?? "en";
  return text[tag] ?? text[near] ?? text.en ?? text["zh-Hans"] ?? text["zh-Hant"] ?? "";
}

/** Why somebody is paused: the house's reason by its title, or the dialer's own. */
export function pauseWord(reason, pauses) {
  const title = pauses.find((one) => one.id === reason)?.title;
  return title ? own(title) : has(`pause.${reason}`) ? t(`pause.${reason}`) : reason;
}

/** The language in which `own` finds a text, for the `lang` attribute. */
export function langOf(text, tag = lang()) {
  if (text == null || typeof text === "string") return "en";
  const near = { "zh-Hans": "zh-Hant", "zh-Hant": "zh-Hans" }[tag] ?? "en";
  return [tag, near, ...LANGS].find((one) => text[one] != null) ?? "en";
}

// ── numbers and times ──

export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

export const percent = (share, digits = 1) =>
  share == null ? "–" : new Intl.NumberFormat(lang(), { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);

export const count = (n) => new Intl.NumberFormat(lang()).format(n);

export const hm = (ms) => new Intl.DateTimeFormat(lang(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

/** Day and time on the clock of a zone. */
export const dayTime = (ms, zone) =>
  new Intl.DateTimeFormat(lang(), { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone || undefined }).format(ms);

/** A KPI's value in its unit. */
export function figure(kpi) {
  const { value, unit } = kpi;
  if (value == null) return "–";
  switch (unit) {
    case "ratio": return percent(value);
    case "count": return count(value);
    case "seconds": return value < 10 ? `${value.toFixed(1)} s` : clock(value * 1000);
    case "money_minor": {
      // What the server knows of ISO 4217: browsers divide some currencies otherwise.
      const digits = kpi.minor_digits ?? 0, whole = value / 10 ** digits;
      if (!kpi.currency) return count(whole);
      const shown = whole < 1_000 ? digits : 0;
      return new Intl.NumberFormat(lang(), { style: "currency", currency: kpi.currency, minimumFractionDigits: shown, maximumFractionDigits: shown }).format(whole);
    }
    default: return new Intl.NumberFormat(lang(), { maximumFractionDigits: 2 }).format(value);
  }
}
