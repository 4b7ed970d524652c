/// \file
/// The rows of a COPY … TO STDOUT (FORMAT binary), one by one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doc/row_fields.h"
#include "pg/copy_session_internal.h"

namespace arango2pg::pg {

/// As CopyOut: one thread at a time; the destructor reads what is left, cancel first if that may
/// take long. Throws Refused, and Error(unexpected) for what is no such stream.
class RowStream {
 public:
  /// `query`: what is between the brackets of COPY (…).
  RowStream(CopySession& session, const std::string& query, std::size_t columns);

  /// The next row's fields, valid until the next call; false behind the last one.
  bool next(std::vector<doc::Field>& fields);

 private:
  void more();

  CopyOut out_;
  const std::size_t columns_;
  std::size_t head_;       ///< bytes of the stream's header that are still to come
  std::string_view left_;  ///< of the current piece, or of `joined_`
  std::string joined_;     ///< a piece that did not end with a row, and the next one
};

}  // namespace arango2pg::pg
