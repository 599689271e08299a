-- One line of the file REQUESTS after another: an address, and after a tab the body. Each run begins at another line, and
-- each # in a body becomes a number that no other request has. wrk itself counts the answers that are errors.
wrk.method = os.getenv("METHOD")
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.headers["Content-Type"] = "application/json"
local addresses, bodies = {}, {}
for line in io.lines(os.getenv("REQUESTS")) do
  local address, body = line:match("^([^\t]*)\t?(.*)$")
  addresses[#addresses + 1], bodies[#bodies + 1] = address, body ~= "" and body or false
end
local run = tonumber(os.getenv("RUN"))
local place, count = run * 7919, run * 1000000

function request()
  place, count = place % #addresses + 1, count + 1
  local body = bodies[place]
  return wrk.format(nil, addresses[place], nil, body and body:gsub("#", count) or nil)
end
