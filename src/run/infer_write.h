/// \file
/// The files that `infer` writes, as texts.
#pragma once

#include <string>
#include <vector>

#include "run/infer_model.h"

namespace arango2pg::run {

struct InferredFile {
  std::string path;  ///< below the output directory
  std::string text;
};

/// The mapping file of one table.
std::string mapping_yaml(const InferredSchema& schema, std::size_t table);
/// pack.yaml and the numbered SQL files, below schemas/.
std::vector<InferredFile> pack_files(const InferredSchema& schema);
/// JSON Schemas, below documents/.
std::vector<InferredFile> schema_files(const InferredSchema& schema);
std::string readme(const InferredSchema& schema);

/// All of them.
std::vector<InferredFile> write_files(const InferredSchema& schema);

}  // namespace arango2pg::run
