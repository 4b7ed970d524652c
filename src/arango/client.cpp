#include "arango/client.h"

#include <algorithm>
#include <charconv>

#include "arango/raw_json.h"
#include "base/error.h"
#include "base/log.h"
#include "base/units.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

using Outcome = HttpResult::Outcome;

/// An address that has never answered is more likely wrong than down.
constexpr std::chrono::seconds patience_with_strangers{10};

constexpr std::chrono::seconds farewell_timeout{2};

/// The server's own words, cut where nobody reads on.
constexpr std::size_t longest_message = 300;

/// True for JSON and for the lines of WAL and dump answers; false for what proxies and other web
/// servers say.
bool is_ours(const HttpResult& result, std::string_view body) {
  if (body.empty()) return result.status == 204 || result.status >= 400;
  if (result.content_type.find("html") != std::string::npos) return false;
  const std::size_t first = skip_space(body, 0);
  return first < body.size() && (body[first] == '{' || body[first] == '[');
}

std::string foreign_answer(const HttpResult& result, std::string_view body) {
  std::string kind = result.content_type.empty() ? "no content type" : result.content_type;
  if (body.empty()) kind = "an empty body";
  return "answered with " + kind + " (HTTP " + std::to_string(result.status) + ") instead of JSON";
}

/// errorNum and errorMessage of an error object.
void read_error(std::string_view body, Reply& reply) {
  doc::Document document;
  if (body.empty() || document.parse(body) || document.root().kind() != doc::Kind::object) return;
  if (const auto number = document.root().find("errorNum")) {
    const std::string_view digits = number->raw();
    std::from_chars(digits.data(), digits.data() + digits.size(), reply.error_num);
  }
  const auto message = document.root().find("errorMessage");
  if (!message || message->kind() != doc::Kind::string) return;
  std::string scratch;
  reply.message = message->string(scratch).substr(0, longest_message);
}

Reply read_reply(const HttpResult& result, std::string_view body) {
  Reply reply;
  reply.status = result.status;
  reply.headers = result.headers;
  if (result.status >= 400) read_error(body, reply);
  return reply;
}

/// For a request that may not be sent a second time.
Reply lost(const std::string& why) {
  Reply reply;
  reply.lost = true;
  reply.message = why;
  return reply;
}

/// True if the server has certainly not worked on the request: queue full, queue time, busy cursor.
bool was_turned_away(const Reply& reply) {
  return reply.error_num == 21003 || reply.error_num == 21004 || reply.error_num == 1601;
}

std::string text_of(const Reply& reply) {
  std::string out = "HTTP " + std::to_string(reply.status);
  if (reply.error_num != 0) out += ", error " + std::to_string(reply.error_num);
  if (!reply.message.empty()) out += ", '" + reply.message + "'";
  return out;
}

}  // namespace

Client::Client(std::shared_ptr<Session> session)
    : session_(std::move(session)),
      connection_({session_->options().ca_file, session_->options().insecure}),
      endpoint_(session_->first_endpoint()) {}

Error Client::failure(const std::string& what, const Reply& reply, std::string hint) {
  return {Exit::source, what + ": the server says " + text_of(reply), std::move(hint)};
}

HttpRequest Client::request_for(const Call& call, Authorization authorization) const {
  HttpRequest request;
  request.method = call.method;
  request.url = endpoint_.text();
  if (!call.anonymous)
    request.url +=
        "/_db/" + percent_encode(call.database.empty() ? session_->database() : call.database);
  request.url += call.path;
  request.body = call.body;
  request.authorization = std::move(authorization);
  request.timeout = session_->options().request_timeout;
  request.body_limit = call.body_limit;
  // libcurl sends a request again by itself if a connection that was kept alive turns out dead.
  request.fresh_connection = fresh_ || !call.repeatable;
  return request;
}

/// Nothing if it was stopped.
std::optional<Authorization> Client::authorize(const Call& call, const std::stop_token& stop) {
  Authorization out;
  if (call.anonymous) return out;
  while (session_->mode() == Session::Mode::login) {
    if (auto token = session_->token()) {
      out.kind = Authorization::Kind::bearer;
      out.secret = std::move(*token);
      return out;
    }
    if (stop.stop_requested()) return std::nullopt;
    log_in(stop);
  }
  if (session_->mode() == Session::Mode::fixed_token) {
    out.kind = Authorization::Kind::bearer;
    out.secret = session_->token().value_or("");
  } else if (session_->mode() == Session::Mode::basic) {
    out.kind = Authorization::Kind::basic;
    out.username = session_->username();
    out.secret = session_->password();
  }
  return out;
}

