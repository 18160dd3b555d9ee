---@meta
-- Generated from src/script/api.rs for editors: `UPDATE_DOCS=1 cargo test --test script_docs`. Do not edit.
-- Outpace never runs this file.

---What a stage is given. Read-only; a name it lacks is an error.
---@class Call
---@field id string The call's id.
---@field campaign string The campaign's name.
---@field attempt number 1 for the first attempt.
---@field lead table<string, string> The lead's columns, names in lower case; nil where there is none.
---@field fields table<string, string> What forms and `fill` have given so far.
---@field agent? string The agent's name; nil where the flow speaks by itself.
---@field lang string `en`, `zh-Hans` or `zh-Hant`.
---@field local_time string At the called party, `HH:MM`.
---@field local_date string At the called party, `YYYY-MM-DD`.

---What `flow` takes.
---@class Plan
---@field opener fun(call: Call): ... Who calls, for whom and why.
---@field pitch? (fun(call: Call, ...): ...) What is offered.
---@field closing? (fun(call: Call, ...): ...) The order, the date, the good-bye.
---@field objections? Objection[] Offered at every step, in this order.
---@field refused? (string|fun(call: Call, objection: string): string?) The outcome when an objection ends with `refused`, or a function.

---What `step` takes.
---@class Step
---@field text Text What the agent says.
---@field choices (string|Choice)[] What the customer may answer.
---@field fields? Field[] A form.
---@field objections? (string[]|false) Only these, or none; all of the flow if left out.

---@alias Text string|TextByLanguage
---A text (English), or one by language. `{lead.COLUMN}`, `{fields.NAME}`, `{agent}`, `{local_time}` and `{local_date}` are filled in; a column that the lead lacks gives nothing; `{{` is a brace.
---@class TextByLanguage
---@field en? string English.
---@field zh? string Simplified Chinese; also written `["zh-Hans"]`.
---@field zh_hant? string Traditional Chinese; also written `["zh-Hant"]`.

---A button: `{ "yes", en = "Yes", zh = "好" }`, or just `"yes"`.
---@class Choice
---@field id? string Instead of the first element.
---@field text? Text Instead of the languages.
---@field en? string English.
---@field zh? string Simplified Chinese.
---@field zh_hant? string Traditional Chinese.

---One field of a form.
---@class Field
---@field name string Its name in the values.
---@field label? Text What the agent sees.
---@field kind? string `text`, `number`, `date` or `select`.
---@field required? boolean No choice is taken without it.
---@field options? (string|Choice)[] Of a select.

---What `ask` takes: a field and what the agent says.
---@class Question
---@field text? Text What the agent says; the label if left out.
---@field label? Text What stands at the field.
---@field kind? string As of a field.
---@field required? boolean True if left out.
---@field options? (string|Choice)[] Of a select.
---@field step? string Another name for the step.
---@field objections? (string[]|false) As of a step.

---What `objection` takes: a text with choices, or a function of its own.
---@class Objection
---@field title? Text The button.
---@field text? Text What the agent answers.
---@field choices? (string|Choice)[] Left out: `continue` and `refused`.
---@field fields? Field[] A form.
---@field refused? (string|fun(call: Call, objection: string): string?) Instead of the flow's `refused`.
---@field run? (fun(call: Call, objection: string): string?) Instead of text: any steps. Returns nothing to go back, or a choice of the interrupted step.

---What `gather` takes.
---@class Gather
---@field prompt? string A sound of `prompts/`.
---@field lang? string Another language than the call's.
---@field digits? number At most so many, 1 to 32; 1 if left out.
---@field seconds? number Silence after which it gives up; 5 if left out.
---@field finish_on? string A key that ends the input, such as `#`.

---What `menu` takes.
---@class Menu
---@field prompt string Played first.
---@field again? string Played at the next tries; the prompt if left out.
---@field keys table<string, string> Key to meaning: `{ ["1"] = "confirm" }`.
---@field tries? number 1 to 10; 3 if left out.
---@field seconds? number As of gather.
---@field lang? string As of gather.

---What `order` takes.
---@class Order
---@field lines OrderLine[] 1 to 100 lines.
---@field fields? table<string, string|number|boolean> Kept with the order.

---One line of an order.
---@class OrderLine
---@field sku string The article.
---@field quantity? number 1 if left out.
---@field price number Of one piece, in the smallest unit.
---@field currency? string ISO 4217; the campaign's if left out.

---What `callback` takes: `after` or `at`.
---@class Callback
---@field after? string `30m`, `2h`, `1d`.
---@field at? string Local to the called party: `2026-11-30 14:30`.
---@field seconds? number Instead of after.
---@field note? string For the next agent.

---What `finish` takes besides the outcome.
---@class FinishMore
---@field note? string Kept with the call.
---@field hang_up? boolean Hang up now, or leave the line to the agent.

