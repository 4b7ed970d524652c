/// \file
/// Reads the stripes of one data file. Block b of a file (block_reader.h) belongs to stripe
/// b mod stripes: one pass over the file feeds several lanes, and each stripe has a position of its
/// own, the number of the block it goes on with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arango/block_reader.h"
#include "arango/data_files.h"
#include "arango/removals.h"
#include "doc/ports.h"

namespace arango2pg::arango {

/// How a file is cut for reading; what PartSpec::spec of a stripe says.
struct StripeSpec {
  std::string file;  ///< name in the source's directory
  std::uint32_t stripe = 0;
  std::uint32_t stripes = 1;

  [[nodiscard]] std::string json() const;
  static StripeSpec parse(const std::string& json);
};

class StripeReader final : public doc::Reader {
 public:
  /// Asked once, by the first next(); nothing if `stop` was requested meanwhile.
  using FindRemovals = std::function<std::shared_ptr<const Removals>(const std::stop_token& stop)>;

  /// `tasks` are stripes of file number `file` of `collection`, which is kept alive by `catalog`.
  StripeReader(std::shared_ptr<const FileCatalog> catalog, const FileCollection& collection,
               std::uint32_t file, std::vector<doc::PartTask> tasks, FindRemovals find_removals,
               ByteBudget& budget);

  std::optional<doc::DocBatch> next(const std::stop_token& stop) override;

 private:
  struct Stripe {
    doc::PartTask task;
    std::uint64_t number = 0;
    std::uint64_t next_block = 0;
    std::uint64_t seq = 0;
    bool ended = false;
  };

  Stripe* find(std::uint64_t block);
  [[nodiscard]] std::uint64_t next_wanted(std::uint64_t from) const;
  doc::DocBatch batch_of(Stripe& stripe);
  std::optional<doc::DocBatch> end_of_a_stripe();
  void read_blocks(doc::DocBatch& batch, Stripe& stripe);
  void unwrap(doc::DocBatch& batch, std::uint64_t begin) const;

  std::shared_ptr<const FileCatalog> catalog_;
  const FileCollection& collection_;
  std::uint32_t file_;
  FindRemovals find_removals_;
  std::shared_ptr<const Removals> removals_;
  ByteBudget& budget_;
  BlockReader blocks_;
  std::uint64_t stripes_count_ = 1;
  std::uint64_t blocks_per_batch_ = 1;
  std::vector<Stripe> stripes_;
};

}  // namespace arango2pg::arango
