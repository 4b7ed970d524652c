/// \file
/// Rejected documents: look at them, take them out, drive them through today's mapping again.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "run/migrate.h"
#include "run/options.h"

namespace arango2pg::run {

/// Which quarantined documents are meant; empty fields = any. Only open ones unless `all`.
struct QuarantineFilter {
  std::optional<RunId> run;
  std::string collection, rule, key;
  std::optional<std::int64_t> id;
  bool all = false;
  std::uint64_t limit = 0;  ///< 0 = no limit
};

struct QuarantinedDocument {
  std::int64_t id = 0;
  RunId run = 0;
  std::string collection, key, rule, path, message, status, created_at;
  std::string document;  ///< raw bytes; filled by show and export only
};

std::vector<QuarantinedDocument> list_quarantine(const TargetOptions& target,
                                                 const QuarantineFilter& filter,
                                                 bool with_documents);
std::string quarantine_text(const std::vector<QuarantinedDocument>& documents);
std::string quarantine_json(const std::vector<QuarantinedDocument>& documents);
/// Marks them discarded (their bytes stay until the run is deleted). Returns how many.
std::uint64_t discard_quarantine(const TargetOptions& target, const QuarantineFilter& filter);
/// Writes the raw documents, one a line, and returns how many; a document with a line end inside
/// its raw form is written with that line end replaced by a space (JSON allows it between tokens;
/// inside strings it can't occur).
std::uint64_t export_quarantine(const TargetOptions& target, const QuarantineFilter& filter,
                                std::FILE* out);
/// Drives the open documents through today's mapping, by upsert. Those that are refused again get a
/// new entry; the old ones are marked retried.
Summary retry_quarantine(const MigrateOptions& options, const QuarantineFilter& filter,
                         const SignalWatch& signals);

}  // namespace arango2pg::run
