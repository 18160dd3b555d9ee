-- The verbs of flow_test.lua: a virtual customer and agent who answer what a flow asks, in virtual time.
-- `begin(info)` starts a call and gives its number; `answer(number, kind, a, b)` resumes it. Both give what it asks now:
-- { ask = "step", ... } | { ask = "finish", outcome, note, hang_up } | { ask = "failed", at, message }
local std, begin, answer, place_of, seconds_of = ...

local where, find, sub = debug.info, string.find, string.sub
local freeze = table.freeze

local function place()
	for level = 2, 40 do
		local source, line = where(level, "sl")
		if source == nil then break end
		if find(source, ".lua", 1, true) then return `{source}:{line}` end
	end
	return "flow_test.lua:1"
end

local function fail(message)
	error(`{place()}: {message}`, 0)
end

local function quoted(value)
	return if type(value) == "string" then `"{value}"` else std.tostring(value)
end

-- What a call waits for, as a sentence.
local function told(now)
	local ask = now.ask
	if ask == "step" then return `step "{now.name}" ({now.kind})` end
	if ask == "say" then return `say "{now.prompt}"` end
	if ask == "gather" then return if now.prompt then `gather with prompt "{now.prompt}"` else "gather" end
	if ask == "finish" then return `finish "{now.outcome}"` .. (if now.note then ` with note "{now.note}"` else "") end
	if ask == "failed" then return `a failure at {now.at}: {now.message}` end
	return ask
end

local function found(c, wanted)
	local now = c.now
	local at = place_of(c.number)
	fail(`expected {wanted}, found {told(now)}` .. (if at and now.ask ~= "failed" then ` at {at}` else ""))
end

local skipped = { say = true, wait = true, fill = true }

-- Goes past what a test need not mention, until `ask` comes.
local function reach(c, ask, wanted, fits)
	for _ = 1, 1000 do
		if c.now.ask == ask and (fits == nil or fits(c.now)) then return c.now end
		if not skipped[c.now.ask] then break end
		c.now = answer(c.number, "said")
	end
	return found(c, wanted)
end

-- Every key that the test names must be equal; lists must have the same length.
local function same(wanted, got, path)
	if type(wanted) ~= "table" then
		if wanted ~= got then fail(`{path} is {quoted(got)}, expected {quoted(wanted)}`) end
		return
	end
	if type(got) ~= "table" then fail(`{path} is {quoted(got)}, expected a table`) end
	if #wanted ~= #got and #wanted > 0 then fail(`{path} has {#got} entries, expected {#wanted}`) end
	local keys = {}
	for key in wanted do table.insert(keys, key) end
	table.sort(keys, function(a, b) return std.tostring(a) < std.tostring(b) end)
	for _, key in keys do same(wanted[key], got[key], `{path}.{std.tostring(key)}`) end
end

local call = {}
call.__index = function(_, key)
	if call[key] == nil then fail(`a call has no {quoted(key)}; it has expect_step, choose, objection, ...`) end
	return call[key]
end

function call.expect_step(c, name, more)
	local now = reach(c, "step", `step "{name}"`)
	if now.name ~= name then found(c, `step "{name}"`) end
	if more ~= nil then same(more, now, `step "{name}"`) end
	return now
end

function call.expect_objection(c, name)
	local now = call.expect_step(c, name)
	if now.kind ~= "objection" then found(c, `objection "{name}"`) end
	return now
end

function call.choose(c, id, fields)
	local now = reach(c, "step", `a step in which to choose "{id}"`)
	local after, why = answer(c.number, "choice", id, fields or {})
	if why ~= nil then fail(`step "{now.name}": {why}`) end
	c.now = after
	return c
end

function call.objection(c, name)
	return call.choose(c, "objection:" .. name)
end

function call.expect_say(c, prompt)
	reach(c, "say", `say "{prompt}"`, function(now) return now.prompt == prompt end)
	c.now = answer(c.number, "said")
	return c
end

function call.expect_gather(c, prompt)
	return reach(c, "gather", `gather with prompt "{std.tostring(prompt)}"`, function(now) return prompt == nil or now.prompt == prompt end)
end

function call.press(c, digits)
	reach(c, "gather", `gather, to press {digits}`)
	c.now = answer(c.number, "digits", digits)
	return c
end

function call.silence(c)
	reach(c, "gather", "gather, to stay silent")
	c.now = answer(c.number, "nothing", "timeout")
	return c
end

function call.hang_up(c)
	if c.now.ask == "finish" or c.now.ask == "failed" then found(c, "a call that goes on") end
	c.now = answer(c.number, "nothing", "hangup")
	return c
end

function call.expect_order(c, order)
	local now = reach(c, "order", "order")
	if order ~= nil then same(order, now, "order") end
	c.now = answer(c.number, "order", "order-" .. c.number)
	return c
end

function call.refuse_order(c, reason)
	reach(c, "order", "order")
	c.now = answer(c.number, "nothing", reason or "refused")
	return c
end

function call.expect_callback(c, wanted)
	local now = reach(c, "callback", "callback")
	if wanted ~= nil then same(wanted, now, "callback") end
	c.now = answer(c.number, "said")
	return c
end

function call.expect_opt_out(c)
	reach(c, "opt_out", "opt_out")
	c.now = answer(c.number, "said")
	return c
end

function call.expect_fill(c, fields)
	local now = reach(c, "fill", "fill")
	if fields ~= nil then same(fields, now.fields, "fill") end
	c.now = answer(c.number, "said")
	return c
end

function call.expect_finish(c, outcome, more)
	local now = reach(c, "finish", `finish "{outcome}"`)
	if now.outcome ~= outcome then found(c, `finish "{outcome}"`) end
	if more ~= nil then same(more, now, "finish") end
	return c
end

function call.expect_failure(c, text)
	local now = reach(c, "failed", "a failure")
	if text ~= nil and not find(now.message, text, 1, true) then found(c, `a failure with "{text}"`) end
	return c
end

-- Seconds of virtual time since the call began: waits, silences and prompts.
function call.seconds(c)
	return seconds_of(c.number)
end

local room = {}
room.__index = room

function room.call(_, info)
	local number, now = begin(info or {})
	if number == nil then fail(now) end
	return setmetatable({ number = number, now = now }, call)
end

function room.equal(_, got, wanted, what)
	same(wanted, got, what or "the value")
end

local tests, names = {}, {}

function std.test(name, body)
	if type(name) ~= "string" or type(body) ~= "function" then fail('test("name", function(t) ... end) is expected') end
	if names[name] then fail(`there are two tests "{name}"`) end
	names[name] = true
	table.insert(tests, { name = name, body = body, at = place() })
end

setmetatable(std, {
	__index = function(_, name)
		fail(`{quoted(name)} is not defined in tests: they have test(name, function(t) ... end), t:call and what Lua offers`)
	end,
})
freeze(std)
local env = setmetatable({}, {
	__index = std,
	__newindex = function(_, name) fail(`the global {quoted(name)} cannot be set: write "local {std.tostring(name)} = ..."`) end,
	__metatable = false,
})

local function run(index)
	tests[index].body(setmetatable({}, room))
end

return env, tests, run
