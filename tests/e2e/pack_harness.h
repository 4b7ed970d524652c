/// \file
/// A schema pack as a user runs it: schema up, a sample, migrate by its mappings.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace arango2pg::e2e {

/// What pack_sample says of a sample it has written.
struct Manifest {
  std::string text;
  std::vector<std::string> quarantined;  ///< "collection/key rule", sorted

  /// "documents" of a collection, or a figure.
  [[nodiscard]] long number(const std::string& name) const {
    std::smatch found;
    const std::regex figure("\"" + name + "\":(\\d+)");
    const std::regex documents("\"name\":\"" + name + "\"[^}]*\"documents\":(\\d+)");
    if (!std::regex_search(text, found, documents) && !std::regex_search(text, found, figure))
      return -1;
    return std::stol(found[1]);
  }
};

class PackTest : public EndToEnd {
 protected:
  explicit PackTest(std::string pack) : pack_(std::move(pack)) {}

  Outcome schema(const std::string& verb, std::vector<std::string> more = {}) {
    std::vector<std::string> all = {
        "schema",   verb,
        "--pack",   std::string(ARANGO2PG_SOURCE_DIR) + "/schemas/" + pack_,
        "--target", target_->conninfo()};
    all.insert(all.end(), more.begin(), more.end());
    return run_tool(all);
  }
  Manifest sample(const std::string& more = "") {
    const std::string command = std::string(ARANGO2PG_PACK_SAMPLE) + " --pack " + pack_ +
                                " --out '" + dump() + "' --seed 7 " + more;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    Manifest manifest;
    std::array<char, 4096> piece{};
    while (const auto n = std::fread(piece.data(), 1, piece.size(), pipe.get()))
      manifest.text.append(piece.data(), n);
    const std::regex entry(R"re(\{"collection":"([^"]*)","key":"([^"]*)","rule":"([^"]*)"\})re");
    for (std::sregex_iterator it(manifest.text.begin(), manifest.text.end(), entry), end; it != end;
         ++it)
      manifest.quarantined.push_back((*it)[1].str() + "/" + (*it)[2].str() + " " + (*it)[3].str());
    std::sort(manifest.quarantined.begin(), manifest.quarantined.end());
    return manifest;
  }
  Outcome load(std::vector<std::string> more = {}) {
    more.insert(more.end(),
                {"--mapping", std::string(ARANGO2PG_SOURCE_DIR) + "/mappings/" + pack_});
    return migrate("dump:" + dump(), more);
  }
  std::vector<std::string> quarantined() {
    std::vector<std::string> all;
    for (const auto& row :
         target_->query("SELECT collection || '/' || coalesce(key, '') || ' ' || rule "
                        "FROM arango2pg.quarantine WHERE status = 'open'"))
      all.push_back(row[0]);
    std::sort(all.begin(), all.end());
    return all;
  }
  /// read = written + filtered + quarantined.
  bool adds_up() {
    return target_->value(
               "SELECT sum(read) = sum(written) + sum(filtered) + sum(quarantined) "
               "FROM arango2pg.part") == "t";
  }
  [[nodiscard]] std::string dump() const { return (dir_.path() / "dump").string(); }

  const std::string pack_;
};

}  // namespace arango2pg::e2e
