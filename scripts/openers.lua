-- Ways to begin a call. Each shows one step and gives the agent's choice:
-- "yes", "no", "later", "wrong_person", "opt_out", or what an objection led to; nil, reason when the customer is gone.
local openers = {}

openers.choices = {
	{ "yes", en = "Yes, go on", ["zh-Hans"] = "可以，请说", ["zh-Hant"] = "可以，請說" },
	{ "later", en = "Call me later", ["zh-Hans"] = "改天再打", ["zh-Hant"] = "改天再打" },
	{ "no", en = "Not interested", ["zh-Hans"] = "不感兴趣", ["zh-Hant"] = "不感興趣" },
	{ "wrong_person", en = "Wrong person", ["zh-Hans"] = "不是本人", ["zh-Hant"] = "不是本人" },
	{ "opt_out", en = "Never call again", ["zh-Hans"] = "不要再打来", ["zh-Hant"] = "不要再打來" },
}

-- Says who calls, for whom and why, and asks whether to go on (the law of most countries asks for it).
-- `about` says why: { en = "...", ["zh-Hans"] = "..." }.
function openers.permission(seller, about)
	return step("opener", {
		text = {
			en = "Hello {lead.name}, this is {agent} from " .. seller.en .. ". " .. about.en .. " Is this a good moment?",
			["zh-Hans"] = "您好，{lead.name}，我是" .. seller["zh-Hans"] .. "的{agent}。" .. about["zh-Hans"] .. "现在方便说话吗？",
			["zh-Hant"] = "您好，{lead.name}，我是" .. seller["zh-Hant"] .. "的{agent}。" .. about["zh-Hant"] .. "現在方便說話嗎？",
		},
		choices = openers.choices,
	})
end

return openers
