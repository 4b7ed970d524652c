// The sections of a migration file, and what the engine refuses to run from one.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/error.h"
#include "pg/migrations_internal.h"
#include "pg/sql_lexer_internal.h"
#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Error(Exit::unexpected, "cannot compute a SHA-256 checksum");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4U];
    out += hex[digest[i] & 15U];
  }
  return out;
}

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = s.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return s.substr(begin, s.find_last_not_of(blank) - begin + 1);
}

constexpr std::array<std::string_view, 5> markers = {"up", "down", "verify", "no-transaction",
                                                     "batches"};

/// What stands behind "-- migrate:", empty if the line is no marker. Blanks don't matter: a marker
/// that is taken for a comment would run the way down on the way up.
std::string_view marker_of(std::string_view line) {
  constexpr std::string_view word = "migrate:";
  line = trimmed(line);
  if (line.substr(0, 2) != "--") return {};
  line = trimmed(line.substr(2));
  return line.substr(0, word.size()) == word ? trimmed(line.substr(word.size()))
                                             : std::string_view();
}

constexpr std::string_view batches = "batches";
constexpr std::int64_t largest_batch = 1'000'000'000;

/// The size behind `batches`; nothing if it is none.
std::optional<std::int64_t> batch_size(std::string_view marker) {
  const std::string_view digits = trimmed(marker.substr(batches.size()));
  std::int64_t size = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (problem != std::errc() || end != digits.data() + digits.size() || size < 1 ||
      size > largest_batch)
    return std::nullopt;
  return size;
}

[[noreturn]] void fail(const Migration& m, int line, const std::string& what,
                       const std::string& hint = {}) {
  throw Error(Exit::usage, m.file + ":" + std::to_string(line) + ": " + what, hint);
}

/// Sorts the lines of a file into its sections.
class SectionReader {
 public:
  explicit SectionReader(Migration& m) : m_(m) {}

  void read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      ++line_;
      take(text.substr(0, end));
      text.remove_prefix(end);
      passed_ += '\n';
    }
    if (m_.up.empty())
      fail(m_, 1, "no section '-- migrate:up'",
           "Put `-- migrate:up` on a line of its own before the SQL.");
    if (const auto early = split_statements(before_); !early.empty())
      fail(m_, early.front().line, "SQL before the first section",
           "Put `-- migrate:up` on a line of its own before it.");
  }

 private:
  void take(std::string_view line) {
    const std::string_view marker = marker_of(line);
    const std::string_view word = marker.substr(0, marker.find_first_of(" \t"));
    if (marker.empty()) {
      *section_ += line;
    } else if (word == batches) {
      check_batch(marker);
      *section_ += line;  // steps_of() reads it again
    } else {
      begin(marker);
    }
  }

  void check_batch(std::string_view marker) const {
    if (!batch_size(marker))
      fail(m_, line_, "'" + std::string(marker) + "' names no size",
           "Write the rows of a batch, as in `-- migrate:batches 5000`.");
    if (section_ != &m_.up && section_ != &m_.down)
      fail(m_, line_, "'batches' outside of an up or down section");
  }

  void begin(std::string_view marker) {
    if (std::find(markers.begin(), markers.end(), marker) == markers.end())
      fail(m_, line_,
           "unknown section '" + std::string(marker) + "'" + suggestion(marker, markers));
    if (std::find(seen_.begin(), seen_.end(), marker) != seen_.end())
      fail(m_, line_, "section '" + std::string(marker) + "' stands here a second time");
    seen_.push_back(marker);
    if (marker == "no-transaction") {
      m_.transaction = false;
    } else {
      section_ = marker == "up" ? &m_.up : marker == "down" ? &m_.down : &m_.verify;
      *section_ = passed_;
    }
    *section_ += '\n';
  }

  Migration& m_;
  std::string before_;  // the first marker: comments only
  std::string* section_ = &before_;
  std::vector<std::string_view> seen_;
  int line_ = 0;
  std::string passed_;  // a section keeps the file's line numbers
};

/// Renumbers the parameters that a batched statement uses to $1, $2 without a gap: PostgreSQL wants
/// to know the type of each.
void number_parameters(Step& step) {
  const std::string written = step.sql;
  const auto all = tokens(written);
  for (const Token& t : all) {
    if (t.kind != Token::Kind::parameter) continue;
    step.takes_position = step.takes_position || t.text == "$1";
    step.takes_size = step.takes_size || t.text == "$2";
  }
  if (step.takes_position) return;
  step.sql.clear();
  std::size_t from = 0;
  for (const Token& t : all) {
    if (t.kind != Token::Kind::parameter || t.text != "$2") continue;
    step.sql.append(written, from, t.begin - from).append("$1");
    from = t.begin + t.text.size();
  }
  step.sql.append(written, from);
}

/// Lines and sizes of the batch markers of a section.
std::vector<std::pair<int, std::int64_t>> batch_markers(std::string_view section) {
  std::vector<std::pair<int, std::int64_t>> out;
  for (int line = 1; !section.empty(); ++line) {
    const std::size_t end = std::min(section.find('\n'), section.size() - 1) + 1;
    const std::string_view marker = marker_of(section.substr(0, end));
    if (marker.substr(0, batches.size()) == batches)
      out.emplace_back(line, batch_size(marker).value_or(1));
    section.remove_prefix(end);
  }
  return out;
}

