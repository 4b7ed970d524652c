#include "run/validate_size.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "doc/big_endian.h"
#include "doc/escapes.h"

namespace arango2pg::run {
namespace {

constexpr std::uint64_t page = 8192, page_header = 24, line_pointer = 4;
/// A tuple beyond this is compressed, then moved out piece by piece.
constexpr std::uint64_t toast_threshold = 2032, toast_chunk = 1996;
/// Larger values are compressed for the estimate by their beginning.
constexpr std::size_t compressed_sample = 256U << 10U;

std::uint64_t aligned(std::uint64_t size, std::uint64_t to) { return (size + to - 1) / to * to; }

/// A numeric inside jsonb: varlena header, sign and weight, digits to the base of 10000.
std::uint64_t numeric_size(std::string_view literal) {
  std::uint64_t integer = 0, fraction = 0;
  bool behind = false;
  for (const char c : literal) {
    if (c == 'e' || c == 'E') break;
    if (c == '.') behind = true;
    if (c >= '0' && c <= '9') ++(behind ? fraction : integer);
  }
  const bool zero = literal.find_first_of("123456789") == std::string_view::npos;
  const std::uint64_t digits = zero ? 0 : (integer + 3) / 4 + (fraction + 3) / 4;
  return 4 + 2 + 2 * digits;
}

/// Bytes of a value at `offset` of its container's data, padding before it included.
std::uint64_t inner_size(const doc::Value& v, std::uint64_t offset) {
  switch (v.kind()) {
    case doc::Kind::null:
    case doc::Kind::boolean:
      return 0;
    case doc::Kind::string:
      return (v.flags() & doc::Node::escaped) != 0 ? doc::unescaped_size(v.raw()) : v.raw().size();
    case doc::Kind::number:
      return aligned(offset, 4) - offset + numeric_size(v.raw());
    default:
      return aligned(offset, 4) - offset + jsonb_size(v);
  }
}

unsigned fixed_size(doc::TypeKind kind) {
  switch (kind) {
    case doc::TypeKind::boolean:
      return 1;
    case doc::TypeKind::int2:
      return 2;
    case doc::TypeKind::int4:
    case doc::TypeKind::float4:
    case doc::TypeKind::date:
    case doc::TypeKind::enumeration:
      return 4;
    case doc::TypeKind::int8:
    case doc::TypeKind::float8:
    case doc::TypeKind::timestamptz:
    case doc::TypeKind::timestamp:
      return 8;
    case doc::TypeKind::uuid:
      return 16;
    default:
      return 0;
  }
}

}  // namespace

std::uint64_t jsonb_size(const doc::Value& value) {
  const std::uint64_t n = value.count();
  std::uint64_t size = 0;
  if (value.kind() == doc::Kind::object) {
    for (const auto m : doc::Members(value)) size += inner_size(m.name, 0);
    for (const auto m : doc::Members(value)) size += inner_size(m.value, size);
    return 4 + 8 * n + size;
  }
  if (value.kind() == doc::Kind::array) {
    for (const doc::Value v : doc::Elements(value)) size += inner_size(v, size);
    return 4 + 4 * n + size;
  }
  return 4 + 4 + inner_size(value, 0);  // a scalar is an array of one
}

std::uint64_t lz4_size(std::string_view text) {
  constexpr std::size_t slots = 1U << 12U, window = 65535, shortest = 4, tail = 12;
  std::array<std::uint32_t, slots> last{};
  const char* const begin = text.data();
  const std::size_t size = text.size();
  const auto word = [&](std::size_t at) {
    std::uint32_t w = 0;
    std::memcpy(&w, begin + at, 4);
    return w;
  };
  // A length of 15 or more spills into further bytes.
  const auto more = [](std::size_t n) { return n < 15 ? std::size_t{0} : (n - 15) / 255 + 1; };
  std::uint64_t out = 0;
  std::size_t anchor = 0, at = 1, misses = 0;
  while (at + tail < size) {
    const std::uint32_t w = word(at);
    std::uint32_t& slot = last[(w * 2654435761U) >> 20U];
    const std::size_t candidate = slot;
    slot = static_cast<std::uint32_t>(at);
    if (candidate == 0 || at - candidate > window || word(candidate) != w) {
      at += 1 + (misses++ >> 6U);
      continue;
    }
    misses = 0;
    std::size_t length = shortest;
    while (at + length + 5 < size && begin[candidate + length] == begin[at + length]) ++length;
    const std::size_t literals = at - anchor;
    out += 1 + more(literals) + literals + 2 + more(length - shortest);
    at += length;
    anchor = at;
  }
  const std::size_t literals = size - anchor;
  return out + 1 + more(literals) + literals;
}

void TableSizes::merge(const TableSizes& other) {
  rows += other.rows;
  heap += other.heap;
  toast += other.toast;
  columns.resize(std::max(columns.size(), other.columns.size()));
  for (std::size_t c = 0; c < other.columns.size(); ++c) columns[c] += other.columns[c];
}

std::uint64_t TableSizes::table_bytes(std::uint64_t all) const {
  if (rows == 0 || all == 0) return 0;
  const auto pages = [&](std::uint64_t sampled) -> std::uint64_t {
    if (sampled == 0) return 0;
    // A tuple that does not fit leaves the rest of its page empty: half a tuple on average.
    const double each = static_cast<double>(sampled) / static_cast<double>(rows);
    const double usable = static_cast<double>(page - page_header) - std::min(each, 2000.0) / 2;
    return static_cast<std::uint64_t>(each * static_cast<double>(all) / usable) + 1;
  };
  return (pages(heap) + pages(toast)) * page;
}

SizeSampler::SizeSampler(std::vector<const mapping::CollectionPlan*> plans)
    : plans_(std::move(plans)) {
  for (const auto* plan : plans_) {
    auto& tables = sizes_.emplace_back(plan->tables().size());
    for (std::size_t t = 0; t < tables.size(); ++t)
      tables[t].columns.resize(plan->tables()[t].columns.size());
  }
  seen_.resize(plans_.size());
}

void SizeSampler::add(const doc::RowBatch& batch) {
  const auto& tables = plans_[batch.collection]->tables();
  constexpr std::uint64_t all_of_the_first = 1000, many = 16'000;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const doc::TableRows& rows = batch.tables[t];
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      const std::uint64_t number = seen_[batch.collection] + rows.row_doc[r];
      const std::uint64_t one_in = number < all_of_the_first ? 1 : number < many ? 16 : 64;
      if (number % one_in != 0) continue;
      const std::size_t begin = rows.row_begin(r);
      row(tables[t], std::string_view(rows.bytes).substr(begin, rows.row_end[r] - begin),
          sizes_[batch.collection][t]);
    }
  }
  seen_[batch.collection] += batch.docs.size();
}

