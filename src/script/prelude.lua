-- The verbs of a flow. Each turns into one request that the coroutine yields; the host checks and answers it.
-- Runs once per state; `current` is the flow that runs now.
-- `propose(verb, request, at)` checks a request and keeps it for the host: nil, or why it is refused.
local std, propose, module, caught, speaks, random, random_float = ...

local yield = coroutine.yield
local where = debug.info
local freeze, find, sub, floor = table.freeze, string.find, string.sub, math.floor
local current = nil -- { call, fields, stage, depth, modules, loading, plan }

local DEPTH = 8 -- objections raised within objections

-- The innermost line that a script's author wrote.
local function place()
	for level = 2, 40 do
		local source, line = where(level, "sl")
		if source == nil then break end
		if find(source, ".lua", 1, true) then return `{source}:{line}` end
	end
	return "flow.lua:1"
end

local function fail(message)
	error(`{place()}: {message}`, 0)
end

local function described(value)
	local kind = type(value)
	return if kind == "string" then `"{sub(value, 1, 60)}"` elseif kind == "number" or kind == "boolean" then tostring(value) else kind
end

local function expect(verb, what, value, kind)
	if type(value) ~= kind then fail(`{verb}: {what} must be a {kind}, not {described(value)}`) end
end

-- Yields one request and gives what the host answers.
local function request(verb, content)
	local me = current
	if me == nil or me.stage == nil then
		fail(`{verb} can only be used inside opener, pitch, closing or an objection, not while the file is loaded`)
	end
	local why = propose(verb, content, place())
	if why ~= nil then fail(why) end
	local a, b = yield()
	current = me
	return a, b
end

-- Nouns ---------------------------------------------------------------------------------------

local is_objection, is_flow = {}, {}

local function objection(name, spec)
	expect("objection", "the name", name, "string")
	if type(spec) == "function" then spec = { run = spec } end
	expect("objection", "the description", spec, "table")
	local known = { title = true, text = true, choices = true, fields = true, refused = true, run = true }
	for key in spec do
		if not known[key] then fail(`objection "{name}": unknown key {described(key)}; known are title, text, choices, fields, refused, run`) end
	end
	if spec.run == nil and spec.text == nil then fail(`objection "{name}": text (what the agent says) or run (a function) is missing`) end
	if spec.run ~= nil then expect(`objection "{name}"`, "run", spec.run, "function") end
	local made = table.clone(spec)
	made.name = name
	made[is_objection] = true
	return freeze(made)
end

local function declared(list)
	local out, seen, names = {}, {}, {}
	for _, item in ipairs(list) do
		if type(item) ~= "table" or not rawget(item, is_objection) then
			fail("flow: objections lists what objection(name, { ... }) makes")
		end
		table.insert(out, item)
	end
	for key in list do
		if type(key) == "string" then table.insert(names, key) end
	end
	table.sort(names)
	for _, name in names do
		local item = list[name]
		table.insert(out, if type(item) == "table" and rawget(item, is_objection) then item else objection(name, item))
	end
	for _, item in out do
		if seen[item.name] then fail(`flow: objection "{item.name}" is declared twice`) end
		seen[item.name] = item
	end
	return out, seen
end

local function flow(plan)
	expect("flow", "the description", plan, "table")
	local known = { opener = "function", pitch = "function", closing = "function", objections = "table", refused = "any" }
	for key, value in plan do
		local kind = known[key]
		if kind == nil then fail(`flow: unknown key {described(key)}; known are opener, pitch, closing, objections, refused`) end
		if kind ~= "any" and type(value) ~= kind then fail(`flow: {key} must be a {kind}, not {described(value)}`) end
	end
	if plan.opener == nil then fail("flow: opener is missing: opener = function(call) ... end") end
	if plan.refused ~= nil and type(plan.refused) ~= "string" and type(plan.refused) ~= "function" then
		fail("flow: refused must be an outcome or a function(call, objection)")
	end
	local list, by_name = declared(plan.objections or {})
	return {
		[is_flow] = true, at = place(), opener = plan.opener, pitch = plan.pitch, closing = plan.closing,
		refused = plan.refused, list = list, by_name = by_name,
	}
end

-- Verbs ---------------------------------------------------------------------------------------

local function finish(outcome, more)
	expect("finish", "the outcome", outcome, "string")
	if type(more) == "string" then more = { note = more } end
	if more ~= nil then expect("finish", "the second argument", more, "table") end
	more = more or {}
	local hang_up = more.hang_up
	if hang_up == nil then hang_up = speaks end
	request("finish", { outcome = outcome, note = more.note, hang_up = hang_up })
end

