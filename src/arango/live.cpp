#include "arango/live.h"

#include <charconv>
#include <thread>

#include "arango/raw_json.h"
#include "base/error.h"
#include "base/log.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

constexpr const char* client_info = "arango2pg";

/// A third of what the server would bear, and a call can fail.
constexpr std::chrono::minutes keep_alive_every{20};

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

}  // namespace

LiveServer::LiveServer(const SourceOptions& options)
    : session_(std::make_shared<Session>(options)), api_(session_) {}

std::optional<std::uint64_t> LiveServer::last_tick(std::string& why_not) {
  const auto tick = api_.last_tick(why_not);
  if (!tick) return std::nullopt;
  return number(tick->tick);
}

std::optional<std::uint64_t> LiveServer::log_since(std::uint64_t from, std::string& why_not) {
  const auto newest = last_tick(why_not);
  if (!newest) return std::nullopt;
  WalOptions options;
  options.from = from;
  options.chunk_bytes = 1U << 14U;  // only whether it is there is of interest
  const WalChunk chunk = WalReader(session_, options).next({});
  why_not = chunk.lost;
  if (!why_not.empty()) return std::nullopt;
  return newest;
}

std::unique_ptr<WalReader> LiveServer::read_log(WalOptions options) {
  options.client_info = client_info;
  return std::make_unique<WalReader>(session_, std::move(options));
}

std::unique_ptr<KeyStream> LiveServer::keys(const std::string& collection, const KeyRange& range,
                                            const std::vector<std::string>& shards,
                                            const std::string& after) {
  if (shards.empty()) return open_range_keys(session_, collection, range, after);
  std::vector<std::unique_ptr<KeyStream>> streams;
  for (const std::string& shard : shards) {
    KeyRange of_shard = range;
    of_shard.shard = shard;
    streams.push_back(open_range_keys(session_, collection, of_shard, after));
  }
  return merge_keys(std::move(streams));
}

std::unique_ptr<DocumentFetcher> LiveServer::fetcher() {
  return std::make_unique<DocumentFetcher>(session_);
}

std::unique_ptr<QueryStream> LiveServer::stream(Query query) {
  return std::make_unique<QueryStream>(session_, std::move(query));
}

bool LiveServer::has_sorted_index(const std::string& collection, const std::string& attribute) {
  doc::PaddedBuffer text;
  text.append(api_.indexes(collection));
  doc::Document document;
  if (document.parse(text.view())) return false;
  std::string scratch;
  for (const doc::Value index : doc::Elements(document.root())) {
    const auto type = index.find("type");
    const auto fields = index.find("fields");
    if (!type || !fields || fields->kind() != doc::Kind::array) continue;
    const std::string name(type->string(scratch));
    if (name != "persistent" && name != "skiplist" && name != "ttl") continue;
    for (const doc::Value field : doc::Elements(*fields)) {
      if (field.kind() == doc::Kind::string && field.string(scratch) == attribute) return true;
      break;  // only the first field sorts
    }
  }
  return false;
}

std::uint64_t LiveServer::syncer_id(const std::string& source_identity, const std::string& target) {
  // 64-bit FNV-1a; the server wants a positive number below 2^63.
  std::uint64_t h = 14695981039346656037U;
  for (const char c : source_identity + "\n" + target)
    h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return std::max<std::uint64_t>(h >> 1U, 1);
}

struct LogKeeper::Impl {
  Impl(const SourceOptions& source, std::uint64_t tick, std::uint64_t id)
      : session(std::make_shared<Session>(source)), client(session) {
    path = "/_api/wal/tail?from=" + std::to_string(tick) +
           "&chunkSize=16384&lastScanned=" + std::to_string(tick) +
           "&syncerId=" + std::to_string(id) + "&clientInfo=" + client_info;
    tell({});
    thread = std::jthread([this](const std::stop_token& stop) {
      while (sleep_for(keep_alive_every, stop)) tell(stop);
    });
  }

  void tell(const std::stop_token& stop) noexcept {
    try {
      Call call;
      call.path = path;
      doc::PaddedBuffer ignored;
      const Reply reply = client.call(call, ignored, stop);
      if (!reply.ok() && !reply.stopped)
        spdlog::warn("the server was asked to keep its log, and said HTTP {}", reply.status);
    } catch (const std::exception& e) {
      spdlog::warn("the server could not be asked to keep its log: {}", e.what());
    }
  }

  std::shared_ptr<Session> session;
  Client client;
  std::string path;
  std::jthread thread;
};

LogKeeper::LogKeeper(const SourceOptions& options, std::uint64_t tick, std::uint64_t syncer_id)
    : impl_(std::make_unique<Impl>(options, tick, syncer_id)) {}
LogKeeper::~LogKeeper() = default;

}  // namespace arango2pg::arango
