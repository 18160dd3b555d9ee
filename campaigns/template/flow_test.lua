-- Run with `outpace test .`; nobody is called. 用 `outpace test .` 运行，不会拨打任何电话。
test("an order after an objection", function(t)
	local c = t:call { lead = { name = "Ann" } }
	c:expect_step("opener")
	c:objection("price")
	c:expect_objection("price")
	c:choose("continue")
	c:objection("no_time")
	c:choose("continue")
	c:choose("yes")
	c:choose("order", { quantity = "3" })
	c:expect_order { lines = { { sku = "SAMPLE", quantity = 3, price = 1990 } } }
	c:expect_finish("order")
end)

test("refused", function(t)
	t:call({ lead = { name = "Ann" } }):choose("no"):expect_finish("not_interested")
	t:call({}):objection("no_time"):choose("refused"):expect_finish("not_interested")
	t:call({}):objection("price"):choose("refused"):expect_finish("not_interested")
	t:call({}):choose("yes"):choose("no", { quantity = "1" }):expect_finish("not_interested")
end)

test("later, and never again", function(t)
	t:call({}):choose("later"):expect_callback({ seconds = 86400 }):expect_finish("callback")
	t:call({}):choose("opt_out"):expect_opt_out():expect_finish("opt_out")
end)
