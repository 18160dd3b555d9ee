//! The Lua API as one table: what flows may call and read. From it come docs/script-api.md and scripts/api.lua.
//! It refuses to drift: tests compare it with the prelude and with the generated files.

/// Something a flow may call.
pub struct Verb {
    pub name: &'static str,
    pub group: Group,
    /// Name, type (of the Lua language server), whether it may be left out.
    pub params: &'static [Param],
    /// Types of what it gives. Empty: nothing, or it never returns.
    pub returns: &'static [&'static str],
    /// What the second value says when the first is nil.
    pub fails: &'static [&'static str],
    pub en: &'static str,
    pub zh: &'static str,
    pub example: &'static str,
}

pub struct Param {
    pub name: &'static str,
    pub lua: &'static str,
    pub optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// At the top of a file.
    File,
    /// Flows that an agent works through.
    Agent,
    /// Flows that speak by themselves.
    Voice,
    /// Both.
    Any,
}

/// A table that verbs take or flows read.
pub struct Noun {
    pub name: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
    pub keys: &'static [Key],
}

pub struct Key {
    pub name: &'static str,
    pub lua: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

const fn param(name: &'static str, lua: &'static str) -> Param {
    Param { name, lua, optional: false }
}

const fn maybe(name: &'static str, lua: &'static str) -> Param {
    Param { name, lua, optional: true }
}

const fn key(name: &'static str, lua: &'static str, en: &'static str, zh: &'static str) -> Key {
    Key { name, lua, en, zh }
}

pub const VERBS: &[Verb] = &[
    Verb {
        name: "flow",
        group: Group::File,
        params: &[param("plan", "Plan")],
        returns: &["Flow"],
        fails: &[],
        en: "Declares the flow: `flow.lua` ends with `return flow { ... }`. The stages run in the order opener, pitch, closing; what one returns is given to the next. Some stage must call `finish`.",
        zh: "声明流程：`flow.lua` 以 `return flow { ... }` 结尾。各阶段按 opener、pitch、closing 的顺序执行，上一阶段的返回值传给下一阶段；必须有一处调用 `finish`。",
        example: "return flow {\n\topener = function(call)\n\t\tlocal answer = step(\"hello\", { text = \"Hello {lead.name}\", choices = { \"yes\", \"no\" } })\n\t\tfinish(if answer == \"yes\" then \"interested\" else \"not_interested\")\n\tend,\n}",
    },
    Verb {
        name: "objection",
        group: Group::File,
        params: &[param("name", "string"), param("spec", "Objection")],
        returns: &["Objection"],
        fails: &[],
        en: "Declares an objection: a button at every step. When the agent clicks it, its own step is shown, and then the interrupted step again. With the choice `refused` the call ends with the outcome of `refused`; any other choice but `continue` stands for a choice of the interrupted step.",
        zh: "声明一个异议：每一步都会出现相应按钮。座席点击后显示异议自己的话术，随后回到被打断的步骤。选 `refused` 时以 `refused` 指定的结果结束；除 `continue` 以外的选项等同于被打断步骤的选项。",
        example: "objection(\"price\", {\n\ttitle = { en = \"Too expensive\", zh = \"太贵了\" },\n\ttext = { en = \"It pays for itself within a year.\", zh = \"一年就能回本。\" },\n\trefused = \"not_interested\",\n})",
    },
    Verb {
        name: "require",
        group: Group::File,
        params: &[param("name", "string")],
        returns: &["any"],
        fails: &[],
        en: "The value that another file of the campaign, or of `scripts/`, returns. Every call runs the file anew, so no state is shared between calls.",
        zh: "取得本活动目录或 `scripts/` 中另一个文件的返回值。每通电话都会重新执行该文件，因此通话之间不共享状态。",
        example: "local objections = require(\"scripts/objections\")",
    },
    Verb {
        name: "step",
        group: Group::Agent,
        params: &[param("name", "string"), param("spec", "Step")],
        returns: &["string?", "table<string, string>|string"],
        fails: &["hangup"],
        en: "Shows the agent what to say, with choices and a form. Gives the id of the choice and the form's values. Objections raised here are dealt with before it returns. The name is a stage for pacing and a row in reports.",
        zh: "向座席显示话术、选项和表单，返回所选选项的 id 和表单内容。此处提出的异议会先处理完再返回。步骤名用于预测拨号的阶段和报表的行。",
        example: "local choice, fields = step(\"offer\", {\n\ttext = { en = \"May I send you one?\", zh = \"给您寄一件好吗？\" },\n\tchoices = { { \"yes\", en = \"Yes\", zh = \"好\" }, { \"no\", en = \"No\", zh = \"不要\" } },\n\tfields = { { name = \"quantity\", kind = \"number\", required = true } },\n})",
    },
    Verb {
        name: "ask",
        group: Group::Agent,
        params: &[param("name", "string"), maybe("spec", "Question")],
        returns: &["string?", "string?"],
        fails: &["empty", "hangup"],
        en: "A step with one field: gives its value, or the id of a choice that an objection led to as the reason.",
        zh: "只有一个字段的步骤，返回该字段的值；若异议引向某个选项，则以其 id 作为原因返回。",
        example: "local date, why = ask(\"delivery_date\", { kind = \"date\", text = { en = \"When shall it come?\", zh = \"什么时候送？\" } })",
    },
    Verb {
        name: "say",
        group: Group::Voice,
        params: &[param("prompt", "string"), maybe("lang", "string")],
        returns: &["true?", "string?"],
        fails: &["hangup"],
        en: "Plays `prompts/NAME.wav` to the customer (`prompts/NAME.LANG.wav` where there is one) and returns when it is over.",
        zh: "向客户播放 `prompts/NAME.wav`（如有 `prompts/NAME.LANG.wav` 则优先），播完后返回。",
        example: "say(\"welcome\")",
    },
    Verb {
        name: "gather",
        group: Group::Voice,
        params: &[param("spec", "Gather")],
        returns: &["string?", "string?"],
        fails: &["timeout", "hangup"],
        en: "Plays a prompt, if one is given, and waits for keys of the phone. A key stops the prompt.",
        zh: "播放提示音（可省略）并等待按键；按键会打断提示音。",
        example: "local pin, why = gather { prompt = \"pin\", digits = 4, seconds = 8, finish_on = \"#\" }",
    },
    Verb {
        name: "menu",
        group: Group::Voice,
        params: &[param("spec", "Menu")],
        returns: &["string?", "string?"],
        fails: &["timeout", "unknown_key", "hangup"],
        en: "Asks for one key, up to `tries` times, and gives what `keys` says it means.",
        zh: "请客户按一个键，最多重试 `tries` 次，返回 `keys` 中该键的含义。",
        example: "local wish = menu { prompt = \"menu\", keys = { [\"1\"] = \"confirm\", [\"9\"] = \"stop\" }, tries = 3 }",
    },
    Verb {
        name: "wait",
        group: Group::Any,
        params: &[param("seconds", "number")],
        returns: &["true?", "string?"],
        fails: &["hangup"],
        en: "Does nothing for a while (0 to 600 seconds).",
        zh: "等待一段时间（0 到 600 秒）。",
        example: "wait(1.5)",
    },
    Verb {
        name: "order",
        group: Group::Any,
        params: &[param("spec", "Order")],
        returns: &["string?", "string?"],
        fails: &["refused"],
        en: "Records an order and gives its id. Prices are whole numbers in the smallest unit: 1990 is 19.90. The currency is that of campaign.toml.",
        zh: "记录订单并返回订单号。价格为最小货币单位的整数：1990 即 19.90；币种取自 campaign.toml。",
        example: "local id, why = order { lines = { { sku = \"CS-TAP\", quantity = 1, price = 4990 } } }",
    },
    Verb {
        name: "callback",
        group: Group::Any,
        params: &[param("spec", "Callback")],
        returns: &["true?", "string?"],
        fails: &[],
        en: "Plans the next call: after a while (`after = \"2h\"`; s, m, h, d) or at a time of the called party (`at = \"2026-11-30 14:30\"`).",
        zh: "预约下一次通话：过一段时间（`after = \"2h\"`，单位 s、m、h、d）或在被叫当地时间（`at = \"2026-11-30 14:30\"`）。",
        example: "callback { after = \"1d\", note = \"wants to ask his wife\" }",
    },
    Verb {
        name: "opt_out",
        group: Group::Any,
        params: &[],
        returns: &["true?", "string?"],
        fails: &[],
        en: "Never calls this number again. It holds at once.",
        zh: "永不再拨打此号码，立即生效。",
        example: "opt_out()",
    },
    Verb {
        name: "fill",
        group: Group::Any,
        params: &[param("fields", "table<string, string|number|boolean>")],
        returns: &["true?", "string?"],
        fails: &[],
        en: "Keeps values with the call and the person; texts read them as `{fields.NAME}`.",
        zh: "把若干值保存到通话和客户资料；话术中用 `{fields.NAME}` 引用。",
        example: "fill { size = \"L\", gift = true }",
    },
    Verb {
        name: "finish",
        group: Group::Any,
        params: &[param("outcome", "string"), maybe("more", "string|FinishMore")],
        returns: &[],
        fails: &[],
        en: "Ends the flow with one of the outcomes of campaign.toml, and a note. Nothing after it runs. Flows that speak by themselves hang up; others leave the line to the agent; `hang_up` says otherwise.",
        zh: "以 campaign.toml 中声明的结果结束流程，可附备注；其后的代码不再执行。自动播报的流程随即挂机，座席流程保留通话；可用 `hang_up` 改变。",
        example: "finish(\"order\", { note = \"wants a call before delivery\" })",
    },
];

pub const NOUNS: &[Noun] = &[
    Noun {
        name: "Call",
        en: "What a stage is given. Read-only; a name it lacks is an error.",
        zh: "传给每个阶段的通话信息，只读；读取不存在的名称会报错。",
        keys: &[
            key("id", "string", "The call's id.", "通话编号。"),
            key("campaign", "string", "The campaign's name.", "活动名称。"),
            key("attempt", "number", "1 for the first attempt.", "第几次拨打，从 1 开始。"),
            key(
                "lead",
                "table<string, string>",
                "The lead's columns, names in lower case; nil where there is none.",
                "名单各列，列名小写；没有则为 nil。",
            ),
            key(
                "fields",
                "table<string, string>",
                "What forms and `fill` have given so far.",
                "目前表单和 `fill` 得到的值。",
            ),
            key(
                "agent",
                "string?",
                "The agent's name; nil where the flow speaks by itself.",
                "座席名；自动播报时为 nil。",
            ),
            key("lang", "string", "`en`, `zh-Hans` or `zh-Hant`.", "语言。"),
            key("local_time", "string", "At the called party, `HH:MM`.", "被叫当地时间。"),
            key("local_date", "string", "At the called party, `YYYY-MM-DD`.", "被叫当地日期。"),
        ],
    },
    Noun {
        name: "Plan",
        en: "What `flow` takes.",
        zh: "`flow` 的内容。",
        keys: &[
            key("opener", "fun(call: Call): ...", "Who calls, for whom and why.", "开场白：谁打来、代表谁、什么事。"),
            key("pitch", "(fun(call: Call, ...): ...)?", "What is offered.", "介绍产品。"),
            key("closing", "(fun(call: Call, ...): ...)?", "The order, the date, the good-bye.", "成交与结束语。"),
            key(
                "objections",
                "Objection[]?",
                "Offered at every step, in this order.",
                "每一步都可选的异议，按此顺序显示。",
            ),
            key(
                "refused",
                "(string|fun(call: Call, objection: string): string?)?",
                "The outcome when an objection ends with `refused`, or a function.",
                "异议以 `refused` 结束时的结果，或一个函数。",
            ),
        ],
    },
    Noun {
        name: "Step",
        en: "What `step` takes.",
        zh: "`step` 的内容。",
        keys: &[
            key("text", "Text", "What the agent says.", "座席要说的话。"),
            key("choices", "(string|Choice)[]", "What the customer may answer.", "客户可能的回答。"),
            key("fields", "Field[]?", "A form.", "表单。"),
            key(
                "objections",
                "(string[]|false)?",
                "Only these, or none; all of the flow if left out.",
                "只提供这些异议，或不提供；省略则为全部。",
            ),
        ],
    },
    Noun {
        name: "Text",
        en: "A text (English), or one by language. `{lead.COLUMN}`, `{fields.NAME}`, `{agent}`, `{local_time}` and `{local_date}` are filled in; a column that the lead lacks gives nothing; `{{` is a brace.",
        zh: "一段文字（英文），或按语言给出。`{lead.列名}`、`{fields.名称}`、`{agent}`、`{local_time}`、`{local_date}` 会被替换；名单缺少的列替换为空；`{{` 表示花括号。",
        keys: &[
            key("en", "string?", "English.", "英文。"),
            key(
                "zh",
                "string?",
                "Simplified Chinese; also written `[\"zh-Hans\"]`.",
                "简体中文，也可写作 `[\"zh-Hans\"]`。",
            ),
            key(
                "zh_hant",
                "string?",
                "Traditional Chinese; also written `[\"zh-Hant\"]`.",
                "繁体中文，也可写作 `[\"zh-Hant\"]`。",
            ),
        ],
    },
    Noun {
        name: "Choice",
        en: "A button: `{ \"yes\", en = \"Yes\", zh = \"好\" }`, or just `\"yes\"`.",
        zh: "一个按钮：`{ \"yes\", en = \"Yes\", zh = \"好\" }`，或仅 `\"yes\"`。",
        keys: &[
            key("id", "string?", "Instead of the first element.", "可代替第一个元素。"),
            key("text", "Text?", "Instead of the languages.", "可代替各语言。"),
            key("en", "string?", "English.", "英文。"),
            key("zh", "string?", "Simplified Chinese.", "简体中文。"),
            key("zh_hant", "string?", "Traditional Chinese.", "繁体中文。"),
        ],
    },
    Noun {
        name: "Field",
        en: "One field of a form.",
        zh: "表单的一个字段。",
        keys: &[
            key("name", "string", "Its name in the values.", "字段名。"),
            key("label", "Text?", "What the agent sees.", "座席看到的标签。"),
            key("kind", "string?", "`text`, `number`, `date` or `select`.", "`text`、`number`、`date` 或 `select`。"),
            key("required", "boolean?", "No choice is taken without it.", "必填。"),
            key("options", "(string|Choice)[]?", "Of a select.", "下拉选项。"),
        ],
    },
    Noun {
        name: "Question",
        en: "What `ask` takes: a field and what the agent says.",
        zh: "`ask` 的内容：一个字段和座席要说的话。",
        keys: &[
            key("text", "Text?", "What the agent says; the label if left out.", "座席要说的话；省略则用标签。"),
            key("label", "Text?", "What stands at the field.", "字段标签。"),
            key("kind", "string?", "As of a field.", "同字段。"),
            key("required", "boolean?", "True if left out.", "省略为必填。"),
            key("options", "(string|Choice)[]?", "Of a select.", "下拉选项。"),
            key("step", "string?", "Another name for the step.", "步骤名，省略则为字段名。"),
            key("objections", "(string[]|false)?", "As of a step.", "同步骤。"),
        ],
    },
    Noun {
        name: "Objection",
        en: "What `objection` takes: a text with choices, or a function of its own.",
        zh: "`objection` 的内容：话术和选项，或自定义函数。",
        keys: &[
            key("title", "Text?", "The button.", "按钮文字。"),
            key("text", "Text?", "What the agent answers.", "座席的回应。"),
            key(
                "choices",
                "(string|Choice)[]?",
                "Left out: `continue` and `refused`.",
                "省略则为 `continue` 和 `refused`。",
            ),
            key("fields", "Field[]?", "A form.", "表单。"),
            key(
                "refused",
                "(string|fun(call: Call, objection: string): string?)?",
                "Instead of the flow's `refused`.",
                "代替流程的 `refused`。",
            ),
            key(
                "run",
                "(fun(call: Call, objection: string): string?)?",
                "Instead of text: any steps. Returns nothing to go back, or a choice of the interrupted step.",
                "代替 text：任意步骤。不返回则回到原步骤，也可返回原步骤的一个选项。",
            ),
        ],
    },
    Noun {
        name: "Gather",
        en: "What `gather` takes.",
        zh: "`gather` 的内容。",
        keys: &[
            key("prompt", "string?", "A sound of `prompts/`.", "`prompts/` 中的声音。"),
            key("lang", "string?", "Another language than the call's.", "不同于通话语言时指定。"),
            key("digits", "number?", "At most so many, 1 to 32; 1 if left out.", "最多几位，1 到 32，省略为 1。"),
            key(
                "seconds",
                "number?",
                "Silence after which it gives up; 5 if left out.",
                "多久没有按键就放弃，省略为 5 秒。",
            ),
            key("finish_on", "string?", "A key that ends the input, such as `#`.", "结束输入的键，如 `#`。"),
        ],
    },
    Noun {
        name: "Menu",
        en: "What `menu` takes.",
        zh: "`menu` 的内容。",
        keys: &[
            key("prompt", "string", "Played first.", "首次播放。"),
            key(
                "again",
                "string?",
                "Played at the next tries; the prompt if left out.",
                "重试时播放，省略则同 prompt。",
            ),
            key("keys", "table<string, string>", "Key to meaning: `{ [\"1\"] = \"confirm\" }`.", "按键与含义。"),
            key("tries", "number?", "1 to 10; 3 if left out.", "1 到 10 次，省略为 3。"),
            key("seconds", "number?", "As of gather.", "同 gather。"),
            key("lang", "string?", "As of gather.", "同 gather。"),
        ],
    },
    Noun {
        name: "Order",
        en: "What `order` takes.",
        zh: "`order` 的内容。",
        keys: &[
            key("lines", "OrderLine[]", "1 to 100 lines.", "1 到 100 行。"),
            key("fields", "table<string, string|number|boolean>?", "Kept with the order.", "随订单保存。"),
        ],
    },
    Noun {
        name: "OrderLine",
        en: "One line of an order.",
        zh: "订单的一行。",
        keys: &[
            key("sku", "string", "The article.", "货号。"),
            key("quantity", "number?", "1 if left out.", "数量，省略为 1。"),
            key("price", "number", "Of one piece, in the smallest unit.", "单价，最小货币单位。"),
            key("currency", "string?", "ISO 4217; the campaign's if left out.", "币种，省略为活动币种。"),
        ],
    },
    Noun {
        name: "Callback",
        en: "What `callback` takes: `after` or `at`.",
        zh: "`callback` 的内容：`after` 或 `at`。",
        keys: &[
            key("after", "string?", "`30m`, `2h`, `1d`.", "如 `30m`、`2h`、`1d`。"),
            key(
                "at",
                "string?",
                "Local to the called party: `2026-11-30 14:30`.",
                "被叫当地时间：`2026-11-30 14:30`。",
            ),
            key("seconds", "number?", "Instead of after.", "代替 after。"),
            key("note", "string?", "For the next agent.", "给下一位座席的备注。"),
        ],
    },
    Noun {
        name: "FinishMore",
        en: "What `finish` takes besides the outcome.",
        zh: "`finish` 除结果以外的内容。",
        keys: &[
            key("note", "string?", "Kept with the call.", "随通话保存的备注。"),
            key("hang_up", "boolean?", "Hang up now, or leave the line to the agent.", "立即挂机，或把通话留给座席。"),
        ],
    },
];

/// What Lua itself offers inside a flow.
pub const LIBRARY: &[(&str, &str)] = &[
    (
        "base",
        "assert error ipairs next pairs pcall rawequal rawget rawlen rawset select setmetatable getmetatable tonumber tostring type typeof unpack",
    ),
    ("string", "byte char find format gmatch gsub len lower match rep reverse split sub upper"),
    ("table", "clone concat create find freeze insert isfrozen move pack remove sort unpack"),
    ("math", "abs ceil clamp deg exp floor fmod huge log log10 max min modf pi pow rad random round sign sqrt"),
    ("utf8", "char charpattern codepoint codes len offset"),
    ("bit32", "all of Luau"),
];
