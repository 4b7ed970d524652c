/// \file
/// Lines of arangodump data files: bare documents, or documents and removals in an envelope.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arango2pg::arango {

/// What a line is. `dump.json` may lie about it, so each line is looked at.
struct DumpLine {
  enum class Form : std::uint8_t {
    bare,      ///< the line is the document (or nothing we know: the mapping will say)
    document,  ///< `data` is the document
    removal,   ///< `key` is gone if it came before
  };
  Form form = Form::bare;
  std::string_view data;
  std::string_view key;  ///< as written beside the data (2.x) or in it; may be empty
  std::string_view rev;  ///< raw token beside the data (2.x), string or number; may be empty
};

/// Bare lines cost a few bytes of looking. Views are of `line`.
DumpLine read_dump_line(std::string_view line);

/// The document of an enveloped line whose `data` lacks the key (2.x edges): `data` with `_key` and
/// `_rev` put in front. Empty if nothing has to be added.
std::string completed(const DumpLine& line);

}  // namespace arango2pg::arango
