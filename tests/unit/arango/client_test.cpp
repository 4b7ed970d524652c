// Requests against servers that misbehave: what is retried, what is refused, what is said.
#include "arango/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "scripted_server.h"
#include "temp_directory.h"

using namespace arango2pg;
using namespace arango2pg::arango;
using namespace std::chrono_literals;
using test::ScriptedServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

using Answer = ScriptedServer::Answer;

SourceOptions options_for(const std::string& url) {
  SourceOptions options;
  options.url = url;
  options.give_up_after = 1s;
  options.request_timeout = 5s;
  return options;
}

struct Outcome {
  Reply reply;
  std::string body;
  std::string error;
  std::string hint;
  bool retryable = false;
};

Outcome ask(const SourceOptions& options, const Call& call = {.path = "/_api/x"},
            const std::stop_token& stop = {}) {
  Outcome out;
  try {
    Client client(std::make_shared<Session>(options));
    doc::PaddedBuffer body;
    out.reply = client.call(call, body, stop);
    out.body = body.view();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::source);
    out.error = e.what();
    out.hint = e.hint();
    out.retryable = e.retryable();
  }
  return out;
}

/// Answers the nth request with the nth of `answers`, and with the last one from then on.
ScriptedServer::Script in_turn(std::vector<Answer> answers) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [answers = std::move(answers), next](const std::string&) {
    return answers[std::min(next->fetch_add(1), answers.size() - 1)];
  };
}

Answer fine() { return {ScriptedServer::json(R"({"ok":true})")}; }

Answer error(const std::string& status, int number, const std::string& headers = "") {
  return {ScriptedServer::json(
      R"({"code":0,"error":true,"errorMessage":"no","errorNum":)" + std::to_string(number) + "}",
      status, headers)};
}

}  // namespace

TEST(Client, SendsWhatTheServerWantsToSee) {
  const ScriptedServer server(in_turn({fine()}));
  SourceOptions options = options_for(server.url() + "/my%20app");
  Call call;
  call.method = Method::post;
  call.path = "/_api/cursor";
  call.body = "{}";
  EXPECT_EQ(ask(options, call).body, R"({"ok":true})");
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, testing::StartsWith("POST /_db/my%20app/_api/cursor HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: arango2pg"));
  EXPECT_THAT(request, Not(HasSubstr("Expect:")));
  EXPECT_THAT(request, Not(HasSubstr("Authorization:")));
}

