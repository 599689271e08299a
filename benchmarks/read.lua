-- The same address again and again.
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
