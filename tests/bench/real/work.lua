-- SPDX-License-Identifier: Apache-2.0
-- Tables, closures, strings and numbers in portions; the argument is how many.
local sum = 0

local function sieve(n)
    local composite, count = {}, 0
    for i = 2, n do
        if not composite[i] then
            count = count + 1
            for k = i * i, n, i do composite[k] = true end
        end
    end
    return count
end

local function words(n)
    local counts, parts = {}, {}
    for i = 1, n do
        parts[#parts + 1] = string.format("%x", i * 2654435761 % 65536)
    end
    for word in table.concat(parts, " "):gmatch("%x+") do
        local key = word:sub(1, 2):upper()
        counts[key] = (counts[key] or 0) + #word
    end
    local keys = {}
    for key in pairs(counts) do keys[#keys + 1] = key end
    table.sort(keys)
    return counts[keys[#keys // 2]]
end

local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance }, Account) end
function Account:deposit(amount) self.balance = self.balance + amount end

local function objects(n)
    local all = {}
    for i = 1, 100 do all[i] = Account.new(i) end
    for i = 1, n do all[i % 100 + 1]:deposit(i) end
    return all[7].balance
end

local function adders(n)
    local function adder(k) return function(x) return x + k end end
    local value = 0.5
    for i = 1, n do value = adder(i % 10)(value) % 1000 end
    return value
end

for i = 1, tonumber(arg[1]) do
    sum = (sum * 31 + sieve(5000) + words(2000) + objects(20000) + math.floor(adders(5000)) + i) % 2147483647
end
print(sum)
