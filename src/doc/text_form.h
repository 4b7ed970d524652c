/// \file
/// What a text looks like: the forms that have a better column type than text.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace arango2pg::doc {

enum class TextForm : std::uint8_t {
  other,
  empty,
  date,            ///< 2026-11-25
  timestamp,       ///< 2026-11-25T10:00:00[.123], no zone
  timestamp_zone,  ///< the same with Z or +01:00
  uuid,
  integer,
  number,       ///< with digits behind a point
  boolean,      ///< true, false
  document_id,  ///< collection/key
  email,
  url,
};
constexpr std::size_t text_forms = 12;

/// By shape only: 2026-02-31 is a date here. Only short texts are looked at.
TextForm text_form(std::string_view text);
std::string_view text_form_name(TextForm form);

}  // namespace arango2pg::doc
