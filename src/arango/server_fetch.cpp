// Documents of a server by key.
#include <algorithm>

#include "arango/cursor.h"
#include "arango/server_source.h"
#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// Asks for keys[begin, end); too much for one answer is asked for in halves.
void fetch_some(Client& client, const std::string& collection, const std::string* begin,
                const std::string* end, doc::DocBatch& batch, const std::stop_token& stop) {
  const auto count = static_cast<std::size_t>(end - begin);
  Query query;
  query.collection = collection;
  query.text = "FOR d IN @@c FILTER d._key IN @keys RETURN d";
  query.keys.assign(begin, end);
  query.batch_size = count;
  if (count > 1) query.body_limit = 4 * client.session().options().page_bytes;
  const std::size_t bytes = batch.bytes.size(), documents = batch.docs.size();
  for (unsigned restarts = 0;; ++restarts) {
    Reply reply = client.call(create_cursor(query), batch.bytes, stop);
    if (reply.ok()) {
      const CursorState state = read_cursor_answer(batch.bytes, bytes, batch.docs);
      if (!state.has_more) return;
      client.try_once(delete_cursor(state.id));  // one batch was asked to hold them all
      reply.lost = true;
    }
    batch.bytes.resize(bytes);
    batch.docs.resize(documents);
    if (reply.stopped)
      throw Error(Exit::interrupted, "stopped while reading documents again",
                  "Run the same command again to go on.");
    if ((reply.too_large || reply.error_num == 32) && count > 1) break;
    if (!reply.lost || restarts >= most_restarts)
      throw Client::failure("cannot read documents of collection '" + collection + "'", reply);
  }
  const std::string* const middle = begin + count / 2;
  fetch_some(client, collection, begin, middle, batch, stop);
  fetch_some(client, collection, middle, end, batch, stop);
}

}  // namespace

void ServerSource::fetch(const std::string& collection, const std::vector<std::string>& keys,
                         doc::DocBatch& batch, const std::stop_token& stop) {
  info();
  Client client(session_);
  for (std::size_t at = 0; at < keys.size(); at += most_keys)
    fetch_some(client, collection, keys.data() + at,
               keys.data() + std::min(keys.size(), at + most_keys), batch, stop);
}

}  // namespace arango2pg::arango
