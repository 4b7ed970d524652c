/// \file
/// Reads both sides once, in parallel, and hands out fingerprints of their rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "doc/ports.h"
#include "run/verify_tables.h"

namespace arango2pg::run {

/// Documents of one part, mapped, with the fingerprints of their rows.
struct DigestedBatch {
  doc::RowBatch rows;
  std::uint64_t source_bytes = 0;
  /// [target][row]; empty for targets that are not compared.
  std::vector<std::vector<doc::RowDigester::Result>> digests;
};

/// The rows of a piece of a table.
struct TargetRows {
  std::size_t range = 0;  ///< index into ScanWork::ranges
  std::size_t table = 0;
  std::uint64_t rows = 0;                         ///< all of the piece
  std::vector<doc::RowDigester::Result> digests;  ///< of those that are wanted
  std::vector<std::string> keys;  ///< with `keep_keys`: their key columns, packed (pack_fields)
};

/// Fields in one string, to be kept; nothing but pack_fields() and unpack_fields() look into it.
std::string pack_fields(const std::vector<doc::Field>& fields);
std::vector<doc::Field> unpack_fields(std::string_view packed);  ///< views of `packed`

struct VerifyScanConfig {
  std::string conninfo;
  std::string purpose;                  ///< "run 7"
  unsigned jobs = 2;                    ///< connections that read the target
  std::uint64_t memory = 128U << 20;    ///< for documents in flight, at most
  std::chrono::seconds retry_for{300};  ///< lost connections to the target
  std::uint64_t seed = 0;               ///< of the fingerprints
  /// jsonb is compared as PostgreSQL prints it: the fastest look. Rows that differ only by 1.0 and
  /// 1 differ then; scans by value, the default, tell.
  bool as_printed = false;
  bool keep_rows = false;  ///< batches keep their documents and encoded rows
  bool keep_keys = false;
};

struct ScanWork {
  std::vector<doc::PartTask> parts;  ///< of the source; those of one stream are read together
  std::vector<pg::RowRange> ranges;  ///< of the target
};

/// Who takes what is read. Called from threads of the scan.
struct ScanHandlers {
  /// Batches of a part come in order; one call at a time.
  std::function<void(DigestedBatch&&)> source;
  /// Several calls at a time; each piece once.
  std::function<void(TargetRows&&)> target;
  /// Rows of the target that count; absent = all.
  std::function<bool(const doc::Digest& key)> wanted;
};

/// Returns true when all was read, false if `stop` ended it early (what was handed out stays
/// whole: batches and pieces). The first failure of any thread ends all of them and is thrown.
bool scan(const VerifyScanConfig& config, const VerifyPlan& plan, doc::Source& source,
          ScanWork work, const ScanHandlers& handlers, const std::stop_token& stop);

/// The fingerprints of a batch that did not come from a scan. `printer` is asked for what only
/// PostgreSQL can print.
DigestedBatch digest_batch(const VerifyPlan& plan, doc::RowBatch rows, std::uint64_t seed,
                           pg::RowReader& printer);

}  // namespace arango2pg::run
