/// \file
/// What the end-to-end tests share: the real program as a process, a database of its own, a server
/// double.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fake_arango/fake_arango.h"

struct pg_conn;

namespace arango2pg::e2e {

/// How a finished program ended and what it printed.
struct Outcome {
  int exit = -1;  ///< exit code; −signal if a signal ended it
  std::string out, err;
  [[nodiscard]] std::string all() const { return out + err; }
};

/// The program while it runs.
class Process {
 public:
  /// `arguments` without the program's name; `environment` as NAME=value, on top of ours.
  explicit Process(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  ~Process();  ///< kills what still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void signal(int number) const;
  Outcome wait();
  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  std::filesystem::path out_, err_;
};

Outcome run_tool(std::vector<std::string> arguments, std::vector<std::string> environment = {});

/// A directory that goes away with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file below it and returns its path.
  std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

/// A new database on the server that the PG* variables name; dropped with the object unless
/// ARANGO2PG_KEEP_TEST_DB is set.
class Target {
 public:
  explicit Target(const std::string& options = {});  ///< e.g. "ENCODING 'LATIN1' …"
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// One statement; all values as text, "∅" for NULL. Fails the test if PostgreSQL refuses it.
  std::vector<std::vector<std::string>> query(const std::string& sql);
  /// The single value of a query.
  std::string value(const std::string& sql);

 private:
  std::string name_, conninfo_;
  pg_conn* connection_ = nullptr;
};

/// A test with a target database; skipped with a sentence where no server runs.
class EndToEnd : public ::testing::Test {
 protected:
  void SetUp() override;
  /// migrate from `source` into the target, with further arguments.
  Outcome migrate(const std::string& source, std::vector<std::string> more = {});
  std::vector<std::string> migrate_arguments(const std::string& source,
                                             std::vector<std::string> more = {});

  std::unique_ptr<Target> target_;
  TempDir dir_;
};

}  // namespace arango2pg::e2e
