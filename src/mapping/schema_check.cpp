#include "mapping/schema_check.h"

#define VALIJSON_USE_EXCEPTIONS 1
#include <re2/re2.h>

#include <valijson/adapters/std_string_adapter.hpp>
#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "base/error.h"
#include "mapping/decimal.h"
#include "mapping/formats.h"
#include "mapping/literal.h"
#include "mapping/path.h"
#include "mapping/schema_bundle.h"
#include "mapping/schema_screen.h"

namespace arango2pg::mapping {
namespace {

class DocAdapter;
class DocElementIterator;
class DocMemberIterator;
using DocMember = std::pair<std::string, DocAdapter>;

/// Any default-constructed wrapper stands for an empty object.
doc::Value empty_object() {
  static const Literal empty("{}");
  return empty.value();
}

doc::Value empty_array() {
  static const Literal empty("[]");
  return empty.value();
}

class DocArray {
 public:
  using const_iterator = DocElementIterator;
  using iterator = DocElementIterator;
  DocArray() : value_(empty_array()) {}
  explicit DocArray(doc::Value value) : value_(value) {}
  [[nodiscard]] DocElementIterator begin() const;
  [[nodiscard]] DocElementIterator end() const;
  [[nodiscard]] std::size_t size() const { return value_.count(); }

 private:
  doc::Value value_;
};

class DocObject {
 public:
  using const_iterator = DocMemberIterator;
  using iterator = DocMemberIterator;
  DocObject() : value_(empty_object()) {}
  explicit DocObject(doc::Value value) : value_(value) {}
  [[nodiscard]] DocMemberIterator begin() const;
  [[nodiscard]] DocMemberIterator end() const;
  [[nodiscard]] DocMemberIterator find(const std::string& name) const;
  [[nodiscard]] std::size_t size() const { return value_.count(); }

 private:
  doc::Value value_;
};

/// Keeps a value of the schema (enum, const) beyond the schema document.
class DocFrozenValue : public valijson::adapters::FrozenValue {
 public:
  explicit DocFrozenValue(Literal value) : value_(std::move(value)) {}
  [[nodiscard]] FrozenValue* clone() const override { return new DocFrozenValue(value_); }
  [[nodiscard]] bool equalTo(const valijson::adapters::Adapter& other, bool strict) const override;

 private:
  Literal value_;
};

class DocValue {
 public:
  DocValue() : value_(empty_object()) {}
  explicit DocValue(doc::Value value) : value_(value) {}

  [[nodiscard]] valijson::adapters::FrozenValue* freeze() const {
    return new DocFrozenValue(Literal(value_.json()));
  }
  [[nodiscard]] opt::optional<DocArray> getArrayOptional() const {
    if (isArray()) return opt::make_optional(DocArray(value_));
    return {};
  }
  [[nodiscard]] opt::optional<DocObject> getObjectOptional() const {
    if (isObject()) return opt::make_optional(DocObject(value_));
    return {};
  }
  bool getArraySize(std::size_t& result) const {
    result = value_.count();
    return isArray();
  }
  bool getObjectSize(std::size_t& result) const {
    result = value_.count();
    return isObject();
  }
  bool getBool(bool& result) const {
    result = value_.boolean();
    return isBool();
  }
  bool getDouble(double& result) const {
    if (!isDouble()) return false;
    const std::string_view raw = value_.raw();
    const auto [end, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), result);
    if (ec == std::errc::result_out_of_range) result = raw[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  /// Beyond 64 bits the nearest end of the range: such an integer is still one.
  bool getInteger(std::int64_t& result) const {
    if (!isNumber()) return false;
    const std::string_view raw = value_.raw();
    if ((value_.flags() & doc::Node::fraction) == 0 && raw.size() <= 18) {
      std::from_chars(raw.data(), raw.data() + raw.size(), result);
      return true;
    }
    const auto number = Decimal::parse(raw);
    if (!number || !number->is_integer()) return false;
    result = number->to_int64().value_or(number->negative() ? INT64_MIN : INT64_MAX);
    return true;
  }
  bool getString(std::string& result) const {
    if (!isString()) return false;
    std::string scratch;
    result = value_.string(scratch);
    return true;
  }
  static bool hasStrictTypes() { return true; }
  [[nodiscard]] bool isArray() const { return value_.kind() == doc::Kind::array; }
  [[nodiscard]] bool isBool() const { return value_.kind() == doc::Kind::boolean; }
  [[nodiscard]] bool isDouble() const { return isNumber() && !isInteger(); }
  [[nodiscard]] bool isInteger() const {
    std::int64_t ignored = 0;
    return getInteger(ignored);
  }
  [[nodiscard]] bool isNull() const { return value_.is_null(); }
  [[nodiscard]] bool isNumber() const { return value_.kind() == doc::Kind::number; }
  [[nodiscard]] bool isObject() const { return value_.kind() == doc::Kind::object; }
  [[nodiscard]] bool isString() const { return value_.kind() == doc::Kind::string; }

 private:
  doc::Value value_;
};

class DocAdapter : public valijson::adapters::BasicAdapter<DocAdapter, DocArray, DocMember,
                                                           DocObject, DocValue> {
 public:
  DocAdapter() : value_(empty_object()) {}
  explicit DocAdapter(doc::Value value) : BasicAdapter(DocValue(value)), value_(value) {}
  [[nodiscard]] doc::Value wrapped() const { return value_; }

 private:
  doc::Value value_;
};

/// What the two iterators share; Derived has `operator*`.
template <class Derived, class Item>
class DocIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Item;
  using difference_type = std::ptrdiff_t;
  using pointer = Item*;
  using reference = Item&;

