#include "pg/activity.h"

#include "pg/session_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

std::string escaped_pattern(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "%";
}

/// The names are those of the manual's chapter "Wait Events".
unsigned& kind_of(LaneActivity& out, const std::string& type, const std::string& event) {
  if (type.empty()) return out.computing;
  if (type == "Client") return out.client;
  if (event.starts_with("WAL") || event == "SyncRep") return out.wal;
  if (type == "IO") return out.disk;
  if (type == "Lock" || type == "LWLock" || type == "BufferPin") return out.locks;
  return out.computing;
}

}  // namespace

ActivityWatch::ActivityWatch(const std::string& conninfo, const std::string& purpose)
    : connection_(conninfo, "watch"), pattern_(escaped_pattern(application_name(purpose))) {}

LaneActivity ActivityWatch::look() {
  LaneActivity out;
  const Rows rows = connection_.exec(statement("activity/waits.sql"), {pattern_});
  for (std::size_t i = 0; i < rows.size(); ++i) ++kind_of(out, rows.text(i, 0), rows.text(i, 1));
  return out;
}

}  // namespace arango2pg::pg