/// Gets a token, or finds out that there are none and falls back to Basic. Throws Error(source) for
/// a wrong password.
void Client::log_in(const std::stop_token& stop) {
  const std::lock_guard lock(session_->login_mutex());
  if (session_->token() || session_->mode() != Session::Mode::login) return;
  Call call;
  call.method = Method::post;
  call.path = "/_open/auth";
  call.anonymous = true;
  call.body = "{";
  if (!session_->username().empty()) {  // access tokens have no user
    call.body += "\"username\":";
    doc::append_json_string(call.body, session_->username());
    call.body += ',';
  }
  call.body += "\"password\":";
  doc::append_json_string(call.body, session_->password());
  call.body += '}';
  const auto sent = std::chrono::steady_clock::now();
  doc::PaddedBuffer body;
  const Reply reply = this->call(call, body, stop);
  if (reply.stopped) return;
  if (reply.status == 401) refuse_login(call, reply);
  const auto jwt = reply.ok() ? plain_string_member(body.view(), "jwt") : std::nullopt;
  if (jwt)
    session_->keep_token(planned(std::string(*jwt), sent));
  else
    session_->use_basic();  // authentication off, or an old or guarded server
}

/// Throws Error(source) for a 401 that a new token doesn't help against.
void Client::refuse_login(const Call& call, const Reply& reply) const {
  const std::string url = "'" + session_->shown_url() + "'";
  const std::string said = " (" + text_of(reply) + ").";
  const Session::Mode mode = session_->mode();
  if (mode == Session::Mode::none)
    throw Error(Exit::source, url + " asks for user and password",
                "Write http://user:password@host:8529/database, or give ARANGO_USERNAME and "
                "ARANGO_PASSWORD" +
                    said);
  if (mode == Session::Mode::fixed_token)
    throw Error(Exit::source, url + " refuses the token",
                "It may have expired: get a new one for ARANGO_JWT" + said);
  if (call.anonymous)
    throw Error(Exit::source, url + " refuses user and password",
                "Check --source, ARANGO_USERNAME and ARANGO_PASSWORD" + said);
  throw Error(
      Exit::source,
      "database '" + (call.database.empty() ? session_->database() : call.database) +
          "' does not exist at " + url + ", or the user may not read it",
      "Check the path of --source and the user's rights; with HTTP Basic also the password" + said);
}

HttpResult Client::attempt(const HttpRequest& request, doc::PaddedBuffer& body,
                           const std::stop_token& stop) {
  const Gate::Pass pass = session_->gate().enter(stop);
  if (pass) return connection_.perform(request, body, stop);
  HttpResult stopped;
  stopped.outcome = Outcome::stopped;
  return stopped;
}

Reply Client::call(const Call& call, doc::PaddedBuffer& body, const std::stop_token& stop) {
  const std::size_t begin = body.size();
  Tries tries{BackOff(session_->options().give_up_after)};
  tried_elsewhere_ = 0;
  fresh_ = false;
  while (auto authorization = authorize(call, stop)) {
    tries.token = authorization->secret;
    tries.again_at_once = false;
    body.resize(begin);
    const HttpResult result = attempt(request_for(call, std::move(*authorization)), body, stop);
    if (result.outcome == Outcome::stopped) break;
    if (auto reply = judge(call, result, body.view().substr(begin), tries))
      return *std::move(reply);
    if (!tries.again_at_once && !prepare_next_try(result, tries, stop)) break;
  }
  body.resize(begin);
  Reply stopped;
  stopped.stopped = true;
  return stopped;
}

/// The reply to hand over; nothing if the request is worth another try, for the reason in `tries`.
std::optional<Reply> Client::judge(const Call& call, const HttpResult& result,
                                   std::string_view body, Tries& tries) {
  tries.why = result.reason;
  switch (result.outcome) {
    case Outcome::answered:
      break;
    case Outcome::refused:
      refuse(result);
    case Outcome::too_large: {
      Reply reply;
      reply.too_large = true;
      reply.length = result.length;
      return reply;
    }
    case Outcome::broken:
      if (!call.repeatable) return lost(tries.why);
      return std::nullopt;
    case Outcome::unreachable:
    case Outcome::stopped:
      return std::nullopt;
  }
  if (is_ours(result, body)) return judge_answer(call, read_reply(result, body), tries);
  tries.why = foreign_answer(result, body);
  if (advice_for(result.status, 0) == Advice::take)
    throw Error(Exit::source, "'" + endpoint_.text() + "' " + tries.why,
                "There is a proxy or another web server at this address: check host and port.");
  if (!call.repeatable) return lost(tries.why);
  return std::nullopt;
}

