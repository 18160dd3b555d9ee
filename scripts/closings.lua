-- Ways to end a call. Those that end it need outcomes of these names in campaign.toml:
-- callback, not_interested, wrong_person, opt_out.
local closings = {}

-- Asks the agent for a time and plans the next call.
function closings.later()
	local _, fields = step("when", {
		text = {
			en = "When may I call you again?",
			["zh-Hans"] = "我什么时候再打给您方便？",
			["zh-Hant"] = "我什麼時候再打給您方便？",
		},
		fields = {
			{
				name = "hours", required = true,
				label = { en = "Call again in", ["zh-Hans"] = "多久后再打", ["zh-Hant"] = "多久後再打" },
				options = {
					{ "2", en = "2 hours", ["zh-Hans"] = "2 小时", ["zh-Hant"] = "2 小時" },
					{ "24", en = "tomorrow, same time", ["zh-Hans"] = "明天这个时间", ["zh-Hant"] = "明天這個時間" },
					{ "168", en = "next week", ["zh-Hans"] = "下周", ["zh-Hant"] = "下週" },
				},
			},
		},
		choices = { { "ok", en = "Agreed", ["zh-Hans"] = "约好了", ["zh-Hant"] = "約好了" } },
		objections = false,
	})
	local hours = if type(fields) == "table" then fields.hours else nil
	callback { after = (hours or "24") .. "h" }
	finish("callback")
end

-- Takes the number off the list at once and says so.
function closings.opt_out()
	opt_out()
	finish("opt_out", { note = "asked never to be called again" })
end

-- Ends the call for the answers that every opener may get. Returns for any other.
function closings.ends(answer)
	if answer == "later" then closings.later() end
	if answer == "no" or answer == "refused" then finish("not_interested") end
	if answer == "wrong_person" then finish("wrong_person") end
	if answer == "opt_out" then closings.opt_out() end
end

return closings
