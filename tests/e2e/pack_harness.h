/// \file
/// What the end-to-end tests of schema packs share: a pack's sample, and what it foretells.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
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
  /// A database as `pg_dump -s` prints it, without the tool's own schema.
  static std::string dumped(const Target& database) {
    const std::string command = "pg_dump -s -N arango2pg -d '" + database.conninfo() + "'";
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::string all;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
      const std::string text(line.data());
      // A random word, new in each dump.
      if (text.rfind("\\restrict", 0) != 0 && text.rfind("\\unrestrict", 0) != 0) all += text;
    }
    EXPECT_NE(all.find("PostgreSQL database dump complete"), std::string::npos);
    return all;
  }
  /// A pack's whole life in an empty database: up, up again, verified, loaded, verified, down to
  /// nothing. `load` makes the sample and migrates it.
  void expect_whole_cycle(const std::function<Outcome()>& load) {
    target_ = std::make_unique<Target>();
    const auto works = [&](std::vector<std::string> arguments) {
      const Outcome outcome = schema(std::move(arguments));
      EXPECT_EQ(outcome.exit, 0) << outcome.all();
      return outcome;
    };
    const std::string empty = dumped(*target_);
    works({"up"});
    const std::string whole = dumped(*target_);
    EXPECT_NE(works({"up"}).out.find("nothing to do"), std::string::npos);
    EXPECT_EQ(dumped(*target_), whole) << "up twice changes nothing";
    works({"verify"});
    const Outcome loaded = load();
    ASSERT_EQ(loaded.exit, 0) << loaded.all();
    EXPECT_TRUE(adds_up());
    EXPECT_GT(std::stol(target_->value("SELECT sum(written) FROM arango2pg.part")), 0);
    EXPECT_NE(works({"up"}).out.find("nothing to do"), std::string::npos);
    EXPECT_EQ(dumped(*target_), whole) << "a load drops indexes only to build them again";
    works({"verify"});
    works({"down", "--to", "0", "--yes"});
    EXPECT_EQ(dumped(*target_), empty);
  }

  const std::string root_ = ARANGO2PG_SOURCE_DIR;
  const std::string pack_;
};

}  // namespace arango2pg::e2e