/// The same for what is certainly ArangoDB's answer.
std::optional<Reply> Client::judge_answer(const Call& call, Reply reply, Tries& tries) {
  session_->note_contact();
  tries.why = text_of(reply);
  const Advice advice = advice_for(reply.status, reply.error_num);
  if (advice == Advice::renew && !call.anonymous) {
    if (tries.renewed || session_->mode() != Session::Mode::login) refuse_login(call, reply);
    session_->drop_token(tries.token);
    tries.renewed = tries.again_at_once = true;
    return std::nullopt;
  }
  const bool inner_error = reply.error_num == 4 && !std::exchange(tries.failed_inside, true);
  if (!inner_error && advice != Advice::again && advice != Advice::elsewhere) return reply;
  if (!call.repeatable && !was_turned_away(reply)) return lost(tries.why);
  return std::nullopt;
}

void Client::refuse(const HttpResult& result) const {
  throw Error(Exit::source, "cannot talk to '" + endpoint_.text() + "': " + result.reason,
              endpoint_.tls ? "Give the server's certificate authority with --source-ca, or check "
                              "that the port speaks TLS."
                            : "Check host and port; a server with TLS needs https://.");
}

/// Waits, or goes to another coordinator at once. False if it was stopped; throws Error(source)
/// when patience is at its end.
bool Client::prepare_next_try(const HttpResult& result, Tries& tries, const std::stop_token& stop) {
  const std::string failed = endpoint_.text();
  fresh_ = result.outcome == Outcome::broken;
  if (result.outcome == Outcome::unreachable && !session_->contacted())
    tries.back_off.limit(patience_with_strangers);
  const bool stay =
      result.outcome == Outcome::answered && advice_for(result.status, 0) != Advice::elsewhere;
  if (!stay && go_elsewhere(result.header("x-arango-endpoint"))) return !stop.stop_requested();
  const auto delay = tries.back_off.next(result.retry_after);
  if (!delay) {
    const bool unknown = result.outcome == Outcome::unreachable && !session_->contacted();
    throw Error(Exit::source,
                "'" + failed + "' can't be read: " + tries.why + " (gave up after " +
                    std::to_string(tries.back_off.failures() + 1) + " tries)",
                unknown ? "Check host and port in --source, and that the server is running."
                        : "The same command goes on where this one ended.",
                true);
  }
  spdlog::warn("source.retry server={} reason=\"{}\" in={}", failed, tries.why,
               format_duration(*delay));
  return sleep_for(*delay, stop);
}

/// True if another endpoint is worth a try without waiting. `named` is what a follower says of its
/// leader.
bool Client::go_elsewhere(std::string_view named) {
  if (const auto leader = parse_endpoint(named); leader && (leader->tls || !endpoint_.tls)) {
    // Never from https to http: the token would travel in clear text.
    session_->add_endpoint(*leader);
    endpoint_ = *leader;
  } else {
    endpoint_ = session_->endpoint_after(endpoint_);
  }
  if (tried_elsewhere_ + 1 >= session_->endpoints()) {
    tried_elsewhere_ = 0;
    return false;
  }
  ++tried_elsewhere_;
  return true;
}

void Client::try_once(const Call& call) {
  try {
    Authorization authorization;
    if (const auto token = session_->token()) {
      authorization.kind = Authorization::Kind::bearer;
      authorization.secret = *token;
    } else if (session_->mode() == Session::Mode::basic) {
      authorization = {Authorization::Kind::basic, session_->username(), session_->password()};
    }
    HttpRequest request = request_for(call, std::move(authorization));
    request.timeout = farewell_timeout;
    doc::PaddedBuffer ignored;
    attempt(request, ignored, {});
  } catch (const std::exception& e) {
    spdlog::debug("source.farewell failed: {}", e.what());
  }
}

}  // namespace arango2pg::arango
