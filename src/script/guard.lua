-- Caps what Luau's own library can do inside one call, where no safepoint falls, and takes away
-- what a flow must not have. Runs once per state, before the libraries are frozen.
-- Costs are chosen so that one point is about a microsecond of C code at most.
local spend = ...

local type, select, rawget, native_tostring, native_tonumber = type, select, rawget, tostring, tonumber
local native_next, native_getmetatable, native_setmetatable = next, getmetatable, setmetatable
local pcall, error, floor, log = pcall, error, math.floor, math.log
local native = table.clone(string)
local tables = table.clone(table)
local utf = table.clone(utf8)

local MANY = 1000 -- values that one call may spread over the stack

-- What a text shows of any value: never an address.
local function show(value)
	local kind = type(value)
	if kind == "string" then return value end
	if kind == "nil" or kind == "number" or kind == "boolean" then return native_tostring(value) end
	if kind == "table" then
		local meta = native_getmetatable(value)
		if type(meta) == "table" and rawget(meta, "__tostring") ~= nil then
			local text = rawget(meta, "__tostring")(value)
			if type(text) ~= "string" then error("__tostring must return a string") end
			return text
		end
	end
	if kind == "userdata" then return "error" end
	return kind
end

-- Iteration -----------------------------------------------------------------------------------

local function check_key(key)
	local kind = type(key)
	if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
		error(`this table has a {kind} as a key: its order would differ from run to run; use names or numbers as keys`)
	end
end

local function ordered(t)
	for key in t do check_key(key) end
end

-- For tables with a metatable, which `for` would ask.
local function ordered_raw(t)
	local key = native_next(t)
	while key ~= nil do
		check_key(key)
		key = native_next(t, key)
	end
end

local function next(t, key)
	if key == nil and type(t) == "table" then
		if native_getmetatable(t) == nil then ordered(t) else ordered_raw(t) end
	end
	return native_next(t, key)
end

local function each(iterator, state, control)
	if type(iterator) == "table" then
		local meta = native_getmetatable(iterator)
		if meta == nil then
			ordered(iterator)
			return native_next, iterator
		end
		if type(meta) == "table" and rawget(meta, "__iter") ~= nil then
			return rawget(meta, "__iter")(iterator)
		end
		if type(meta) == "table" and rawget(meta, "__call") ~= nil then return iterator, state, control end
		ordered_raw(iterator)
		return native_next, iterator
	end
	if iterator == next and control == nil and type(state) == "table" then
		next(state)
		return native_next, state
	end
	return iterator, state, control
end

local function safe_pairs(t)
	if type(t) == "table" then
		local meta = native_getmetatable(t)
		if type(meta) == "table" and rawget(meta, "__iter") ~= nil then return rawget(meta, "__iter")(t) end
	end
	return next, t, nil
end

-- Strings -------------------------------------------------------------------------------------

local function charge_pattern(s, p)
	if type(s) ~= "string" or type(p) ~= "string" then return end
	local size = #s
	if size * #p > 2048 then spend(size * #p / 1024) end
	if size > 64 and native.find(p, "%%[b%d]") then spend(size * size / 4096) end
end

local function charge_spread(from, to)
	if type(from) == "number" and type(to) == "number" and to - from >= MANY then
		error("at most " .. MANY .. " values may be spread at once")
	end
end

local patterns = {}
function patterns.find(s, p, ...) charge_pattern(s, p) return native.find(s, p, ...) end
function patterns.match(s, p, ...) charge_pattern(s, p) return native.match(s, p, ...) end
function patterns.gmatch(s, p, ...) charge_pattern(s, p) return native.gmatch(s, p, ...) end
function patterns.gsub(s, p, ...) charge_pattern(s, p) return native.gsub(s, p, ...) end
function patterns.split(s, p) charge_pattern(s, p) return native.split(s, p or ",") end

function patterns.rep(s, n)
	if type(n) == "number" then
		local size = if type(s) == "string" then #s + 1 else 32
		if n * size > 1024 then spend(n * size / 1024) end
	end
	return native.rep(s, n)
end

