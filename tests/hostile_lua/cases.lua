-- What a hostile (or careless) author might write inside an opener. Each case: `--@ name => expectation`.
-- `stopped TEXT`: the flow fails and the message holds TEXT. `ends`: it asks, finishes or fails in peace.
-- `file TEXT`: the case is a whole flow.lua that is refused when it is loaded.

--@ endless loop => stopped safepoints
while true do end
--@ endless repeat => stopped safepoints
repeat until false
--@ endless numeric for => stopped safepoints
for i = 1, math.huge do end
--@ tiny step of a numeric for => stopped safepoints
for i = 1, 2, 1e-9 do end
--@ endless recursion in a tail call => stopped memory
local function f() return f() end f()
--@ deep recursion => stopped memory
local function f() return 1 + f() end f()
--@ mutual recursion => stopped memory
local a, b
function a() return 1 + b() end
function b() return 1 + a() end
a()
--@ recursion through pcall => ends
local function f() pcall(f) return pcall(f) end f()
--@ endless loop inside pcall => stopped safepoints
while true do pcall(function() while true do end end) end
--@ pcall swallows and goes on => stopped safepoints
pcall(function() while true do end end)
for i = 1, 10 do step("never", { text = "x", choices = { "a" } }) end
--@ nested pcalls swallow => stopped safepoints
local function nest(n) if n == 0 then while true do end end pcall(nest, n - 1) end
while true do pcall(nest, 50) end
--@ pcall of pcall of pcall => stopped safepoints
while true do pcall(pcall, pcall, pcall, error) end
--@ pcall of error in a loop => stopped safepoints
while true do pcall(error, "x") end
--@ error objects by the million => stopped
while true do pcall(error, { big = ("x"):rep(100) }) end
--@ loop in __index => stopped safepoints
local t = setmetatable({}, { __index = function() while true do end end }) return t.x
--@ loop in __newindex => stopped safepoints
local t = setmetatable({}, { __newindex = function() while true do end end }) t.x = 1
--@ loop in __call => stopped safepoints
local t = setmetatable({}, { __call = function() while true do end end }) t()
--@ loop in __eq => stopped safepoints
local m = { __eq = function() while true do end end }
return setmetatable({}, m) == setmetatable({}, m)
--@ loop in __lt => stopped safepoints
local m = { __lt = function() while true do end end }
return setmetatable({}, m) < setmetatable({}, m)
--@ loop in __le => stopped safepoints
local m = { __le = function() while true do end end }
return setmetatable({}, m) <= setmetatable({}, m)
--@ loop in __concat => stopped safepoints
local t = setmetatable({}, { __concat = function() while true do end end }) return t .. "x"
--@ loop in __len => stopped safepoints
local t = setmetatable({}, { __len = function() while true do end end }) return #t
--@ loop in __unm => stopped safepoints
local t = setmetatable({}, { __unm = function() while true do end end }) return -t
--@ loop in __add inside pcall => stopped safepoints
local t = setmetatable({}, { __add = function() while true do end end })
while true do pcall(function() return t + t end) end
--@ loop in __tostring => stopped safepoints
local t = setmetatable({}, { __tostring = function() while true do end end }) return tostring(t)
--@ loop in __tostring by format => stopped safepoints
local t = setmetatable({}, { __tostring = function() while true do end end }) return string.format("%s", t)
--@ loop in __tostring by interpolation => stopped safepoints
local t = setmetatable({}, { __tostring = function() while true do end end }) return `{t}`
--@ loop in __iter => stopped safepoints
local t = setmetatable({}, { __iter = function() return function() return 1 end end })
for _ in t do end
--@ an iterator without an end => stopped safepoints
local function forever() return 1 end
for _ in forever do end
--@ __index chain in a circle => stopped loop
local a, b = {}, {}
setmetatable(a, { __index = b }) setmetatable(b, { __index = a })
return a.x
--@ __index that calls itself => stopped overflow
local t = {} setmetatable(t, { __index = function(s, k) return s[k .. "x"] end }) return t.a
--@ sort with a comparator that loops => stopped safepoints
table.sort({ 3, 2, 1 }, function() while true do end end)
--@ sort with a comparator that lies => ends
local t = {} for i = 1, 200 do t[i] = i end
table.sort(t, function() return true end)
--@ sort with a comparator that grows the table => ends
local t = { 5, 4, 3, 2, 1 }
table.sort(t, function(a, b) t[#t + 1] = 9 return a < b end)
--@ sort of many, again and again => stopped
local t = {} for i = 1, 5000 do t[i] = -i end
while true do table.sort(t) end
--@ sort comparator swallowed by pcall => stopped safepoints
while true do pcall(table.sort, { 2, 1 }, function() while true do end end) end
--@ gsub whose function loops => stopped safepoints
return ("x"):gsub(".", function() while true do end end)
--@ gsub whose function is called for ever => stopped
while true do ("xxxxxxxxxxxxxxxxxxxx"):gsub(".", function(c) return c .. c end) end
--@ gsub doubles and doubles => stopped
local s = "xxxxxxxx" while true do s = s:gsub(".", "%0%0") end
--@ gsub with a table whose __index loops => stopped safepoints
return ("x"):gsub(".", setmetatable({}, { __index = function() while true do end end }))
--@ backtracking in find => stopped safepoints
return ("a"):rep(5000):find((".-"):rep(30) .. "b")
--@ backtracking in match => stopped safepoints
return ("a"):rep(3000):match(("a*"):rep(20) .. "b")
--@ backtracking in gmatch => stopped safepoints
for _ in ("a"):rep(3000):gmatch(("a-"):rep(20) .. "b") do end
--@ backtracking inside pcall => stopped safepoints
while true do pcall(string.find, ("a"):rep(3000), (".-"):rep(20) .. "b") end
--@ balanced match over a long text => stopped
while true do ("("):rep(20000):find("%b()") end
--@ backreference over a long text => stopped
local s = ("a"):rep(20000) while true do s:find("(a*)%1b") end
--@ set as long as the text => stopped
local s = ("a"):rep(20000) local p = "[" .. ("b"):rep(5000) .. "]*c"
while true do s:find(p) end
--@ frontier over a long text => stopped
local s = ("a"):rep(20000) while true do s:find("%f[b]") end
--@ a pattern of many captures => stopped
return ("a"):rep(100):find(("()"):rep(1000))
--@ a malformed pattern => stopped malformed
return ("a"):find("[")
--@ a pattern too complex => stopped
return ("a"):rep(1000):find(("(a"):rep(500))
--@ plain find of long in long => stopped
local s, p = ("a"):rep(200000), ("a"):rep(100000) .. "b"
while true do s:find(p, 1, true) end
--@ split by long in long => stopped
local s, p = ("a"):rep(100000), ("a"):rep(50000) .. "b"
while true do s:split(p) end
--@ rep of a gigabyte => stopped
return ("x"):rep(1e9)
--@ rep by infinity => stopped
return ("x"):rep(math.huge)
--@ rep of nothing by 2^53 => stopped
return (""):rep(2 ^ 53)
--@ rep by a text => stopped
return ("x"):rep("1000000000")
--@ rep in a loop => stopped
while true do local s = ("x"):rep(10000) end
--@ rep inside pcall in a loop => stopped
while true do pcall(string.rep, "x", 1e9) end
--@ doubling by concat => stopped
local s = "x" while true do s = s .. s end
--@ doubling by concat, without a loop => stopped
local s = ("x"):rep(1000)
s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s
s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s s = s .. s
return #s
--@ doubling inside pcall => stopped
local s = "x" while true do pcall(function() s = s .. s end) end
--@ growing one letter at a time => stopped
local s = "" while true do s = s .. "x" end
--@ format as a bomb => stopped
local s = ("x"):rep(1000) while true do s = string.format("%s%s", s, s) end
--@ format with a huge width => stopped
return string.format("%99999d", 1)
--@ interpolation as a bomb => stopped
local s = "x" while true do s = `{s}{s}` end
--@ table.concat as a bomb => stopped
local t = {} for i = 1, 1000 do t[i] = ("x"):rep(100) end
while true do table.concat(t, ("y"):rep(100)) end
--@ table.concat over 2^31 => stopped
return table.concat({}, "", 1, 2 ^ 31)
--@ table.concat of nothings => stopped
local t = {} for i = 1, 10000 do t[i] = "" end
while true do table.concat(t) end
--@ table.create of a billion => stopped
return table.create(1e9, 0)
--@ table.create in a loop => stopped
while true do table.create(10000) end
--@ table.move over a billion => stopped
return table.move({}, 1, 1e9, 2)
--@ table.move negative => stopped
return table.move({ 1 }, -1e9, 1e9, 1, {})
--@ table.move in a loop => stopped
local t = table.create(10000, 1) while true do table.move(t, 1, 10000, 2) end
--@ insert at the front for ever => stopped
local t = {} while true do table.insert(t, 1, 0) end
--@ insert at the back for ever => stopped
local t = {} while true do table.insert(t, 0) end
--@ remove from the front for ever => stopped
local t = table.create(20000, 1) while true do table.remove(t, 1) table.insert(t, 1) end
--@ unpack of many => stopped spread
return unpack(table.create(5000, 1))
--@ unpack of a billion => stopped spread
return table.unpack({}, 1, 1e9)
--@ unpack of a range below zero => stopped spread
return table.unpack({}, -1e9, -1)
--@ unpack with a text as a number => stopped
return table.unpack({}, "1", "1000000000")
--@ string.byte of many => stopped spread
return ("x"):rep(100000):byte(1, -1)
--@ string.char of many => ends
return string.char(unpack(table.create(900, 65)))
--@ select far back => ends
return select(-1, unpack(table.create(900, 1)))
--@ table.find in a long table => stopped
local t = table.create(20000, 1) while true do table.find(t, 2) end
--@ table.clone for ever => stopped
local t = table.create(1000, 1) while true do t = table.clone(t) end
--@ table.pack for ever => stopped
while true do table.pack(1, 2, 3, 4, 5, 6, 7, 8) end
--@ a table without an end => stopped
local t = {} local i = 0 while true do i += 1 t[i] = i end
--@ a table of tables without an end => stopped
local t = {} while true do t = { t } end
--@ closures without an end => stopped
local f = function() end while true do local g = f f = function() return g end end
--@ upvalues without an end => stopped
local keep = {} while true do local x = {} table.insert(keep, function() return x end) end
--@ keys without an end => stopped
local t, i = {}, 0 while true do i += 1 t["k" .. i] = true end
--@ memory in small bites between steps => ends
local t = {}
for i = 1, 200 do t[i] = ("x"):rep(100000) .. i step("s", { text = "x", choices = { "a" } }) end
--@ tonumber of a long text => stopped
local s = ("1"):rep(100000) while true do tonumber(s) end
--@ tonumber with a base => stopped
return tonumber("zz", 99)
--@ utf8.len of a long text => stopped
local s = ("x"):rep(200000) while true do utf8.len(s) end
--@ utf8.codepoint of many => stopped spread
return utf8.codepoint(("x"):rep(100000), 1, 100000)
--@ utf8.codes of rubbish => stopped
for _ in utf8.codes("\xff\xff") do end
--@ os is not there => stopped call.local_time
return os.time()
--@ os.execute is not there => stopped "os" is not defined
os.execute("true")
--@ io is not there => stopped "io" is not defined
return io.open("/etc/passwd")
--@ debug is not there => stopped "debug" is not defined
return debug.info(1, "f")
--@ debug.getregistry is not there => stopped "debug" is not defined
return debug.getregistry()
--@ package is not there => stopped "package" is not defined
return package.loaded
--@ loadstring is not there => stopped "loadstring" is not defined
return loadstring("return 1")()
--@ load is not there => stopped "load" is not defined
return load("return 1")()
--@ dofile is not there => stopped "dofile" is not defined
dofile("/etc/passwd")
--@ getfenv is not there => stopped "getfenv" is not defined
getfenv(0).x = 1
--@ setfenv is not there => stopped "setfenv" is not defined
setfenv(1, {})
--@ _G is not there => stopped "_G" is not defined
_G.string = nil
--@ coroutine is not there => stopped "coroutine" is not defined
coroutine.wrap(function() end)()
--@ coroutine bomb => stopped "coroutine" is not defined
local function bomb() coroutine.wrap(bomb)() end bomb()
--@ coroutine.yield of rubbish => stopped "coroutine" is not defined
coroutine.yield({}, nil, 1 / 0)
--@ xpcall with a handler that loops => stopped "xpcall" is not defined
xpcall(error, function() while true do end end)
--@ collectgarbage is not there => stopped "collectgarbage" is not defined
collectgarbage("stop")
--@ gcinfo is not there => stopped "gcinfo" is not defined
return gcinfo()
--@ newproxy is not there => stopped "newproxy" is not defined
local p = newproxy(true) getmetatable(p).__gc = function() while true do end end
--@ buffer is not there => stopped "buffer" is not defined
return buffer.create(1e9)
--@ vector is not there => stopped "vector" is not defined
return vector.create(1, 2, 3)
--@ print is not there => stopped "print" is not defined
print("x")
--@ a clock by another name => stopped "time" is not defined
return time()
--@ randomseed is not there => stopped nil value
math.randomseed(1)
--@ string.dump is not there => stopped nil value
return string.dump(function() end)
--@ string.pack is not there => stopped nil value
return string.pack("!16i16", 1)
--@ a finalizer never runs => ends
for i = 1, 100 do setmetatable({}, { __gc = function() while true do end end }) end
--@ weak tables are refused => stopped weak
setmetatable({}, { __mode = "k" })
--@ poisoning the string library => stopped readonly
string.rep = function() return "poison" end
--@ poisoning by rawset => stopped readonly
rawset(string, "upper", function() return "poison" end)
--@ poisoning the string metatable => stopped
getmetatable("").__index = function() return "poison" end
--@ poisoning a verb => stopped cannot be set
step = function() return "poison" end
--@ poisoning table.insert => stopped readonly
table.insert = nil
--@ poisoning math.random => stopped readonly
math.random = function() return 4 end
--@ setting a global => stopped cannot be set
leak = "seen by the other flow"
--@ reading a global that nobody set => stopped "leak" is not defined
return leak
--@ changing the lead => stopped read-only
call.lead.name = "x"
--@ changing the call => stopped read-only
call.id = "x"
--@ rawset on the call does not reach it => ends
rawset(call, "id", "poison") rawset(call.lead, "name", "poison")
--@ reading what the call has not => stopped call has no "nmae"
return call.nmae
--@ the metatable of the call is hidden => stopped
getmetatable(call).__index = nil
--@ setmetatable on the call => stopped protected
setmetatable(call, {})
--@ setmetatable on a library => stopped
setmetatable(string, { __index = function() end })
--@ an error object with an evil __tostring => stopped an error object
error(setmetatable({}, { __tostring = function() while true do end end }))
--@ an error object with an evil __index => stopped an error object
error(setmetatable({}, { __index = function() while true do end end }))
--@ an error of nil => stopped error(nil)
error(nil)
--@ an error of a function => stopped an error object
error(function() end)
--@ an error with a forged place => ends
error("other.lua:99: forged", 0)
--@ an error with a huge message => stopped xxx
error(("x"):rep(200000))
--@ assert without a message => stopped assertion failed
assert(false)
--@ a step inside a sort comparator => stopped yield across
table.sort({ 2, 1 }, function() step("x", { text = "x", choices = { "a" } }) end)
--@ a step inside gsub => stopped yield across
("x"):gsub(".", function() step("x", { text = "x", choices = { "a" } }) end)
--@ a step inside a metamethod => stopped yield across
local t = setmetatable({}, { __index = function() step("x", { text = "x", choices = { "a" } }) end }) return t.x
--@ a step inside pcall is fine => ends
pcall(step, "x", { text = "x", choices = { "a" } }) finish("done")
--@ finish inside pcall is final => ends
pcall(finish, "done") while true do end
--@ steps for ever => ends
while true do step("x", { text = "x", choices = { "a" } }) end
--@ a step without a description => stopped description is missing
step("x")
--@ a step with rubbish => stopped unknown key
step("x", { rubbish = 1 })
--@ a step with a text of a megabyte => stopped
step("x", { text = ("x"):rep(300000), choices = { "a" } })
--@ a step with a thousand choices => stopped at most
local many = {} for i = 1, 1000 do many[i] = "c" .. i end
step("x", { text = "x", choices = many })
--@ a step with a choice that poses as an objection => stopped
step("x", { text = "x", choices = { { "objection:price", en = "x" } } })
--@ a step whose tables have evil metatables => stopped safepoints
step("x", setmetatable({ text = "x" }, { __index = function() while true do end end }))
--@ a step whose choices refer to themselves => stopped
local c = {} c[1] = c step("x", { text = "x", choices = c })
--@ an order of nothing => stopped lines is missing
order { lines = {} }
--@ an order of minus one => stopped quantity must be
order { lines = { { sku = "A", quantity = -1, price = 1 } } }
--@ an order at a price of NaN => stopped price must be
order { lines = { { sku = "A", quantity = 1, price = 0 / 0 } } }
--@ an order at half a cent => stopped whole number
order { lines = { { sku = "A", quantity = 1, price = 19.9 } } }
--@ a wait of infinity => stopped seconds must be
wait(math.huge)
--@ a wait of NaN => stopped seconds must be
wait(0 / 0)
--@ an outcome that nobody declared => stopped not declared
finish("nirvana")
--@ a prompt that climbs => stopped is no name
say("../../etc/passwd")
--@ a require that climbs => stopped there is no
require("../../etc/passwd")
--@ a require of an absolute path => stopped there is no
require("/etc/passwd")
--@ a require of a table => stopped must be a string
require({})
--@ a field with a table as value => stopped must be a text
fill { x = {} }
--@ fields by the thousand => stopped at most
local t = {} for i = 1, 1000 do t["f" .. i] = 1 end fill(t)
--@ a callback in a thousand years => stopped
callback { after = "400000d" }
--@ a callback at rubbish => stopped not a local time
callback { at = "tomorrow; drop table leads" }
--@ iterating over tables as keys => stopped order would differ
for k in { [{}] = 1, [{}] = 2 } do end
--@ pairs over functions as keys => stopped order would differ
local function f() end
for k in pairs({ [f] = 1 }) do end
--@ next over tables as keys => stopped order would differ
return next({ [{}] = 1 })
--@ many nested tables => ends
local t = {} for i = 1, 5000 do t = { t } end
--@ many locals by many calls => ends
local function f(n) if n > 0 then return f(n - 1) end end for i = 1, 50 do f(100) end
--@ division by zero is a number => ends
return 1 / 0, 0 / 0, 1 // 0, 1 % 0
--@ math.random of an empty interval => stopped empty
math.random(0)
--@ math.random of NaN => stopped
math.random(0 / 0)
--@ math.random of a huge interval => stopped
math.random(2 ^ 60)

--@ a file that loops while it is loaded => file safepoints
while true do end
--@ a file that asks while it is loaded => file while the file is loaded
say("welcome")
--@ a file that returns nothing => file must end with
local x = 1
--@ a file that returns a table that is no flow => file must end with
return { opener = function() end }
--@ a file that does not parse => file Expected
return flow { opener = function(
--@ a file with an unknown key => file unknown key
return flow { opener = function() end, opner = 1 }
--@ a file without an opener => file opener is missing
return flow {}
--@ a file of bytecode => file
bytecode
--@ a file that names the guard => file reserved
local __each = 1 return flow { opener = function() end }
--@ a file that requires itself => file circle
require("flow")
--@ a file nested too deep => file
return ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1
