/// \file
/// JSON as the server holds and prints it: ASCII output with upper-case \uXXXX, member order kept,
/// numbers either as given or in the server's own forms. Shares no code with src/doc: a mistake
/// there must not hide here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fake_arango {

struct Chunk;
class ObjectView;
class Value;

/// A number with the text it was given in; `text` empty = print by kind.
struct Number {
  enum class Kind : std::uint8_t { integer, big, real };  ///< int64, uint64 beyond it, double
  Kind kind = Kind::integer;
  std::int64_t integer = 0;
  std::uint64_t big = 0;
  double real = 0;  ///< always set
  std::string text;

  static Number of(std::int64_t v);
  static Number of(std::uint64_t v);
  static Number of(double v);
  /// Of a JSON number; nothing if it is out of a double's range.
  static std::optional<Number> parse(std::string_view text);
  /// The server's print form (protocol 11.1).
  [[nodiscard]] std::string printed() const;
};

using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;

/// A stored document, not parsed. The snapshot it comes from keeps it alive.
struct DocRef {
  const Chunk* chunk = nullptr;
  std::uint32_t index = 0;
};

/// A JSON value; copies share arrays and objects. Strings are UTF-8, lone surrogates WTF-8.
class Value {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Value() = default;
  Value(bool v) : data_(v) {}                           // NOLINT(google-explicit-constructor)
  Value(int v) : data_(Number::of(std::int64_t{v})) {}  // NOLINT(google-explicit-constructor)
  Value(std::int64_t v) : data_(Number::of(v)) {}       // NOLINT(google-explicit-constructor)
  Value(std::uint64_t v) : data_(Number::of(v)) {}      // NOLINT(google-explicit-constructor)
  Value(double v) : data_(Number::of(v)) {}             // NOLINT(google-explicit-constructor)
  Value(Number v) : data_(std::move(v)) {}              // NOLINT(google-explicit-constructor)
  Value(const char* v) : data_(std::string(v)) {}       // NOLINT(google-explicit-constructor)
  Value(std::string v) : data_(std::move(v)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view v) : data_(std::string(v)) {}  // NOLINT(google-explicit-constructor)
  Value(Array v);                                       // NOLINT(google-explicit-constructor)
  Value(Object v);                                      // NOLINT(google-explicit-constructor)
  Value(DocRef v) : data_(v) {}                         // NOLINT(google-explicit-constructor)

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_bool() const { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_number() const { return kind() == Kind::number; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  [[nodiscard]] const DocRef* document() const { return std::get_if<DocRef>(&data_); }

  // Precondition of the following: the kind fits. An unparsed document is parsed by members().
  [[nodiscard]] bool boolean() const { return std::get<bool>(data_); }
  [[nodiscard]] const Number& number() const { return std::get<Number>(data_); }
  [[nodiscard]] const std::string& string() const { return std::get<std::string>(data_); }
  [[nodiscard]] const Array& items() const {
    return *std::get<std::shared_ptr<const Array>>(data_);
  }
  [[nodiscard]] ObjectView members() const;

  /// Member of an object (also of an unparsed document); nothing if absent or no object.
  [[nodiscard]] std::optional<Value> find(std::string_view name) const;
  /// What AQL takes for true.
  [[nodiscard]] bool truthy() const;
  /// Number as the integer it is or is cut to; 0 for everything else.
  [[nodiscard]] std::int64_t as_integer() const;

 private:
  std::variant<std::monostate, bool, Number, std::string, std::shared_ptr<const Array>,
               std::shared_ptr<const Object>, DocRef>
      data_;
};

/// The members of an object; keeps them alive, so that a loop over those of a temporary is safe.
class ObjectView {
 public:
  explicit ObjectView(std::shared_ptr<const Object> object) : object_(std::move(object)) {}
  [[nodiscard]] Object::const_iterator begin() const { return object_->begin(); }
  [[nodiscard]] Object::const_iterator end() const { return object_->end(); }
  const Object& operator*() const { return *object_; }
  const Object* operator->() const { return object_.get(); }

 private:
  std::shared_ptr<const Object> object_;
};

class JsonError : public std::runtime_error {
 public:
  JsonError(const std::string& what, std::size_t offset)
      : std::runtime_error(what), offset_(offset) {}
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// Throws JsonError. Nesting up to 200, as in the server.
Value parse_json(std::string_view text);

/// Compact, ASCII.
void append_json(std::string& out, const Value& value);
std::string to_json(const Value& value);
/// With quotes, ASCII.
void append_json_string(std::string& out, std::string_view text);

/// Where a member stands in a rewritten object.
struct MemberSpan {
  std::string name;
  std::size_t begin = 0;  ///< of its value
  std::size_t end = 0;
};

/// Rewrites a JSON object as the server prints it. `members` gets its top-level members in order;
/// their values stand in `out`. Throws JsonError.
void rewrite_object(std::string_view text, bool normalise_numbers, std::string& out,
                    std::vector<MemberSpan>& members);

/// The raw value of a top-level member of an object in our own print form.
std::optional<std::string_view> find_raw(std::string_view object, std::string_view name);

}  // namespace fake_arango