local function offers(me, wanted)
	if me.depth >= DEPTH or wanted == false then return {} end
	if wanted == nil then return me.plan.list end
	if type(wanted) ~= "table" then fail("step: objections must be a list of names, or false") end
	local out = {}
	for _, name in ipairs(wanted) do
		local item = me.plan.by_name[name]
		if item == nil then fail(`step: objection {described(name)} is not declared in flow \{ objections = ... }`) end
		table.insert(out, item)
	end
	return out
end

local listens_on = {
	{ "continue", en = "Customer listens on", ["zh-Hans"] = "客户愿意继续", ["zh-Hant"] = "客戶願意繼續" },
	{ "refused", en = "Customer refuses", ["zh-Hans"] = "客户拒绝", ["zh-Hant"] = "客戶拒絕" },
}

local step

local function after_refusal(me, item)
	local what = item.refused
	if what == nil then what = me.plan.refused end
	if type(what) == "function" then return what(me.call, item.name) end
	if what == nil then return "refused" end
	finish(what)
end

local function answer_objection(me, item)
	if item.run ~= nil then return item.run(me.call, item.name) end
	local others = {}
	for _, other in me.plan.list do
		if other ~= item then table.insert(others, other.name) end
	end
	local id, fields = step(item.name, {
		text = item.text, choices = item.choices or listens_on, fields = item.fields, objections = others,
	})
	if id == nil then return nil, fields, true end
	if id == "continue" then return nil end
	if id == "refused" then return after_refusal(me, item) end
	return id, fields
end

-- Runs an objection as a step of its own. What it returns stands for the choice of the step it interrupted;
-- nothing means: back to that step.
local function raise(me, item)
	local stage = me.stage
	me.stage, me.depth = "objection", me.depth + 1
	local id, fields, gone = answer_objection(me, item)
	me.stage, me.depth = stage, me.depth - 1
	if id ~= nil and type(id) ~= "string" then
		fail(`objection "{item.name}": run must return nothing or the id of a choice, not {described(id)}`)
	end
	return id, fields, gone
end

step = function(name, spec)
	expect("step", "the name", name, "string")
	if spec == nil then fail(`step "{name}": its description is missing: step("{name}", \{ text = ..., choices = ... })`) end
	expect(`step "{name}"`, "the description", spec, "table")
	local known = { text = true, choices = true, fields = true, objections = true }
	for key in spec do
		if not known[key] then fail(`step "{name}": unknown key {described(key)}; known are text, choices, fields, objections`) end
	end
	while true do
		local me = current
		local offered = if me then offers(me, spec.objections) else nil
		local id, fields = request("step", {
			name = name, kind = if me then me.stage else nil, text = spec.text, choices = spec.choices, fields = spec.fields, objections = offered,
		})
		if id == nil then return nil, fields end
		if sub(id, 1, 10) ~= "objection:" then return id, fields end
		local verdict, given, gone = raise(me, me.plan.by_name[sub(id, 11)])
		if gone then return nil, given end
		if verdict ~= nil then return verdict, given or {} end
	end
end

local function ask(name, spec)
	expect("ask", "the name of the field", name, "string")
	if spec == nil then spec = {} end
	expect(`ask "{name}"`, "the description", spec, "table")
	local label = spec.label or name
	local id, fields = step(spec.step or name, {
		text = spec.text or label,
		fields = { { name = name, label = label, kind = spec.kind, required = spec.required ~= false, options = spec.options } },
		objections = spec.objections,
		choices = { { "ok", en = "Continue", ["zh-Hans"] = "继续", ["zh-Hant"] = "繼續" } },
	})
	if id == nil then return nil, fields end
	local value = if fields then fields[name] else nil
	if value == nil then return nil, if id == "ok" then "empty" else id end
	return value
end

local function say(prompt, lang)
	return request("say", if type(prompt) == "table" then prompt else { prompt = prompt, lang = lang })
end

local function gather(spec)
	expect("gather", "the description", spec, "table")
	return request("gather", spec)
end

local function menu(spec)
	expect("menu", "the description", spec, "table")
	expect("menu", "keys", spec.keys, "table")
	local tries = spec.tries or 3
	expect("menu", "tries", tries, "number")
	if tries < 1 or tries > 10 then fail("menu: tries must be 1 to 10") end
	local last
	for try = 1, tries do
		local digit, why = request("menu", {
			prompt = if try > 1 and spec.again ~= nil then spec.again else spec.prompt,
			lang = spec.lang, keys = spec.keys, seconds = spec.seconds,
		})
		if digit ~= nil and spec.keys[digit] ~= nil then return spec.keys[digit] end
		if digit == nil and why ~= "timeout" then return nil, why end
		last = why or "unknown_key"
	end
	return nil, last
end

local function wait(seconds)
	return request("wait", { seconds = seconds })
end

local function order(spec)
	expect("order", "the description", spec, "table")
	return request("order", spec)
end

local function callback(spec)
	expect("callback", "the description", spec, "table")
	return request("callback", spec)
