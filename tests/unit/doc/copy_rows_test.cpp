// The bytes of both COPY formats. That a server reads them as meant is proved in tests/db.
#include "doc/copy_rows.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "doc/copy_escapes.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

/// The bytes of one row with `columns` values.
std::string row(CopyFormat format, std::uint16_t columns,
                const std::function<void(RowWriter&)>& write) {
  TableRows rows;
  RowWriter writer(format, columns);
  writer.attach(rows);
  writer.begin_row();
  write(writer);
  writer.end_row(0);
  return rows.bytes;
}

std::string text_field(std::string_view v) {
  return row(CopyFormat::text, 1, [&](RowWriter& w) { w.text(v); });
}

std::string numeric_field(std::string_view literal) {
  const std::string bytes =
      row(CopyFormat::binary, 1, [&](RowWriter& w) { EXPECT_TRUE(w.numeric(literal)); });
  return bytes.substr(2 + 4);  // behind field count and length
}

TEST(CopyText, SeparatesFieldsByTabsAndEndsRows) {
  EXPECT_EQ(row(CopyFormat::text, 4,
                [](RowWriter& w) {
                  w.int4(-7);
                  w.null();
                  w.boolean(true);
                  w.text("x");
                }),
            "-7\t\\N\tt\tx\n");
}

TEST(CopyText, EscapesBackslashBeforeTab) {
  EXPECT_EQ(text_field("a\\\tb"), "a\\\\\\tb\n");
  EXPECT_EQ(text_field("\b\f\n\r\t\v"), "\\b\\f\\n\\r\\t\\v\n");
  EXPECT_EQ(text_field("\\N"), "\\\\N\n");
  EXPECT_EQ(text_field("\x07\x0e\x1f\x7f\xC3\xA9"), "\x07\x0e\x1f\x7f\xC3\xA9\n");
}

TEST(CopyText, EscapesAJsonDocument) {
  EXPECT_EQ(row(CopyFormat::text, 1, [](RowWriter& w) { w.jsonb(R"({"a":"x\ty"})"); }),
            R"({"a":"x\\ty"})"
            "\n");
}

TEST(CopyText, QuotesArrayElementsThenEscapesTheLiteral) {
  EXPECT_EQ(row(CopyFormat::text, 2,
                [](RowWriter& w) {
                  w.begin_array(4, 25, true);
                  w.text("a\"b\\c");
                  w.null();
                  w.text("");
                  w.text("t\tab");
                  w.end_array();
                  w.begin_array(2, 23, false);
                  w.int4(1);
                  w.int4(2);
                  w.end_array();
                }),
            R"({"a\\"b\\\\c",NULL,"","t\tab"})"
            "\t{1,2}\n");
}

TEST(CopyText, HasNoHeaderAndNoTrailer) {
  EXPECT_EQ(RowWriter::header(CopyFormat::text), "");
  EXPECT_EQ(RowWriter::trailer(CopyFormat::text), "");
}

