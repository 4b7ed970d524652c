#include "run/stored_documents.h"

#include <spdlog/fmt/fmt.h>

#include <string_view>
#include <utility>

namespace arango2pg::run {
namespace {

constexpr std::uint64_t page_bytes = 1U << 20;
constexpr std::size_t page_rows = 500;

/// Bytes of a bytea in hex form ("\x6162").
void append_hex(doc::PaddedBuffer& out, std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  out.append(bytes);
}

}  // namespace

StoredDocuments::StoredDocuments(const TargetOptions& target, const std::string& purpose,
                                 std::vector<doc::PartTask> parts, ByteBudget& budget)
    : connection_(target.conninfo, purpose), parts_(std::move(parts)), budget_(budget) {}

std::optional<doc::DocBatch> StoredDocuments::next(const std::stop_token& stop) {
  if (at_ == parts_.size() || stop.stop_requested()) return std::nullopt;
  const doc::PartTask& part = parts_[at_];
  if (seq_ == 0) position_ = part.position.empty() ? "0" : part.position;
  doc::DocBatch batch;
  batch.collection = part.collection;
  batch.part = part.id;
  batch.seq = seq_++;
  batch.lease = budget_.acquire(page_bytes, stop);
  if (stop.stop_requested()) return std::nullopt;
  fill(batch, part.spec.collection);
  batch.lease.resize(batch.bytes.capacity());
  batch.position_after = position_;
  if (batch.last) {
    ++at_;
    seq_ = 0;
  }
  return batch;
}

/// Asks for the sizes first: five hundred documents may be small, or more than the memory allows.
void StoredDocuments::fill(doc::DocBatch& batch, const std::string& collection) {
  StoredRows rows = rows_of(collection);
  rows.params.emplace_back(position_);
  const std::string behind =
      fmt::format("FROM {} WHERE {} AND document IS NOT NULL AND id > ${}::bigint", rows.table,
                  rows.where, rows.params.size());
  const pg::Rows sizes = connection_.exec(
      fmt::format("SELECT id, octet_length(document) {} ORDER BY id LIMIT {}", behind, page_rows),
      rows.params);
  batch.bytes.reserve(1);
  batch.last = sizes.empty();
  if (batch.last) return;
  std::uint64_t bytes = 0;
  std::string last;
  for (std::size_t i = 0; i < sizes.size() && (i == 0 || bytes < page_bytes); ++i) {
    bytes += static_cast<std::uint64_t>(sizes.number(i, 1));
    last = sizes.text(i, 0);
  }
  rows.params.emplace_back(last);
  const pg::Rows documents =
      connection_.exec(fmt::format("SELECT id, document {} AND id <= ${}::bigint ORDER BY id",
                                   behind, rows.params.size()),
                       rows.params);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto begin = static_cast<std::uint32_t>(batch.bytes.size());
    append_hex(batch.bytes, documents.text(i, 1));
    batch.docs.push_back({begin, static_cast<std::uint32_t>(batch.bytes.size() - begin)});
    taken(batch, documents.number(i, 0));
  }
  position_ = last;
}

}  // namespace arango2pg::run