end

local function opt_out()
	return request("opt_out", {})
end

local function fill(fields)
	expect("fill", "the fields", fields, "table")
	return request("fill", fields)
end

local function require(name)
	expect("require", "the name", name, "string")
	local me = current
	local chunk, path = module(name)
	if chunk == nil then fail(path) end
	local known = me.modules[path]
	if known ~= nil then return known.value end
	if me.loading[path] then fail(`require: {path} requires itself in a circle`) end
	me.loading[path] = true
	local stage = me.stage
	me.stage = nil
	local value = chunk()
	me.stage = stage
	me.loading[path] = nil
	me.modules[path] = { value = value }
	return value
end

-- The life of a flow --------------------------------------------------------------------------

local call_meta = freeze({
	__index = function(_, key)
		fail(`call has no {described(key)}; it has id, campaign, attempt, lead, fields, agent, lang, local_time, local_date`)
	end,
	__newindex = function() fail("call is read-only: keep values with fill { name = value }") end,
	__metatable = false,
})
local optional = { agent = true }

local function call_of(info, fields)
	local shown = setmetatable({}, { __index = fields, __newindex = call_meta.__newindex, __metatable = false })
	local values = table.clone(info)
	values.lead = setmetatable({}, { __index = info.lead, __newindex = call_meta.__newindex, __iter = function() return next, table.clone(info.lead) end, __metatable = false })
	values.fields = shown
	return setmetatable({}, {
		__index = function(_, key)
			local value = values[key]
			if value == nil and not optional[key] then call_meta.__index(nil, key) end
			return value
		end,
		__newindex = call_meta.__newindex,
		__metatable = false,
	})
end

local function load_plan(me)
	local chunk = module("flow")
	local plan = chunk()
	if type(plan) ~= "table" or not rawget(plan, is_flow) then
		error("flow.lua:1: flow.lua must end with: return flow { opener = function(call) ... end }", 0)
	end
	me.plan = plan
end

local function live(info, fields)
	local me = { call = call_of(info, fields), stage = nil, depth = 0, modules = {}, loading = {}, plan = nil }
	current = me
	load_plan(me)
	if info.dry then return me.plan end
	local carried = table.pack()
	for _, stage in { "opener", "pitch", "closing" } do
		local body = me.plan[stage]
		if body ~= nil then
			me.stage, me.depth = if stage == "pitch" then "step" else stage, 0
			carried = table.pack(body(me.call, table.unpack(carried, 1, carried.n)))
		end
	end
	error(`{me.plan.at}: the flow came to its end without finish(outcome)`, 0)
end

local function main(info, fields)
	return xpcall(live, caught, info, fields)
end

-- From the seed of the flow that runs.
function math.random(low, high)
	if low == nil then return random_float() end
	if high == nil then low, high = 1, low end
	if type(low) ~= "number" or type(high) ~= "number" or low ~= floor(low) or high ~= floor(high) then
		error("math.random takes whole numbers")
	end
	if low > high then error("math.random: the interval is empty") end
	if high - low >= 2 ^ 52 then error("math.random: the interval is too large") end
	return low + random(high - low + 1)
end

-- What a file sees ----------------------------------------------------------------------------

local verbs = {
	flow = flow, objection = objection, require = require,
	step = step, ask = ask, say = say, gather = gather, menu = menu, wait = wait, order = order,
	callback = callback, opt_out = opt_out, fill = fill, finish = finish,
}
for name, value in verbs do std[name] = value end

local hints = {
	print = "a flow has no terminal: keep a note with finish(outcome, { note = ... })",
	os = "a flow has no clock and no system: use call.local_time and call.local_date",
	io = "a flow reads no files", package = "only require(name) of the campaign's own files",
	debug = "a flow cannot look into the machine", loadstring = "code comes from the campaign's files only",
	load = "code comes from the campaign's files only", dofile = "use require(name)", loadfile = "use require(name)",
	coroutine = "a flow is a coroutine already: step, say, gather and wait suspend it",
	getfenv = "globals are shared and frozen", setfenv = "globals are shared and frozen", _G = "globals are shared and frozen",
	collectgarbage = "memory is looked after for you", xpcall = "use pcall", newproxy = "use tables",
	buffer = "use strings", vector = "use tables", table_clear = "make a new table",
}

setmetatable(std, {
	__index = function(_, name)
		local hint = if type(name) == "string" then hints[name] else nil
		fail(`{described(name)} is not defined` .. (if hint then `: {hint}` else `: is it misspelt, or is "local" or a require missing?`))
	end,
})
freeze(std)
local env = setmetatable({}, {
	__index = std,
	__newindex = function(_, name) fail(`the global {described(name)} cannot be set: write "local {tostring(name)} = ..."`) end,
	__metatable = false,
})
return env, main