  DocIterator(doc::Value container, std::uint32_t index)
      : document_(&container.document()), first_(container.index() + 1), index_(index) {}
  valijson::adapters::DerefProxy<Item> operator->() const {
    return valijson::adapters::DerefProxy<Item>(*self());
  }
  bool operator==(const DocIterator& o) const { return index_ == o.index_; }
  bool operator!=(const DocIterator& o) const { return index_ != o.index_; }
  Derived& operator++() {
    index_ = document_->nodes()[index_ + Derived::value_offset].next;
    return *static_cast<Derived*>(this);
  }
  Derived operator++(int) {
    Derived before = self();
    ++*this;
    return before;
  }
  /// Nodes know only their next one.
  Derived& operator--() {
    std::uint32_t at = first_;
    while (document_->nodes()[at + Derived::value_offset].next != index_)
      at = document_->nodes()[at + Derived::value_offset].next;
    index_ = at;
    return *static_cast<Derived*>(this);
  }
  void advance(std::ptrdiff_t n) {
    while (n-- > 0) ++*this;
  }

 protected:
  const Derived& self() const { return *static_cast<const Derived*>(this); }
  const doc::Document* document_;
  std::uint32_t first_;
  std::uint32_t index_;
};

class DocElementIterator : public DocIterator<DocElementIterator, DocAdapter> {
 public:
  static constexpr std::uint32_t value_offset = 0;
  using DocIterator::DocIterator;
  DocAdapter operator*() const { return DocAdapter(doc::Value(*document_, index_)); }
};

class DocMemberIterator : public DocIterator<DocMemberIterator, DocMember> {
 public:
  static constexpr std::uint32_t value_offset = 1;
  using DocIterator::DocIterator;
  DocMember operator*() const {
    std::string scratch;
    return {std::string(doc::Value(*document_, index_).string(scratch)),
            DocAdapter(doc::Value(*document_, index_ + 1))};
  }
};

DocElementIterator DocArray::begin() const { return {value_, value_.index() + 1}; }
DocElementIterator DocArray::end() const { return {value_, value_.node().next}; }
DocMemberIterator DocObject::begin() const { return {value_, value_.index() + 1}; }
DocMemberIterator DocObject::end() const { return {value_, value_.node().next}; }
DocMemberIterator DocObject::find(const std::string& name) const {
  const auto found = value_.find(name);
  return found ? DocMemberIterator(value_, found->index() - 1) : end();
}

bool DocFrozenValue::equalTo(const valijson::adapters::Adapter& other, bool strict) const {
  return DocAdapter(value_.value()).equalTo(other, strict);
}

}  // namespace
}  // namespace arango2pg::mapping

template <>
struct valijson::adapters::AdapterTraits<arango2pg::mapping::DocAdapter> {
  using DocumentType = arango2pg::doc::Value;
  static std::string adapterName() { return "DocAdapter"; }
};

namespace arango2pg::mapping {
namespace {

/// A rule on a text, run by us: std::regex overflows the stack on long texts.
template <class Test>
class TextConstraint : public valijson::constraints::PolyConstraint {
 public:
  explicit TextConstraint(Test test) : test_(std::move(test)) {}
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    std::string text;
    if (!target.isString() || !target.asString(text) || test_.holds(text)) return true;
    if (results != nullptr) results->pushError(context, test_.phrase());
    return false;
  }

