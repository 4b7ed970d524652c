// Fingerprints of rows see values, not how they are stored.
#include "doc/row_digest.h"

#include <gtest/gtest.h>

#include <cmath>

#include <functional>
#include <limits>
#include <set>
#include <string>

#include "doc/copy_rows.h"
#include "doc/row_difference.h"

namespace arango2pg::doc {
namespace {

ColumnType type(TypeKind kind, bool array = false) {
  ColumnType t;
  t.kind = kind;
  t.array = array;
  t.element_oid = 25;
  return t;
}

/// A row as RowWriter makes it, and its fields.
class Row {
 public:
  explicit Row(std::uint16_t columns, const std::function<void(RowWriter&)>& write) {
    RowWriter writer(CopyFormat::binary, columns);
    writer.attach(rows_);
    writer.begin_row();
    write(writer);
    writer.end_row(0);
    std::size_t size = 0;
    EXPECT_EQ(read_row(rows_.bytes, columns, fields_, size), RowEnd::row);
    EXPECT_EQ(size, rows_.bytes.size());
  }
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  TableRows rows_;
  std::vector<Field> fields_;
};

ComparedTable table(std::vector<ColumnType> types) {
  ComparedTable t;
  t.compared.assign(types.size(), true);
  t.types = std::move(types);
  t.key = {0};
  return t;
}

Digest digest_of(const ColumnType& t, const std::function<void(RowWriter&)>& write) {
  return RowDigester(7).digest(table({t}), Row(1, write).fields()).row;
}

TEST(Hash128, GivesThePublishedValues) {
  // smhasher's murmur3_x64_128 of these texts.
  EXPECT_EQ(hash128("", 0), (Digest{0, 0}));
  EXPECT_EQ(hash128("hello", 0), (Digest{0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19}));
  EXPECT_EQ(hash128("hello, world", 0), (Digest{0x342fac623a5ebc8e, 0x4cdcbc079642414d}));
  EXPECT_EQ(hash128("The quick brown fox jumps over the lazy dog.", 0),
            (Digest{0xcd99481f9ee902c9, 0x695da1a38987b6e7}));
}

TEST(RowDigest, SeesNumericByValue) {
  const auto of = [](const char* literal) {
    return digest_of(type(TypeKind::numeric), [=](RowWriter& w) { w.numeric(literal); });
  };
  EXPECT_EQ(of("1"), of("1.000"));
  EXPECT_EQ(of("10000"), of("1e4"));
  EXPECT_EQ(of("0"), of("-0.00"));
  EXPECT_NE(of("1"), of("10000")) << "the same group of digits with another weight";
  EXPECT_NE(of("1"), of("-1"));
  EXPECT_NE(of("0.0001"), of("1"));
}

TEST(RowDigest, SeesFloatsByValue) {
  const auto of = [](double v) {
    return digest_of(type(TypeKind::float8), [=](RowWriter& w) { w.float8(v); });
  };
  EXPECT_EQ(of(0.0), of(-0.0));
  EXPECT_EQ(of(std::numeric_limits<double>::quiet_NaN()),
            of(-std::numeric_limits<double>::quiet_NaN()));
  EXPECT_NE(of(1.0), of(std::nextafter(1.0, 2.0)));
}

TEST(RowDigest, TakesPrintedJsonbAsItComes) {
  const auto of = [](JsonbForm form, const char* json) {
    const Row row(1, [=](RowWriter& w) { w.jsonb(json); });
    return RowDigester(7, form).digest(table({type(TypeKind::jsonb)}), row.fields());
  };
  const char* const printed = R"({"a": 1.50, "b": ["é"]})";
  const char* const source = R"({"b":["\u00e9"],"a":1.50})";
  const char* const equal = R"({"b":["\u00e9"],"a":1.5})";
  EXPECT_EQ(of(JsonbForm::printed, printed).row, of(JsonbForm::unprinted, source).row);
  EXPECT_NE(of(JsonbForm::printed, printed).row, of(JsonbForm::unprinted, equal).row);
  EXPECT_EQ(of(JsonbForm::by_value, printed).row, of(JsonbForm::by_value, equal).row);
  EXPECT_EQ(of(JsonbForm::printed, printed).key, of(JsonbForm::unprinted, equal).key)
      << "keys go by value in every form";
  EXPECT_NE(of(JsonbForm::unprinted, "1e200000").row, of(JsonbForm::unprinted, "1e200001").row);
}

TEST(RowDigest, LeavesOutThePaddingOfCharColumnsOnly) {
  const auto of = [](TypeKind kind, const char* text) {
    return digest_of(type(kind), [=](RowWriter& w) { w.text(text); });
  };
  EXPECT_EQ(of(TypeKind::bpchar, "ab"), of(TypeKind::bpchar, "ab   "));
  EXPECT_NE(of(TypeKind::text, "ab"), of(TypeKind::text, "ab "));
}

TEST(RowDigest, TellsNullFromEmptyAndColumnsFromEachOther) {
  const auto t = table({type(TypeKind::text), type(TypeKind::text)});
  RowDigester digester(1);
  const auto of = [&](const std::function<void(RowWriter&)>& write) {
    return digester.digest(t, Row(2, write).fields());
  };
  const auto ab = of([](RowWriter& w) { w.text("a"), w.text("b"); });
  const auto a_null = of([](RowWriter& w) { w.text("a"), w.null(); });
  const auto a_empty = of([](RowWriter& w) { w.text("a"), w.text(""); });
  const auto moved = of([](RowWriter& w) { w.text(""), w.text("ab"); });
  const std::set<Digest> rows = {ab.row, a_null.row, a_empty.row, moved.row};
  EXPECT_EQ(rows.size(), 4U);
  EXPECT_EQ(ab.key, a_null.key);
  EXPECT_NE(ab.key, moved.key);
}

TEST(RowDigest, DoesNotCountColumnsThatAreNotCompared) {
  auto t = table({type(TypeKind::text), type(TypeKind::int8)});
  t.compared[1] = false;
  RowDigester digester(1);
  const auto of = [&](std::int64_t run) {
    return digester.digest(t, Row(2, [=](RowWriter& w) { w.text("a"), w.int8(run); }).fields()).row;
  };
  EXPECT_EQ(of(1), of(2));
}

TEST(RowDigest, SeesArraysByTheirElements) {
  const auto of = [](std::initializer_list<const char*> texts) {
    return digest_of(type(TypeKind::text, true), [&](RowWriter& w) {
      w.begin_array(static_cast<std::uint32_t>(texts.size()), 25, false);
      for (const char* text : texts) w.text(text);
      w.end_array();
    });
  };
  EXPECT_EQ(of({"a", "b"}), of({"a", "b"}));
  EXPECT_NE(of({"a", "b"}), of({"b", "a"}));
  EXPECT_NE(of({}), of({""}));
}

TEST(RowDifference, NamesTheFirstPathThatDiffers) {
  const auto at = [](const char* source, const char* target) {
    const auto d = first_json_difference(source, target, "doc");
    return d ? d->path + ": " + d->what : std::string("equal");
  };
  EXPECT_EQ(at(R"({"a":1.0})", R"({"a":1})"), "equal");
  EXPECT_EQ(at(R"({"a":1,"b":{"c":[1,2,3]}})", R"({"b":{"c":[1,3,2]},"a":1})"),
            "doc.b.c[1]: number differs");
  EXPECT_EQ(at(R"({"a":true})", R"({"a":"true"})"),
            "doc.a: boolean in the source, text in the target");
  EXPECT_EQ(at(R"({"a":1,"b":2})", R"({"a":1})"), "doc.b: absent in the target");
  EXPECT_EQ(at(R"({"a":1})", R"({"a":1,"b c":2})"), "doc.\"b c\": absent in the source");
  EXPECT_EQ(at(R"([1,2])", R"([1])"), "doc[1]: absent in the target");
  EXPECT_EQ(at(R"({"x":"a"})", R"({"x":"b"})"), "doc.x: text differs");
}

TEST(RowDifference, NamesTheFirstColumnThatDiffers) {
  const auto t = table({type(TypeKind::int4), type(TypeKind::numeric), type(TypeKind::jsonb)});
  const auto row = [](std::int32_t id, const char* price, const char* json) {
    return Row(3, [=](RowWriter& w) { w.int4(id), w.numeric(price), w.jsonb(json); });
  };
  const std::vector<std::string> names = {"id", "price", "doc"};
  const auto difference = [&](const Row& a, const Row& b) {
    return first_difference(t, names, a.fields(), b.fields());
  };
  EXPECT_FALSE(difference(row(1, "2.50", R"({"a":1})"), row(1, "2.5", R"({"a": 1.0})")));
  const auto price = difference(row(1, "2.50", "{}"), row(1, "2.51", R"({"a":1})"));
  ASSERT_TRUE(price);
  EXPECT_EQ(price->path, "price");
  EXPECT_EQ(price->source, "2.50");
  EXPECT_EQ(price->target, "2.51");
  EXPECT_EQ(difference(row(1, "1", R"({"a":1})"), row(1, "1", R"({"a":2})"))->path, "doc.a");
}

TEST(FieldText, PrintsAsPostgreSqlWould) {
  const auto text = [](const ColumnType& t, const std::function<void(RowWriter&)>& write) {
    return field_text(t, Row(1, write).fields()[0]);
  };
  for (const char* n : {"0", "-1.50", "12345678901234567890.00012", "10000", "0.00001234"})
    EXPECT_EQ(text(type(TypeKind::numeric), [=](RowWriter& w) { w.numeric(n); }), n);
  EXPECT_EQ(text(type(TypeKind::int8), [](RowWriter& w) { w.int8(-5); }), "-5");
  EXPECT_EQ(text(type(TypeKind::boolean), [](RowWriter& w) { w.boolean(true); }), "true");
  EXPECT_EQ(text(type(TypeKind::timestamptz), [](RowWriter& w) { w.timestamp(0); }),
            "1970-01-01 00:00:00+00");
  EXPECT_EQ(text(type(TypeKind::date), [](RowWriter& w) { w.date(1); }), "1970-01-02");
  EXPECT_EQ(text(type(TypeKind::text), [](RowWriter& w) { w.null(); }), "NULL");
}

TEST(RowFields, SaysWhatIsMissing) {
  const Row whole(2, [](RowWriter& w) { w.text("abc"), w.null(); });
  TableRows rows;
  RowWriter writer(CopyFormat::binary, 2);
  writer.attach(rows);
  writer.begin_row();
  writer.text("abc");
  writer.null();
  writer.end_row(0);
  std::vector<Field> fields;
  std::size_t size = 0;
  for (std::size_t n = 0; n < rows.bytes.size(); ++n)
    EXPECT_EQ(read_row(std::string_view(rows.bytes).substr(0, n), 2, fields, size), RowEnd::more);
  EXPECT_EQ(read_row(rows.bytes, 3, fields, size), RowEnd::broken);
  EXPECT_EQ(read_row("\xff\xff", 2, fields, size), RowEnd::trailer);
}

}  // namespace
}  // namespace arango2pg::doc
