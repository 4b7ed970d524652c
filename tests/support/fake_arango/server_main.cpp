// The server double as a program, for the quickstart, the demo and the benches.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fake_arango/fake_arango.h"

namespace {

using fake_arango::FakeArango;

struct Arguments {
  fake_arango::Options options;
  std::string database = "_system";
  std::vector<std::string> dumps, jsonls, faults, users;
  std::chrono::milliseconds jwt_lifetime{0};
};

// "60s", "5ms", "2m"; a bare number is milliseconds.
std::chrono::milliseconds duration(const std::string& text) {
  std::size_t end = 0;
  const double n = std::stod(text, &end);
  const std::string unit = text.substr(end);
  const double factor = unit.empty() || unit == "ms" ? 1
                        : unit == "s"                ? 1000
                        : unit == "m"                ? 60000
                                                     : 0;
  if (factor == 0)
    throw CLI::ValidationError("duration", "'" + text + "' is no duration (5ms, 60s, 2m)");
  return std::chrono::milliseconds(static_cast<std::int64_t>(n * factor));
}

void add_options(CLI::App& app, Arguments& a) {
  auto& o = a.options;
  const auto duration_option = [&](const char* name, std::chrono::milliseconds& target,
                                   const char* help) {
    app.add_option_function<std::string>(
        name, [&target](const std::string& text) { target = duration(text); }, help);
  };
  app.add_option("--port", o.port, "Port on 127.0.0.1; 0 = any free one");
  app.add_option("--cluster", o.shards, "Be a cluster with so many shards a collection");
  app.add_option("--coordinators", o.coordinators, "Listening ports of the cluster");
  app.add_option("--server-version", o.version, "Version to answer as (3.10.x to 3.12.x)");
  app.add_option("--user", a.users,
                 "NAME:PASSWORD, an admin; repeatable. None = no authentication");
  duration_option("--jwt-lifetime", o.jwt_lifetime, "How long a token is good (60s)");
  duration_option("--cursor-ttl", o.cursor_ttl, "How long an idle cursor lives");
  duration_option("--keep-alive", o.keep_alive, "When idle connections are closed");
  duration_option("--latency", o.latency, "Wait before each answer (5ms)");
  app.add_option("--database", a.database, "Where --dump and --jsonl go");
  app.add_option("--dump", a.dumps, "Load an arangodump directory; repeatable");
  app.add_option("--jsonl", a.jsonls, "Load a directory of <collection>.jsonl[.gz]; repeatable");
  app.add_option("--fault", a.faults,
                 "A fault as JSON: {\"kind\":\"status\",\"path\":\"/_api/cursor\",\"times\":3,"
                 "\"status\":503,\"error_num\":21003}; repeatable, also POST /_fake/faults");
  app.add_flag("--empty-last-batch", o.empty_last_batch, "hasMore may be followed by nothing");
  app.add_flag("--normalise-numbers", o.normalise_numbers, "Print numbers as the server would");
}

int run(Arguments& a) {
  // Signals are waited for, not handled: blocked before any thread starts.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  for (const std::string& u : a.users) {
    const std::size_t colon = u.find(':');
    if (colon == std::string::npos) throw std::invalid_argument("--user wants NAME:PASSWORD");
    a.options.users.push_back(
        {u.substr(0, colon), u.substr(colon + 1), {{"*", fake_arango::Access::write}}, {}});
  }
  if (a.options.coordinators > 1 && a.options.shards == 0) a.options.shards = 3;
  a.options.recorded_requests = 0;
  FakeArango server(a.options);
  for (const std::string& d : a.dumps) server.database(a.database).load_dump(d);
  for (const std::string& d : a.jsonls) server.database(a.database).load_jsonl(d);
  server.database(a.database);
  for (const std::string& f : a.faults) server.faults().add_json(f);
  server.start();
  std::string ready = "ready";
  for (unsigned i = 0; i < (a.options.shards > 0 ? std::max(1U, a.options.coordinators) : 1U); ++i)
    ready += " " + server.url(i);
  std::puts(ready.c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"A stand-in for an ArangoDB server, on loopback"};
  add_options(app, arguments);
  try {
    app.parse(argc, argv);
    return run(arguments);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
