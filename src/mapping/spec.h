/// \file
/// Mapping files (YAML, version 1) as read: every key checked, positions kept for messages.
/// docs/mapping.md is the users' reference, mappings/mapping.schema.json the editors'.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "doc/ports.h"

namespace arango2pg::mapping {

enum class AuditLevel : std::uint8_t { document, batch, off };
enum class OnDelete : std::uint8_t { soft, hard, keep };

struct Rules;  ///< columns, where, check, children … as parsed; private to mapping/

/// One mapping file. Copyable (rules are shared and immutable).
struct Spec {
  std::string file;  ///< path for messages; "" = automatic mapping
  std::string from;  ///< collection
  bool optional = false;
  TableName into;
  bool create = false;
  std::vector<std::string> key;
  std::string revision;  ///< revision column, "" = none
  AuditLevel audit = AuditLevel::batch;
  std::string audit_table;  ///< "" = arango2pg.audit_log
  bool keep_before = false;  ///< rows are kept as they were before a run changes them (rollback)
  std::optional<OnDelete> on_delete;  ///< nothing = as the table allows, see TargetTable
  bool indexes_after = true;
  std::string digest;  ///< hash of what the file says (not of its spelling): equal = same rules
  std::shared_ptr<const Rules> rules;
};

/// Reads one file, or all *.yaml and *.yml below a directory (not hidden ones), sorted by path.
/// Throws Error(usage) with "file:line: …" and a suggestion for the first mistake.
std::vector<Spec> load(const std::string& path);

/// Design section 5.6: one spec per collection, table of the same name in `target_schema`.
std::vector<Spec> automatic(const std::vector<doc::CollectionInfo>& collections,
                            const std::string& target_schema);

}  // namespace arango2pg::mapping