void SizeSampler::merge(const SizeSampler& other) {
  for (std::size_t c = 0; c < sizes_.size(); ++c)
    for (std::size_t t = 0; t < sizes_[c].size(); ++t) sizes_[c][t].merge(other.sizes_[c][t]);
}

SizeSampler::Attribute SizeSampler::attribute(const doc::ColumnType& type, std::string_view field,
                                              bool binary) {
  Attribute out;
  if (!type.array) out.size = fixed_size(type.kind);
  if (out.size > 0) {
    out.align = type.kind == doc::TypeKind::uuid ? 1 : static_cast<unsigned>(out.size);
    return out;
  }
  out.varying = true;
  out.size = field.size();
  if (type.kind == doc::TypeKind::numeric && !type.array) {
    out.size = binary ? field.size() - 6 : numeric_size(field) - 4;
    return out;
  }
  std::string_view text = field;
  if (type.kind == doc::TypeKind::jsonb && !type.array) {
    if (binary) text.remove_prefix(1);  // the version
    text_.clear();
    text_.append(text);
    if (!document_.parse(text_.view())) out.size = jsonb_size(document_.root());
  }
  if (out.size <= toast_threshold / 2) return out;
  const std::string_view looked_at = text.substr(0, compressed_sample);
  const double ratio =
      static_cast<double>(lz4_size(looked_at)) / static_cast<double>(looked_at.size());
  if (ratio < 1)
    out.compressed = static_cast<std::uint64_t>(ratio * static_cast<double>(out.size)) + 4;
  return out;
}

/// PostgreSQL's toaster: the largest values are compressed first, then moved out, until the tuple
/// fits.
void SizeSampler::add_tuple(std::vector<Attribute>& attributes, bool nulls, TableSizes& sizes) {
  const std::uint64_t header = aligned(23 + (nulls ? (attributes.size() + 7) / 8 : 0), 8);
  const auto tuple = [&] {
    std::uint64_t at = header;
    for (const Attribute& a : attributes) {
      if (a.varying && a.size < 127)
        at += 1 + a.size;
      else
        at = aligned(at, a.varying ? 4 : a.align) + (a.varying ? 4 : 0) + a.size;
    }
    return at;
  };
  for (Attribute& a : attributes) {
    if (tuple() <= toast_threshold) break;
    if (a.compressed == 0) continue;
    a.size = a.compressed;
  }
  while (tuple() > toast_threshold) {
    const auto largest = std::max_element(
        attributes.begin(), attributes.end(), [](const Attribute& a, const Attribute& b) {
          return (a.varying ? a.size : 0) < (b.varying ? b.size : 0);
        });
    if (largest == attributes.end() || !largest->varying || largest->size < 32) break;
    const std::uint64_t chunks = (largest->size + toast_chunk - 1) / toast_chunk;
    // A chunk's tuple and its entry in the TOAST index, which is filled to 90 %.
    sizes.toast += largest->size + chunks * (24 + 12 + 8 + line_pointer + 24);
    largest->size = 17;  // a pointer
  }
  sizes.heap += aligned(tuple(), 8) + line_pointer;
  ++sizes.rows;
}

void SizeSampler::row(const mapping::TargetTable& table, std::string_view row, TableSizes& sizes) {
  const bool binary = table.format == doc::CopyFormat::binary;
  std::vector<Attribute> attributes;
  bool nulls = false;
  std::size_t at = 2;
  if (!binary && row.ends_with('\n')) row.remove_suffix(1);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::string_view field;
    bool null = false;
    if (binary) {
      const auto size = doc::load_big_endian<std::int32_t>(row.data() + at);
      null = size < 0;
      field = row.substr(at + 4, static_cast<std::size_t>(std::max(size, 0)));
      at += 4 + field.size();
    } else {
      const std::size_t end = std::min(row.find('\t'), row.size());
      field = row.substr(0, end);
      null = field == "\\N";
      row.remove_prefix(std::min(end + 1, row.size()));
    }
    nulls = nulls || null;
    if (null) continue;
    attributes.push_back(attribute(table.table.column(table.columns[c])->type, field, binary));
    sizes.columns[c] += attributes.back().size;
  }
  nulls = nulls || table.columns.size() < table.table.columns.size();
  add_tuple(attributes, nulls, sizes);
}

}  // namespace arango2pg::run
