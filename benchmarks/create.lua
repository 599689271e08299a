-- One new customer per request, each with an address of its own.
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.headers["Content-Type"] = "application/json"
local run, count = os.getenv("RUN"):gsub("[^%w]", ""), 0

function request()
  count = count + 1
  local body = '{"name": "Load %d", "email": "%s-%d@example.com", "credit_limit": "12.50", "phone": "+1 555 %07d"}'
  return wrk.format(nil, nil, nil, body:format(count, run, count, count))
end
