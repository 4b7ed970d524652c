#include "arango/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <new>
#include <optional>

#include "base/error.h"

namespace arango2pg::arango {
namespace {

using Outcome = HttpResult::Outcome;

/// 512 KiB, libcurl's maximum: pages are megabytes.
constexpr long receive_buffer = 512L << 10;

/// A batch addresses its bytes with 32 bits.
constexpr std::uint64_t largest_body = 0xFFFFFFFFU;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw Error(Exit::unexpected, "libcurl can't be initialised");
  });
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, ListDeleter>;

/// Where the body goes while it arrives. No exception may leave libcurl's callbacks.
struct Sink {
  CURL* easy = nullptr;
  doc::PaddedBuffer* body = nullptr;
  std::size_t begin = 0;
  std::uint64_t limit = 0;
  std::uint64_t announced = 0;
  bool too_large = false;
  bool out_of_memory = false;
};

void look_at_length(Sink& sink) {
  curl_off_t length = -1;
  curl_easy_getinfo(sink.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length <= 0) return;
  sink.announced = static_cast<std::uint64_t>(length);
  if (sink.announced <= sink.limit)
    sink.body->reserve(sink.begin + static_cast<std::size_t>(sink.announced));
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  Sink& sink = *static_cast<Sink*>(user);
  try {
    const std::uint64_t have = sink.body->size() - sink.begin;
    if (have == 0) look_at_length(sink);
    if (have + size > sink.limit || sink.announced > sink.limit) {
      sink.too_large = true;
      return 0;
    }
    sink.body->append({data, size});
    return size;
  } catch (const std::bad_alloc&) {
    sink.out_of_memory = true;
    return 0;
  }
}

Outcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return Outcome::answered;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return Outcome::unreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
      return Outcome::refused;
    default:
      return Outcome::broken;
  }
}

std::string media_type(const char* content_type) {
  if (content_type == nullptr) return {};
  std::string_view text = content_type;
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

void read_headers(CURL* easy, HttpResult& result) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  result.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
  result.content_type = media_type(type);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  result.retry_after = std::chrono::seconds(retry_after);
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header)) != nullptr) {
    std::string name = media_type(header->name);
    if (name.starts_with("x-arango-")) result.headers.emplace_back(std::move(name), header->value);
  }
}

}  // namespace

std::string_view HttpResult::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (n == name) return value;
  return {};
}

struct HttpConnection::Impl {
  explicit Impl(const HttpConfig& config);
  template <class T>
  void set(CURLoption option, T value) {
    if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK)
      throw Error(Exit::unexpected, "libcurl lacks an option that is needed");
  }
  void prepare(const HttpRequest& request, Sink& sink);
  void authorize(const Authorization& authorization);
  void choose_method(const HttpRequest& request);
  std::optional<CURLcode> run(const std::stop_token& stop);

  HttpConfig config;
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::unique_ptr<CURLM, MultiDeleter> multi;
  Headers headers;
  std::array<char, CURL_ERROR_SIZE> error{};
};

HttpConnection::Impl::Impl(const HttpConfig& http_config) : config(http_config) {
  init_curl_once();
  easy.reset(curl_easy_init());
  multi.reset(curl_multi_init());
  if (!easy || !multi) throw std::bad_alloc();
}

void HttpConnection::Impl::prepare(const HttpRequest& request, Sink& sink) {
  curl_easy_reset(easy.get());  // options, not connections
  error[0] = '\0';
  set(CURLOPT_ERRORBUFFER, error.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_USERAGENT, "arango2pg");
  set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set(CURLOPT_BUFFERSIZE, receive_buffer);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  if (!config.ca_file.empty()) set(CURLOPT_CAINFO, config.ca_file.c_str());
  set(CURLOPT_SSL_VERIFYPEER, config.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, config.insecure ? 0L : 2L);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, &sink);
  authorize(request.authorization);
  choose_method(request);
}

void HttpConnection::Impl::authorize(const Authorization& authorization) {
  switch (authorization.kind) {
    case Authorization::Kind::none:
      break;
    case Authorization::Kind::basic:
      set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      set(CURLOPT_USERNAME, authorization.username.c_str());
      set(CURLOPT_PASSWORD, authorization.secret.c_str());
      break;
    case Authorization::Kind::bearer:
      set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      set(CURLOPT_XOAUTH2_BEARER, authorization.secret.c_str());
      break;
  }
}

void HttpConnection::Impl::choose_method(const HttpRequest& request) {
  // No "Expect: 100-continue": it costs a round trip and the server never declines.
  headers.reset(curl_slist_append(nullptr, "Expect:"));
  if (request.method == Method::post || request.method == Method::put) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    headers.reset(curl_slist_append(headers.release(), "Content-Type: application/json"));
  }
  if (request.method == Method::put) set(CURLOPT_CUSTOMREQUEST, "PUT");
  if (request.method == Method::del) set(CURLOPT_CUSTOMREQUEST, "DELETE");
  set(CURLOPT_HTTPHEADER, headers.get());
}

/// Nothing if it was stopped.
std::optional<CURLcode> HttpConnection::Impl::run(const std::stop_token& stop) {
  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) throw std::bad_alloc();
  CURLcode code = CURLE_OK;
  {
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
    int running = 1;
    while (running > 0 && !stop.stop_requested()) {
      if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    curl_multi_remove_handle(multi.get(), easy.get());
    if (running > 0 && stop.stop_requested()) return std::nullopt;
    if (running > 0) code = CURLE_FAILED_INIT;
  }
  return code;
}

HttpConnection::HttpConnection(const HttpConfig& config) : impl_(std::make_unique<Impl>(config)) {}
HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;

HttpResult HttpConnection::perform(const HttpRequest& request, doc::PaddedBuffer& body,
                                   const std::stop_token& stop) {
  HttpResult result;
  Sink sink;
  sink.easy = impl_->easy.get();
  sink.body = &body;
  sink.begin = body.size();
  sink.limit = request.body_limit == 0 ? largest_body - body.size() : request.body_limit;
  impl_->prepare(request, sink);
  const auto code = impl_->run(stop);
  if (!code) {
    result.outcome = Outcome::stopped;
    return result;
  }
  if (sink.out_of_memory) throw std::bad_alloc();
  result.length = std::max<std::uint64_t>(sink.announced, body.size() - sink.begin);
  result.outcome = sink.too_large ? Outcome::too_large : outcome_of(*code);
  if (*code == CURLE_OK) {
    read_headers(impl_->easy.get(), result);
  } else {
    result.reason = impl_->error[0] != '\0' ? impl_->error.data() : curl_easy_strerror(*code);
  }
  return result;
}

}  // namespace arango2pg::arango
