/// \file
/// The one exception that crosses folder borders, and the exit codes.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace arango2pg {

/// What the program tells its caller. Numbers are the contract (README, section "Exit codes").
enum class Exit : int {
  done = 0,
  unexpected = 1,   ///< a bug: please report
  usage = 2,        ///< wrong usage, configuration or mapping
  source = 3,       ///< source unreachable, refused, or changed under the run
  target = 4,       ///< target unreachable, refused, or changed under the run
  quarantined = 5,  ///< done, but more documents quarantined than allowed
  differences = 6,  ///< verify found differences
  interrupted = 7,  ///< state saved: the same command goes on
};

/// A failure that somebody must act on. `what()` is lower case, names in single quotes, no full
/// stop, no document contents and no secrets; `hint()` is a sentence that says what to do next, or
/// empty.
class Error : public std::exception {
 public:
  Error(Exit kind, std::string message, std::string hint = {}, bool retryable = false)
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)), retryable_(retryable) {}

  [[nodiscard]] Exit kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  /// True if the same call may succeed later (connection lost, server busy, deadlock).
  [[nodiscard]] bool retryable() const noexcept { return retryable_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  Exit kind_;
  std::string message_;
  std::string hint_;
  bool retryable_;
};

/// The candidate nearest to `word` if it is near enough to be a typing error, else empty.
template <class Candidates>
std::string_view nearest(std::string_view word, const Candidates& candidates);

/// Edit distance (insert, delete, replace, swap of neighbours).
std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Candidates>
std::string_view nearest(std::string_view word, const Candidates& candidates) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (std::string_view c : candidates) {
    const std::size_t d = edit_distance(word, c);
    if (d < best_distance) {
      best_distance = d;
      best = c;
    }
  }
  return best;
}

/// " (did you mean 'x'?)" or nothing.
template <class Candidates>
std::string suggestion(std::string_view word, const Candidates& candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? std::string() : " (did you mean '" + std::string(best) + "'?)";
}

}  // namespace arango2pg
