#include "run/template.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "doc/utf8.h"

namespace arango2pg::run {
namespace {

[[noreturn]] void wrong(std::string_view file, const std::string& what) {
  throw Error(Exit::unexpected, fmt::format("template '{}': {}", file, what));
}

class Renderer {
 public:
  explicit Renderer(const TemplateFiles& files) : files_(files) {}

  void file(std::string_view name) {
    const std::string_view text = files_(name);
    if (text.empty()) wrong(name, "there is no such file");
    if (++depth_ > 20) wrong(name, "inserts itself");
    std::size_t at = 0;
    block(name, text, at, "", true);
    --depth_;
  }
  void push(const TemplateData& data) { around_.push_back(&data); }
  std::string take() { return std::move(out_); }

 private:
  struct Tag {
    char kind = 0;  ///< # ^ / > or 0
    std::string name;
  };

  /// Up to the tag that closes `section`, or the end. `show` = false: passed over.
  void block(std::string_view file_name, std::string_view text, std::size_t& at,
             const std::string& section, bool show) {
    while (at < text.size()) {
      const std::size_t open = text.find("{{", at);
      if (open == std::string_view::npos) {
        if (show) out_ += text.substr(at);
        at = text.size();
        break;
      }
      const std::size_t close = text.find("}}", open);
      if (close == std::string_view::npos) wrong(file_name, "a tag is not closed");
      const Tag tag = read(text.substr(open + 2, close - open - 2));
      std::size_t before = open, after = close + 2;
      if (tag.kind != 0) own_line(text, before, after);
      if (show) out_ += text.substr(at, before - at);
      at = after;
      if (tag.kind == '/') {
        if (tag.name != section) wrong(file_name, "'" + tag.name + "' closes '" + section + "'");
        return;
      }
      if (tag.kind == 0 && show) out_ += html_escaped(value(file_name, tag.name));
      if (tag.kind == '>' && show) file(tag.name);
      if (tag.kind == '#' || tag.kind == '^') repeat(file_name, text, at, tag, show);
    }
    if (!section.empty()) wrong(file_name, "'" + section + "' is not closed");
  }

  void repeat(std::string_view file_name, std::string_view text, std::size_t& at, const Tag& tag,
              bool show) {
    const auto* list = around_.back()->list(tag.name);  // else a list of the data around would do
    const auto* word = find_text(tag.name);
    const bool there = (list != nullptr && !list->empty()) || (word != nullptr && !word->empty());
    const std::size_t begin = at;
    if (tag.kind == '^' || list == nullptr || list->empty()) {
      block(file_name, text, at, tag.name, show && (tag.kind == '^' ? !there : there));
      return;
    }
    for (const auto& item : *list) {
      at = begin;
      around_.push_back(item.get());
      block(file_name, text, at, tag.name, show);
      around_.pop_back();
    }
  }

  static Tag read(std::string_view inside) {
    Tag tag;
    if (!inside.empty() && std::string_view("#^/>").find(inside[0]) != std::string_view::npos) {
      tag.kind = inside[0];
      inside.remove_prefix(1);
    }
    tag.name = inside;
    return tag;
  }

  /// A tag that stands alone on its line takes the line with it.
  static void own_line(std::string_view text, std::size_t& before, std::size_t& after) {
    std::size_t begin = before;
    while (begin > 0 && text[begin - 1] == ' ') --begin;
    const bool starts = begin == 0 || text[begin - 1] == '\n';
    const bool ends = after < text.size() && text[after] == '\n';
    if (!starts || !ends) return;
    before = begin;
    ++after;
  }

  /// From the innermost data outwards.
  template <class Get>
  auto find(Get get) const -> decltype(get(TemplateData())) {
    for (auto it = around_.rbegin(); it != around_.rend(); ++it)
      if (const auto* found = get(**it)) return found;
    return nullptr;
  }
  [[nodiscard]] const std::string* find_text(const std::string& name) const {
    return find([&](const TemplateData& data) { return data.text(name); });
  }

  const std::string& value(std::string_view file_name, const std::string& name) const {
    const auto* found = find_text(name);
    if (found == nullptr) wrong(file_name, "nothing is called '" + name + "'");
    return *found;
  }

  const TemplateFiles& files_;
  std::vector<const TemplateData*> around_;
  std::string out_;
  int depth_ = 0;
};

/// Characters that make text look like another: C0 and C1 controls, marks of direction, separators
/// of lines, the byte order mark, unassigned tags.
bool is_hidden(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c < 0xe1000);
}

char32_t decode(std::string_view text, std::size_t& size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 1) return first;
  char32_t c = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = c << 6U | (byte(i) & 0x3fU);
  return c;
}

}  // namespace

std::string render(std::string_view file, const TemplateData& data, const TemplateFiles& files) {
  Renderer renderer(files);
  renderer.push(data);
  renderer.file(file);
  return renderer.take();
}

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    std::string_view valid = text.substr(0, doc::valid_utf8_prefix(text));
    text.remove_prefix(valid.size());
    while (!valid.empty()) {
      std::size_t size = 0;
      const char32_t c = decode(valid, size);
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\'':
          out += "&#39;";
          break;
        default:
          if (is_hidden(c))
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
          else
            out += valid.substr(0, size);
      }
      valid.remove_prefix(size);
    }
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace arango2pg::run
