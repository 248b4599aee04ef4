-- What wrk sends, given in the environment: one fixed request, or with BENCH_BODY one that differs each time.
-- In a body, {n} becomes the round's tag and a count; with BENCH_KEYED each request has an Idempotency-Key, and of
-- several BENCH_TOKENS each request uses the next.

local path = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local tag = os.getenv("BENCH_TAG")
local keyed = os.getenv("BENCH_KEYED")
local tokens = {}
for token in (os.getenv("BENCH_TOKENS") or ""):gmatch("%S+") do tokens[#tokens + 1] = "Bearer " .. token end
local count = 0

wrk.method = os.getenv("BENCH_METHOD")
wrk.path = path
wrk.headers["Authorization"] = tokens[1]

if body then
  local before, after = body:match("^(.*){n}(.*)$")
  wrk.headers["Content-Type"] = "application/json"
  request = function()
    count = count + 1
    if #tokens > 1 then wrk.headers["Authorization"] = tokens[count % #tokens + 1] end
    if keyed then wrk.headers["Idempotency-Key"] = tag .. "-" .. count end
    return wrk.format(nil, path, nil, before .. tag .. "-" .. count .. after)
  end
end

done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"answers": %d, "micros": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
