#include "e2e/harness.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char** environ;

namespace arango2pg::e2e {
namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string unique_name(const char* what) {
  static std::atomic<unsigned> next{0};
  return std::string(what) + "_" + std::to_string(getpid()) + "_" + std::to_string(++next);
}

/// The program under test; ARANGO2PG_TEST_BINARY names another build of it, such as a sanitizer's.
std::string program() {
  const char* other = std::getenv("ARANGO2PG_TEST_BINARY");
  return other != nullptr ? other : ARANGO2PG_BINARY;
}

/// A statement on the server's maintenance database.
bool on_server(const std::string& sql) {
  PGconn* c = PQconnectdb("dbname=postgres");
  bool ok = PQstatus(c) == CONNECTION_OK;
  if (ok && !sql.empty()) {
    PGresult* r = PQexec(c, sql.c_str());
    ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!ok) ADD_FAILURE() << PQerrorMessage(c);
    PQclear(r);
  }
  PQfinish(c);
  return ok;
}

}  // namespace

Process::Process(std::vector<std::string> arguments, std::vector<std::string> environment) {
  const auto base = std::filesystem::temp_directory_path() / unique_name("arango2pg_process");
  out_ = base.string() + ".out";
  err_ = base.string() + ".err";
  arguments.insert(arguments.begin(), program());
  for (char** e = environ; *e != nullptr; ++e) environment.emplace_back(*e);
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& t : texts) all.push_back(t.data());
    all.push_back(nullptr);
    return all;
  };
  auto argv = pointers(arguments);
  auto envp = pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start the program");
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::filesystem::remove(out_);
  std::filesystem::remove(err_);
}

void Process::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

bool Process::running() {
  if (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

Outcome Process::wait() {
  if (pid_ > 0) waitpid(pid_, &status_, 0);
  pid_ = -1;
  Outcome outcome;
  outcome.exit = WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  outcome.out = slurp(out_);
  outcome.err = slurp(err_);
  return outcome;
}

Outcome run_tool(std::vector<std::string> arguments, std::vector<std::string> environment) {
  return Process(std::move(arguments), std::move(environment)).wait();
}

TempDir::TempDir() : path_(std::filesystem::temp_directory_path() / unique_name("arango2pg_e2e")) {
  std::filesystem::create_directories(path_);
}

TempDir::~TempDir() { std::filesystem::remove_all(path_); }

std::string TempDir::write(const std::string& name, std::string_view text) const {
  const auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

Target::Target(const std::string& options) : name_(unique_name("e2e")) {
  on_server("CREATE DATABASE " + name_ + " " + options);
  conninfo_ = "dbname=" + name_;
  connection_ = PQconnectdb(conninfo_.c_str());
  EXPECT_EQ(PQstatus(connection_), CONNECTION_OK) << PQerrorMessage(connection_);
}

Target::~Target() {
  PQfinish(connection_);
  if (std::getenv("ARANGO2PG_KEEP_TEST_DB") == nullptr)
    on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
}

std::vector<std::vector<std::string>> Target::query(const std::string& sql) {
  PGresult* r = PQexec(connection_, sql.c_str());
  const auto status = PQresultStatus(r);
  EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
      << PQerrorMessage(connection_) << sql;
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < PQntuples(r); ++i) {
    auto& row = rows.emplace_back();
    for (int c = 0; c < PQnfields(r); ++c)
      row.emplace_back(
          PQgetisnull(r, i, c) != 0
              ? std::string("∅")
              : std::string(PQgetvalue(r, i, c), static_cast<std::size_t>(PQgetlength(r, i, c))));
  }
  PQclear(r);
  return rows;
}

std::string Target::value(const std::string& sql) {
  const auto rows = query(sql);
  return rows.size() == 1 && rows[0].size() == 1 ? rows[0][0] : "(not one value)";
}

void EndToEnd::SetUp() {
  static const bool there = on_server("");
  if (!there) GTEST_SKIP() << "no PostgreSQL server: run the tests with pg_virtualenv ctest";
  target_ = std::make_unique<Target>();
}

std::vector<std::string> EndToEnd::migrate_arguments(const std::string& source,
                                                     std::vector<std::string> more) {
  std::vector<std::string> arguments = {"migrate", "--source", source, "--target",
                                        target_->conninfo()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Outcome EndToEnd::migrate(const std::string& source, std::vector<std::string> more) {
  return run_tool(migrate_arguments(source, std::move(more)));
}

}  // namespace arango2pg::e2e
