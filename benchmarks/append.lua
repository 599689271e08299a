-- Events for a thousand streams; EVENTS says how many come in one request. Only single events get a new body each.
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.headers["Content-Type"] = "application/json"
local events, count = tonumber(os.getenv("EVENTS")), 0
local event = '{"stream": "bench/%d", "type": "counted", "data": {"name": "Load %d", "status": "active", "number": %d}}'

local function body()
  local list = {}
  for place = 1, events do
    count = count + 1
    list[place] = event:format(count % 1000, count, count)
  end
  return '{"events": [' .. table.concat(list, ", ") .. "]}"
end

local fixed = events > 1 and body()

function request()
  return wrk.format(nil, nil, nil, fixed or body())
end
