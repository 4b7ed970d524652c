// /_api/document: single documents, and writes for demos.
#include "fake_arango/state.h"

namespace fake_arango {
namespace {

std::optional<std::pair<std::string, std::uint64_t>> find(const Context& c, const std::string& name,
                                                          std::string_view key) {
  const auto s = c.state.store.snapshot(c.database(), name);
  if (s)
    for (const auto& shard : s->shards)
      if (const auto p = shard->find(key)) {
        const Chunk& chunk = *shard->chunks[p->chunk];
        return std::pair{std::string(chunk.text(p->index)), chunk.entries[p->index].rev};
      }
  return std::nullopt;
}

std::string quoted(const std::string& rev) { return "\"" + rev + "\""; }

Object identity(const CollectionInfo& info, const Written& w) {
  return {{"_id", info.name + "/" + w.key}, {"_key", w.key}, {"_rev", w.rev}};
}

// 201 when the write is on disk, else 202.
int written_status(const CollectionInfo& info) {
  for (const Member& m : info.properties)
    if (m.first == "waitForSync" && m.second.truthy()) return 201;
  return 202;
}

HttpResponse read(const Context& c, const CollectionInfo& info) {
  const auto d = find(c, info.name, c.segment(3));
  if (!d) throw api_error(404, 1202);
  HttpResponse r = text_response(200, d->first);
  r.headers.emplace_back("Etag", quoted(encode_revision(d->second)));
  return r;
}

HttpResponse read_many(const Context& c, const CollectionInfo& info) {
  const Value wanted = c.body();
  if (!wanted.is_array()) throw api_error(400, 10);
  std::string out = "[";
  for (const Value& w : wanted.items()) {
    const Value key = w.is_object() ? w.find("_key").value_or(Value()) : w;
    const auto d = key.is_string() ? find(c, info.name, key.string()) : std::nullopt;
    if (out.size() > 1) out.push_back(',');
    out += d ? d->first
             : to_json(
                   Object{{"error", true}, {"errorNum", 1202}, {"errorMessage", error_text(1202)}});
  }
  return text_response(200, out + "]");
}

HttpResponse write_one(const Context& c, const CollectionInfo& info, WriteMode mode) {
  std::string text = c.request.body;
  std::string old_revision;
  if (mode != WriteMode::insert) {
    const std::string key(c.segment(3));
    const auto old = find(c, info.name, key);
    if (!old) throw api_error(404, 1202);
    old_revision = encode_revision(old->second);
    const Value body = c.body();
    if (!body.is_object()) throw api_error(400, 1227);
    Object o{{"_key", key}};
    for (const Member& m : body.members())
      if (m.first != "_key") o.push_back(m);
    text = to_json(o);
  }
  if (mode == WriteMode::insert && c.request.flag("overwrite", false)) mode = WriteMode::upsert;
  const Written w = c.state.store.write(c.database(), info.name, text, mode, false);
  Object o = identity(info, w);
  if (!old_revision.empty()) o.emplace_back("_oldRev", old_revision);
  HttpResponse r = json_response(written_status(info), o);
  r.headers.emplace_back("Etag", quoted(w.rev));
  r.headers.emplace_back("Location",
                         "/_db/" + c.database() + "/_api/document/" + info.name + "/" + w.key);
  return r;
}

// Several at once are one transaction, without those that are refused.
HttpResponse write_many(const Context& c, const CollectionInfo& info, const Value& items,
                        WriteMode mode) {
  std::vector<WriteOperation> operations;
  for (const Value& item : items.items()) {
    const Value key = item.is_object() ? item.find("_key").value_or(Value()) : item;
    operations.push_back(
        {info.name, mode,
         mode == WriteMode::remove ? (key.is_string() ? key.string() : "") : to_json(item)});
  }
  std::vector<Store::Refusal> refused;
  const auto written = c.state.store.write_each(c.database(), operations, refused);
  Array out;
  auto next = refused.begin();
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (next == refused.end() || next->index != i) {
      out.emplace_back(identity(info, written[i]));
      continue;
    }
    const ApiError& e = next++->error;
    out.emplace_back(Object{{"error", true}, {"errorNum", e.num}, {"errorMessage", e.message}});
  }
  return json_response(written_status(info), out);
}

HttpResponse remove(const Context& c, const CollectionInfo& info) {
  const std::string key(c.segment(3));
  const auto old = find(c, info.name, key);
  if (!old || !c.state.store.remove(c.database(), info.name, key)) throw api_error(404, 1202);
  const int status = written_status(info) == 201 ? 200 : 202;
  return json_response(status, identity(info, {key, encode_revision(old->second)}));
}

}  // namespace

HttpResponse handle_document(Context& c) {
  const CollectionInfo info = c.readable(c.segment(2));
  const bool has_key = !c.segment(3).empty();
  if ((c.is("GET") || c.is("HEAD")) && has_key) return read(c, info);
  if (c.is("PUT") && !has_key && c.request.flag("onlyget", false)) return read_many(c, info);
  c.need_write(info.name);
  if (!has_key) {
    const WriteMode mode =
        c.is("POST")    ? c.request.flag("overwrite", false) ? WriteMode::upsert : WriteMode::insert
        : c.is("PUT")   ? WriteMode::replace
        : c.is("PATCH") ? WriteMode::update
                        : WriteMode::remove;
    if (mode == WriteMode::remove && !c.is("DELETE")) fail_method();
    const Value body = c.body();
    if (body.is_array()) return write_many(c, info, body, mode);
    if (c.is("POST")) return write_one(c, info, WriteMode::insert);
    fail_method();
  }
  if (c.is("PUT")) return write_one(c, info, WriteMode::replace);
  if (c.is("PATCH")) return write_one(c, info, WriteMode::update);
  if (c.is("DELETE")) return remove(c, info);
  fail_method();
}

}  // namespace fake_arango
