/// \file
/// Private to mapping/. What one thread needs while it maps a batch; reused from document to
/// document, so that the steady state allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "doc/json.h"
#include "doc/jsonb_order.h"
#include "mapping/cell.h"
#include "mapping/plan.h"

namespace arango2pg::mapping {

/// Bump allocator for the texts of one document. Addresses stay put until reset().
class Arena {
 public:
  /// Copies with doc::PaddedBuffer::padding readable bytes behind, so that JSON can be parsed in
  /// place.
  std::string_view keep(std::string_view text);
  void reset();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

/// Why a document can't be loaded; becomes a doc::Rejection.
struct Fault {
  std::string_view rule;
  std::string path;
  std::string message;
};

/// A member of the object a frame stands on.
struct MemberSpan {
  std::uint32_t begin;  ///< the opening quote of the name, in the document's text
  std::uint32_t end;    ///< behind the value
  std::uint32_t value;  ///< node index
  int slot;             ///< -1 = a name the plan does not know
};

/// The object that paths are relative to: the document, or an element of an array for `children`.
struct Frame {
  std::uint32_t root = 0;  ///< node index
  bool is_object = false;
  std::vector<std::uint32_t> slots;  ///< node index by slot, 0 = absent
  std::vector<MemberSpan> members;   ///< the last one wins among equal names
  const Frame* parent = nullptr;
  std::string_view each;   ///< path of the array below the parent
  std::int64_t index = 0;  ///< element number
};

/// What identifies the document. Views into the source buffer or the arena.
struct Identity {
  std::string_view key;
  std::string_view revision_text;
  std::optional<Rev> revision;
  bool bad_revision = false;
  std::string_view from, to;  ///< full ids, empty = absent
};

struct Scratch::Impl {
  explicit Impl(RunId run_id) : run(run_id) {}

  /// Forgets the document before.
  void next_document();
  /// The frame of a nesting depth; created on first use.
  Frame& frame(std::size_t depth);
  /// The cells of the row at a nesting depth.
  std::vector<Cell>& row(std::size_t depth);
  /// Parses JSON built by us; the value lives until next_document(). Nothing if it is nested too
  /// deep or too long for jsonb, with the rule in `rule`.
  std::optional<doc::Value> parse(std::string_view json, std::string_view& rule);
  /// Buffers for building texts, taken and given back like a stack (see TextBuffer).
  std::string& take_buffer();
  void give_buffer() { --buffers_used_; }

  const RunId run;
  doc::Document document;
  Arena arena;
  Fault fault;
  Identity identity;
  std::vector<Cell> elements;     ///< of array columns of this document
  bool constant_used = false;     ///< a default or constant supplied the value of this column
  std::vector<std::size_t> used;  ///< counters of defaults and constants this document used
  std::vector<doc::RowWriter> writers;
  std::vector<doc::RowWriter> identity_writers;  ///< by spec, of a plan that follows
  doc::JsonbOrder order;
  std::vector<std::uint32_t> member_names;  ///< nodes: members of an object that is being made
  bool jsonb_order = false;                 ///< of the plan at work
  std::map<std::string, std::uint64_t> warnings;
  std::vector<std::size_t> row_marks;  ///< rows per table before this document
  std::vector<std::size_t> takers;     ///< specs that take this document

 private:
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<std::unique_ptr<std::vector<Cell>>> rows_;
  std::vector<std::unique_ptr<doc::Document>> parsed_;
  std::size_t parsed_used_ = 0;
  std::vector<std::unique_ptr<std::string>> buffers_;
  std::size_t buffers_used_ = 0;
};

using Workspace = Scratch::Impl;

/// An empty text buffer with its capacity kept from the last use.
class TextBuffer {
 public:
  explicit TextBuffer(Workspace& workspace)
      : workspace_(workspace), text_(workspace.take_buffer()) {}
  ~TextBuffer() { workspace_.give_buffer(); }
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  std::string& operator*() { return text_; }
  std::string* operator->() { return &text_; }

 private:
  Workspace& workspace_;
  std::string& text_;
};

}  // namespace arango2pg::mapping
