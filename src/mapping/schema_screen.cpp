#include "mapping/schema_screen.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/formats.h"
#include "mapping/schema_bundle.h"
#include "mapping/slots.h"

namespace arango2pg::mapping {
namespace {

/// Keywords that demand nothing.
constexpr std::array<std::string_view, 11> remarks = {
    "title", "description", "default",    "examples", "$comment", "definitions",
    "$defs", "x-files",     "deprecated", "readOnly", "writeOnly"};
/// Numbers with so few characters are told apart by their doubles.
constexpr std::size_t exact_literal = 15;

using Bits = std::uint64_t;
constexpr std::size_t most_names = 64;

Bits bit(std::size_t i) { return Bits{1} << i; }
Bits bit(doc::Kind kind) { return bit(static_cast<std::size_t>(kind)); }

/// One schema object. What it does not say, it allows.
struct Demands {
  Bits kinds = ~Bits{0};     ///< by doc::Kind
  bool whole = false;        ///< numbers must be integers
  bool closed = false;       ///< no other members than those named
  SlotTable names;           ///< at most most_names
  std::vector<int> members;  ///< by name: number of its demands; −1 = anything
  Bits listed = 0;           ///< by name: stands in `properties`, so that `others` is not meant
  Bits required = 0;         ///< by name
  int others = -1;           ///< demands of all other members
  int elements = -1;         ///< demands of elements
  std::uint64_t shortest = 0, longest = UINT64_MAX;  ///< texts, in characters
  std::uint64_t fewest = 0, most = UINT64_MAX;       ///< elements
  double least = -std::numeric_limits<double>::infinity();
  double greatest = std::numeric_limits<double>::infinity();
  bool above_least = false, below_greatest = false;  ///< the limit itself is none
  bool limited = false;                              ///< numbers have a limit
  std::vector<std::string> values;                   ///< the only ones: texts as they stand
  std::shared_ptr<const re2::RE2> pattern;
  std::string format;
  bool unclear = false;  ///< says more than a screen understands
};

std::optional<double> short_number(doc::Value v) {
  const std::string_view raw = v.raw();
  double out = 0;
  if (v.kind() != doc::Kind::number || raw.size() > exact_literal ||
      raw.find_first_of("eE") != std::string_view::npos)
    return std::nullopt;
  std::from_chars(raw.data(), raw.data() + raw.size(), out);
  return out;
}

std::optional<std::uint64_t> count_of(doc::Value v) {
  const auto number = short_number(v);
  if (!number || *number < 0 || (v.flags() & doc::Node::fraction) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

bool is_plain_text(doc::Value v) {
  return v.kind() == doc::Kind::string && (v.flags() & doc::Node::escaped) == 0;
}

/// In characters, as JSON Schema counts.
std::uint64_t length_of(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class Screen final : public SchemaScreen {
 public:
  explicit Screen(doc::Value schema) { add(schema); }
  [[nodiscard]] bool hopeless() const { return demands_[0].unclear; }
  [[nodiscard]] bool fits(doc::Value value) const override { return fits(demands_[0], value); }

 private:
  // -- compiling

  /// Its number.
  int add(doc::Value schema) {
    const std::size_t number = demands_.size();
    demands_.emplace_back();
    Demands demands;
    if (schema.kind() == doc::Kind::object) {
      for (const auto member : doc::Members(schema)) {
        std::string scratch;
        const std::string name(member.name.string(scratch));
        demands.unclear = !keyword(demands, name, member.value) || demands.unclear;
      }
    } else {
      demands.unclear = schema.kind() != doc::Kind::boolean || !schema.boolean();
    }
    demands.members.resize(demands.names.size(), -1);
    demands.names.seal();
    demands_[number] = std::move(demands);
    return static_cast<int>(number);
  }

  /// False: the screen does not know it.
  bool keyword(Demands& demands, const std::string& name, doc::Value v) {
    if (std::find(remarks.begin(), remarks.end(), name) != remarks.end()) return true;
    if (name == "type") return types(demands, v);
    if (name == "properties") return properties(demands, v);
    if (name == "required") return required(demands, v);
    if (name == "enum" || name == "const") return values(demands, v);
    if (name == "additionalProperties") {
      demands.closed = v.kind() == doc::Kind::boolean && !v.boolean();
      if (v.kind() == doc::Kind::object) demands.others = add(v);
      return true;
    }
    if (name == "items") {
      if (v.kind() == doc::Kind::array) return false;
      demands.elements = add(v);
      return true;
    }
    if (name == pattern_keyword && v.kind() == doc::Kind::string) {
      std::string scratch;
      const std::string text(v.string(scratch));
      demands.pattern = std::make_shared<const re2::RE2>(text, re2::RE2::Quiet);
      return demands.pattern->ok();
    }
    if (name == format_keyword && v.kind() == doc::Kind::string) {
      const auto& known = format_names();
      if (std::find(known.begin(), known.end(), v.raw()) != known.end()) demands.format = v.raw();
      return true;
    }
    if (name == unique_keyword) return !v.boolean();
    return limit(demands, name, v);
  }

  static bool limit(Demands& demands, const std::string& name, doc::Value v) {
    const auto count = [&](std::uint64_t& at) {
      const auto n = count_of(v);
      if (n) at = *n;
      return n.has_value();
    };
    if (name == "minLength") return count(demands.shortest);
    if (name == "maxLength") return count(demands.longest);
    if (name == "minItems") return count(demands.fewest);
    if (name == "maxItems") return count(demands.most);
    const bool least = name == "minimum" || name == "exclusiveMinimum";
    if (!least && name != "maximum" && name != "exclusiveMaximum") return false;
    const auto number = short_number(v);
    double& at = least ? demands.least : demands.greatest;
    // Two limits at one end, or draft 4's exclusiveMinimum: true, are for the validator.
    if (!number || std::abs(at) != std::numeric_limits<double>::infinity()) return false;
    at = *number;
    demands.limited = true;
    if (name[0] == 'e') (least ? demands.above_least : demands.below_greatest) = true;
    return true;
  }

  static bool types(Demands& demands, doc::Value v) {
    demands.kinds = 0;
    bool numbers = false;
    const auto allow = [&](doc::Value word) {
      static constexpr std::array<std::pair<std::string_view, doc::Kind>, 7> type_names = {
          {{"null", doc::Kind::null},
           {"boolean", doc::Kind::boolean},
           {"number", doc::Kind::number},
           {"integer", doc::Kind::number},
           {"string", doc::Kind::string},
           {"array", doc::Kind::array},
           {"object", doc::Kind::object}}};
      const auto at = std::find_if(type_names.begin(), type_names.end(),
                                   [&](const auto& w) { return w.first == word.raw(); });
      if (word.kind() != doc::Kind::string || at == type_names.end()) return false;
      demands.kinds |= bit(at->second);
      if (at->first == "integer") demands.whole = true;
      if (at->first == "number") numbers = true;
      return true;
    };
    bool known = true;
    if (v.kind() == doc::Kind::array)
      for (const doc::Value word : doc::Elements(v)) known = allow(word) && known;
    else
      known = allow(v);
    if (numbers) demands.whole = false;
    return known;
  }

  /// The number of a name; nothing if there are too many.
  static std::optional<std::size_t> slot_of(Demands& demands, doc::Value name) {
    std::string scratch;
    const auto slot =
        static_cast<std::size_t>(demands.names.add(std::string(name.string(scratch))));
    if (slot >= most_names) return std::nullopt;
    return slot;
  }

  bool properties(Demands& demands, doc::Value v) {
    if (v.kind() != doc::Kind::object) return false;
    for (const auto member : doc::Members(v)) {
      const auto slot = slot_of(demands, member.name);
      if (!slot) return false;
      demands.members.resize(std::max(demands.members.size(), *slot + 1), -1);
      demands.members[*slot] = add(member.value);
      demands.listed |= bit(*slot);
    }
    return true;
  }

  static bool required(Demands& demands, doc::Value v) {
    if (v.kind() != doc::Kind::array) return false;  // draft 3
    for (const doc::Value name : doc::Elements(v)) {
      if (name.kind() != doc::Kind::string) return false;
      const auto slot = slot_of(demands, name);
      if (!slot) return false;
      demands.required |= bit(*slot);
    }
    return true;
  }

  /// Only texts: what else is allowed the validator finds.
  static bool values(Demands& demands, doc::Value v) {
    if (!demands.values.empty()) return false;
    const auto allow = [&](doc::Value value) {
      if (is_plain_text(value)) demands.values.emplace_back(value.raw());
    };
    if (v.kind() == doc::Kind::array)
      for (const doc::Value value : doc::Elements(v)) allow(value);
    else
      allow(v);
    return !demands.values.empty();
  }

  // -- looking at documents

  [[nodiscard]] bool fits(int demands, doc::Value v) const {
    return demands < 0 || fits(demands_[static_cast<std::size_t>(demands)], v);
  }

  [[nodiscard]] bool fits(const Demands& demands, doc::Value v) const {
    if (demands.unclear || (demands.kinds & bit(v.kind())) == 0) return false;
    if (!demands.values.empty() && !is_plain_text(v)) return false;
    switch (v.kind()) {
      case doc::Kind::string:
        return text_fits(demands, v);
      case doc::Kind::number:
        return number_fits(demands, v);
      case doc::Kind::array:
        return array_fits(demands, v);
      case doc::Kind::object:
        return object_fits(demands, v);
      default:
        return true;
    }
  }

  static bool text_fits(const Demands& demands, doc::Value v) {
    const bool counted = demands.shortest > 0 || demands.longest != UINT64_MAX;
    const bool read =
        demands.pattern != nullptr || !demands.format.empty() || !demands.values.empty();
    if (!counted && !read) return true;
    if (!is_plain_text(v)) return false;
    const std::string_view text = v.raw();
    if (counted) {
      const std::uint64_t length = length_of(text);
      if (length < demands.shortest || length > demands.longest) return false;
    }
    if (!demands.values.empty() &&
        std::find(demands.values.begin(), demands.values.end(), text) == demands.values.end())
      return false;
    if (demands.pattern != nullptr &&
        !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *demands.pattern))
      return false;
    return demands.format.empty() || has_format(text, demands.format);
  }

  static bool number_fits(const Demands& demands, doc::Value v) {
    if (demands.whole && (v.flags() & doc::Node::fraction) != 0) return false;  // 1.0 is an integer
    if (!demands.limited) return true;
    const auto number = short_number(v);
    if (!number) return false;
    return (demands.above_least ? *number > demands.least : *number >= demands.least) &&
           (demands.below_greatest ? *number < demands.greatest : *number <= demands.greatest);
  }

  [[nodiscard]] bool array_fits(const Demands& demands, doc::Value v) const {
    if (v.count() < demands.fewest || v.count() > demands.most) return false;
    if (demands.elements < 0) return true;
    const Demands& element = demands_[static_cast<std::size_t>(demands.elements)];
    for (const doc::Value e : doc::Elements(v))
      if (!fits(element, e)) return false;
    return true;
  }

  [[nodiscard]] bool object_fits(const Demands& demands, doc::Value v) const {
    Bits seen = 0;
    for (const auto [name, value] : doc::Members(v)) {
      if ((name.flags() & doc::Node::escaped) != 0) return false;
      const int slot = demands.names.find(name.raw());
      const Bits own = slot < 0 ? 0 : bit(static_cast<std::size_t>(slot));
      // Of equal names the last one counts for some rules, and each for others.
      if ((seen & own) != 0) return false;
      seen |= own;
      const bool listed = (demands.listed & own) != 0;
      if (!listed && demands.closed) return false;
      if (!fits(listed ? demands.members[static_cast<std::size_t>(slot)] : demands.others, value))
        return false;
    }
    return (demands.required & ~seen) == 0;
  }

  std::vector<Demands> demands_;
};

}  // namespace

std::unique_ptr<const SchemaScreen> SchemaScreen::compile(doc::Value schema) {
  auto screen = std::make_unique<Screen>(schema);
  if (screen->hopeless()) return nullptr;
  return screen;
}

}  // namespace arango2pg::mapping
