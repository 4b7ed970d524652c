#include "run/text_table.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace arango2pg::run {

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width(rows[0].size());
  for (const auto& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i) width[i] = std::max(width[i], r[i].size());
  std::string out;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    std::string line;
    for (std::size_t i = 0; i < rows[n].size(); ++i)
      line += i < 2 ? fmt::format("{:<{}}  ", rows[n][i], width[i])
                    : fmt::format("{:>{}}  ", rows[n][i], width[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (n == 0 || n + 2 == rows.size()) {
      std::size_t total = 0;
      for (const auto w : width) total += w + 2;
      for (std::size_t i = 0; i + 2 < total; ++i) out += "─";
      out += "\n";
    }
  }
  return out;
}

}  // namespace arango2pg::run
