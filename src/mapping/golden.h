/// \file
/// Golden tests of mappings: sample documents with the rows and rejections they must become
/// (`arango2pg mapping test DIR`).
#pragma once

#include <string>
#include <vector>

namespace arango2pg::mapping {

struct GoldenResult {
  std::string name;  ///< the folder, below the one that was asked for
  bool passed = false;
  std::string text;  ///< what differs, lines of '-' expected and '+' found; "" if it passed
};

/// Runs `dir` if it holds input.jsonl, else all folders below it that do, sorted. A golden folder
/// holds
///   input.jsonl                one document per line
///   *.yaml                     mapping files; or golden.yaml: { mapping: PATH } for others
///   tables.yaml                optional: the target's tables (docs/mapping.md)
///   expected/<table>.tsv       COPY text rows under a line of column names
///   expected/rejections.jsonl  {"key","path","rule"} per rejected document; absent = none
/// With `update` the expected files are written instead of compared. Throws Error(usage) if there
/// is no golden folder; a mapping that can't be used is a failed result.
std::vector<GoldenResult> run_goldens(const std::string& dir, bool update);

}  // namespace arango2pg::mapping
