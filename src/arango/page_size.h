/// \file
/// How many documents to ask for so that an answer has the wanted bytes (design 4: pages are
/// bounded by bytes, ArangoDB counts documents).
#pragma once

#include <algorithm>
#include <cstdint>

namespace arango2pg::arango {

class PageSize {
 public:
  /// `document_bytes`: what is known beforehand; 0 = nothing.
  PageSize(std::uint64_t aim, std::uint64_t document_bytes)
      : aim_(std::max<std::uint64_t>(aim, 1)) {
    if (document_bytes > 0) documents_ = clamped(aim_ / document_bytes);
  }

  [[nodiscard]] std::uint64_t documents() const { return documents_; }
  [[nodiscard]] std::uint64_t aim() const { return aim_; }
  /// Longer answers are not taken, unless it is a single document: four times the aim leaves room
  /// for documents of unequal size.
  [[nodiscard]] std::uint64_t limit() const { return documents_ == 1 ? 0 : 4 * aim_; }

  /// After an answer. Grows eightfold at most: the next documents may be larger.
  void learn(std::uint64_t documents, std::uint64_t bytes) {
    if (documents == 0 || bytes == 0) return;
    const std::uint64_t fitting = clamped(aim_ * documents / bytes);
    documents_ = std::min(fitting, documents_ * 8);
  }
  /// After an answer beyond the limit; `bytes` is its length as far as it is known.
  void shrink(std::uint64_t bytes) {
    const std::uint64_t fitting = bytes > aim_ ? documents_ * aim_ / bytes : documents_ / 4;
    documents_ = std::clamp<std::uint64_t>(fitting, 1, std::max<std::uint64_t>(documents_ / 2, 1));
  }

 private:
  static std::uint64_t clamped(std::uint64_t n) {
    return std::clamp<std::uint64_t>(n, 1, most_documents);
  }

  /// The server builds a page in memory; more documents than this gain nothing.
  static constexpr std::uint64_t most_documents = 100'000;
  /// Small, because nothing is known of the documents yet.
  static constexpr std::uint64_t first_documents = 100;

  std::uint64_t aim_;
  std::uint64_t documents_ = first_documents;
};

}  // namespace arango2pg::arango
