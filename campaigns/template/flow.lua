-- What the agent says, and what the customer may answer. docs/script-api.md has all verbs.
-- 座席话术与客户可能的回答；全部动词见 docs/script-api.md。
return flow {
	objections = {
		objection("price", {
			title = { en = "Too expensive", zh = "太贵了" },
			text = { en = "It pays for itself within a year. Does that help?", zh = "一年就能回本，您看可以吗？" },
		}),
		objection("no_time", {
			title = { en = "No time", zh = "没时间" },
			text = { en = "It takes one minute. May I go on?", zh = "只占用您一分钟，可以继续吗？" },
		}),
	},
	refused = "not_interested",

	opener = function(call)
		local answer = step("opener", {
			text = {
				en = "Hello {lead.name}, this is {agent} from Example Seller. We have an offer for you. May I tell you about it?",
				zh = "您好，{lead.name}，我是示例公司的{agent}。我们有一项优惠，可以为您介绍一下吗？",
			},
			choices = {
				{ "yes", en = "Yes", zh = "可以" },
				{ "no", en = "Not interested", zh = "不感兴趣" },
				{ "later", en = "Call me later", zh = "改天再打" },
				{ "opt_out", en = "Never call again", zh = "不要再打来" },
			},
		})
		if answer == "later" then
			callback { after = "1d" }
			finish("callback")
		elseif answer == "opt_out" then
			opt_out()
			finish("opt_out")
		elseif answer ~= "yes" then
			finish("not_interested")
		end
	end,

	closing = function(call)
		local answer, form = step("order", {
			text = { en = "It is 19.90. How many may I send you?", zh = "价格是 19.90，给您寄几件？" },
			fields = { { name = "quantity", kind = "number", required = true, label = { en = "How many", zh = "数量" } } },
			choices = { { "order", en = "Orders", zh = "下单" }, { "no", en = "Does not order", zh = "不买" } },
		})
		if answer ~= "order" then finish("not_interested") end
		local id, why = order { lines = { { sku = "SAMPLE", quantity = math.max(1, math.floor(tonumber(form.quantity))), price = 1990 } } }
		if id == nil then finish("not_interested", { note = why }) end
		finish("order")
	end,
}
