/// \file
/// The options about files that the sample programs share; for their mains only (needs CLI11).
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "samples/collection_file.h"

namespace arango2pg::samples {

struct FileFlags {
  std::string out, form = "dump";
  bool gzip = false, plain = false, envelope = false;

  void add_to(CLI::App& app) {
    app.add_option("--out", out, "directory, made if absent")->required();
    app.add_option("--form", form, "dump (arangodump directory) or jsonl (arangoexport files)")
        ->check(CLI::IsMember({"dump", "jsonl"}))
        ->capture_default_str();
    app.add_flag("--gzip", gzip, "compress the data files (default for dump)");
    app.add_flag("--plain", plain, "do not compress (default for jsonl)")->excludes("--gzip");
    app.add_flag("--envelope", envelope, "dump: lines as arangodump before 3.8 wrote them");
  }
  [[nodiscard]] FileOptions options() const {
    const bool dump = form == "dump";
    return {dump ? Form::dump : Form::jsonl, gzip || (dump && !plain), envelope && dump};
  }
};

}  // namespace arango2pg::samples
