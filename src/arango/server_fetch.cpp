// Documents of a server by key.
#include "arango/revisions.h"
#include "arango/server_source.h"
#include "base/error.h"

namespace arango2pg::arango {

void ServerSource::fetch(const std::string& collection, const std::vector<std::string>& keys,
                         doc::DocBatch& batch, const std::stop_token& stop) {
  info();
  if (!DocumentFetcher(session_).fetch(collection, keys, batch, stop))
    throw Error(Exit::interrupted, "stopped while reading documents again",
                "Run the same command again to go on.");
}

}  // namespace arango2pg::arango
