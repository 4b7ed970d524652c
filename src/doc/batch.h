/// \file
/// The types between the stages. Names tell the state of the data: DocBatch (bytes as received) →
/// RowBatch (encoded).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/ids.h"

namespace arango2pg::doc {

/// A byte buffer with at least `padding` readable bytes behind its end (simdjson reads in blocks).
/// Grows like a vector; does not initialise. Movable only.
class PaddedBuffer {
 public:
  static constexpr std::size_t padding = 64;

  PaddedBuffer() = default;
  explicit PaddedBuffer(std::size_t capacity) { reserve(capacity); }
  PaddedBuffer(PaddedBuffer&& o) noexcept { swap(o); }
  PaddedBuffer& operator=(PaddedBuffer&& o) noexcept {
    PaddedBuffer(std::move(o)).swap(*this);
    return *this;
  }
  ~PaddedBuffer() { std::free(data_); }

  [[nodiscard]] char* data() { return data_; }
  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_ && data_ != nullptr) return;
    void* grown = std::realloc(data_, capacity + padding);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }
  void append(std::string_view bytes) {
    if (size_ + bytes.size() > capacity_)
      reserve(std::max(size_ + bytes.size(), capacity_ + capacity_ / 2));
    bytes.copy(data_ + size_, bytes.size());
    size_ += bytes.size();
  }
  /// Sets the size after somebody wrote into data(); at most capacity().
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }
  void clear() { size_ = 0; }
  void swap(PaddedBuffer& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    std::swap(capacity_, o.capacity_);
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Where one document stands in its batch's buffer.
struct DocRef {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

/// Documents of one part, in the part's order, as received. Not shared between threads; handed over
/// whole.
struct DocBatch {
  std::uint32_t collection = 0;  ///< index into the run's collections
  PartId part = 0;
  std::uint64_t seq = 0;       ///< counts up from 0 within the part, per attempt
  PaddedBuffer bytes;          ///< at most 4 GiB − 1
  std::vector<DocRef> docs;    ///< in order; bytes between them belong to nobody
  std::string position_after;  ///< where the part stands once this batch is durable; only the
                               ///< source reads it
  bool last = false;           ///< the part ends with this batch (which may be empty)
  Lease lease;                 ///< for `bytes`
  std::uint64_t skipped =
      0;  ///< lines that are no documents by the source's own rules (removed by a later marker)
  /// Documents of this run that were refused before and get another chance: their entries in
  /// quarantine, parallel to `docs`. Empty = documents read from the source.
  std::vector<std::int64_t> quarantined;

  [[nodiscard]] std::string_view document(std::size_t i) const {
    return {bytes.data() + docs[i].begin, docs[i].size};
  }
};

/// A document that can't be loaded. Data, not an exception.
struct Rejection {
  std::uint32_t doc = 0;  ///< index in the batch
  std::string key;        ///< empty if the document has none that can be read
  std::optional<Rev> revision;
  std::string path;     ///< attribute path, "" = the whole document
  std::string rule;     ///< stable code, docs/rules.md
  std::string message;  ///< without document contents
};

/// Identity of a written document, for document-level audit and for `doc` → key messages.
struct DocId {
  std::string key;
  std::optional<Rev> revision;
};

/// Encoded COPY rows of one table. Row r occupies bytes [row_end[r-1], row_end[r]); it came from
/// document row_doc[r].
struct TableRows {
  std::string bytes;  ///< rows only: no binary header or trailer
  std::vector<std::uint32_t> row_end;
  std::vector<std::uint32_t> row_doc;

  [[nodiscard]] std::size_t rows() const { return row_end.size(); }
  [[nodiscard]] std::uint32_t row_begin(std::size_t r) const { return r == 0 ? 0 : row_end[r - 1]; }
};

/// What mapping noticed; small, keyed by names from the mapping (never by document contents, except
/// attribute names in `unmapped`, which the plan caps). Merged per part and kept in the control
/// schema.
struct MappingNotes {
  std::map<std::string, std::uint64_t>
      defaults_used;  ///< "table.column" → how often a constant or default was used
  std::map<std::string, std::uint64_t> warnings;  ///< rule code + path → how often
  struct Unmapped {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Unmapped> unmapped;  ///< attribute → count and bytes

  void merge(const MappingNotes& other);
};

/// What one DocBatch became. Every document of the batch is written, filtered or rejected; nothing
/// else (promise P2).
struct RowBatch {
  std::uint32_t collection = 0;
  PartId part = 0;
  std::uint64_t seq = 0;
  std::string position_after;
  bool last = false;
  Lease lease;

  PaddedBuffer source;  ///< the documents as received, for quarantine
  std::vector<DocRef> docs;
  std::vector<DocId>
      ids;  ///< one per document, filled if the plan says so (document-level audit, merge)
  std::vector<TableRows> tables;      ///< parallel to the collection plan's tables
  std::vector<Rejection> rejections;  ///< ascending by doc
  std::uint64_t filtered = 0;
  std::uint64_t skipped = 0;
  /// As in DocBatch: these entries go in the transaction of the rows, and the documents count as
  /// read already.
  std::vector<std::int64_t> quarantined;
  MappingNotes notes;

  /// Documents that the run had not read before.
  [[nodiscard]] std::uint64_t fresh() const { return quarantined.empty() ? docs.size() : 0; }

  [[nodiscard]] std::string_view document(std::size_t i) const {
    return {source.data() + docs[i].begin, docs[i].size};
  }
  [[nodiscard]] std::uint64_t written() const { return docs.size() - filtered - rejections.size(); }
};

}  // namespace arango2pg::doc
