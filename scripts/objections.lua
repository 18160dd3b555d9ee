-- Objections that most campaigns meet. Take what you need into flow { objections = { ... } };
-- each may be changed: objections.price { text = { en = "..." } }.
local function kind(name, standard)
	return function(changes)
		local spec = table.clone(standard)
		for key, value in changes or {} do spec[key] = value end
		return objection(name, spec)
	end
end

return {
	no_time = kind("no_time", {
		title = { en = "No time", ["zh-Hans"] = "没时间", ["zh-Hant"] = "沒時間" },
		text = {
			en = "I understand. It takes one minute, and if it is not for you, I will not ask again. May I go on?",
			["zh-Hans"] = "理解您比较忙。只占用您一分钟，如果不合适，我不再打扰。可以继续吗？",
			["zh-Hant"] = "理解您比較忙。只佔用您一分鐘，如果不合適，我不再打擾。可以繼續嗎？",
		},
		choices = {
			{ "continue", en = "Goes on listening", ["zh-Hans"] = "愿意听", ["zh-Hant"] = "願意聽" },
			{ "later", en = "Call me later", ["zh-Hans"] = "改天再打", ["zh-Hant"] = "改天再打" },
			{ "refused", en = "Refuses", ["zh-Hans"] = "拒绝", ["zh-Hant"] = "拒絕" },
		},
	}),

	price = kind("price", {
		title = { en = "Too expensive", ["zh-Hans"] = "太贵了", ["zh-Hant"] = "太貴了" },
		text = {
			en = "A fair point. Spread over the year it is less than a coffee a week, and you can send it back within 30 days. Does that help?",
			["zh-Hans"] = "您说得有道理。平摊到一年，每周还不到一杯咖啡的钱，而且三十天内可以退货。这样可以考虑吗？",
			["zh-Hant"] = "您說得有道理。平攤到一年，每週還不到一杯咖啡的錢，而且三十天內可以退貨。這樣可以考慮嗎？",
		},
	}),

	think = kind("think", {
		title = { en = "Must think about it", ["zh-Hans"] = "要考虑一下", ["zh-Hant"] = "要考慮一下" },
		text = {
			en = "Of course. What would you like to know before you decide?",
			["zh-Hans"] = "当然可以。您在决定之前还想了解什么？",
			["zh-Hant"] = "當然可以。您在決定之前還想了解什麼？",
		},
		choices = {
			{ "continue", en = "Question answered", ["zh-Hans"] = "问题已解答", ["zh-Hant"] = "問題已解答" },
			{ "later", en = "Call me later", ["zh-Hans"] = "改天再打", ["zh-Hant"] = "改天再打" },
			{ "refused", en = "Refuses", ["zh-Hans"] = "拒绝", ["zh-Hant"] = "拒絕" },
		},
	}),

	has_one = kind("has_one", {
		title = { en = "Has one already", ["zh-Hans"] = "已经有了", ["zh-Hant"] = "已經有了" },
		text = {
			en = "Good to hear. Many customers keep the old one as a spare, or give it to the family. May I tell you what is new?",
			["zh-Hans"] = "那很好。很多客户把旧的留作备用，或者送给家人。我能介绍一下新的特点吗？",
			["zh-Hant"] = "那很好。很多客戶把舊的留作備用，或者送給家人。我能介紹一下新的特點嗎？",
		},
	}),

	who_are_you = kind("who_are_you", {
		title = { en = "Where did you get my number?", ["zh-Hans"] = "你们怎么有我的号码？", ["zh-Hant"] = "你們怎麼有我的號碼？" },
		text = {
			en = "You are right to ask. Your number is in our customer list; I can take it off for good, right now. Shall I?",
			["zh-Hans"] = "您问得对。您的号码在我们的客户名单里，我可以现在就永久删除。需要删除吗？",
			["zh-Hant"] = "您問得對。您的號碼在我們的客戶名單裡，我可以現在就永久刪除。需要刪除嗎？",
		},
		choices = {
			{ "continue", en = "No need, goes on", ["zh-Hans"] = "不用，继续", ["zh-Hant"] = "不用，繼續" },
			{ "opt_out", en = "Yes, take it off", ["zh-Hans"] = "要删除", ["zh-Hant"] = "要刪除" },
		},
	}),
}
