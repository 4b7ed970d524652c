#include "fake_arango/fake_arango.h"

#include <algorithm>
#include <stdexcept>

#include "fake_arango/loader.h"
#include "fake_arango/state.h"

namespace fake_arango {
namespace {

// For tests a refusal is a wrong argument.
template <class F>
auto checked(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const ApiError& e) {
    throw std::invalid_argument(e.message);
  } catch (const JsonError& e) {
    throw std::invalid_argument(e.what());
  }
}

}  // namespace

// --- Faults

void Faults::add(Fault fault) { state_->faults.add(std::move(fault)); }
void Faults::add_json(std::string_view json) { state_->faults.add(fault_from_json(json)); }
void Faults::clear() { state_->faults.clear(); }
void Faults::seed(std::uint64_t seed) { state_->faults.seed(seed); }
std::uint64_t Faults::fired() const { return state_->faults.fired(); }

// --- Collection

Written Collection::insert(std::string_view json) {
  return checked(
      [&] { return state_->store.write(database_, name_, json, WriteMode::insert, true); });
}

void Collection::insert_all(const std::vector<std::string>& documents) {
  std::size_t at = 0;
  checked([&] {
    state_->store.insert_all(database_, name_, [&](std::string_view& json) {
      if (at == documents.size()) return false;
      json = documents[at++];
      return true;
    });
  });
}

Written Collection::replace(std::string_view json) {
  return checked(
      [&] { return state_->store.write(database_, name_, json, WriteMode::replace, false); });
}

Written Collection::update(std::string_view json) {
  return checked(
      [&] { return state_->store.write(database_, name_, json, WriteMode::update, false); });
}

bool Collection::remove(std::string_view key) {
  return checked([&] { return state_->store.remove(database_, name_, key); });
}

void Collection::insert_verbatim(std::string_view key, std::string text) {
  checked([&] { state_->store.insert_verbatim(database_, name_, key, std::move(text)); });
}

void Collection::truncate() {
  checked([&] { state_->store.truncate(database_, name_); });
}

void Collection::rename(const std::string& name) {
  checked([&] { state_->store.rename(database_, name_, name); });
  name_ = name;
}

void Collection::drop() {
  checked([&] { state_->store.drop(database_, name_); });
}

std::string Collection::add_index(std::string_view json) {
  return checked(
      [&] { return to_json(state_->store.add_index(database_, name_, parse_json(json))); });
}

std::uint64_t Collection::count() const {
  const auto s = state_->store.snapshot(database_, name_);
  return s ? s->count() : 0;
}

