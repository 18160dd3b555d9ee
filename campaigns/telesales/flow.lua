-- Sells water filters. An agent reads each step to the customer and clicks what the customer says.
local openers = require("scripts/openers")
local objections = require("scripts/objections")
local closings = require("scripts/closings")

local seller = { en = "Clear Spring", ["zh-Hans"] = "清泉公司", ["zh-Hant"] = "清泉公司" }
local about = {
	en = "You bought a filter jug from us, and this week there is an offer for our customers.",
	["zh-Hans"] = "您买过我们的滤水壶，本周有老客户优惠。",
	["zh-Hant"] = "您買過我們的濾水壺，本週有老客戶優惠。",
}

-- Prices in cents.
local products = {
	tap = { sku = "CS-TAP", price = 4990 },
	jug = { sku = "CS-JUG", price = 1990 },
}

return flow {
	objections = {
		objections.no_time(),
		objections.price(),
		objections.think(),
		objections.has_one(),
		objections.who_are_you(),
	},
	refused = "not_interested",

	opener = function(call)
		closings.ends(openers.permission(seller, about))
	end,

	pitch = function(call)
		local choice = step("offer", {
			text = {
				en = "Our tap filter gives 1,200 litres of clean water and is fitted in two minutes. For you it is 49.90 instead of 69.90, the new jug 19.90. Which one may I send you?",
				["zh-Hans"] = "我们的龙头净水器可以净化一千二百升水，两分钟就能装好。老客户价 49.90，原价 69.90；新款滤水壶 19.90。给您寄哪一款？",
				["zh-Hant"] = "我們的龍頭淨水器可以淨化一千二百公升水，兩分鐘就能裝好。老客戶價 49.90，原價 69.90；新款濾水壺 19.90。給您寄哪一款？",
			},
			choices = {
				{ "tap", en = "Tap filter", ["zh-Hans"] = "龙头净水器", ["zh-Hant"] = "龍頭淨水器" },
				{ "jug", en = "Jug", ["zh-Hans"] = "滤水壶", ["zh-Hant"] = "濾水壺" },
				{ "later", en = "Call me later", ["zh-Hans"] = "改天再打", ["zh-Hant"] = "改天再打" },
				{ "no", en = "Not interested", ["zh-Hans"] = "不感兴趣", ["zh-Hant"] = "不感興趣" },
			},
		})
		closings.ends(choice)
		return products[choice or ""]
	end,

	closing = function(call, product)
		if product == nil then finish("not_interested", { note = "left before choosing" }) end
		local choice, fields = step("order", {
			text = {
				en = "I will send it to {lead.address}, {lead.city}; you pay on delivery and can send it back within 30 days. How many shall it be, and is the address right?",
				["zh-Hans"] = "寄到{lead.city}{lead.address}，货到付款，三十天内可退货。您要几件？地址对吗？",
				["zh-Hant"] = "寄到{lead.city}{lead.address}，貨到付款，三十天內可退貨。您要幾件？地址對嗎？",
			},
			fields = {
				{ name = "quantity", kind = "number", required = true, label = { en = "How many", ["zh-Hans"] = "数量", ["zh-Hant"] = "數量" } },
				{ name = "address", label = { en = "Other address", ["zh-Hans"] = "其他地址", ["zh-Hant"] = "其他地址" } },
			},
			choices = {
				{ "order", en = "Orders", ["zh-Hans"] = "下单", ["zh-Hant"] = "下單" },
				{ "later", en = "Call me later", ["zh-Hans"] = "改天再打", ["zh-Hant"] = "改天再打" },
				{ "no", en = "Does not order", ["zh-Hans"] = "不买了", ["zh-Hant"] = "不買了" },
			},
		})
		closings.ends(choice)
		if choice ~= "order" then finish("not_interested", { note = "left before ordering" }) end

		local quantity = math.clamp(math.floor(tonumber(fields.quantity) or 1), 1, 20)
		local id, why = order {
			lines = { { sku = product.sku, quantity = quantity, price = product.price } },
			fields = { address = fields.address or call.lead.address or "" },
		}
		if id == nil then finish("order_failed", { note = why }) end
		step("thanks", {
			text = {
				en = "Thank you, {lead.name}. It arrives within three days. Good-bye!",
				["zh-Hans"] = "谢谢您，{lead.name}。三天内送到。再见！",
				["zh-Hant"] = "謝謝您，{lead.name}。三天內送到。再見！",
			},
			choices = { { "done", en = "Done", ["zh-Hans"] = "完成", ["zh-Hant"] = "完成" } },
			objections = false,
		})
		finish("order")
	end,
}
