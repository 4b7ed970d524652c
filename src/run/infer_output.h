/// \file
/// The directory that `infer` writes: all of it or nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/infer_write.h"

namespace arango2pg::run {

/// Nothing shows in the directory before commit(); what was staged goes with the object.
class OutputDirectory {
 public:
  /// Finds out, before the long look, whether the directory can be written. Throws Error(usage):
  /// there is something in it and `replace` was not said, it is a file, it can't be created.
  OutputDirectory(const std::string& path, bool replace);
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// Writes the files to where they can be tried out; those staged before are forgotten.
  void stage(const std::vector<InferredFile>& files);
  [[nodiscard]] const std::filesystem::path& staged() const { return staging_; }
  /// Moves them into place; what an earlier infer wrote there is removed first.
  void commit();

 private:
  std::filesystem::path path_, staging_;
  bool created_ = false;
  std::vector<std::string> names_;
};

}  // namespace arango2pg::run