int last_line(const Step& step) {
  return step.line + static_cast<int>(std::count(step.sql.begin(), step.sql.end(), '\n'));
}

/// Each batch marker stands right before a statement of a file without transaction.
void check_batches(const Migration& m, const std::string& section) {
  const auto steps = steps_of(section);
  int previous = 0;
  for (const auto& [line, size] : batch_markers(section)) {
    const auto next = std::find_if(steps.begin(), steps.end(),
                                   [at = line](const Step& s) { return last_line(s) > at; });
    if (next == steps.end() || next->line < line)
      fail(m, line, "'batches' stands before no statement",
           "Put the line right before the statement that is to be repeated.");
    if (next->line == previous) fail(m, line, "'batches' stands twice before one statement");
    previous = next->line;
    if (m.transaction)
      fail(m, line, "'batches' in a migration that runs in one transaction",
           "Add the line `-- migrate:no-transaction`: each batch commits on its own.");
    for (const Token& t : tokens(next->sql))
      if (t.kind == Token::Kind::parameter && t.text != "$1" && t.text != "$2")
        fail(m, next->line, "parameter " + std::string(t.text) + " in a batched statement",
             "There are two: $1, where the batch before ended, and $2, the size.");
  }
}

void check_statement(const Migration& m, const Step& step) {
  static constexpr std::array<std::string_view, 9> control = {
      "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"};
  const auto all = tokens(step.sql);
  const std::string word = first_word(step.sql);
  const bool prepared = all.size() > 1 && is_word(all[1], "TRANSACTION");
  if (std::find(control.begin(), control.end(), word) != control.end() &&
      (word != "PREPARE" || prepared))
    fail(m, step.line, "'" + word + "' in a migration",
         "Leave it out: the engine begins and commits, once for the file, or once for each "
         "statement of a file with `-- migrate:no-transaction`.");
  if (word == "COPY" && std::any_of(all.begin(), all.end(), [](const Token& t) {
        return is_word(t, "STDIN") || is_word(t, "STDOUT");
      }))
    fail(m, step.line, "COPY from or to the client in a migration", "Write INSERT … VALUES.");
}

void check_section(const Migration& m, const std::string& section, bool verify) {
  for (const Step& step : steps_of(section)) {
    check_statement(m, step);
    const auto index = concurrent_index(step.sql);
    if (!index) continue;
    if (verify) fail(m, step.line, "a verify section changes nothing for good");
    if (m.transaction)
      fail(m, step.line, "CONCURRENTLY can't run in a transaction",
           "Put the statement into a migration of its own with `-- migrate:no-transaction`.");
    if (!index->rebuild && index->name.empty())
      fail(m, step.line, "CREATE INDEX CONCURRENTLY without a name for the index",
           "Name it: what an interrupted build leaves behind is found by name.");
  }
  check_batches(m, section);
}

}  // namespace

int migration_number(const std::string& file_name) {
  const std::size_t underscore = file_name.find('_');
  const std::string_view digits = std::string_view(file_name).substr(0, underscore);
  int number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (underscore == std::string::npos || underscore < 3 || problem != std::errc() ||
      end != digits.data() + digits.size() || number == 0 || file_name.size() < underscore + 6 ||
      std::filesystem::path(file_name).extension() != ".sql")
    throw Error(Exit::usage,
                "migration file '" + file_name + "' has no name of the form NNN_name.sql",
                "Rename it; numbers start at 001 and leave no gap.");
  return number;
}

std::vector<Step> steps_of(const std::string& section) {
  std::vector<Step> steps;
  for (Statement& s : split_statements(section)) {
    Step step;
    step.sql = std::move(s.text);
    step.line = s.line;
    steps.push_back(std::move(step));
  }
  for (const auto& [line, size] : batch_markers(section)) {
    const auto next = std::find_if(steps.begin(), steps.end(),
                                   [at = line](const Step& s) { return s.line > at; });
    if (next == steps.end()) continue;  // refused by parse_migration()
    next->batch = size;
    number_parameters(*next);
  }
  return steps;
}

std::string checksum_of(const std::vector<Step>& steps, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count && i < steps.size(); ++i) {
    all += steps[i].sql;
    all += '\0';
    if (steps[i].batch > 0) all += "batches";  // their size may be tuned
    all += '\0';
  }
  std::erase(all, '\r');  // the same file from a checkout with other line ends
  return sha256(all);
}

Migration parse_migration(std::string_view file_name, std::string_view text) {
  Migration m;
  m.file = file_name;
  const std::string base = std::filesystem::path(m.file).filename().string();
  m.number = migration_number(base);
  m.name = base.substr(0, base.size() - 4);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, 3) == byte_order_mark) text.remove_prefix(3);
  SectionReader(m).read(text);
  const auto steps = steps_of(m.up);
  if (steps.empty()) fail(m, 1, "section 'up' holds no statement");
  check_section(m, m.up, false);
  check_section(m, m.down, false);
  check_section(m, m.verify, true);
  m.checksum = sha256(checksum_of(steps, steps.size()) + (m.transaction ? "t" : "n"));
  return m;
}

}  // namespace arango2pg::pg