 private:
  Constraint* cloneInto(void* at) const override { return new (at) TextConstraint(*this); }
  [[nodiscard]] std::size_t sizeOf() const override { return sizeof(*this); }
  Test test_;
};

struct PatternTest {
  std::shared_ptr<const re2::RE2> pattern;
  [[nodiscard]] bool holds(const std::string& text) const {
    return re2::RE2::PartialMatch(text, *pattern);
  }
  [[nodiscard]] static std::string phrase() { return "does not match the pattern"; }
};

struct FormatTest {
  std::string format;
  [[nodiscard]] bool holds(const std::string& text) const { return has_format(text, format); }
  [[nodiscard]] std::string phrase() const { return "is no " + format; }
};

struct Anything {
  [[nodiscard]] static bool holds(const std::string&) { return true; }
  [[nodiscard]] static std::string phrase() { return {}; }
};

class PatternBuilder : public valijson::ConstraintBuilder {
 public:
  [[nodiscard]] valijson::constraints::Constraint* make(
      const valijson::adapters::Adapter& value) const override {
    auto pattern = std::make_shared<const re2::RE2>(value.asString(), re2::RE2::Quiet);
    if (!pattern->ok())
      throw std::runtime_error("pattern '" + value.asString() + "': " + pattern->error());
    return new TextConstraint<PatternTest>({std::move(pattern)});
  }
};

/// Formats that we do not know check nothing, as JSON Schema says.
class FormatBuilder : public valijson::ConstraintBuilder {
 public:
  [[nodiscard]] valijson::constraints::Constraint* make(
      const valijson::adapters::Adapter& value) const override {
    const std::string format = value.asString();
    const auto& known = format_names();
    if (std::find(known.begin(), known.end(), format) == known.end())
      return new TextConstraint<Anything>({});
    return new TextConstraint<FormatTest>({format});
  }
};

/// valijson compares each element with each other one; a long array would stop the run.
class UniqueConstraint : public valijson::constraints::PolyConstraint {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isArray() || !has_duplicates(dynamic_cast<const DocAdapter&>(target).wrapped()))
      return true;
    if (results != nullptr) results->pushError(context, "holds an element twice");
    return false;
  }

 private:
  Constraint* cloneInto(void* at) const override { return new (at) UniqueConstraint(*this); }
  [[nodiscard]] std::size_t sizeOf() const override { return sizeof(*this); }
};

class UniqueBuilder : public valijson::ConstraintBuilder {
 public:
  [[nodiscard]] valijson::constraints::Constraint* make(
      const valijson::adapters::Adapter& value) const override {
    if (value.asBool()) return new UniqueConstraint;
    return new TextConstraint<Anything>({});
  }
};

/// valijson's "[name]" and "[3]" as our path.
std::string path_of(const std::vector<std::string>& context) {
  std::string path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string inner = context[i].substr(1, context[i].size() - 2);
    const bool index = !inner.empty() && std::all_of(inner.begin(), inner.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    std::string name;
    if (!index) append_name(name, inner);
    path = join_paths(path, index ? context[i] : name);
  }
  return path;
}

/// "Missing required property 'x'." → "missing required property 'x'".
std::string phrase_of(std::string text) {
  if (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

class ValijsonCheck : public SchemaCheck {
 public:
  ValijsonCheck(const std::string& file, SchemaBundle bundle) : bundle_(std::move(bundle)) {
    const Literal document(bundle_.json);
    screen_ = SchemaScreen::compile(document.value());
    valijson::SchemaParser parser(bundle_.draft4 ? valijson::SchemaParser::kDraft4
                                                 : valijson::SchemaParser::kDraft7);
    parser.addConstraintBuilder(pattern_keyword, new PatternBuilder);
    parser.addConstraintBuilder(format_keyword, new FormatBuilder);
    parser.addConstraintBuilder(unique_keyword, new UniqueBuilder);
    try {
      parser.populateSchema(DocAdapter(document.value()), schema_);
    } catch (const std::exception& e) {
      throw Error(Exit::usage, file + ": no usable JSON Schema: " + phrase_of(e.what()));
    }
  }

  std::string check(doc::Value value, std::string& path) const override {
    if (too_deep(value)) return "is nested more than 400 levels deep";
    if (screen_ && screen_->fits(value)) return {};
    if (bundle_.pattern_properties && has_long_name(value))
      return "has an attribute name of more than 1,000 bytes";
    valijson::Validator validator;
    if (validator.validate(schema_, DocAdapter(value), nullptr)) return {};
    valijson::ValidationResults results;
    validator.validate(schema_, DocAdapter(value), &results);
    valijson::ValidationResults::Error error;
    if (!results.popError(error)) return "does not fit the schema";
    path = path_of(error.context);
    return phrase_of(error.description);
  }

  const std::string& bundle() const override { return bundle_.json; }

 private:
  /// valijson matches patternProperties by std::regex, whose stack grows with the name.
  static bool has_long_name(doc::Value value) {
    const auto nodes = value.document().nodes();
    for (std::uint32_t i = value.index(); i < value.node().next; ++i)
      if ((nodes[i].flags & doc::Node::is_name) != 0 && nodes[i].size > 1000) return true;
    return false;
  }

  SchemaBundle bundle_;
  std::unique_ptr<const SchemaScreen> screen_;
  valijson::Schema schema_;
};

}  // namespace

std::shared_ptr<const SchemaCheck> SchemaCheck::load(const std::string& file) {
  return std::make_shared<ValijsonCheck>(file, bundle_schema(file));
}

}  // namespace arango2pg::mapping
