/// \file
/// `arango2pg infer`: looks at a source and writes mapping files, a schema pack, JSON Schemas and a
/// README that run as they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arango/open.h"
#include "run/infer_model.h"
#include "run/infer_names.h"
#include "run/progress.h"
#include "run/signals.h"

namespace arango2pg::run {

struct InferOptions {
  arango::SourceOptions source;
  std::string out;       ///< directory
  bool replace = false;  ///< what an earlier infer wrote there
  std::string pack;      ///< name of the schema pack; "" = from the source
  std::string schema = "public";
  std::vector<std::string> collections;  ///< only these; empty = all
  std::uint64_t sample = 0;              ///< documents per collection; 0 = all
  std::uint64_t seed = 1;
  NameStyle names = NameStyle::keep;
  bool postgis = false;
  unsigned jobs = 2;
  std::uint64_t memory = 256U << 20;
  ProgressMode progress = ProgressMode::automatic;
};

/// Throws Error: nothing was written then. The source is only read.
InferredSchema infer(const InferOptions& options, const SignalWatch& signals);

/// For the terminal: what was decided, what needs a person, what to run next.
std::string to_text(const InferredSchema& schema);

}  // namespace arango2pg::run
