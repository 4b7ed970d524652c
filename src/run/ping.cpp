#include "run/ping.h"

#include <spdlog/fmt/fmt.h>

#include "base/units.h"
#include "pg/catalog.h"

namespace arango2pg::run {

std::string ping(const std::optional<arango::SourceOptions>& source, const TargetOptions& target) {
  std::string out;
  if (source) {
    const auto opened = arango::open_source(*source);
    const auto& info = opened->info();
    out += fmt::format("source  ok  {}\n", info.description);
    std::uint64_t collections = 0, documents = 0;
    for (const auto& c : opened->collections()) {
      if (c.system) continue;
      ++collections;
      documents += c.count.value_or(0);
    }
    out += fmt::format("            {} collections, {} documents{}\n", collections,
                       format_count(documents),
                       info.start_tick.empty() ? std::string() : ", tick " + info.start_tick);
    for (const auto& w : info.warnings) out += fmt::format("        warning: {}\n", w);
  }
  pg::Connection connection(target.conninfo, "ping");
  pg::check_target(connection);
  out += fmt::format("target  ok  {}\n", connection.description());
  return out;
}

}  // namespace arango2pg::run
