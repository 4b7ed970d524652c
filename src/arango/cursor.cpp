#include "arango/cursor.h"

#include "arango/raw_json.h"
#include "base/error.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

void add(std::string& out, std::string_view name, std::string_view text) {
  out += out.back() == '{' ? "\"" : ",\"";
  out.append(name).append("\":");
  doc::append_json_string(out, text);
}

void add_raw(std::string& out, std::string_view name, std::string_view json) {
  out += out.back() == '{' ? "\"" : ",\"";
  out.append(name).append("\":").append(json);
}

[[noreturn]] void no_answer() {
  throw Error(Exit::source, "the answer to a query holds no complete result",
              "Something between here and the server changes answers; try without the proxy.",
              true);
}

void read_member(const RawMembers::Member& member, CursorState& state) {
  if (member.name == "hasMore") state.has_more = member.value == "true";
  if (member.name == "id") state.id = unquoted(member.value);
  if (member.name == "nextBatchId") state.next_batch = unquoted(member.value);
}

}  // namespace

std::string Query::json() const {
  std::string bind = "{";
  add(bind, "@c", collection);
  if (lo) add(bind, "lo", *lo);
  if (hi) add(bind, "hi", *hi);
  if (n) add_raw(bind, "n", std::to_string(*n));
  if (offset) add_raw(bind, "off", std::to_string(*offset));
  if (!value.empty()) add_raw(bind, "value", value);
  if (!keys.empty()) {
    std::string list;
    for (const std::string& key : keys) {
      list += list.empty() ? '[' : ',';
      doc::append_json_string(list, key);
    }
    add_raw(bind, "keys", list + "]");
  }
  std::string options = "{";
  add_raw(options, "fillBlockCache", "false");
  add_raw(options, "stream", stream ? "true" : "false");
  if (allow_retry) add_raw(options, "allowRetry", "true");
  if (!shard.empty()) {
    std::string list = "[";
    doc::append_json_string(list, shard);
    add_raw(options, "shardIds", list + "]");
  }
  std::string out = "{";
  add(out, "query", text);
  add_raw(out, "bindVars", bind + "}");
  add_raw(out, "batchSize", std::to_string(batch_size));
  if (ttl.count() > 0) add_raw(out, "ttl", std::to_string(ttl.count()));
  add_raw(out, "options", options + "}");
  return out + "}";
}

CursorState read_cursor_answer(const doc::PaddedBuffer& body, std::size_t begin,
                               std::vector<doc::DocRef>& rows) {
  constexpr std::string_view usual = "{\"result\":";
  CursorState state;
  const std::string_view text = body.view();
  std::size_t array = begin + usual.size();
  if (!text.substr(begin).starts_with(usual)) {
    // Another member order: walk to the result.
    RawMembers members(text.substr(begin));
    array = std::string_view::npos;
    while (const auto member = members.next()) {
      read_member(*member, state);
      if (member->name == "result")
        array = static_cast<std::size_t>(member->value.data() - text.data());
    }
    if (array == std::string_view::npos) no_answer();
  }
  const auto end = doc::split_array(text, array, rows);
  if (!end) no_answer();
  // What follows the rows is small: look at it as an object of its own.
  std::string rest(text.substr(*end));
  const std::size_t comma = skip_space(rest, 0);
  if (comma >= rest.size()) no_answer();
  if (rest[comma] == ',') rest[comma] = '{';
  RawMembers members(rest);
  while (const auto member = members.next()) read_member(*member, state);
  return state;
}

Call create_cursor(const Query& query) {
  Call call;
  call.method = Method::post;
  call.path = "/_api/cursor";
  call.body = query.json();
  call.body_limit = query.body_limit;
  return call;
}

Call next_batch(const CursorState& state, bool retryable) {
  Call call;
  call.method = Method::post;
  call.path = "/_api/cursor/" + percent_encode(state.id);
  if (!state.next_batch.empty()) call.path += "/" + percent_encode(state.next_batch);
  call.repeatable = retryable && !state.next_batch.empty();
  return call;
}

Call delete_cursor(const std::string& id) {
  Call call;
  call.method = Method::del;
  call.path = "/_api/cursor/" + percent_encode(id);
  return call;
}

}  // namespace arango2pg::arango