TEST(CopyBinary, HasSignatureAndEndMark) {
  EXPECT_EQ(RowWriter::header(CopyFormat::binary), "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(RowWriter::trailer(CopyFormat::binary), "\377\377");
}

TEST(CopyBinary, GivesEachFieldItsLength) {
  EXPECT_EQ(row(CopyFormat::binary, 5,
                [](RowWriter& w) {
                  w.int2(-2);
                  w.null();
                  w.text("ab");
                  w.boolean(false);
                  w.jsonb("{}");
                }),
            "\0\5"
            "\0\0\0\2\xff\xfe"
            "\xff\xff\xff\xff"
            "\0\0\0\2ab"
            "\0\0\0\1\0"
            "\0\0\0\3\1{}"s);
}

TEST(CopyBinary, CountsTimeFromTheYear2000) {
  EXPECT_EQ(row(CopyFormat::binary, 2,
                [](RowWriter& w) {
                  w.timestamp(946'684'800'000'001);
                  w.date(10'956);
                }),
            "\0\2"
            "\0\0\0\10\0\0\0\0\0\0\0\1"
            "\0\0\0\4\xff\xff\xff\xff"s);
}

TEST(CopyBinary, WritesNumericsInGroupsOfFourDigits) {
  //                                digits  weight    sign     scale
  EXPECT_EQ(numeric_field("0"),
            "\0\0"
            "\0\0"
            "\0\0"
            "\0\0"s);
  EXPECT_EQ(numeric_field("-0.00"),
            "\0\0"
            "\0\0"
            "\0\0"
            "\0\2"s);
  EXPECT_EQ(numeric_field("1.50"),
            "\0\2"
            "\0\0"
            "\0\0"
            "\0\2"
            "\0\1"
            "\x13\x88"s);
  EXPECT_EQ(numeric_field("-12345"),
            "\0\2"
            "\0\1"
            "\x40\0"
            "\0\0"
            "\0\1"
            "\x09\x29"s);
  EXPECT_EQ(numeric_field("1E+4"),
            "\0\1"
            "\0\1"
            "\0\0"
            "\0\0"
            "\0\1"s);
  EXPECT_EQ(numeric_field("1e-5"),
            "\0\1"
            "\xff\xfe"
            "\0\0"
            "\0\5"
            "\x03\xe8"s);
  EXPECT_EQ(numeric_field("0.0001"),
            "\0\1"
            "\xff\xff"
            "\0\0"
            "\0\4"
            "\0\1"s);
}

TEST(CopyBinary, WritesArraysWithDimensionsAndLowerBound) {
  EXPECT_EQ(row(CopyFormat::binary, 1,
                [](RowWriter& w) {
                  w.begin_array(2, 23, true);
                  w.int4(5);
                  w.null();
                  w.end_array();
                }),
            "\0\1"
            "\0\0\0\40"
            "\0\0\0\1"
            "\0\0\0\1"
            "\0\0\0\27"
            "\0\0\0\2"
            "\0\0\0\1"
            "\0\0\0\4\0\0\0\5"
            "\xff\xff\xff\xff"s);
  EXPECT_EQ(row(CopyFormat::binary, 1,
                [](RowWriter& w) {
                  w.begin_array(0, 23, false);
                  w.end_array();
                }),
            "\0\1"
            "\0\0\0\14"
            "\0\0\0\0"
            "\0\0\0\0"
            "\0\0\0\27"s);
}

class CopyRows : public testing::TestWithParam<CopyFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, CopyRows, testing::Values(CopyFormat::text, CopyFormat::binary),
                         [](const auto& format) {
                           return format.param == CopyFormat::text ? "text" : "binary";
                         });

TEST_P(CopyRows, KnowsWhereEachRowEndsAndFromWhichDocumentItCame) {
  TableRows rows;
  RowWriter writer(GetParam(), 1);
  writer.attach(rows);
  for (const std::uint32_t doc : {3U, 3U, 9U}) {
    writer.begin_row();
    writer.int8(doc);
    writer.end_row(doc);
  }
  ASSERT_EQ(rows.rows(), 3U);
  EXPECT_EQ(rows.row_doc, (std::vector<std::uint32_t>{3, 3, 9}));
  EXPECT_EQ(rows.row_begin(0), 0U);
  EXPECT_EQ(rows.row_end[2], rows.bytes.size());
  EXPECT_EQ(rows.bytes.substr(rows.row_begin(1), rows.row_end[1] - rows.row_begin(1)),
            rows.bytes.substr(0, rows.row_end[0]));
}

TEST_P(CopyRows, ForgetsARowThatIsRolledBackAnywhere) {
  TableRows rows;
  RowWriter writer(GetParam(), 2);
  writer.attach(rows);
  const auto whole_row = [&] {
    writer.begin_row();
    writer.text("a\\b");
    writer.begin_array(1, 25, false);
    writer.text("c");
    writer.end_array();
    writer.end_row(1);
  };
  whole_row();
  const std::string first = rows.bytes;
  writer.begin_row();
  writer.rollback_row();
  writer.begin_row();
  writer.begin_text() += "half\t";
  writer.rollback_row();
  writer.begin_row();
  writer.null();
  writer.begin_array(2, 25, false);
  writer.begin_text() += "half";
  writer.rollback_row();
  whole_row();
  EXPECT_EQ(rows.bytes, first + first);
  EXPECT_EQ(rows.rows(), 2U);
}

TEST_P(CopyRows, WritesTheSameWhetherBuiltInPlaceOrGiven) {
  const std::string nasty = "\\\"\t\n{,}";
  const auto given = [&](RowWriter& w) {
    w.text(nasty);
    w.jsonb(R"(["\\"])");
    w.begin_array(1, 25, false);
    w.text(nasty);
    w.end_array();
  };
  const auto in_place = [&](RowWriter& w) {
    w.begin_text() += nasty;
    w.end_value();
    w.begin_jsonb() += R"(["\\"])";
    w.end_value();
    w.begin_array(1, 25, false);
    w.begin_text() += nasty;
    w.end_value();
    w.end_array();
  };
  EXPECT_EQ(row(GetParam(), 3, given), row(GetParam(), 3, in_place));
}

TEST_P(CopyRows, LeavesNoTraceOfARefusedNumeric) {
  const auto with = [](RowWriter& w) {
    w.int4(1);
    EXPECT_FALSE(w.numeric("1e999999"));
    EXPECT_FALSE(w.numeric("word"));
    w.null();
  };
  const auto without = [](RowWriter& w) {
    w.int4(1);
    w.null();
  };
  EXPECT_EQ(row(GetParam(), 2, with), row(GetParam(), 2, without));
}

TEST(CopyBinary, SaysThatARowIsTooLarge) {
  TableRows rows;
  RowWriter writer(CopyFormat::binary, 1);
  writer.attach(rows);
  writer.begin_row();
  std::string& bytes = writer.begin_text();
  EXPECT_FALSE(writer.row_too_large());
  bytes.append(std::size_t{1} << 30, 'x');
  EXPECT_TRUE(writer.row_too_large());
  writer.end_value();
  EXPECT_THROW(writer.end_row(0), std::length_error);
  writer.rollback_row();
  EXPECT_EQ(rows.bytes.size(), 0U);
}

/// The plain way to do what copy_escapes does in place and in blocks.
std::string escaped_slowly(std::string_view text, std::string_view special,
                           std::string_view codes) {
  std::string out;
  for (const char c : text) {
    const auto at = special.find(c);
    if (at != std::string_view::npos) out += '\\';
    out += at == std::string_view::npos ? c : codes[at];
  }
  return out;
}

TEST(CopyEscapes, AgreeWithThePlainWayOnRandomBytes) {
  SCOPED_TRACE(seed_note());
  RandomJson random("AgreeWithThePlainWayOnRandomBytes");
  for (int i = 0; i < 5000 && !testing::Test::HasFailure(); ++i) {
    std::string text;
    const std::size_t rare = 1 + random.below(60);
    for (std::size_t n = random.below(200); n > 0; --n)
      text += random.below(rare) == 0 ? static_cast<char>("\b\f\n\r\t\v\\\"\\"[random.below(9)])
                                      : static_cast<char>(random.below(256));
    const std::string before = "kept \\ \t";
    std::string field = before + text, element = before + text;
    escape_copy_field(field, before.size());
    escape_array_element(element, before.size());
    EXPECT_EQ(field, before + escaped_slowly(text, "\b\f\n\r\t\v\\", "bfnrtv\\"));
    EXPECT_EQ(element, before + escaped_slowly(text, "\"\\", "\"\\"));
  }
}

}  // namespace
}  // namespace arango2pg::doc
