/// \file
/// What the end-to-end tests of schema packs share: a pack's sample, and what it foretells.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "e2e/harness.h"
#include "source_dir.h"

namespace arango2pg::e2e {

/// The manifest that pack_sample printed.
struct Foretold {
  std::string manifest;
  std::vector<std::string> quarantined;  ///< "collection/key rule", sorted

  /// -1 if the manifest does not name it.
  [[nodiscard]] long figure(const std::string& name) const {
    std::smatch found;
    const std::regex entry("\"" + name + "\":(-?\\d+)");
    return std::regex_search(manifest, found, entry) ? std::stol(found[1]) : -1;
  }
  /// How many documents of a collection were written, those for the quarantine among them.
  [[nodiscard]] long documents(const std::string& collection) const {
    std::smatch found;
    const std::regex entry("\"name\":\"" + collection + "\"[^}]*\"documents\":(\\d+)");
    return std::regex_search(manifest, found, entry) ? std::stol(found[1]) : -1;
  }
};

class PackEndToEnd : public EndToEnd {
 protected:
  explicit PackEndToEnd(std::string pack) : pack_(std::move(pack)) {}

  Outcome schema(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "schema");
    arguments.insert(arguments.end(),
                     {"--pack", root_ + "/schemas/" + pack_, "--target", target_->conninfo()});
    return run_tool(std::move(arguments));
  }
  Foretold sample(const std::string& more) {
    const std::string command = std::string(ARANGO2PG_PACK_SAMPLE) + " --pack " + pack_ +
                                " --out '" + (dir_.path() / "dump").string() + "' --seed 11 " +
                                more;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    Foretold foretold;
    std::array<char, 4096> piece{};
    while (const auto n = std::fread(piece.data(), 1, piece.size(), pipe.get()))
      foretold.manifest.append(piece.data(), n);
    const std::regex entry(R"re(\{"collection":"([^"]*)","key":"([^"]*)","rule":"([^"]*)"\})re");
    for (std::sregex_iterator it(foretold.manifest.begin(), foretold.manifest.end(), entry), end;
         it != end; ++it)
      foretold.quarantined.push_back((*it)[1].str() + "/" + (*it)[2].str() + " " + (*it)[3].str());
    std::sort(foretold.quarantined.begin(), foretold.quarantined.end());
    return foretold;
  }
  Outcome migrate_sample(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--mapping", root_ + "/mappings/" + pack_});
    return migrate("dump:" + (dir_.path() / "dump").string(), std::move(more));
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
  /// read = written + filtered + quarantined (promise P2).
  bool adds_up() {
    return target_->value(
               "SELECT sum(read) = sum(written) + sum(filtered) + sum(quarantined) "
               "FROM arango2pg.part") == "t";
  }
  /// Copies the target into another database as a backup would.
  bool restore_into(Target& other) const {
    const std::string command = "pg_dump -d '" + target_->conninfo() + "' | psql -X -q -v " +
                                "ON_ERROR_STOP=1 -d '" + other.conninfo() + "' > /dev/null";
    return std::system(command.c_str()) == 0;
  }
  /// What is left of a pack that was taken down.
  std::string left_over() {
    return target_->value(
        "SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM ("
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace) "
        "AS all_of_it (name)");
  }

  const std::string root_ = ARANGO2PG_SOURCE_DIR;
  const std::string pack_;
};

}  // namespace arango2pg::e2e
