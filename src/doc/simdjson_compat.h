/// \file
/// Private to json.cpp. All that is used of simdjson: the run-time dispatched stage 1. The names
/// below are the same in 3.0.1 (Debian 12) and 3.12 (Debian 13); a change of them ends here.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

namespace arango2pg::doc {

/// Where the tokens of a text begin: each structural character ({}[]:,) and the first byte of each
/// string, number and literal. Checks what stage 1 checks: UTF-8, control characters in strings,
/// the last string's end.
class TokenIndex {
 public:
  enum class Verdict : std::uint8_t { ok, empty, utf8, control_character, unclosed_string };

  /// Largest text: offsets are 32 bits wide and one is the mark for the end.
  static constexpr std::size_t max_text = 0xFFFF'FFFE;

  /// Precondition: text.size() <= max_text. Throws std::bad_alloc.
  Verdict find(std::string_view text) {
    if (text.empty()) return Verdict::empty;
    reserve(text.size());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    switch (stage_->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) {
      case simdjson::SUCCESS:
        // Both versions write such a mark; ours does not depend on it.
        stage_->structural_indexes[size()] = static_cast<std::uint32_t>(text.size());
        return Verdict::ok;
      case simdjson::UTF8_ERROR:
        return Verdict::utf8;
      case simdjson::UNESCAPED_CHARS:
        return Verdict::control_character;
      case simdjson::UNCLOSED_STRING:
        return Verdict::unclosed_string;
      default:
        return Verdict::empty;
    }
  }

  /// Token offsets, ascending; at [size()] stands the text's size.
  [[nodiscard]] const std::uint32_t* data() const { return stage_->structural_indexes.get(); }
  [[nodiscard]] std::uint32_t size() const { return stage_->n_structural_indexes; }

 private:
  /// 64 KiB: nearly all documents are smaller, so that the index is allocated once (4 bytes a
  /// byte).
  static constexpr std::size_t usual_text = 1U << 16;

  void reserve(std::size_t size) {
    const bool fits = stage_ != nullptr && size <= stage_->capacity();
    // One huge document must not hold its memory for the rest of the run.
    const bool wasteful = fits && size <= 16 * usual_text && stage_->capacity() > 128 * usual_text;
    if (fits && !wasteful) return;
    const std::size_t capacity = std::clamp(size + size / 2, usual_text, max_text);
    stage_.reset();
    // Depth belongs to simdjson's own stage 2, which is never run.
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, 1, stage_) != simdjson::SUCCESS)
      throw std::bad_alloc();
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
};

}  // namespace arango2pg::doc
