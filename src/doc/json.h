/// \file
/// JSON documents: full validation once, then cheap random access over the raw bytes. The only
/// place (json.cpp) that includes simdjson: its stage 1 (picked for the CPU at run time) finds the
/// structure and checks UTF-8; our stage 2 checks every token, so that what passes is accepted by
/// PostgreSQL's jsonb too, and keeps each token's raw text: numbers never go through a double
/// (promise P4).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// Why a text is no JSON that PostgreSQL would take. `rule` is a stable code of docs/rules.md:
/// json_syntax, json_utf8, json_number_range, json_nesting, json_string_length.
struct JsonError {
  std::string_view rule;
  std::string message;     ///< without document contents
  std::size_t offset = 0;  ///< byte in the document
};

/// One token of a parsed document. Containers are followed by their content; `next` is the index
/// behind it.
struct Node {
  enum Flag : std::uint8_t {
    escaped = 1,        ///< string (or a member's name): holds a backslash
    has_nul = 2,        ///< string holds \u0000; for containers: something below does
    has_surrogate = 4,  ///< string holds a lone surrogate escape; containers: something below does
    is_name = 8,        ///< this string is a member's name; its value is the next node
    fraction = 16,      ///< number with '.', 'e' or 'E'
    is_true = 32,
    impossible = has_nul | has_surrogate,  ///< jsonb can't hold it
  };
  std::uint32_t begin;  ///< first byte of the token in the document; strings: behind the quote
  std::uint32_t
      size;  ///< bytes of the token; strings: without quotes; containers: with both brackets
  std::uint32_t next;   ///< index of the node behind this value (and behind all below it)
  std::uint32_t count;  ///< containers: members or elements
  Kind kind;
  std::uint8_t flags;
};

class Document;

/// A value of a parsed document: two words, copy freely. Valid while its Document holds the same
/// text.
class Value {
 public:
  Value(const Document& document, std::uint32_t index) : document_(&document), index_(index) {}

  [[nodiscard]] Kind kind() const { return node().kind; }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  /// The token as it stands in the source, strings without their quotes, still escaped; containers
  /// whole.
  [[nodiscard]] std::string_view raw() const;
  /// Like raw(), strings with their quotes: legal JSON.
  [[nodiscard]] std::string_view json() const;
  /// A string's text, unescaped into `scratch` if it must be (else a view of the source).
  /// Lone surrogates come out as WTF-8 (three bytes); check flags first where that matters.
  [[nodiscard]] std::string_view string(std::string& scratch) const;
  [[nodiscard]] bool boolean() const { return (node().flags & Node::is_true) != 0; }
  [[nodiscard]] std::uint8_t flags() const { return node().flags; }
  [[nodiscard]] std::uint32_t count() const { return node().count; }
  [[nodiscard]] const Node& node() const;
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const Document& document() const { return *document_; }

  /// Member of an object by its unescaped name; the last one wins, as in jsonb. Nothing if absent
  /// or no object.
  [[nodiscard]] std::optional<Value> find(std::string_view name) const;
  /// Element of an array; nothing if out of range or no array. Costs i steps.
  [[nodiscard]] std::optional<Value> at(std::size_t i) const;

 private:
  const Document* document_;
  std::uint32_t index_;
};

/// A parsed document; reused for the next one without allocating. One thread at a time.
/// The text must stay where it is, with PaddedBuffer::padding readable bytes behind it, while
/// values are used.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  /// Parses and checks the whole text: one JSON value with optional white space around it.
  /// On an error, the document is empty.
  std::optional<JsonError> parse(std::string_view text);

  [[nodiscard]] Value root() const { return {*this, 0}; }
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::span<const Node> nodes() const { return nodes_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string_view text_;
  std::span<const Node> nodes_;  ///< in impl_'s buffer, which only grows
};

inline const Node& Value::node() const { return document_->nodes()[index_]; }

/// `for (auto [name, value] : Members(object))`: name is the node of the name (unescape with
/// Value::string).
class Members {
 public:
  explicit Members(Value object) : object_(object) {}
  struct Member {
    Value name;
    Value value;
  };
  struct Iterator {
    const Document* document;
    std::uint32_t index;
    Member operator*() const { return {{*document, index}, {*document, index + 1}}; }
    Iterator& operator++() {
      index = document->nodes()[index + 1].next;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return index != o.index; }
  };
  [[nodiscard]] Iterator begin() const { return {&object_.document(), object_.index() + 1}; }
  [[nodiscard]] Iterator end() const { return {&object_.document(), object_.node().next}; }

 private:
  Value object_;
};

/// `for (Value v : Elements(array))`.
class Elements {
 public:
  explicit Elements(Value array) : array_(array) {}
  struct Iterator {
    const Document* document;
    std::uint32_t index;
    Value operator*() const { return {*document, index}; }
    Iterator& operator++() {
      index = document->nodes()[index].next;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return index != o.index; }
  };
  [[nodiscard]] Iterator begin() const { return {&array_.document(), array_.index() + 1}; }
  [[nodiscard]] Iterator end() const { return {&array_.document(), array_.node().next}; }

 private:
  Value array_;
};

/// Appends `text` as a JSON string with quotes, escaping what must be escaped.
void append_json_string(std::string& out, std::string_view text);

/// Appends a value as JSON that jsonb takes, applying the policy for impossible characters to
/// \u0000 and lone surrogates below it (names too). Copies raw bytes wherever nothing has to
/// change.
enum class CharPolicy : std::uint8_t { reject, strip, replace };  ///< replace: by U+FFFD
struct StringPolicy {
  CharPolicy nul = CharPolicy::reject;
  CharPolicy surrogate = CharPolicy::reject;
};
/// Precondition: with `reject` in force the caller has already looked at flags() and refused.
void append_json(std::string& out, Value value, const StringPolicy& policy);
/// The same for text columns: unescapes and applies the policy.
void append_text(std::string& out, Value string_value, const StringPolicy& policy);

/// Cuts an array of documents as the server sends it (`[{…},{…}]`, beginning at `begin`) into its
/// elements by bracket depth, without parsing them: a broken document in the middle stays one
/// element, and nothing between two commas is an element of size 0. White space around elements is
/// left out. Appends to `docs`; returns the offset behind the closing bracket. Nothing if there is
/// no '[' at `begin` or the text ends before the closing bracket; `docs` is then as before.
std::optional<std::size_t> split_array(std::string_view text, std::size_t begin,
                                       std::vector<DocRef>& docs);

/// The lines of `text` from `begin`: appends one DocRef for each complete, non-blank line
/// ('\n', a '\r' before it is left out) and returns the offset behind the last complete line.
std::size_t split_lines(std::string_view text, std::size_t begin, std::vector<DocRef>& docs);

}  // namespace arango2pg::doc
