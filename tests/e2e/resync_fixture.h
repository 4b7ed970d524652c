/// \file
/// A source that is written to while it is migrated, and the judge of the end: a program that
/// shares nothing with the tool.
#pragma once

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "e2e/harness.h"
#include "source_dir.h"

namespace arango2pg::e2e {

/// Threads that write to collections `docs`, `more` and edges `links` until stopped: inserts,
/// updates, replaces, removes, transactions over several collections, and truncates of `more`.
class Writers {
 public:
  struct Plan {
    unsigned threads = 3;
    unsigned keys = 3000;                  ///< how many different numbers stand in keys
    std::chrono::microseconds pause{400};  ///< between two writes of a thread
    unsigned truncate_every = 1500;        ///< writes
    unsigned long seed = 1;
  };

  static void create(fake_arango::Database db, unsigned documents) {
    std::vector<std::string> all;
    for (unsigned i = 0; i < documents; ++i)
      all.push_back(R"({"_key":")" + key(i, i) + R"(","n":)" + std::to_string(i) + R"(,"pad":")" +
                    std::string(i % 300, 'p') + "\"}");
    db.create("docs").insert_all(all);
    db.create("more").insert_all({R"({"_key":"one"})"});
    db.create("links", {fake_arango::CollectionType::edge, 0, "{}", {}});
  }

  Writers(fake_arango::Database db, const Plan& plan) : plan_(plan) {
    for (unsigned t = 0; t < plan.threads; ++t)
      threads_.emplace_back([this, db, t](const std::stop_token& stop) mutable {
        std::minstd_rand random(static_cast<unsigned>(plan_.seed * 97 + t));
        while (!stop.stop_requested()) {
          write(db, random);
          std::this_thread::sleep_for(plan_.pause);
        }
      });
  }
  void stop() { threads_.clear(); }
  [[nodiscard]] std::uint64_t written() const { return written_; }

  /// Mixed case and punctuation: byte order and any locale's differ.
  static std::string key(unsigned form, unsigned n) {
    constexpr std::array<const char*, 7> forms = {"k", "K", "_", "a:", "Z-", "@b", "a.B"};
    return forms[form % forms.size()] + std::to_string(n);
  }

 private:
  void write(fake_arango::Database& db, std::minstd_rand& random) {
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const unsigned n = below(plan_.keys);
    const std::string key = Writers::key(n, n);
    const std::string body = R"("n":)" + std::to_string(below(1000)) + R"(,"w":"ü)" +
                             std::string(below(400), 'w') + "\"";
    const std::string document = R"({"_key":")" + key + "\"," + body + "}";
    auto docs = db.collection(below(4) == 0 ? "more" : "docs");
    try {
      const std::uint64_t count = ++written_;
      if (count % plan_.truncate_every == 0) return db.collection("more").truncate();
      switch (below(10)) {
        case 0:
        case 1:
        case 2:
          docs.insert(document);
          break;
        case 3:
        case 4:
          docs.update(document);
          break;
        case 5:
          docs.replace(document);
          break;
        case 6:
        case 7:
          docs.remove(key);
          break;
        case 8:
          db.transaction()
              .upsert("docs", document)
              .upsert("more", document)
              .upsert("links", R"({"_key":")" + key + R"(","_from":"docs/)" + key +
                                   R"(","_to":"more/)" + key + "\"," + body + "}")
              .commit();
          break;
        default:
          db.transaction().remove("docs", key).remove("more", key).commit();
      }
    } catch (const std::invalid_argument&) {
      // the key is there already, or not there
    }
  }

  const Plan plan_;
  std::atomic<std::uint64_t> written_{0};
  std::vector<std::jthread> threads_;
};

class ResyncTest : public EndToEnd {
 protected:
  /// The database as JSON lines, and what compare.py says of the target: empty = all is equal.
  std::string differences(fake_arango::Database db, const Target& target) {
    const TempDir dir;
    for (const std::string& name : db.collections()) {
      auto c = db.collection(name);
      std::ofstream out(dir.path() / (name + ".jsonl"), std::ios::binary);
      for (const std::string& key : c.keys()) out << c.document(key) << "\n";
    }
    return compared(dir.path().string(), target);
  }
  std::string compared(const std::string& directory, const Target& target) {
    const auto report = dir_.path() / "compare.txt";
    const std::string script =
        (std::filesystem::path(ARANGO2PG_SOURCE_DIR) / "tests/e2e/compare.py").string();
    const std::string command = "python3 '" + script + "' '" + directory + "' " + target.name() +
                                " > '" + report.string() + "' 2>&1";
    if (std::system(command.c_str()) == 0) return {};
    std::ifstream in(report);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::vector<std::string> resync_arguments(const Target& target, const std::string& source,
                                            std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"resync",          "--source",   source, "--target",
                                          target.conninfo(), "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome resync(const std::string& source, std::vector<std::string> more = {}) {
    return run_tool(resync_arguments(*target_, source, std::move(more)));
  }
  Outcome verify(const std::string& source, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {
        "verify", "--source", source, "--target", target_->conninfo(), "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(std::move(arguments));
  }
};

}  // namespace arango2pg::e2e
