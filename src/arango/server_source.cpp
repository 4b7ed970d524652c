#include "arango/server_source.h"

#include <algorithm>

#include "arango/cursor_reader.h"
#include "base/error.h"
#include "base/log.h"

namespace arango2pg::arango {

ServerSource::ServerSource(const SourceOptions& options)
    : session_(std::make_shared<Session>(options)), api_(session_) {}

const doc::SourceInfo& ServerSource::info() {
  const std::lock_guard lock(mutex_);
  if (!info_) connect();
  return *info_;
}

void ServerSource::connect() {
  version_ = api_.version();
  if (!version_.at_least(3, 5))
    throw Error(Exit::source,
                "ArangoDB " + version_.text + " is too old: its primary index is not sorted",
                "Versions from 3.5 on can be read; for older ones use arangodump and --source "
                "dump:DIR.");
  role_ = api_.role();
  doc::SourceInfo info;
  const bool cluster = role_ == Role::coordinator;
  info.kind = cluster ? "cluster" : "server";
  info.version = version_.text;
  info.description = "ArangoDB " + version_.text + (cluster ? " (cluster)" : "") + " at " +
                     session_->shown_url() + ", database '" + session_->database() + "'";
  if (!version_.at_least(3, 10))
    info.warnings.push_back("ArangoDB " + version_.text +
                            " is older than 3.10, the oldest version that is tested");
  std::string server = cluster ? cluster_id() : api_.server_id();
  std::string why_not;
  if (const auto tick = api_.last_tick(why_not)) {
    info.start_tick = tick->tick;
    if (server.empty()) server = tick->server_id;
  } else {
    info.warnings.push_back("resync by WAL is not possible: " + why_not);
  }
  info.identity = "arangodb:" + server + ":" + api_.database_id() + ":" + session_->database();
  info_ = std::move(info);
}

/// Each coordinator has an id of its own, so it can't name the cluster. Collections that come with
/// every database and are never dropped can.
std::string ServerSource::cluster_id() {
  for (const auto& c : api_.collections())
    if (c.name == "_graphs" || c.name == "_analyzers") return "cluster-" + c.id;
  return "cluster";
}

std::vector<doc::CollectionInfo> ServerSource::collections() {
  std::vector<doc::CollectionInfo> out;
  for (const auto& facts : api_.collections()) {
    doc::CollectionInfo info;
    info.name = facts.name;
    info.edge = facts.edge;
    info.system = facts.system;
    if (const auto size = api_.size(facts.name)) {
      info.count = size->count;
      info.bytes = size->bytes;
    }
    out.push_back(std::move(info));
  }
  return out;
}

std::optional<std::uint64_t> ServerSource::count(const std::string& collection) {
  return api_.count(collection);
}

std::string ServerSource::revision(const std::string& collection) {
  return api_.revision(collection);
}

std::unique_ptr<doc::Reader> ServerSource::open(std::vector<doc::PartTask> parts,
                                                ByteBudget& budget) {
  info();  // the version decides what cursors can do
  if (!parts.empty() && parts[0].spec.kind == "cursor")
    return std::make_unique<CursorReader>(session_, std::move(parts), budget,
                                          version_.at_least(3, 11));
  return std::make_unique<RangeReader>(session_, std::move(parts), budget);
}

}  // namespace arango2pg::arango
