#include "mapping/path.h"

#include <charconv>

namespace arango2pg::mapping {
namespace {

class PathReader {
 public:
  PathReader(std::string_view text, std::string& why) : left_(text), why_(why) {}

  std::optional<Path> read() {
    Path path;
    if (left_.empty()) return fail("is empty");
    bool name_next = left_[0] != '[';
    while (!left_.empty() || name_next) {
      if (name_next) {
        if (!read_name(path)) return std::nullopt;
      } else if (!read_index(path)) {
        return std::nullopt;
      }
      name_next = false;
      if (left_.empty()) break;
      if (left_[0] == '.') {
        left_.remove_prefix(1);
        name_next = true;
      } else if (left_[0] != '[') {
        return fail("has text behind a quoted name or an index");
      }
    }
    return path;
  }

 private:
  std::nullopt_t fail(const char* why) {
    why_ = why;
    return std::nullopt;
  }

  bool read_name(Path& path) {
    Path::Step step;
    if (!left_.empty() && left_[0] == '"') {
      left_.remove_prefix(1);
      if (!read_quoted(step.name)) return false;
    } else {
      const std::size_t end = left_.find_first_of(".[");
      step.name = left_.substr(0, end);
      left_.remove_prefix(step.name.size());
      if (step.name.empty()) return fail("has an empty name"), false;
      if (step.name.find_first_of("]\"") != std::string::npos)
        return fail("has a quote or bracket inside a name that is not quoted"), false;
    }
    path.steps.push_back(std::move(step));
    return true;
  }

  /// A quote inside a quoted name is written twice.
  bool read_quoted(std::string& name) {
    while (!left_.empty()) {
      const char c = left_[0];
      left_.remove_prefix(1);
      if (c == '"') {
        if (left_.empty() || left_[0] != '"') return true;
        left_.remove_prefix(1);
      }
      name += c;
    }
    return fail("has a quote that is not closed"), false;
  }

  bool read_index(Path& path) {
    const std::size_t end = left_.find(']');
    if (end == std::string_view::npos) return fail("has a '[' without ']'"), false;
    const std::string_view digits = left_.substr(1, end - 1);
    Path::Step step;
    step.is_index = true;
    const auto [stop, ec] =
        std::from_chars(digits.data(), digits.data() + digits.size(), step.index);
    if (digits.empty() || ec != std::errc() || stop != digits.data() + digits.size())
      return fail("has an index that is no number (they count from 0)"), false;
    left_.remove_prefix(end + 1);
    path.steps.push_back(std::move(step));
    return true;
  }

  std::string_view left_;
  std::string& why_;
};

}  // namespace

std::optional<Path> Path::parse(std::string_view text, std::string& why) {
  return PathReader(text, why).read();
}

std::string Path::text() const {
  std::string out;
  for (const Step& s : steps) {
    if (s.is_index) {
      out += '[' + std::to_string(s.index) + ']';
      continue;
    }
    if (!out.empty()) out += '.';
    append_name(out, s.name);
  }
  return out;
}

std::optional<doc::Value> Path::find(doc::Value from, std::size_t first) const {
  std::optional<doc::Value> at = from;
  for (std::size_t i = first; at && i < steps.size(); ++i)
    at = steps[i].is_index ? at->at(steps[i].index) : at->find(steps[i].name);
  return at;
}

void append_name(std::string& out, std::string_view name) {
  if (!name.empty() && name.find_first_of(".[]\"") == std::string_view::npos) {
    out += name;
    return;
  }
  out += '"';
  for (const char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
}

std::string join_paths(std::string_view parent, std::string_view child) {
  std::string out(parent);
  if (!out.empty() && !child.empty() && child[0] != '[') out += '.';
  out += child;
  return out;
}

}  // namespace arango2pg::mapping
