#include "arango/revisions.h"

#include <algorithm>
#include <utility>

#include "arango/cursor.h"
#include "arango/raw_json.h"
#include "base/error.h"
#include "base/log.h"

namespace arango2pg::arango {
namespace {

/// About 2 MB of keys and revisions.
constexpr std::uint64_t page_keys = 50'000;

class RangeKeys final : public KeyStream {
 public:
  RangeKeys(std::shared_ptr<Session> session, std::string collection, KeyRange range,
            const std::string& after)
      : client_(std::move(session)), collection_(std::move(collection)), range_(std::move(range)) {
    if (!after.empty()) range_.lo = after;
  }

  std::optional<KeyPage> next(const std::stop_token& stop) override {
    if (ended_) return std::nullopt;
    KeyPage page;
    if (!ask(page, stop)) return std::nullopt;
    // Only an empty page is the end: some server versions lose the last row of a LIMIT.
    if (page.items.empty()) {
      ended_ = true;
      return std::nullopt;
    }
    check_order(page);
    range_.lo = std::string(page.items.back().key);
    return page;
  }

 private:
  /// False if it was stopped.
  bool ask(KeyPage& page, const std::stop_token& stop) {
    for (unsigned restarts = 0;; ++restarts) {
      Query query = key_query(collection_, range_, hinted_);
      query.text += "LIMIT @n RETURN [d._key, d._rev]";
      query.n = query.batch_size = page_keys;
      page.bytes.clear();
      std::vector<doc::DocRef> rows;
      Reply reply = client_.call(create_cursor(query), page.bytes, stop);
      CursorState state;
      if (reply.ok()) {
        state = read_cursor_answer(page.bytes, 0, rows);
        while (state.has_more && reply.ok()) {
          const std::size_t begin = page.bytes.size();
          const std::string id = state.id;
          reply = client_.call(next_batch(state, false), page.bytes, stop);
          if (!reply.ok()) break;
          state = read_cursor_answer(page.bytes, begin, rows);
          if (state.id.empty()) state.id = id;
        }
      }
      if (reply.stopped) return false;
      if (reply.ok()) {
        take(page, rows);
        return true;
      }
      if (hinted_ && reply.error_num == 1577) {
        hinted_ = false;  // see RangeReader: an old server without this hint
        continue;
      }
      if (!state.id.empty()) client_.try_once(delete_cursor(state.id));
      const bool lost = reply.lost || reply.error_num == 1600;
      if (!lost || restarts >= most_restarts)
        throw Client::failure("cannot read the keys of collection '" + collection_ + "'", reply);
    }
  }

  void take(KeyPage& page, const std::vector<doc::DocRef>& rows) const {
    page.items.reserve(rows.size());
    for (const doc::DocRef& row : rows) {
      // ["key","revision"]: neither holds a quote or a backslash.
      const std::string_view text = page.bytes.view().substr(row.begin, row.size);
      const std::size_t first = skip_space(text, 1);
      const std::size_t end = skip_value(text, first);
      if (end == std::string_view::npos) fail();
      const std::size_t comma = skip_space(text, end);
      if (comma >= text.size() || text[comma] != ',') fail();
      const std::size_t second = skip_space(text, comma + 1);
      const std::size_t behind = skip_value(text, second);
      if (behind == std::string_view::npos) fail();
      page.items.push_back({string_text(text.substr(first, end - first)),
                            string_text(text.substr(second, behind - second))});
    }
  }

  [[noreturn]] void fail() const {
    throw Error(
        Exit::source,
        "the answer to a query for keys of collection '" + collection_ + "' holds something else",
        "Something between here and the server changes answers; try without the proxy.");
  }

  void check_order(const KeyPage& page) const {
    std::string_view last = range_.lo ? std::string_view(*range_.lo) : std::string_view();
    for (const KeyPage::Item& item : page.items) {
      if (item.key <= last)
        throw Error(Exit::source,
                    "the keys of collection '" + collection_ + "' don't come in byte order",
                    "The server did not use its primary index; this would lose documents.");
      last = item.key;
    }
  }

  Client client_;
  const std::string collection_;
  KeyRange range_;
  bool hinted_ = true;
  bool ended_ = false;
};

class MergedKeys final : public KeyStream {
 public:
  explicit MergedKeys(std::vector<std::unique_ptr<KeyStream>> streams) {
    for (auto& s : streams) inputs_.push_back({std::move(s), {}, 0, false});
  }

