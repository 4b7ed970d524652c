/// \file
/// What has been done so far, and how it is shown while the run goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace arango2pg::run {

enum class ProgressMode : std::uint8_t { automatic, bar, plain, json, none };

/// "auto", "bar", "plain", "json", "none"; throws Error(usage) for anything else.
ProgressMode parse_progress(const std::string& text);

/// Counters of one collection, updated by lanes after each commit.
struct CollectionProgress {
  std::string name;
  std::uint64_t documents_total = 0;  ///< 0 = unknown
  std::uint64_t bytes_total = 0;
  std::atomic<std::uint64_t> read{0};  ///< durable documents: written, filtered or quarantined
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> quarantined{0};
  std::atomic<std::uint64_t> parts_left{0};
  std::atomic<std::int64_t> first_ms{-1},
      last_ms{-1};  ///< since the run's start: first reading and last commit

  /// 0…1, by bytes if known, else by documents; nothing known = 0.
  [[nodiscard]] double share() const;
};

/// Thread-safe counters. Collections are added before threads start.
class Progress {
 public:
  Progress() : start_(std::chrono::steady_clock::now()) {}
  CollectionProgress& add(std::string name);
  [[nodiscard]] std::deque<CollectionProgress>& collections() { return collections_; }
  [[nodiscard]] const std::deque<CollectionProgress>& collections() const { return collections_; }
  [[nodiscard]] std::chrono::milliseconds elapsed() const;
  /// A part of the collection is about to be read.
  void begun(std::size_t collection);
  void committed(std::size_t collection, std::uint64_t documents, std::uint64_t bytes,
                 std::uint64_t quarantined);
  /// Documents that an earlier process of this run made durable: shown, but not counted into the
  /// rate.
  std::atomic<std::uint64_t> bytes_before{0}, read_before{0};
  std::atomic<const char*> bound_by{""};

 private:
  std::chrono::steady_clock::time_point start_;
  std::deque<CollectionProgress> collections_;
};

/// Draws a Progress on standard error from its own thread until destroyed: a block that is redrawn
/// on a terminal (bar), one line a minute (plain), one JSON object every ten seconds (json).
class ProgressDisplay {
 public:
  ProgressDisplay(const Progress& progress, ProgressMode mode);
  ~ProgressDisplay();

 private:
  void loop(const std::stop_token& stop);
  const Progress& progress_;
  ProgressMode mode_;
  std::jthread thread_;
};

/// The lines that `bar` draws, pure (for tests): at most `height` lines of at most `width` columns.
std::vector<std::string> progress_lines(const Progress& progress, std::size_t width,
                                        std::size_t height);
std::string progress_plain(const Progress& progress);
std::string progress_json(const Progress& progress);

}  // namespace arango2pg::run
