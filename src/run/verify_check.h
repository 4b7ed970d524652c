/// \file
/// Looks at single documents: what their rows should be, and what the target has right now.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pg/compare_store.h"
#include "run/verify_scan.h"

namespace arango2pg::run {

/// What became of one document.
struct Verdict {
  enum class Kind : std::uint8_t {
    equal,
    different,
    missing,      ///< none of its own rows is there
    quarantined,  ///< it has no row, and the quarantine has it as it is
  };
  std::uint32_t doc = 0;  ///< index in the batch
  Kind kind = Kind::equal;
  pg::Difference difference;  ///< the first one; collection and key are always set
  /// Rows of the document that differ or are missing, by table.
  std::vector<std::pair<std::size_t, std::uint64_t>> different_rows, missing_rows;
  doc::Digest root;  ///< key of its own row, if it has one
};

/// One thread at a time.
class DocumentChecker {
 public:
  struct Options {
    std::string conninfo;
    std::string purpose;
    std::uint64_t seed = 0;
    bool with_values = false;     ///< differences tell the values (--log-data)
    bool with_documents = false;  ///< and the raw document, for a repair
  };
  DocumentChecker(const VerifyPlan& plan, Options options)
      : plan_(plan),
        options_(std::move(options)),
        reader_(options_.conninfo, options_.purpose + " checker"),
        store_(options_.conninfo) {}

  /// Compares the documents `docs` of a batch (which has its rows and documents still) with the
  /// target as it is now. Filtered and rejected ones must not be among them.
  std::vector<Verdict> check(const DigestedBatch& batch, const std::vector<std::uint32_t>& docs);

  /// The rejected documents of a batch that are not in quarantine as they are: nobody keeps them.
  std::vector<pg::Difference> lost_rejections(const doc::RowBatch& batch);

  [[nodiscard]] pg::RowReader& reader() { return reader_; }
  [[nodiscard]] pg::CompareStore& store() { return store_; }

  /// "id = 7, position = 2", for people.
  [[nodiscard]] static std::string row_text(const VerifiedTable& table,
                                            const std::vector<doc::Field>& key);

 private:
  struct Expected;
  struct Stored;
  void compare_target(const DigestedBatch& batch, std::size_t target,
                      const std::vector<std::uint32_t>& docs, std::vector<Verdict>& verdicts);
  void explain(Verdict& verdict, const DigestedBatch& batch, std::size_t target,
               const Expected& row, const std::vector<doc::Field>& found);
  void judge(const DigestedBatch& batch, std::vector<Verdict>& verdicts);

  const VerifyPlan& plan_;
  const Options options_;
  pg::RowReader reader_;
  pg::CompareStore store_;
};

}  // namespace arango2pg::run
