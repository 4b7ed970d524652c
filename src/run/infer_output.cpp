#include "run/infer_output.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

#include "base/error.h"

namespace arango2pg::run {
namespace {

namespace fs = std::filesystem;

/// Lists what an infer wrote, so that a later one may replace it and nothing else.
constexpr const char* list_name = ".arango2pg-infer";

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw Error(Exit::usage, fmt::format("cannot write to '{}': {}", path.string(), why),
              "Name a directory that can be written with --out.");
}

void write(const fs::path& path, const std::string& text) {
  std::error_code problem;
  fs::create_directories(path.parent_path(), problem);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (problem || !out.flush())
    refuse(path, problem ? problem.message() : std::generic_category().message(errno));
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') out.push_back(line);
  return out;
}

/// A line of a list may be anything by now: only files below the directory.
bool is_below(const fs::path& name) {
  if (name.is_absolute()) return false;
  for (const fs::path& part : name)
    if (part == "..") return false;
  return true;
}

}  // namespace

OutputDirectory::OutputDirectory(const std::string& path, bool replace) : path_(path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path_, problem);
  if (fs::exists(status) && !fs::is_directory(status)) refuse(path_, "it is no directory");
  if (fs::exists(status)) {
    const bool empty = fs::is_empty(path_, problem);
    if (problem) refuse(path_, problem.message());
    if (!empty && !replace)
      throw Error(Exit::usage, fmt::format("the directory '{}' is not empty", path),
                  "Name another one with --out, or say --force: it replaces what an earlier infer "
                  "wrote there, edited or not, and leaves other files alone.");
  } else {
    created_ = fs::create_directories(path_, problem);
    if (problem) refuse(path_, problem.message());
  }
  staging_ = path_ / fmt::format(".infer-{}", ::getpid());
  fs::create_directory(staging_, problem);
  if (!problem) return;
  if (created_) fs::remove(path_);
  refuse(path_, problem.message());
}

OutputDirectory::~OutputDirectory() {
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
  if (created_) fs::remove(path_, ignored);  // fails if there is something in it: as it should
}

void OutputDirectory::stage(const std::vector<InferredFile>& files) {
  std::error_code problem;
  fs::remove_all(staging_, problem);
  names_.clear();
  for (const InferredFile& f : files) {
    write(staging_ / f.path, f.text);
    names_.push_back(f.path);
  }
}

void OutputDirectory::commit() {
  const fs::path list = path_ / list_name;
  std::error_code ignored;
  for (const std::string& old : lines_of(list))
    if (is_below(old)) fs::remove(path_ / old, ignored);
  std::string text = "# Written by arango2pg infer --out; infer --force replaces these files.\n";
  for (const std::string& name : names_) text += name + "\n";
  write(list, text);  // first: what is half in place can be replaced
  for (const std::string& name : names_) {
    std::error_code problem;
    fs::create_directories((path_ / name).parent_path(), problem);
    if (!problem) fs::rename(staging_ / name, path_ / name, problem);
    if (problem) refuse(path_ / name, problem.message());
  }
}

}  // namespace arango2pg::run