  std::optional<KeyPage> next(const std::stop_token& stop) override {
    KeyPage out;
    std::vector<std::pair<std::size_t, std::size_t>> sizes;  // views come last: the buffer grows
    while (sizes.size() < page_keys) {
      Input* least = nullptr;
      for (Input& input : inputs_) {
        if (!fill(input, stop)) return std::nullopt;
        if (input.ended) continue;
        if (least == nullptr || input.item().key < least->item().key) least = &input;
      }
      if (least == nullptr) break;
      const KeyPage::Item& item = least->item();
      sizes.emplace_back(item.key.size(), item.revision.size());
      out.bytes.append(item.key);
      out.bytes.append(item.revision);
      ++least->at;
    }
    if (sizes.empty()) return std::nullopt;
    out.items.reserve(sizes.size());
    std::size_t at = 0;
    for (const auto& [key, revision] : sizes) {
      out.items.push_back(
          {out.bytes.view().substr(at, key), out.bytes.view().substr(at + key, revision)});
      at += key + revision;
    }
    return out;
  }

 private:
  struct Input {
    std::unique_ptr<KeyStream> stream;
    KeyPage page;
    std::size_t at = 0;
    bool ended = false;
    [[nodiscard]] const KeyPage::Item& item() const { return page.items[at]; }
  };

  /// False if it was stopped.
  static bool fill(Input& input, const std::stop_token& stop) {
    if (input.ended || input.at < input.page.items.size()) return true;
    auto page = input.stream->next(stop);
    if (stop.stop_requested()) return false;
    input.ended = !page;
    input.page = page ? *std::move(page) : KeyPage();
    input.at = 0;
    return true;
  }

  std::vector<Input> inputs_;
};

}  // namespace

std::unique_ptr<KeyStream> open_range_keys(std::shared_ptr<Session> session,
                                           const std::string& collection, const KeyRange& range,
                                           const std::string& after) {
  return std::make_unique<RangeKeys>(std::move(session), collection, range, after);
}

std::unique_ptr<KeyStream> merge_keys(std::vector<std::unique_ptr<KeyStream>> streams) {
  return std::make_unique<MergedKeys>(std::move(streams));
}

bool DocumentFetcher::fetch(const std::string& collection, const std::vector<std::string>& keys,
                            doc::DocBatch& batch, const std::stop_token& stop) {
  for (std::size_t at = 0; at < keys.size(); at += most_keys)
    if (!fetch_some(collection, keys.data() + at,
                    keys.data() + std::min(keys.size(), at + most_keys), batch, stop))
      return false;
  return true;
}

/// Too much for one answer is asked for in halves.
bool DocumentFetcher::fetch_some(const std::string& collection, const std::string* first,
                                 const std::string* end, doc::DocBatch& batch,
                                 const std::stop_token& stop) {
  Query query;
  query.collection = collection;
  query.text = "FOR d IN @@c FILTER d._key IN @keys RETURN d";
  query.keys.assign(first, end);
  const auto count = static_cast<std::size_t>(end - first);
  query.batch_size = count;
  if (count > 1) query.body_limit = 4 * client_.session().options().page_bytes;
  const std::size_t begin = batch.bytes.size();
  const std::size_t documents = batch.docs.size();
  for (unsigned restarts = 0;; ++restarts) {
    Reply reply = client_.call(create_cursor(query), batch.bytes, stop);
    if (reply.ok()) {
      const CursorState state = read_cursor_answer(batch.bytes, begin, batch.docs);
      if (!state.has_more) return true;
      // The whole answer was asked for in one batch.
      client_.try_once(delete_cursor(state.id));
      reply.lost = true;
    }
    batch.bytes.resize(begin);
    batch.docs.resize(documents);
    if (reply.stopped) return false;
    if ((reply.too_large || reply.error_num == 32) && count > 1) break;
    if (!reply.lost || restarts >= most_restarts)
      throw Client::failure("cannot read documents of collection '" + collection + "'", reply);
  }
  const std::string* middle = first + count / 2;
  return fetch_some(collection, first, middle, batch, stop) &&
         fetch_some(collection, middle, end, batch, stop);
}

}  // namespace arango2pg::arango
