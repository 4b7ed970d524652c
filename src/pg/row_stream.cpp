#include "doc/copy_rows.h"
#include "pg/row_stream_internal.h"

namespace arango2pg::pg {

RowStream::RowStream(CopySession& session, const std::string& query, std::size_t columns)
    : out_(session, "COPY (" + query + ") TO STDOUT (FORMAT binary)"),
      columns_(columns),
      head_(doc::RowWriter::header(doc::CopyFormat::binary).size()) {}

/// One more piece behind what is left of the last one: nothing, as a rule.
void RowStream::more() {
  const std::string rest(left_);
  const auto piece = out_.next();
  if (!piece) throw Error(Exit::unexpected, "the rows of the target ended early");
  left_ = *piece;
  if (rest.empty()) return;
  joined_ = rest;
  left_ = joined_.append(*piece);
}

bool RowStream::next(std::vector<doc::Field>& fields) {
  while (left_.size() < head_) more();
  left_.remove_prefix(head_);
  head_ = 0;
  for (;;) {
    std::size_t size = 0;
    switch (doc::read_row(left_, columns_, fields, size)) {
      case doc::RowEnd::row:
        left_.remove_prefix(size);
        return true;
      case doc::RowEnd::more:
        more();
        break;
      case doc::RowEnd::trailer:
        while (out_.next()) continue;  // what went wrong at the very end comes out here
        return false;
      case doc::RowEnd::broken:
        throw Error(Exit::unexpected, "the rows of the target came in another form");
    }
  }
}

}  // namespace arango2pg::pg
