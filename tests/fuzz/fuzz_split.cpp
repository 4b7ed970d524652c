// Cutting pages and files: the block-wise splitter against one that looks at each byte.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "doc/json.h"
#include "expect.h"

namespace {

using namespace arango2pg::doc;
using arango2pg::fuzz::expect;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

DocRef trimmed(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && is_blank(text[begin])) ++begin;
  while (end > begin && is_blank(text[end - 1])) --end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
}

std::optional<std::size_t> split_slowly(std::string_view text, std::vector<DocRef>& docs) {
  if (text.empty() || text[0] != '[') return std::nullopt;
  std::size_t depth = 0, element = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // A backslash outside of strings is broken JSON: there too it may only take a quote's meaning.
    if (c == '\\') {
      if (i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      continue;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ',' && depth == 1) {
      docs.push_back(trimmed(text, element, i));
      element = i + 1;
    } else if ((c == ']' || c == '}') && --depth == 0) {
      const DocRef last = trimmed(text, element, i);
      if (last.size != 0 || !docs.empty()) docs.push_back(last);
      return i + 1;
    }
  }
  return std::nullopt;
}

void check_array(std::string_view text) {
  std::vector<DocRef> fast, slow;
  const auto end = split_array(text, 0, fast);
  const auto expected = split_slowly(text, slow);
  expect(end == expected, "both find the same end");
  if (!end) return expect(fast.empty(), "nothing is added for a truncated page");
  expect(fast.size() == slow.size(), "both find as many elements");
  for (std::size_t i = 0; i < fast.size(); ++i)
    expect(fast[i].begin == slow[i].begin && fast[i].size == slow[i].size, "the same elements");
}

void check_lines(std::string_view text) {
  std::vector<DocRef> docs;
  const std::size_t end = split_lines(text, 0, docs);
  expect(end <= text.size(), "the end is inside");
  expect(text.find('\n', end) == text.npos, "no line end is left");
  expect(end == 0 || text[end - 1] == '\n', "it stands behind a line end");
  std::size_t behind = 0;
  for (const DocRef d : docs) {
    expect(d.begin >= behind && d.begin + d.size < end, "lines follow each other");
    const std::string_view line = text.substr(d.begin, d.size);
    expect(line.find('\n') == line.npos && line.find_first_not_of(" \t\r") != line.npos,
           "each is one line with something on it");
    for (std::size_t i = behind; i < d.begin; ++i) expect(is_blank(text[i]), "nothing is lost");
    behind = d.begin + d.size;
  }
  for (std::size_t i = behind; i < end; ++i)
    expect(is_blank(text[i]), "nothing is lost at the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  check_array(text);
  check_lines(text);
  return 0;
}
