/// \file
/// From buckets that differ to the documents and rows that do.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "doc/key_lookup.h"
#include "run/verify.h"
#include "run/verify_check.h"
#include "run/verify_scan.h"
#include "run/verify_sums.h"

namespace arango2pg::run {

struct FindConfig {
  VerifyScanConfig scan;
  std::uint64_t memory = 64U << 20;  ///< for suspected rows
  doc::KeyLookup* lookup = nullptr;  ///< of a source that may change meanwhile
  std::chrono::milliseconds settle{1000};
};

/// Looks at suspected rows on both sides. Counts go into the lists given to the constructor; what
/// differs goes to `report`, document by document, as it is found.
class DifferenceFinder {
 public:
  using Report = std::function<void(const pg::Difference&)>;

  DifferenceFinder(const VerifyPlan& plan, doc::Source& source, pg::Connection& control,
                   DocumentChecker& checker, FindConfig config,
                   std::vector<VerifiedCollection>& collections,
                   std::vector<VerifiedTableRows>& tables, Report report)
      : plan_(plan),
        source_(source),
        control_(control),
        checker_(checker),
        config_(std::move(config)),
        collections_(collections),
        tables_(tables),
        report_(std::move(report)) {}

  /// `suspects` as the comparison left them; `tables` are those whose sums differ, `lost` the
  /// collections with rejected documents that nobody keeps. `parts` are all parts of the source.
  /// False if `stop` ended it early.
  bool run(Suspects& suspects, const std::set<std::size_t>& tables,
           const std::set<std::uint32_t>& lost, const std::vector<doc::PartTask>& parts,
           const std::stop_token& stop);

  /// Rows without a document, for a repair: table → packed keys, in the order of finding.
  [[nodiscard]] const std::map<std::size_t, std::vector<std::string>>& extra_rows() const {
    return extra_rows_;
  }

 private:
  /// A row of the target in a differing bucket.
  struct Candidate {
    doc::Digest key, row;
    std::uint32_t table;
    bool settled;  ///< a row of the source answers for it
    std::string packed;
  };
  /// A document of a live source that is looked at again, with the keys its rows had.
  struct Again {
    std::uint32_t collection;
    std::string key;
    std::vector<std::pair<std::size_t, std::string>> rows;
  };
  struct Leftover {
    std::size_t table;
    std::string packed;
    doc::Digest key, row;
    std::uint64_t answered = 0;  ///< rows of the same key that a row of the source answers for
  };

  [[nodiscard]] bool live() const { return config_.lookup != nullptr; }
  bool refine(Suspects& suspects, const std::stop_token& stop);
  bool collect_candidates(const Suspects& suspects, const std::stop_token& stop);
  bool match_documents(const Suspects& suspects, const std::stop_token& stop);
  void match(const Suspects& suspects, const DigestedBatch& batch);
  bool settles(const doc::RowDigester::Result& digest);
  void look_at(const DigestedBatch& batch, const std::vector<std::uint32_t>& docs, bool last);
  void count(const DigestedBatch& batch);
  void conclude(std::uint32_t collection, const Verdict& verdict);
  void keep_for_later(const DigestedBatch& batch, std::uint32_t doc);
  void look_again(const std::stop_token& stop);
  void look_again(std::uint32_t collection, const std::vector<Again*>& documents,
                  const std::stop_token& stop);
  DigestedBatch fetch(std::uint32_t collection, const std::vector<std::string>& keys,
                      const std::stop_token& stop);
  void settle(const std::stop_token& stop) const;
  void collect_leftovers();
  void drop_gone();
  void judge_leftovers(const std::stop_token& stop);
  void judge_rows(std::size_t table, const std::vector<Leftover*>& rows);
  void hunt(const std::stop_token& stop);
  void extra_row(std::size_t table, const Leftover& row, const std::vector<doc::Field>& fields);
  void extra_child(std::size_t table, const Leftover& row, const std::vector<doc::Field>& fields);
  [[nodiscard]] ScanWork source_work() const;
  [[nodiscard]] ScanWork target_work() const;
  [[nodiscard]] std::string document_key(const VerifiedTable& table,
                                         const std::vector<doc::Field>& row) const;

  const VerifyPlan& plan_;
  doc::Source& source_;
  pg::Connection& control_;
  DocumentChecker& checker_;
  FindConfig config_;
  std::vector<VerifiedCollection>& collections_;
  std::vector<VerifiedTableRows>& tables_;
  Report report_;

  std::set<std::size_t> suspected_tables_;
  std::set<std::uint32_t> suspected_collections_;
  std::vector<doc::PartTask> parts_;   ///< of those collections
  std::vector<Candidate> candidates_;  ///< sorted by key
  std::vector<Again> again_;
  std::vector<Leftover> leftovers_;
  std::set<doc::Digest> differing_roots_;  ///< rows of documents that were found to differ
  std::set<doc::Digest> extra_roots_, kept_roots_;
  std::set<std::pair<std::uint32_t, std::string>> concluded_;  ///< on live sources: by key
  std::map<std::size_t, std::vector<std::string>> extra_rows_;
};

}  // namespace arango2pg::run
