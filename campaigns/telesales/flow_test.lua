local ann = { name = "Ann Lee", address = "1 Main St", city = "Albany" }

local function at_the_offer(t)
	local c = t:call { lead = ann, agent = "Bo" }
	c:expect_step("opener", { kind = "opener" })
	c:choose("yes")
	c:expect_step("offer")
	return c
end

test("an order without objections", function(t)
	local c = at_the_offer(t)
	c:choose("tap")
	local closing = c:expect_step("order", { kind = "closing" })
	assert(closing.text.en:find("1 Main St, Albany", 1, true))
	c:choose("order", { quantity = "2" })
	c:expect_order { lines = { { sku = "CS-TAP", quantity = 2, price = 4990, currency = "USD" } }, fields = { address = "1 Main St" } }
	c:expect_step("thanks")
	c:choose("done")
	c:expect_finish("order", { hang_up = false })
end)

test("the price is too high, then the jug is bought for another address", function(t)
	local c = at_the_offer(t)
	c:objection("price")
	c:expect_objection("price")
	c:choose("continue")
	c:expect_step("offer")
	c:choose("jug")
	c:choose("order", { quantity = "1", address = "2 Side St" })
	c:expect_order { lines = { { sku = "CS-JUG", price = 1990 } }, fields = { address = "2 Side St" } }
	c:choose("done")
	c:expect_finish("order")
end)

test("every objection leads back to the step", function(t)
	for _, name in { "no_time", "price", "think", "has_one", "who_are_you" } do
		local c = at_the_offer(t)
		c:objection(name)
		c:expect_objection(name)
		c:choose("continue")
		c:expect_step("offer")
	end
end)

test("one objection after the other", function(t)
	local c = at_the_offer(t)
	c:objection("has_one")
	c:objection("price")
	c:expect_objection("price")
	c:choose("continue")
	c:expect_objection("has_one")
	c:choose("refused")
	c:expect_finish("not_interested")
end)

test("refusing an objection ends the call", function(t)
	for _, name in { "no_time", "price", "think", "has_one" } do
		local c = at_the_offer(t)
		c:objection(name)
		c:choose("refused")
		c:expect_finish("not_interested")
	end
end)

test("no time, so we call again tomorrow", function(t)
	for _, name in { "no_time", "think" } do
		local c = at_the_offer(t)
		c:objection(name)
		c:choose("later")
		c:expect_step("when")
		c:choose("ok", { hours = "24" })
		c:expect_callback { seconds = 86400 }
		c:expect_finish("callback")
	end
end)

test("whoever wants no calls gets none", function(t)
	local c = at_the_offer(t)
	c:objection("who_are_you")
	c:choose("opt_out")
	c:expect_opt_out()
	c:expect_finish("opt_out")

	c = t:call { lead = ann }
	c:choose("opt_out")
	c:expect_opt_out()
	c:expect_finish("opt_out")
end)

test("the opener may end the call", function(t)
	t:call({ lead = ann }):choose("no"):expect_finish("not_interested")
	t:call({ lead = ann }):choose("wrong_person"):expect_finish("wrong_person")
	local c = t:call { lead = ann }
	c:choose("later")
	c:choose("ok", { hours = "2" })
	c:expect_callback { seconds = 7200 }
	c:expect_finish("callback")
end)

test("changing one's mind at the offer or at the order", function(t)
	at_the_offer(t):choose("no"):expect_finish("not_interested")
	at_the_offer(t):choose("later"):choose("ok", { hours = "168" }):expect_callback():expect_finish("callback")
	at_the_offer(t):choose("tap"):choose("no", { quantity = "1" }):expect_finish("not_interested")
	at_the_offer(t):choose("tap"):choose("later", { quantity = "1" }):choose("ok", { hours = "2" }):expect_callback():expect_finish("callback")
end)

test("an order that cannot be taken is tried again", function(t)
	local c = at_the_offer(t)
	c:choose("tap")
	c:choose("order", { quantity = "1" })
	c:refuse_order("no stock")
	c:expect_finish("order_failed", { note = "no stock" })
end)

test("the customer hangs up", function(t)
	local c = at_the_offer(t)
	c:hang_up()
	c:expect_finish("not_interested", { note = "left before choosing" })

	c = at_the_offer(t)
	c:choose("tap")
	c:hang_up()
	c:expect_finish("not_interested", { note = "left before ordering" })
end)
