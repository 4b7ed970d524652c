// A random row in both COPY formats, decoded again by plain readers of those formats.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/copy_rows.h"
#include "doc/number_literal.h"
#include "expect.h"

namespace {

using namespace arango2pg::doc;
using arango2pg::fuzz::expect;

using Field = std::optional<std::string>;

/// Hands out the fuzzer's bytes.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto b = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return b;
  }
  /// ASCII without NUL: what texts may hold.
  std::string text() {
    std::string out;
    for (std::size_t n = byte(); n > 0 && !bytes_.empty(); --n) {
      const auto c = static_cast<char>(byte() & 0x7f);
      out += c == '\0' ? '\\' : c;
    }
    return out;
  }

 private:
  std::string_view bytes_;
};

struct Cell {
  enum class Kind : std::uint8_t { text, jsonb, null, array, numeric } kind;
  Field value;
  std::vector<Field> elements;
  bool in_place = false;
};

Cell draw(Input& in) {
  Cell c{static_cast<Cell::Kind>(in.byte() % 5), std::nullopt, {}, (in.byte() & 1) != 0};
  if (c.kind == Cell::Kind::array)
    for (std::size_t n = in.byte() % 5; n > 0; --n)
      c.elements.push_back(in.byte() % 4 == 0 ? Field() : Field(in.text()));
  else if (c.kind != Cell::Kind::null)
    c.value = in.text();
  return c;
}

void write_text(RowWriter& w, const Field& v, bool in_place) {
  if (!v) return w.null();
  if (!in_place) return w.text(*v);
  w.begin_text() += *v;
  w.end_value();
}

void write(RowWriter& w, const Cell& c) {
  switch (c.kind) {
    case Cell::Kind::text:
    case Cell::Kind::null:
      return write_text(w, c.value, c.in_place);
    case Cell::Kind::jsonb:
      return w.jsonb(*c.value);
    case Cell::Kind::numeric:
      if (!w.numeric(*c.value)) w.null();
      return;
    case Cell::Kind::array:
      w.begin_array(static_cast<std::uint32_t>(c.elements.size()), 25, true);
      for (const Field& e : c.elements) write_text(w, e, c.in_place);
      w.end_array();
  }
}

// --- text format ---------------------------------------------------------------------------------

std::vector<Field> decode_text(std::string_view row) {
  std::vector<Field> fields;
  std::string field;
  bool null = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const char c = row[i];
    if (c == '\t' || c == '\n') {
      fields.push_back(null ? Field() : Field(field));
      field.clear();
      null = false;
      expect(c == '\t' || i + 1 == row.size(), "a line end stands at the end only");
    } else if (c == '\\') {
      const char code = row[++i];
      const auto at = std::string_view("bfnrtv\\").find(code);
      if (code == 'N')
        null = true;
      else
        field += "\b\f\n\r\t\v\\"[at];
    } else {
      field += c;
    }
  }
  return fields;
}

std::vector<Field> decode_array_text(std::string_view literal) {
  std::vector<Field> elements;
  std::size_t i = 1;
  while (literal[i] != '}') {
    if (literal[i] == ',') ++i;
    if (literal.substr(i, 4) == "NULL") {
      elements.emplace_back();
      i += 4;
      continue;
    }
    expect(literal[i++] == '"', "elements are quoted");
    std::string element;
    for (; literal[i] != '"'; ++i) element += literal[i] == '\\' ? literal[++i] : literal[i];
    elements.emplace_back(element);
    ++i;
  }
  expect(i + 1 == literal.size(), "the literal ends with its bracket");
  return elements;
}

