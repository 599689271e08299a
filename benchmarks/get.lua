-- One record after another, in the random order of the file.
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
local ids, count = {}, 0
for line in io.lines(os.getenv("IDS")) do ids[#ids + 1] = line end

function request()
  count = count % #ids + 1
  return wrk.format("GET", "/api/customers/" .. ids[count])
end
