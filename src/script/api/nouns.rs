//! Tables that verbs take or flows read.

use super::{Noun, key};

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
