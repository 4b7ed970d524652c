/// \file
/// AQL's tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fake_arango {

struct AqlToken {
  enum class Kind : std::uint8_t {
    end,
    keyword,  ///< text in upper case
    identifier,
    quoted,  ///< text unescaped
    integer,
    real,
    bind,         ///< @x: text is x
    bind_source,  ///< @@x: text is x
    symbol,       ///< text
  };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;
};

/// Throws ApiError 1501 for what is no token.
std::vector<AqlToken> tokenise(std::string_view query);

/// The name that the server's parser has for it: "RETURN declaration", "assignment".
std::string token_name(const AqlToken& token);

/// The server's syntax error at a place: "syntax error, unexpected … near '…' at position 1:10".
[[noreturn]] void fail_syntax(std::string_view query, std::size_t at, const std::string& problem);

}  // namespace fake_arango