---@class Flow

---Declares the flow: `flow.lua` ends with `return flow { ... }`. The stages run in the order opener, pitch, closing; what one returns is given to the next. Some stage must call `finish`.
---声明流程：`flow.lua` 以 `return flow { ... }` 结尾。各阶段按 opener、pitch、closing 的顺序执行，上一阶段的返回值传给下一阶段；必须有一处调用 `finish`。
---@param plan Plan
---@return Flow
function flow(plan) end

---Declares an objection: a button at every step. When the agent clicks it, its own step is shown, and then the interrupted step again. With the choice `refused` the call ends with the outcome of `refused`; any other choice but `continue` stands for a choice of the interrupted step.
---声明一个异议：每一步都会出现相应按钮。座席点击后显示异议自己的话术，随后回到被打断的步骤。选 `refused` 时以 `refused` 指定的结果结束；除 `continue` 以外的选项等同于被打断步骤的选项。
---@param name string
---@param spec Objection
---@return Objection
function objection(name, spec) end

---The value that another file of the campaign, or of `scripts/`, returns. Every call runs the file anew, so no state is shared between calls.
---取得本活动目录或 `scripts/` 中另一个文件的返回值。每通电话都会重新执行该文件，因此通话之间不共享状态。
---@param name string
---@return any
function require(name) end

---Shows the agent what to say, with choices and a form. Gives the id of the choice and the form's values. Objections raised here are dealt with before it returns. The name is a stage for pacing and a row in reports.
---向座席显示话术、选项和表单，返回所选选项的 id 和表单内容。此处提出的异议会先处理完再返回。步骤名用于预测拨号的阶段和报表的行。
---@param name string
---@param spec Step
---@return string?
---@return table<string, string>|string
function step(name, spec) end

---A step with one field: gives its value, or the id of a choice that an objection led to as the reason.
---只有一个字段的步骤，返回该字段的值；若异议引向某个选项，则以其 id 作为原因返回。
---@param name string
---@param spec? Question
---@return string?
---@return string?
function ask(name, spec) end

---Plays `prompts/NAME.wav` to the customer (`prompts/NAME.LANG.wav` where there is one) and returns when it is over.
---向客户播放 `prompts/NAME.wav`（如有 `prompts/NAME.LANG.wav` 则优先），播完后返回。
---@param prompt string
---@param lang? string
---@return true?
---@return string?
function say(prompt, lang) end

---Plays a prompt, if one is given, and waits for keys of the phone. A key stops the prompt. Which keys came is the flow's alone: the record says how many.
---播放提示音（可省略）并等待按键；按键会打断提示音。按了哪些键只有脚本知道，记录中只有个数。
---@param spec Gather
---@return string?
---@return string?
function gather(spec) end

---Asks for one key, up to `tries` times, and gives what `keys` says it means.
---请客户按一个键，最多重试 `tries` 次，返回 `keys` 中该键的含义。
---@param spec Menu
---@return string?
---@return string?
function menu(spec) end

---Does nothing for a while (0 to 600 seconds).
---等待一段时间（0 到 600 秒）。
---@param seconds number
---@return true?
---@return string?
function wait(seconds) end

---Records an order and gives its id. Prices are whole numbers in the smallest unit: 1990 is 19.90. The currency is that of campaign.toml.
---记录订单并返回订单号。价格为最小货币单位的整数：1990 即 19.90；币种取自 campaign.toml。
---@param spec Order
---@return string?
---@return string?
function order(spec) end

---Plans the next call: after a while (`after = "2h"`; s, m, h, d) or at a time of the called party (`at = "2026-11-30 14:30"`).
---预约下一次通话：过一段时间（`after = "2h"`，单位 s、m、h、d）或在被叫当地时间（`at = "2026-11-30 14:30"`）。
---@param spec Callback
---@return true?
---@return string?
function callback(spec) end

---Never calls this number again. It holds at once.
---永不再拨打此号码，立即生效。
---@return true?
---@return string?
function opt_out() end

---Keeps values with the call and the person; texts read them as `{fields.NAME}`.
---把若干值保存到通话和客户资料；话术中用 `{fields.NAME}` 引用。
---@param fields table<string, string|number|boolean>
---@return true?
---@return string?
function fill(fields) end

---Ends the flow with one of the outcomes of campaign.toml, and a note. Nothing after it runs. Flows that speak by themselves hang up; others leave the line to the agent; `hang_up` says otherwise.
---以 campaign.toml 中声明的结果结束流程，可附备注；其后的代码不再执行。自动播报的流程随即挂机，座席流程保留通话；可用 `hang_up` 改变。
---@param outcome string
---@param more? string|FinishMore
function finish(outcome, more) end

