-- Calls the day before an appointment and speaks by itself. The lead's columns `day` (mon to sat) and `hour` (09 to 17)
-- say when; without them the reminder is given without a time.
local days = { mon = true, tue = true, wed = true, thu = true, fri = true, sat = true }

local function announce(call)
	local day = string.lower(call.lead.day or "")
	if days[day] then say("day_" .. day) end
	local hour = tonumber(call.lead.hour)
	if hour ~= nil and hour >= 9 and hour <= 17 then say(string.format("hour_%02d", hour)) end
end

return flow {
	opener = function(call)
		say("welcome")
		announce(call)
		return menu {
			prompt = "menu", again = "again", seconds = 6, tries = 3,
			keys = { ["1"] = "confirm", ["2"] = "another_time", ["9"] = "opt_out" },
		}
	end,

	closing = function(call, wish, why)
		if wish == "confirm" then
			say("confirmed")
			finish("confirmed")
		elseif wish == "another_time" then
			callback { after = "2h", note = "wants another time than {lead.day} {lead.hour}" }
			say("another_time")
			finish("another_time")
		elseif wish == "opt_out" then
			opt_out()
			say("no_more_calls")
			finish("opt_out")
		end
		if why ~= "hangup" then say("goodbye") end
		finish("no_reply", { note = why })
	end,
}
