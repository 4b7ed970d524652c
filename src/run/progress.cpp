#include "run/progress.h"

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/units.h"

namespace arango2pg::run {
namespace {

struct Totals {
  std::uint64_t read = 0, bytes = 0, quarantined = 0, documents_total = 0, bytes_total = 0;
  double documents_per_second = 0, bytes_per_second = 0, share = 0;
  std::chrono::milliseconds left{-1};  ///< negative = unknown
};

Totals total(const Progress& progress) {
  Totals t;
  bool bytes_known = true, documents_known = true;
  for (const auto& c : progress.collections()) {
    t.read += c.read;
    t.bytes += c.bytes;
    t.quarantined += c.quarantined;
    t.documents_total += c.documents_total;
    t.bytes_total += c.bytes_total;
    bytes_known = bytes_known && c.bytes_total > 0;
    documents_known = documents_known && c.documents_total > 0;
  }
  const double seconds = std::max(0.001, static_cast<double>(progress.elapsed().count()) / 1000);
  t.documents_per_second =
      static_cast<double>(t.read - std::min<std::uint64_t>(t.read, progress.read_before)) / seconds;
  t.bytes_per_second =
      static_cast<double>(t.bytes - std::min<std::uint64_t>(t.bytes, progress.bytes_before)) /
      seconds;
  if (bytes_known && t.bytes_total > 0) {
    t.share = std::min(1.0, static_cast<double>(t.bytes) / static_cast<double>(t.bytes_total));
    if (t.bytes_per_second > 0)
      t.left = std::chrono::milliseconds(static_cast<std::int64_t>(
          static_cast<double>(t.bytes_total - std::min(t.bytes, t.bytes_total)) /
          t.bytes_per_second * 1000));
  } else if (documents_known && t.documents_total > 0) {
    t.share = std::min(1.0, static_cast<double>(t.read) / static_cast<double>(t.documents_total));
    if (t.documents_per_second > 0)
      t.left = std::chrono::milliseconds(static_cast<std::int64_t>(
          static_cast<double>(t.documents_total - std::min(t.read, t.documents_total)) /
          t.documents_per_second * 1000));
  }
  return t;
}

std::string rate(const Totals& t) {
  return fmt::format("{} docs/s, {}/s",
                     format_count(static_cast<std::uint64_t>(t.documents_per_second)),
                     format_size(static_cast<std::uint64_t>(t.bytes_per_second)));
}

std::string eta(const Totals& t) {
  return t.left.count() < 0 ? "ETA unknown" : "ETA " + format_duration(t.left);
}

std::string bar(double share, std::size_t cells) {
  std::string out;
  const auto full = static_cast<std::size_t>(share * static_cast<double>(cells));
  for (std::size_t i = 0; i < cells; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string changes(const Totals& t) {
  return format_count(t.read) + (t.read == 1 ? " change" : " changes");
}

std::string lag(const Progress& progress) {
  return fmt::format("lag {} ({} ticks)",
                     format_duration(std::chrono::milliseconds(progress.lag_ms)),
                     format_count(progress.lag_ticks));
}

}  // namespace

ProgressMode parse_progress(const std::string& text) {
  static constexpr std::array<std::string_view, 5> words = {"auto", "bar", "plain", "json", "none"};
  for (std::size_t i = 0; i < words.size(); ++i)
    if (text == words[i]) return static_cast<ProgressMode>(i);
  throw Error(Exit::usage, "unknown progress mode '" + text + "'" + suggestion(text, words),
              "Use one of auto, bar, plain, json, none.");
}

double CollectionProgress::share() const {
  if (bytes_total > 0)
    return std::min(1.0, static_cast<double>(bytes) / static_cast<double>(bytes_total));
  if (documents_total > 0)
    return std::min(1.0, static_cast<double>(read) / static_cast<double>(documents_total));
  return 0;
}

CollectionProgress& Progress::add(std::string name) {
  auto& c = collections_.emplace_back();
  c.name = std::move(name);
  return c;
}

std::chrono::milliseconds Progress::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start_);
}

void Progress::begun(std::size_t collection) {
  std::int64_t unset = -1;
  collections_[collection].first_ms.compare_exchange_strong(unset, elapsed().count());
}

void Progress::committed(std::size_t collection, std::uint64_t documents, std::uint64_t bytes,
                         std::uint64_t quarantined) {
  auto& c = collections_[collection];
  c.read += documents;
  c.bytes += bytes;
  c.quarantined += quarantined;
  c.last_ms = elapsed().count();
}

std::vector<std::string> progress_lines(const Progress& progress, std::size_t width,
                                        std::size_t height) {
  std::vector<std::string> lines;
  std::size_t hidden = 0;
  const std::size_t name_width = std::clamp<std::size_t>(width / 4, 8, 28);
  for (const auto& c : progress.collections()) {
    if (c.parts_left == 0 || c.read == 0) continue;  // done or not begun: in the total only
    if (lines.size() + 2 >= height) {
      ++hidden;
      continue;
    }
    std::string text = fmt::format("{:<{}.{}} {} {:>4.0f}%  {} docs  {}", c.name, name_width,
                                   name_width, bar(c.share(), 20), c.share() * 100,
                                   format_count(c.read), format_size(c.bytes));
    if (c.quarantined > 0) text += fmt::format("  {} quarantined", format_count(c.quarantined));
    lines.push_back(std::move(text));
  }
  const Totals t = total(progress);
  if (progress.lag_ms >= 0) {
    lines.push_back(fmt::format("{:<{}.{}} {}  {}  {}", "total", name_width, name_width, changes(t),
                                format_size(t.bytes), lag(progress)));
    return lines;
  }
  std::string text = fmt::format("{:<{}.{}} {} {:>4.0f}%  {} docs  {}  {}  {}", "total", name_width,
                                 name_width, bar(t.share, 20), t.share * 100, format_count(t.read),
                                 format_size(t.bytes), rate(t), eta(t));
  if (t.quarantined > 0) text += fmt::format("  {} quarantined", format_count(t.quarantined));
  if (hidden > 0) text += fmt::format("  (+{} collections)", hidden);
  if (const char* bound = progress.bound_by; *bound != '\0')
    text += fmt::format("  bound by {}", bound);
  lines.push_back(std::move(text));
  return lines;
}

std::string progress_plain(const Progress& progress) {
  const Totals t = total(progress);
  if (progress.lag_ms >= 0)
    return fmt::format("{}, {}, {}", changes(t), format_size(t.bytes), lag(progress));
  std::string text = fmt::format("{:.0f}% of the load, {} documents, {}, {}, {}", t.share * 100,
                                 format_count(t.read), format_size(t.bytes), rate(t), eta(t));
  if (t.quarantined > 0) text += fmt::format(", {} quarantined", format_count(t.quarantined));
  if (const char* bound = progress.bound_by; *bound != '\0')
    text += fmt::format(", bound by {}", bound);
  return text;
}

std::string progress_json(const Progress& progress) {
  const Totals t = total(progress);
  return fmt::format(
      R"({{"share":{:.4f},"read":{},"bytes":{},"quarantined":{},"documents_total":{},"bytes_total":{},)"
      R"("documents_per_second":{:.0f},"bytes_per_second":{:.0f},"eta_seconds":{},"seconds":{:.1f},"bound_by":"{}"{}}})",
      t.share, t.read, t.bytes, t.quarantined, t.documents_total, t.bytes_total,
      t.documents_per_second, t.bytes_per_second,
      t.left.count() < 0 ? "null" : std::to_string(t.left.count() / 1000),
      static_cast<double>(progress.elapsed().count()) / 1000, progress.bound_by.load(),
      progress.lag_ms < 0
          ? std::string()
          : fmt::format(R"(,"lag_seconds":{:.1f},"lag_ticks":{})",
                        static_cast<double>(progress.lag_ms) / 1000, progress.lag_ticks.load()));
}

ProgressDisplay::ProgressDisplay(const Progress& progress, ProgressMode mode)
    : progress_(progress), mode_(mode) {
  if (mode_ == ProgressMode::automatic)
    mode_ = isatty(STDERR_FILENO) != 0 ? ProgressMode::bar : ProgressMode::plain;
  if (mode_ != ProgressMode::none)
    thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

ProgressDisplay::~ProgressDisplay() = default;

void ProgressDisplay::loop(const std::stop_token& stop) {
  using namespace std::chrono_literals;
  const std::chrono::milliseconds every = mode_ == ProgressMode::bar    ? 200ms
                                          : mode_ == ProgressMode::json ? 10s
                                                                        : 60s;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::size_t drawn = 0;
  const auto erase = [&] {
    for (; drawn > 0; --drawn) std::fputs("\x1b[1A\x1b[2K", stderr);
  };
  while (true) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, every, [] { return false; });
    if (mode_ == ProgressMode::bar) {
      winsize size{};
      if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 100, 0, 0};
      erase();
      if (stop.stop_requested()) break;
      for (const auto& line : progress_lines(progress_, size.ws_col, size.ws_row)) {
        // The terminal cuts; wrapped lines would break the redraw.
        std::fprintf(stderr, "\x1b[?7l%s\x1b[?7h\n", line.c_str());
        ++drawn;
      }
      std::fflush(stderr);
    } else {
      if (stop.stop_requested()) break;
      if (mode_ == ProgressMode::json)
        std::fprintf(stderr, "%s\n", progress_json(progress_).c_str());
      else
        spdlog::info("progress: {}", progress_plain(progress_));
    }
  }
}

}  // namespace arango2pg::run
