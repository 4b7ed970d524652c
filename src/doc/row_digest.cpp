#include "doc/row_digest.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "doc/big_endian.h"

namespace arango2pg::doc {
namespace {

constexpr char tag_null = 'N';
constexpr char tag_value = 'v';
constexpr char tag_json = 'j';
constexpr char tag_raw = 'r';
constexpr char tag_number = 'd';
constexpr char tag_array = '[';

constexpr std::uint16_t negative_sign = 0x4000;

void append_size(PaddedBuffer& out, std::uint64_t n) {
  char bytes[8];
  store_big_endian(bytes, n);
  out.append({bytes, sizeof bytes});
}

void append_sized(PaddedBuffer& out, char tag, std::string_view bytes) {
  out.append({&tag, 1});
  append_size(out, bytes.size());
  out.append(bytes);
}

/// numeric's groups of four digits without zeros at either end; the display scale does not count.
void append_numeric(PaddedBuffer& out, std::string_view bytes) {
  if (bytes.size() < 8) return append_sized(out, tag_raw, bytes);
  const auto weight = static_cast<std::int16_t>(load_big_endian<std::uint16_t>(bytes.data() + 2));
  const auto sign = load_big_endian<std::uint16_t>(bytes.data() + 4);
  std::string_view groups = bytes.substr(8);
  std::int32_t top = weight;
  constexpr std::string_view zero("\0\0", 2);
  while (groups.substr(0, 2) == zero) {
    groups.remove_prefix(2);
    --top;
  }
  while (groups.size() >= 2 && groups.substr(groups.size() - 2) == zero) groups.remove_suffix(2);
  if (sign != 0 && sign != negative_sign) {  // NaN and the infinities have a sign and nothing else
    groups = {};
    top = 0;
  } else if (groups.empty()) {
    return append_sized(out, tag_number, {});
  }
  char head[6];
  store_big_endian(head, sign);
  store_big_endian(head + 2, top);
  out.append({&tag_number, 1});
  append_size(out, sizeof head + groups.size());
  out.append({head, sizeof head});
  out.append(groups);
}

template <class Float, class Bits>
void append_float(PaddedBuffer& out, std::string_view bytes) {
  if (bytes.size() != sizeof(Bits)) return append_sized(out, tag_raw, bytes);
  auto v = std::bit_cast<Float>(load_big_endian<Bits>(bytes.data()));
  if (v == 0) v = 0;  // -0 equals 0
  if (std::isnan(v)) v = std::numeric_limits<Float>::quiet_NaN();
  char one[sizeof(Bits)];
  store_big_endian(one, std::bit_cast<Bits>(v));
  append_sized(out, tag_value, {one, sizeof one});
}

/// Without the version that begins its binary form.
std::string_view jsonb_text(std::string_view bytes) {
  return bytes.substr(!bytes.empty() && bytes.front() == '\1' ? 1 : 0);
}

void append_json(PaddedBuffer& out, std::string_view text, CanonicalJson& json) {
  const std::size_t before = out.size();
  out.append({&tag_json, 1});
  if (json.append(out, text)) return;
  out.resize(before);
  append_sized(out, tag_raw, text);
}

void append_array(PaddedBuffer& out, const ColumnType& type, std::string_view bytes,
                  CanonicalJson& json) {
  const auto elements = read_array(bytes);
  if (!elements) return append_sized(out, tag_raw, bytes);
  out.append({&tag_array, 1});
  append_size(out, elements->size());
  ColumnType element = type;
  element.array = false;
  for (const Field& e : *elements) append_canonical(out, element, e, json);
}

}  // namespace

void append_canonical(PaddedBuffer& out, const ColumnType& type, const Field& field,
                      CanonicalJson& json) {
  if (!field) return out.append({&tag_null, 1});
  std::string_view bytes = *field;
  // A type without a binary form of ours travels as PostgreSQL prints it, arrays of it too.
  if (type.array && type.kind != TypeKind::other) return append_array(out, type, bytes, json);
  switch (type.kind) {
    case TypeKind::jsonb:
      return append_json(out, jsonb_text(bytes), json);
    case TypeKind::json:
      return append_json(out, bytes, json);
    case TypeKind::numeric:
      return append_numeric(out, bytes);
    case TypeKind::float4:
      return append_float<float, std::uint32_t>(out, bytes);
    case TypeKind::float8:
      return append_float<double, std::uint64_t>(out, bytes);
    case TypeKind::bpchar:
      while (!bytes.empty() && bytes.back() == ' ') bytes.remove_suffix(1);
      break;
    default:
      break;
  }
  append_sized(out, tag_value, bytes);
}

/// The text's own hash stands for it: what PostgreSQL sent need not be copied.
void RowDigester::append_printed(std::string_view json) {
  std::string_view text = json;
  if (jsonb_ == JsonbForm::unprinted) {
    printed_.clear();
    if (!json_.append(printed_, json, JsonNumbers::as_printed))
      return append_sized(bytes_, tag_raw, json);
    text = printed_.view();
  }
  const Digest digest = hash128(text, seed_);
  char both[sizeof digest.a + sizeof digest.b];
  store_big_endian(both, digest.a);
  store_big_endian(both + sizeof digest.a, digest.b);
  append_sized(bytes_, tag_json, {both, sizeof both});
}

RowDigester::Result RowDigester::digest(const ComparedTable& table,
                                        const std::vector<Field>& fields) {
  Result result;
  bytes_.clear();
  append_size(bytes_, table.number);
  for (const std::size_t k : table.key) append_canonical(bytes_, table.types[k], fields[k], json_);
  result.key = hash128(bytes_.view(), seed_);
  for (std::size_t c = 0; c < table.types.size(); ++c) {
    if (!table.compared[c]) continue;
    const ColumnType& type = table.types[c];
    if (jsonb_ != JsonbForm::by_value && type.kind == TypeKind::jsonb && !type.array && fields[c])
      append_printed(jsonb_text(*fields[c]));
    else
      append_canonical(bytes_, type, fields[c], json_);
  }
  result.row = hash128(bytes_.view(), seed_);
  return result;
}

}  // namespace arango2pg::doc
