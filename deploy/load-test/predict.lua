-- Predictions of made-up abstracts, another in each request: wrk -t2 -c8 -d30s --latency -s predict.lua http://127.0.0.1:8000
-- ABSTRACTS is how many a request has (1), and API_KEY is sent if it is set. docs/deployment.md has expected figures.
local words = {
  "galaxy", "spectra", "neural", "network", "theorem", "proof", "quantum", "lattice", "image", "segmentation", "graph",
  "bound", "market", "volatility", "protein", "folding", "language", "model", "robot", "control", "dark", "matter",
}
local each = tonumber(os.getenv("ABSTRACTS") or "1")
local made = 0

local function abstract()
  made = made + 1
  local chosen = { "We study the" }
  for position = 1, 150 do
    chosen[#chosen + 1] = words[(made * position * 7 + position * position) % #words + 1]
  end
  return '"' .. table.concat(chosen, " ") .. " " .. made .. '."'
end

function request()
  local abstracts = {}
  for position = 1, each do
    abstracts[position] = abstract()
  end
  local headers = { ["Content-Type"] = "application/json", ["X-API-Key"] = os.getenv("API_KEY") }
  return wrk.format("POST", "/api/v1/predict/", headers, '{"abstracts": [' .. table.concat(abstracts, ", ") .. "]}")
end

-- Answers other than 200, by status, since wrk itself counts them together.
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  refused = ""
end

function response(status)
  if status ~= 200 then
    refused = refused .. status .. " "
  end
end

function done(summary)
  local counts = {}
  for _, thread in ipairs(threads) do
    for status in thread:get("refused"):gmatch("%d+") do
      counts[status] = (counts[status] or 0) + 1
    end
  end
  for status, count in pairs(counts) do
    print(string.format("status %s: %d of %d answers", status, count, summary.requests))
  end
end