// --- binary format -------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::int64_t number(std::size_t size) {
    std::uint64_t v = 0;
    for (const char c : take(size)) v = v << 8 | static_cast<std::uint8_t>(c);
    return size == 2 ? static_cast<std::int16_t>(v) : static_cast<std::int32_t>(v);
  }
  std::string_view take(std::size_t size) {
    expect(size <= bytes_.size(), "lengths stay inside the row");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  Field field() {
    const std::int64_t size = number(4);
    if (size == -1) return std::nullopt;
    expect(size >= 0, "lengths are positive");
    return std::string(take(static_cast<std::size_t>(size)));
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

std::vector<Field> decode_array_binary(std::string_view bytes) {
  Reader in(bytes);
  const std::int64_t dimensions = in.number(4);
  in.number(4);
  expect(in.number(4) == 25, "the element type is given");
  std::vector<Field> elements;
  if (dimensions == 0) return elements;
  const std::int64_t count = in.number(4);
  expect(in.number(4) == 1, "arrays begin at 1");
  for (std::int64_t i = 0; i < count; ++i) elements.push_back(in.field());
  expect(in.empty(), "nothing is left");
  return elements;
}

/// The decimal digits of a binary numeric against those of the literal.
void check_numeric(std::string_view bytes, std::string_view source) {
  const auto literal = NumberLiteral::parse(source);
  Reader in(bytes);
  const std::int64_t groups = in.number(2);
  const std::int64_t weight = in.number(2);
  const std::int64_t sign = in.number(2);
  expect(in.number(2) == literal->scale(), "the scale is the literal's");
  const std::string digits = std::string(literal->integer) + std::string(literal->fraction);
  const auto point = static_cast<std::int64_t>(literal->integer.size()) + literal->exponent;
  std::int64_t seen = 0, wanted = 0;
  for (const char c : digits) wanted += c != '0' ? 1 : 0;
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t group = in.number(2);
    expect(group >= 0 && group < 10'000, "a group has four digits");
    expect(group != 0 || (g != 0 && g + 1 != groups), "no zeros at the ends");
    std::int64_t unit = 1;
    for (std::int64_t power = (weight - g) * 4; unit < 10'000; unit *= 10, ++power) {
      const auto digit = static_cast<char>('0' + group / unit % 10);
      const std::int64_t at = point - 1 - power;
      const bool inside = at >= 0 && at < static_cast<std::int64_t>(digits.size());
      expect(digit == (inside ? digits[static_cast<std::size_t>(at)] : '0'), "each digit is right");
      seen += digit != '0' ? 1 : 0;
    }
  }
  expect(seen == wanted, "no digit is lost");
  expect(sign == (literal->negative && wanted != 0 ? 0x4000 : 0), "the sign is right");
  expect(in.empty(), "nothing is left");
}

void check(const Cell& c, const Field& text, const Field& binary) {
  if (c.kind == Cell::Kind::array) {
    expect(decode_array_text(*text) == c.elements, "array elements as text");
    expect(decode_array_binary(*binary) == c.elements, "array elements as binary");
  } else if (c.kind == Cell::Kind::numeric) {
    expect(text.has_value() == binary.has_value(), "both take the same numbers");
    expect(!text || *text == *c.value, "numbers travel as they are");
    if (binary) check_numeric(*binary, *c.value);
  } else {
    expect(text == c.value, "the text is the same");
    const bool jsonb = c.kind == Cell::Kind::jsonb;
    expect(binary == (jsonb ? "\1" + *c.value : c.value), "the bytes are the same");
  }
}

TableRows rows_of(CopyFormat format, const std::vector<Cell>& columns, std::uint8_t plan) {
  TableRows rows;
  RowWriter w(format, static_cast<std::uint16_t>(columns.size()));
  w.attach(rows);
  if ((plan & 1) != 0) {  // a row that is taken back in the middle leaves no trace
    w.begin_row();
    for (std::size_t i = 0; i < columns.size() / 2; ++i) write(w, columns[i]);
    w.rollback_row();
  }
  w.begin_row();
  for (const Cell& c : columns) write(w, c);
  w.end_row(7);
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t plan = in.byte();
  std::vector<Cell> columns;
  while (!in.empty() && columns.size() < 20) columns.push_back(draw(in));
  if (columns.empty()) return 0;

  const TableRows text = rows_of(CopyFormat::text, columns, plan);
  const TableRows binary = rows_of(CopyFormat::binary, columns, plan);
  expect(text.row_end.at(0) == text.bytes.size(), "the row ends at the end");
  expect(binary.row_end.at(0) == binary.bytes.size(), "the row ends at the end");

  const std::vector<Field> text_fields = decode_text(text.bytes);
  expect(text_fields.size() == columns.size(), "as many text fields as columns");
  Reader reader(binary.bytes);
  expect(reader.number(2) == static_cast<std::int64_t>(columns.size()), "the field count is right");
  for (std::size_t i = 0; i < columns.size(); ++i)
    check(columns[i], text_fields[i], reader.field());
  expect(reader.empty(), "nothing is left");
  return 0;
}