function patterns.byte(s, i, j)
	if j ~= nil and type(s) == "string" and type(i) == "number" and type(j) == "number" then
		local from = if i < 0 then #s + i + 1 else i
		local to = if j < 0 then #s + j + 1 else j
		charge_spread(from, if to > #s then #s else to)
	end
	return native.byte(s, i or 1, j or i or 1)
end

function patterns.format(format, ...)
	local count = select("#", ...)
	for i = 1, count do
		local value = (select(i, ...))
		local kind = type(value)
		if kind ~= "string" and kind ~= "number" then
			local shown = { ... }
			for k = i, count do
				local other = shown[k]
				if type(other) ~= "string" and type(other) ~= "number" then shown[k] = show(other) end
			end
			return native.format(format, tables.unpack(shown, 1, count))
		end
	end
	return native.format(format, ...)
end

local function tonumber(value, base)
	if type(value) == "string" and #value > 64 then spend(#value / 32) end
	if base == nil then return native_tonumber(value) end
	return native_tonumber(value, base)
end

-- Tables --------------------------------------------------------------------------------------

local moves = {}

function moves.concat(t, sep, i, j)
	if type(t) == "table" then
		local from, to = i or 1, j or #t
		if type(from) == "number" and type(to) == "number" and to - from > 64 then spend((to - from) / 32) end
	end
	return tables.concat(t, sep, i, j)
end

function moves.unpack(t, i, j)
	if type(t) == "table" then charge_spread(i or 1, j or #t) end
	return tables.unpack(t, i or 1, j or #t)
end

function moves.move(a, from, to, at, b)
	if type(from) == "number" and type(to) == "number" and to - from > 64 then spend((to - from) / 32) end
	return tables.move(a, from, to, at, b or a)
end

function moves.create(n, value)
	if type(n) == "number" and n > 64 then spend(n / 64) end
	return tables.create(n, value)
end

function moves.insert(t, ...)
	if select("#", ...) == 2 and type(t) == "table" and #t > 64 then spend(#t / 64) end
	return tables.insert(t, ...)
end

function moves.remove(t, position)
	if position == nil then return tables.remove(t) end
	if type(t) == "table" and #t > 64 then spend(#t / 64) end
	return tables.remove(t, position)
end

function moves.find(t, ...)
	if type(t) == "table" and #t > 64 then spend(#t / 64) end
	return tables.find(t, ...)
end

function moves.sort(t, before)
	local n = if type(t) == "table" then #t else 0
	if n > 8 then spend(n * log(n, 2) / 16) end
	if before == nil then return tables.sort(t) end
	return tables.sort(t, before)
end

-- The rest ------------------------------------------------------------------------------------

local far = {}
function far.len(s, ...)
	if type(s) == "string" and #s > 64 then spend(#s / 64) end
	return utf.len(s, ...)
end
function far.offset(s, ...)
	if type(s) == "string" and #s > 256 then spend(#s / 256) end
	return utf.offset(s, ...)
end
function far.codepoint(s, i, j)
	if type(s) == "string" then charge_spread(i or 1, j or i or 1) end
	return utf.codepoint(s, i or 1, j or i or 1)
end

-- A caught error costs what unwinding costs.
local function guarded_call(f, ...)
	spend(16)
	return pcall(f, ...)
end

local function getmetatable(value)
	if type(value) ~= "table" then return nil end
	return native_getmetatable(value)
end

local function setmetatable(t, meta)
	if type(meta) == "table" and rawget(meta, "__mode") ~= nil then
		error("weak tables are not part of a flow")
	end
	return native_setmetatable(t, meta)
end

-- The library tables themselves are changed, for `("x"):rep(9)` finds its function there.
local function keep(library, names, own)
	local wanted = {}
	for name in native.gmatch(names, "%S+") do wanted[name] = true end
	local present = {}
	for name in library do tables.insert(present, name) end
	for _, name in present do
		if not wanted[name] then library[name] = nil end
	end
	for name, replacement in own do library[name] = replacement end
end

keep(utf8, "char charpattern codepoint codes len offset", far)
keep(math, "abs ceil clamp deg exp floor fmod huge log log10 max min modf pi pow rad round sign sqrt", {})
keep(string, "byte char find format gmatch gsub len lower match rep reverse split sub upper", patterns)
keep(table, "clone concat create find freeze insert isfrozen move pack remove sort unpack", moves)

return {
	assert = assert, error = error, pcall = guarded_call, select = select, type = type, typeof = type, ipairs = ipairs,
	rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset,
	next = next, pairs = safe_pairs, __each = each, tostring = show, tonumber = tonumber,
	unpack = moves.unpack, getmetatable = getmetatable, setmetatable = setmetatable,
	math = math, string = string, table = table, utf8 = utf8, bit32 = bit32,
}