TEST(Client, KeepsItsConnection) {
  const ScriptedServer server(in_turn({fine()}));
  Client client(std::make_shared<Session>(options_for(server.url())));
  doc::PaddedBuffer body;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client.call({.path = "/_api/x"}, body, {}).ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, KeepsItsNewConnectionAfterALostOne) {
  const ScriptedServer server(in_turn({{"", true}, fine()}));
  Client client(std::make_shared<Session>(options_for(server.url())));
  doc::PaddedBuffer body;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client.call({.path = "/_api/x"}, body, {}).ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST(Client, AppendsToWhatTheBufferHolds) {
  const ScriptedServer server(
      in_turn({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cut", true}, fine()}));
  Client client(std::make_shared<Session>(options_for(server.url())));
  doc::PaddedBuffer body;
  body.append("before");
  EXPECT_TRUE(client.call({.path = "/_api/x"}, body, {}).ok());
  EXPECT_EQ(body.view(), R"(before{"ok":true})");  // nothing is left of the cut answer
}

TEST(Client, TriesAgainWhatMayPass) {
  const std::vector<Answer> failures = {
      error("503 Service Unavailable", 21003),
      error("503 Service Unavailable", 503),
      error("412 Precondition Failed", 21004),
      error("409 Conflict", 1601),
      error("500 Internal", 1457),
      error("429 Too Many", 0),
      {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"half\":", true},
      {"", true},
      {"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<htm>"},
  };
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const ScriptedServer server(in_turn({failures[i], fine()}));
    const Outcome outcome = ask(options_for(server.url()));
    EXPECT_EQ(outcome.error, "") << i;
    EXPECT_EQ(outcome.body, R"({"ok":true})") << i;
    EXPECT_EQ(server.requests().size(), 2U) << i;
  }
}

TEST(Client, HandsOverWhatAnotherTryWontChange) {
  const ScriptedServer server(in_turn({error("404 Not Found", 1203)}));
  const Outcome outcome = ask(options_for(server.url()));
  EXPECT_EQ(outcome.reply.status, 404);
  EXPECT_EQ(outcome.reply.error_num, 1203);
  EXPECT_EQ(outcome.reply.message, "no");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Client, AsksTwiceAfterAnInternalError) {
  const ScriptedServer server(in_turn({error("500 Internal", 4)}));
  EXPECT_EQ(ask(options_for(server.url())).reply.error_num, 4);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Client, GivesUpInTime) {
  const ScriptedServer server(in_turn({error("503 Service Unavailable", 21003)}));
  const Outcome outcome = ask(options_for(server.url()));
  EXPECT_THAT(outcome.error,
              AllOf(HasSubstr(server.url()), HasSubstr("error 21003"), HasSubstr("gave up after")));
  EXPECT_TRUE(outcome.retryable);
}

TEST(Client, SaysThatNobodyListens) {
  std::string url;
  {
    const ScriptedServer gone(in_turn({fine()}));
    url = gone.url();
  }
  const Outcome outcome = ask(options_for(url));
  EXPECT_THAT(outcome.error, HasSubstr(url));
  EXPECT_THAT(outcome.hint, HasSubstr("Check host and port"));
}

TEST(Client, NeverReadsAProxysPageAsJson) {
  const std::string page = "<html><body>Sign in</body></html>";
  const ScriptedServer html(
      in_turn({{"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " +
                std::to_string(page.size()) + "\r\n\r\n" + page}}));
  const Outcome outcome = ask(options_for(html.url()));
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("text/html"), HasSubstr("HTTP 200")));
  EXPECT_THAT(outcome.hint, HasSubstr("proxy"));
  const ScriptedServer liar(in_turn({{ScriptedServer::json(page)}}));
  EXPECT_THAT(ask(options_for(liar.url())).error, HasSubstr("instead of JSON"));
  const ScriptedServer moved(
      in_turn({{"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"}}));
  EXPECT_THAT(ask(options_for(moved.url())).error, HasSubstr("HTTP 302"));
}

TEST(Client, SaysThatAnotherProgramListens) {
  const ScriptedServer ssh(in_turn({{"SSH-2.0-OpenSSH_9.2\r\n", true}}));
  EXPECT_THAT(ask(options_for(ssh.url())).error, HasSubstr("cannot talk to"));
}

TEST(Client, DoesNotTakeMoreThanItAskedFor) {
  const ScriptedServer server(
      in_turn({{ScriptedServer::json("{\"x\":\"" + std::string(5000, 'x') + "\"}")}}));
  Call call{.path = "/_api/x"};
  call.body_limit = 1000;
  const Outcome outcome = ask(options_for(server.url()), call);
  EXPECT_TRUE(outcome.reply.too_large);
  EXPECT_EQ(outcome.reply.length, 5008U);
  call.body_limit = 6000;
  EXPECT_TRUE(ask(options_for(server.url()), call).reply.ok());
}

TEST(Client, DoesNotRepeatWhatMovesACursorOn) {
  const ScriptedServer server(in_turn({{"", true}, fine()}));
  Call call{.method = Method::post, .path = "/_api/cursor/1"};
  call.repeatable = false;
  const Outcome outcome = ask(options_for(server.url()), call);
  EXPECT_TRUE(outcome.reply.lost);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Client, StopsInTheMiddleOfATransfer) {
  Answer endless{"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"};
  endless.hang = true;
  const ScriptedServer server(in_turn({endless}));
  SourceOptions options = options_for(server.url());
  options.request_timeout = 300s;
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(ask(options, {.path = "/_api/x"}, stop.get_token()).reply.stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(Client, StopsWhileItWaitsForAnotherTry) {
  const ScriptedServer server(
      in_turn({error("503 Service Unavailable", 503, "Retry-After: 30\r\n")}));
  SourceOptions options = options_for(server.url());
  options.give_up_after = 300s;
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  EXPECT_TRUE(ask(options, {.path = "/_api/x"}, stop.get_token()).reply.stopped);
}

TEST(Client, TimesOutASlowAnswer) {
  Answer endless{"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"};
  endless.hang = true;
  const ScriptedServer server(in_turn({endless, fine()}));
  SourceOptions options = options_for(server.url());
  options.request_timeout = 1s;
  EXPECT_EQ(ask(options).body, R"({"ok":true})");
}

TEST(Client, FollowsAFollowerToItsLeader) {
  const ScriptedServer leader(in_turn({fine()}));
  const ScriptedServer follower(in_turn(
      {error("503 Service Unavailable", 1496, "X-Arango-Endpoint: " + leader.url() + "\r\n")}));
  EXPECT_EQ(ask(options_for(follower.url())).body, R"({"ok":true})");
  EXPECT_EQ(leader.requests().size(), 1U);
}

TEST(Client, GoesToTheNextCoordinatorWithoutWaiting) {
  const ScriptedServer busy(in_turn({error("503 Service Unavailable", 30)}));
  const ScriptedServer well(in_turn({fine()}));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(options_for(busy.url() + ",127.0.0.1:" + std::to_string(well.port()))).body,
            R"({"ok":true})");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 40ms + 1s);
  EXPECT_EQ(busy.requests().size(), 1U);
}

TEST(Client, LogsInOnceAndRenewsARefusedToken) {
  std::atomic<int> logins{0};
  const ScriptedServer server([&](const std::string& request) -> Answer {
    if (request.starts_with("POST /_open/auth")) {
      EXPECT_THAT(request, HasSubstr(R"({"username":"u","password":"p\"w"})"));
      return {ScriptedServer::json("{\"jwt\":\"token" + std::to_string(++logins) + "\"}")};
    }
    if (request.find("Authorization: Bearer token2\r\n") != std::string::npos) return fine();
    return error("401 Unauthorized", 11);
  });
  SourceOptions options = options_for("http://u:p%22w@127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(ask(options).body, R"({"ok":true})");
  EXPECT_EQ(logins, 2);
}

TEST(Client, FallsBackToBasicWhereThereAreNoTokens) {
  const ScriptedServer server([&](const std::string& request) -> Answer {
    if (request.starts_with("POST /_open/auth")) return error("404 Not Found", 404);
    EXPECT_THAT(request, HasSubstr("Authorization: Basic dTpw\r\n"));  // u:p
    return fine();
  });
  EXPECT_TRUE(ask(options_for("http://u:p@127.0.0.1:" + std::to_string(server.port()))).reply.ok());
}

TEST(Client, UsesAGivenTokenAndSaysWhenItIsRefused) {
  const ScriptedServer server([&](const std::string& request) -> Answer {
    return request.find("Authorization: Bearer given\r\n") != std::string::npos
               ? fine()
               : error("401 Unauthorized", 11);
  });
  SourceOptions options = options_for(server.url());
  options.jwt = "given";
  EXPECT_TRUE(ask(options).reply.ok());
  options.jwt = "expired-s3cret";
  const Outcome outcome = ask(options);
  EXPECT_THAT(outcome.error, HasSubstr("refuses"));
  EXPECT_THAT(outcome.error + outcome.hint, Not(HasSubstr("s3cret")));
}

TEST(Client, NeverShowsAPassword) {
  for (const char* status : {"401 Unauthorized", "500 Internal"}) {
    const ScriptedServer server(in_turn({error(status, 500)}));
    const Outcome outcome =
        ask(options_for("http://user:s3cret@127.0.0.1:" + std::to_string(server.port())));
    EXPECT_THAT(outcome.error + outcome.hint + outcome.reply.message, Not(HasSubstr("s3cret")));
  }
}

TEST(Client, UnderstandsTls) {
  if (std::system("openssl version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no openssl program to be the server";
  const test::TempDirectory dir;
  const std::string at = dir.path().string();
  dir.write("_db/_system/_api/x",
            "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"tls\":true}");
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
                         "-nodes -days 2 -subj /CN=localhost -addext "
                         "subjectAltName=IP:127.0.0.1 -keyout " +
                         at + "/key.pem -out " + at + "/cert.pem 2> /dev/null")
                            .c_str()),
            0);
  std::string port;
  {
    const ScriptedServer free_port(in_turn({fine()}));
    port = std::to_string(free_port.port());
  }
  ASSERT_EQ(std::system(("cd " + at + " && { openssl s_server -quiet -HTTP -accept 127.0.0.1:" +
                         port + " -cert cert.pem -key key.pem > /dev/null 2>&1 & echo $! > pid; }")
                            .c_str()),
            0);
  SourceOptions options = options_for("https://127.0.0.1:" + port);
  options.give_up_after = 10s;
  options.insecure = true;
  EXPECT_EQ(ask(options).body, R"({"tls":true})");
  options.insecure = false;
  const Outcome unknown = ask(options);
  EXPECT_THAT(unknown.error, HasSubstr("cannot talk to"));
  EXPECT_THAT(unknown.hint, HasSubstr("--source-ca"));
  options.ca_file = at + "/cert.pem";
  EXPECT_EQ(ask(options).body, R"({"tls":true})");
  EXPECT_EQ(std::system(("kill $(cat " + at + "/pid)").c_str()), 0);
}

TEST(Client, RepeatsACursorsMoveOnlyIfItWasTurnedAway) {
  Call call{.method = Method::post, .path = "/_api/cursor/1"};
  call.repeatable = false;
  const ScriptedServer queue(in_turn({error("503 Service Unavailable", 21003), fine()}));
  EXPECT_TRUE(ask(options_for(queue.url()), call).reply.ok());
  const ScriptedServer inner(in_turn({error("503 Service Unavailable", 1465), fine()}));
  EXPECT_TRUE(ask(options_for(inner.url()), call).reply.lost);
}
