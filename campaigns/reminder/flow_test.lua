test("1 confirms", function(t)
	local c = t:call { lead = { name = "Ann", day = "tue", hour = "9" } }
	c:expect_say("welcome")
	c:expect_say("day_tue")
	c:expect_say("hour_09")
	c:expect_gather("menu")
	c:press("1")
	c:expect_say("confirmed")
	c:expect_finish("confirmed", { hang_up = true })
end)

test("2 asks for another time", function(t)
	local c = t:call { lead = { name = "Ann", day = "fri", hour = "14" } }
	c:press("2")
	c:expect_callback { seconds = 7200, note = "wants another time than fri 14" }
	c:expect_say("another_time")
	c:expect_finish("another_time")
end)

test("9 stops all calls at once", function(t)
	local c = t:call { lead = { name = "Ann" } }
	c:press("9")
	c:expect_opt_out()
	c:expect_say("no_more_calls")
	c:expect_finish("opt_out")
end)

test("a wrong key is asked again", function(t)
	local c = t:call { lead = { name = "Ann", day = "sun", hour = "23" } }
	c:expect_gather("menu")
	c:press("7")
	c:expect_gather("again")
	c:press("1")
	c:expect_finish("confirmed")
end)

test("silence ends after three tries", function(t)
	local c = t:call {}
	c:silence()
	c:silence()
	c:silence()
	c:expect_say("goodbye")
	c:expect_finish("no_reply", { note = "timeout" })
	assert(c:seconds() >= 18)
end)

test("a customer who hangs up is not spoken to", function(t)
	local c = t:call {}
	c:expect_gather("menu")
	c:hang_up()
	c:expect_finish("no_reply", { note = "hangup" })
end)

test("whoever hangs up during the welcome is left alone", function(t)
	local c = t:call { lang = "zh-Hans" }
	for _ = 1, 4 do
		if c.now.ask ~= "finish" then c:hang_up() end
	end
	c:expect_finish("no_reply", { note = "hangup" })
end)
