#include "arango/api.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "doc/parsed_json.h"

namespace arango2pg::arango {
namespace {

using doc::count_of;
using doc::is_true;
using doc::text_of;

/// A parsed answer.
doc::ParsedJson parse(const doc::PaddedBuffer& body) {
  doc::ParsedJson answer(body.view());
  if (!answer.valid()) throw Error(Exit::source, "an answer of the server is no valid JSON");
  return answer;
}

ServerVersion parse_version(const std::string& text) {
  ServerVersion out;
  out.text = text;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, out.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.')
    std::from_chars(major.ptr + 1, end, out.minor);
  return out;
}

/// The hidden parts of smart edge collections are named after the public one.
bool is_hidden_part(const std::string& name, const std::set<std::string>& names) {
  for (const std::string_view prefix : {"_local_", "_from_", "_to_"})
    if (name.starts_with(prefix) && names.contains(name.substr(prefix.size()))) return true;
  return false;
}

}  // namespace

Api::Api(std::shared_ptr<Session> session) : client_(std::move(session)) {}

Reply Api::get(const std::string& path, doc::PaddedBuffer& body, const std::string& database) {
  const std::lock_guard lock(mutex_);
  Call call;
  call.path = path;
  call.database = database;
  return client_.call(call, body, {});
}

Reply Api::get_of(const std::string& collection, const std::string& what, doc::PaddedBuffer& body) {
  return get("/_api/collection/" + percent_encode(collection) + what, body);
}

ServerVersion Api::version() {
  doc::PaddedBuffer body;
  const Reply reply = get("/_api/version", body);
  if (reply.error_num == 1228 || reply.error_num == 1229) explain_missing_database();
  if (!reply.ok()) throw Client::failure("cannot ask for the server's version", reply);
  const doc::ParsedJson answer = parse(body);
  if (text_of(answer.find("server")) != "arango")
    throw Error(Exit::source, "'" + client_.session().shown_url() + "' is no ArangoDB server",
                "Check host and port in --source.");
  return parse_version(text_of(answer.find("version")));
}

void Api::explain_missing_database() {
  const std::string name = client_.session().database();
  const auto known = databases();
  const std::vector<std::string_view> words(known.begin(), known.end());
  throw Error(Exit::source,
              "database '" + name + "' does not exist on '" + client_.session().shown_url() + "'" +
                  suggestion(name, words),
              "Check the path of --source; names are case-sensitive, and letters with accents must "
              "be in Unicode normal form NFC.");
}

std::vector<std::string> Api::databases() {
  std::vector<std::string> out;
  doc::PaddedBuffer body;
  if (!get("/_api/database/user", body, "_system").ok()) return out;
  const doc::ParsedJson answer = parse(body);
  if (const auto result = answer.find("result"); result && result->kind() == doc::Kind::array)
    for (const doc::Value name : doc::Elements(*result)) out.push_back(text_of(name));
  std::sort(out.begin(), out.end());
  return out;
}

Role Api::role() {
  doc::PaddedBuffer body;
  const Reply reply = get("/_admin/server/role", body);
  if (!reply.ok()) {
    // A hardened server doesn't tell users; what only coordinators know does.
    body.clear();
    return get("/_api/cluster/endpoints", body).ok() ? Role::coordinator : Role::single;
  }
  const std::string role = text_of(parse(body).find("role"));
  if (role == "PRIMARY" || role == "AGENT")
    throw Error(
        Exit::source,
        "'" + client_.session().shown_url() + "' is an inner node of a cluster (role " + role + ")",
        "Name a coordinator in --source.");
  return role == "COORDINATOR" ? Role::coordinator : Role::single;
}

std::string Api::database_id() {
  doc::PaddedBuffer body;
  const Reply reply = get("/_api/database/current", body);
  if (!reply.ok()) throw Client::failure("cannot read the database's description", reply);
  const doc::ParsedJson answer = parse(body);
  const auto result = answer.find("result");
  return result ? text_of(result->find("id")) : std::string();
}

std::string Api::server_id() {
  doc::PaddedBuffer body;
  if (!get("/_api/replication/server-id", body).ok()) return {};
  return text_of(parse(body).find("serverId"));
}

std::optional<WalTick> Api::last_tick(std::string& why_not) {
  doc::PaddedBuffer body;
  const Reply reply = get("/_api/wal/lastTick", body);
  if (!reply.ok()) {
    why_not = reply.status == 403   ? "the user has no write access to _system"
              : reply.status == 501 ? "a cluster has no common log"
                                    : "the server says HTTP " + std::to_string(reply.status);
    return std::nullopt;
  }
  const doc::ParsedJson answer = parse(body);
  const auto server = answer.find("server");
  return WalTick{text_of(answer.find("tick")),
                 server ? text_of(server->find("serverId")) : std::string()};
}

std::vector<CollectionFacts> Api::collections() {
  doc::PaddedBuffer body;
  const Reply reply = get("/_api/collection", body);
  if (!reply.ok()) throw Client::failure("cannot list the collections", reply);
  const doc::ParsedJson answer = parse(body);
  const auto result = answer.find("result");
  std::vector<CollectionFacts> out;
  std::set<std::string> names;
  if (!result || result->kind() != doc::Kind::array) return out;
  for (const doc::Value c : doc::Elements(*result)) {
    if (count_of(c.find("status")) == 5) continue;  // deleted
    CollectionFacts facts;
    facts.id = text_of(c.find("id"));
    facts.name = text_of(c.find("name"));
    facts.globally_unique_id = text_of(c.find("globallyUniqueId"));
    facts.edge = count_of(c.find("type")) == 3;
    facts.system = is_true(c.find("isSystem")) || facts.name.starts_with('_');
    names.insert(facts.name);
    out.push_back(std::move(facts));
  }
  std::erase_if(out, [&](const auto& facts) { return is_hidden_part(facts.name, names); });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<CollectionSize> Api::size(const std::string& collection) {
  doc::PaddedBuffer body;
  if (!get_of(collection, "/figures", body).ok()) {
    const auto documents = count(collection);
    if (!documents) return std::nullopt;
    return CollectionSize{*documents, 0};
  }
  const doc::ParsedJson answer = parse(body);
  const auto figures = answer.find("figures");
  return CollectionSize{count_of(answer.find("count")),
                        figures ? count_of(figures->find("documentsSize")) : 0};
}

std::optional<std::uint64_t> Api::count(const std::string& collection) {
  doc::PaddedBuffer body;
  if (!get_of(collection, "/count", body).ok()) return std::nullopt;
  return count_of(parse(body).find("count"));
}

std::string Api::revision(const std::string& collection) {
  doc::PaddedBuffer body;
  if (!get_of(collection, "/revision", body).ok()) return {};
  return text_of(parse(body).find("revision"));
}

Placement Api::placement(const std::string& collection) {
  doc::PaddedBuffer body;
  const Reply reply = get_of(collection, "/count?details=true", body);
  if (!reply.ok())
    throw Client::failure("cannot count collection '" + collection + "'", reply,
                          "The user needs read access to it.");
  const doc::ParsedJson answer = parse(body);
  Placement out;
  const auto type = answer.find("type");
  out.spread = is_true(answer.find("isSmart")) && count_of(type) == 3;
  const auto count = answer.find("count");
  const std::uint64_t shards = count_of(answer.find("numberOfShards"));
  if (!count || count->kind() != doc::Kind::object) {
    out.count = count_of(count);
    if (shards == 1) out.shards[""] = out.count;
    return out;
  }
  std::string scratch;
  for (const auto [name, documents] : doc::Members(*count)) {
    out.shards[std::string(name.string(scratch))] = count_of(documents);
    out.count += count_of(documents);
  }
  if (shards != 0 && shards != out.shards.size()) out.shards.clear();
  return out;
}

std::string Api::properties(const std::string& collection) {
  doc::PaddedBuffer body;
  const Reply reply = get_of(collection, "/properties", body);
  if (!reply.ok())
    throw Client::failure("cannot read the properties of collection '" + collection + "'", reply);
  return std::string(body.view());
}

std::string Api::indexes(const std::string& collection) {
  doc::PaddedBuffer body;
  const Reply reply = get("/_api/index?collection=" + percent_encode(collection), body);
  if (!reply.ok())
    throw Client::failure("cannot list the indexes of collection '" + collection + "'", reply);
  const doc::ParsedJson answer = parse(body);
  const auto indexes = answer.find("indexes");
  return indexes ? std::string(indexes->json()) : "[]";
}

std::optional<std::string> Api::object(const std::string& path, std::string& why_not) {
  doc::PaddedBuffer body;
  const Reply reply = get(path, body);
  if (reply.ok()) return std::string(body.view());
  why_not = reply.status == 403   ? "the user may not see it"
            : reply.status == 401 ? "the user may not see it"
            : reply.status == 404 ? "the server does not know it"
                                  : "the server says HTTP " + std::to_string(reply.status);
  return std::nullopt;
}

std::optional<std::vector<std::string>> Api::list(const std::string& path,
                                                  const std::string& member, std::string& why_not) {
  const auto text = object(path, why_not);
  if (!text) return std::nullopt;
  const doc::ParsedJson answer(*text);
  std::vector<std::string> out;
  if (const auto array = answer.find(member); array && array->kind() == doc::Kind::array)
    for (const doc::Value v : doc::Elements(*array)) out.emplace_back(v.json());
  return out;
}

std::optional<std::vector<std::string>> Api::strings(const Query& query, Reply& refusal) {
  doc::PaddedBuffer body;
  std::vector<doc::DocRef> rows;
  const std::lock_guard lock(mutex_);
  refusal = client_.call(create_cursor(query), body, {});
  if (!refusal.ok()) return std::nullopt;
  read_cursor_answer(body, 0, rows);
  std::vector<std::string> out;
  for (const auto& row : rows) {
    const std::string_view text = body.view().substr(row.begin, row.size);
    if (text.size() >= 2 && text.front() == '"') out.emplace_back(text.substr(1, text.size() - 2));
  }
  return out;
}

CollectionSize Api::measure(const Query& query) {
  doc::PaddedBuffer body;
  std::vector<doc::DocRef> rows;
  const std::lock_guard lock(mutex_);
  const Reply reply = client_.call(create_cursor(query), body, {});
  if (reply.too_large) return {query.n.value_or(1), reply.length};
  if (!reply.ok()) return {};
  read_cursor_answer(body, 0, rows);
  return {rows.size(), body.size()};
}

}  // namespace arango2pg::arango