std::vector<std::string> Collection::keys() const {
  std::vector<std::string> out;
  if (const auto s = state_->store.snapshot(database_, name_))
    for (const auto& shard : s->shards)
      for (const auto& c : shard->chunks)
        for (std::size_t i = 0; i < c->entries.size(); ++i) out.emplace_back(c->key(i));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> Collection::shards() const {
  const auto info = state_->store.find(database_, name_);
  if (!info || !state_->cluster()) return {};
  return info->shard_names;
}

std::size_t Collection::shard_of(std::string_view key) const {
  return checked([&] { return state_->store.shard_of(database_, name_, key); });
}

std::string Collection::document(std::string_view key) const {
  if (const auto s = state_->store.snapshot(database_, name_))
    for (const auto& shard : s->shards)
      if (const auto p = shard->find(key))
        return std::string(shard->chunks[p->chunk]->text(p->index));
  return {};
}

// --- Transaction

struct Transaction::Operations {
  std::vector<WriteOperation> all;
};

Transaction::Transaction(std::shared_ptr<State> state, std::string database)
    : state_(std::move(state)),
      database_(std::move(database)),
      operations_(std::make_shared<Operations>()) {}

Transaction& Transaction::insert(const std::string& collection, std::string_view json) {
  operations_->all.push_back({collection, WriteMode::insert, std::string(json), true});
  return *this;
}

Transaction& Transaction::replace(const std::string& collection, std::string_view json) {
  operations_->all.push_back({collection, WriteMode::replace, std::string(json)});
  return *this;
}

Transaction& Transaction::update(const std::string& collection, std::string_view json) {
  operations_->all.push_back({collection, WriteMode::update, std::string(json)});
  return *this;
}

Transaction& Transaction::upsert(const std::string& collection, std::string_view json) {
  operations_->all.push_back({collection, WriteMode::upsert, std::string(json)});
  return *this;
}

Transaction& Transaction::remove(const std::string& collection, std::string_view key) {
  operations_->all.push_back({collection, WriteMode::remove, std::string(key)});
  return *this;
}

std::vector<Written> Transaction::commit() {
  const std::vector<WriteOperation> all = std::exchange(operations_->all, {});
  return checked([&] { return state_->store.transact(database_, all); });
}

// --- Database

Collection Database::create(const std::string& name, const CollectionSpec& spec) {
  checked([&] { state_->store.create_collection(name_, name, spec); });
  return {state_, name_, name};
}

Collection Database::collection(const std::string& name) {
  if (!state_->store.find(name_, name)) return create(name);
  return {state_, name_, name};
}

std::vector<std::string> Database::collections() const {
  std::vector<std::string> out;
  for (const CollectionInfo& c : state_->store.collections(name_))
    if (!c.system) out.push_back(c.name);
  return out;
}

void Database::adopt_wal(std::string_view lines) {
  checked([&] { state_->store.wal_adopt(name_, lines); });
}

void Database::add_graph(std::string_view json) {
  checked([&] {
    const Value graph = parse_json(json);
    Object document{{"_key", graph.find("name").value_or(Value())}};
    for (const Member& m : graph.members())
      if (m.first != "name") document.push_back(m);
    state_->store.write(name_, "_graphs", to_json(document), WriteMode::insert, false);
  });
}

void Database::add_view(std::string_view json) {
  checked([&] { state_->store.add_view(name_, parse_json(json)); });
}

void Database::add_analyzer(std::string_view json) {
  checked([&] { state_->store.add_analyzer(name_, parse_json(json)); });
}

void Database::load_dump(const std::filesystem::path& directory) {
  checked([&] { fake_arango::load_dump(state_->store, name_, directory); });
}

void Database::load_jsonl(const std::filesystem::path& directory) {
  checked([&] { fake_arango::load_jsonl(state_->store, name_, directory); });
}

// --- FakeArango

FakeArango::FakeArango(Options options)
    : state_(std::make_shared<State>(std::move(options))), faults_(*state_) {}

FakeArango::~FakeArango() { stop(); }

void FakeArango::start() {
  state_->store.start_logging();
  const Options& o = state_->options;
  const unsigned ports = state_->cluster() ? std::max(1U, o.coordinators) : 1;
  for (unsigned i = 0; i < ports; ++i) {
    State* const state = state_.get();
    HttpServer::Hooks hooks;
    hooks.handle = [state, i](HttpRequest& r) {
      r.coordinator = i;
      return handle(*state, r);
    };
    hooks.connected = [state] { state->recorder.connected(); };
    hooks.sent = [state](std::uint64_t bytes) { state->recorder.sent(bytes); };
    const auto port = static_cast<std::uint16_t>(i == 0 ? o.port : 0);
    auto server = std::make_unique<HttpServer>(port, o.keep_alive, std::move(hooks));
    const std::lock_guard lock(state_->servers_mutex);
    state_->servers.push_back(std::move(server));
  }
}

void FakeArango::stop() {
  std::vector<std::unique_ptr<HttpServer>> servers;
  {
    const std::lock_guard lock(state_->servers_mutex);
    servers.swap(state_->servers);
  }
  servers.clear();  // joins, without the lock that requests under way may need
}

void FakeArango::stop_coordinator(unsigned coordinator) {
  std::unique_ptr<HttpServer> server;
  {
    const std::lock_guard lock(state_->servers_mutex);
    server = std::move(state_->servers.at(coordinator));
  }
  server.reset();
  state_->cursors.lose_all_of(coordinator);
}

std::uint16_t FakeArango::port(unsigned coordinator) const {
  const std::lock_guard lock(state_->servers_mutex);
  const auto& server = state_->servers.at(coordinator);
  if (!server) throw std::runtime_error("this coordinator was stopped");
  return server->port();
}

std::string FakeArango::url(unsigned coordinator) const {
  return "http://127.0.0.1:" + std::to_string(port(coordinator));
}

Database FakeArango::database(const std::string& name) {
  checked([&] { state_->store.create_database(name); });
  return {state_, name};
}

Counters FakeArango::counters() const {
  Counters k = state_->recorder.counters();
  k.open_cursors = state_->cursors.open();
  k.cursors_created = state_->cursors.created();
  return k;
}

std::vector<Request> FakeArango::requests() const { return state_->recorder.requests(); }
void FakeArango::forget_requests() { state_->recorder.forget_requests(); }
std::uint64_t FakeArango::last_tick() const { return state_->store.tick(); }
void FakeArango::purge_wal() { state_->store.wal_purge(false); }
void FakeArango::lose_wal() { state_->store.wal_purge(true); }
void FakeArango::lose_cursors() { state_->cursors.lose_all(); }
std::string FakeArango::superuser_jwt() const { return state_->auth.superuser_token(); }

}  // namespace fake_arango
