// Every type through both COPY formats and a real server: what arrives must be what the server
// makes of the same literal itself.
#include "doc/copy_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "db/server_session.h"
#include "doc/json.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

/// A literal as somebody would write it in SQL, and the call that must give the same value.
struct Case {
  std::string literal;
  std::function<void(RowWriter&)> write;
};

constexpr std::uint32_t text_oid = 25, int4_oid = 23, numeric_oid = 1700, jsonb_oid = 3802,
                        timestamptz_oid = 1184, uuid_oid = 2950, bytea_oid = 17, float8_oid = 701,
                        bool_oid = 16, date_oid = 1082;

class CopyRowsThroughServer : public test::ServerSuite,
                              public testing::WithParamInterface<CopyFormat> {
 protected:
  [[nodiscard]] bool binary() const { return GetParam() == CopyFormat::binary; }

  std::string copy(const std::string& table, const TableRows& rows) {
    std::string stream(RowWriter::header(GetParam()));
    stream += rows.bytes;
    stream += RowWriter::trailer(GetParam());
    return server->copy_in("COPY " + table + " FROM STDIN" + (binary() ? " (FORMAT binary)" : ""),
                           stream);
  }

  void expect_equal(const std::string& type, const std::vector<Case>& cases) {
    server->run("DROP TABLE IF EXISTS pg_temp.t; CREATE TEMP TABLE t (id int, v " + type + ")");
    TableRows rows;
    RowWriter writer(GetParam(), 2);
    writer.attach(rows);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      writer.begin_row();
      writer.int4(static_cast<std::int32_t>(i));
      cases[i].write(writer);
      writer.end_row(0);
    }
    ASSERT_EQ(copy("t", rows), "") << type;
    const auto copied = server->ask("SELECT v::text FROM t ORDER BY id");
    ASSERT_EQ(copied.cells.size(), cases.size()) << type;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const auto wanted = server->ask("SELECT ($1::text)::" + type + "::text",
                                      {std::string_view(cases[i].literal)});
      ASSERT_EQ(wanted.sqlstate, "") << type << " " << cases[i].literal.substr(0, 100);
      EXPECT_EQ(copied.cells[i], wanted.cells[0]) << type << " " << cases[i].literal.substr(0, 100);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, CopyRowsThroughServer,
                         testing::Values(CopyFormat::text, CopyFormat::binary),
                         [](const auto& format) {
                           return format.param == CopyFormat::text ? "text" : "binary";
                         });

TEST_P(CopyRowsThroughServer, Integers) {
  const auto int2 = [](std::int16_t v) {
    return Case{std::to_string(v), [v](RowWriter& w) { w.int2(v); }};
  };
  const auto int4 = [](std::int32_t v) {
    return Case{std::to_string(v), [v](RowWriter& w) { w.int4(v); }};
  };
  const auto int8 = [](std::int64_t v) {
    return Case{std::to_string(v), [v](RowWriter& w) { w.int8(v); }};
  };
  expect_equal("int2", {int2(0), int2(-1), int2(-32768), int2(32767)});
  expect_equal("int4", {int4(0), int4(-1), int4(-2147483647 - 1), int4(2147483647)});
  expect_equal("int8", {int8(0), int8(-1), int8(std::numeric_limits<std::int64_t>::min()),
                        int8(std::numeric_limits<std::int64_t>::max())});
}

TEST_P(CopyRowsThroughServer, Floats) {
  using Limits = std::numeric_limits<double>;
  const auto float8 = [](const char* literal, double v) {
    return Case{literal, [v](RowWriter& w) { w.float8(v); }};
  };
  expect_equal("float8",
               {float8("0", 0), float8("-0", -0.0), float8("0.1", 0.1), float8("1e300", 1e300),
                float8("0.30000000000000004", 0.1 + 0.2), float8("5e-324", Limits::denorm_min()),
                float8("1.7976931348623157e308", Limits::max()), float8("NaN", Limits::quiet_NaN()),
                float8("NaN", -Limits::quiet_NaN()), float8("Infinity", Limits::infinity()),
                float8("-Infinity", -Limits::infinity()), float8("9007199254740993", 0x1p53)});
  const auto float4 = [](const char* literal, float v) {
    return Case{literal, [v](RowWriter& w) { w.float4(v); }};
  };
  expect_equal("float4",
               {float4("0.1", 0.1F), float4("16777217", 16777216.0F), float4("1e-45", 1e-45F),
                float4("3.4028235e38", std::numeric_limits<float>::max()),
                float4("NaN", std::numeric_limits<float>::quiet_NaN()),
                float4("-Infinity", -std::numeric_limits<float>::infinity())});
}

Case number(std::string literal) {
  return {literal, [literal](RowWriter& w) { EXPECT_TRUE(w.numeric(literal)) << literal; }};
}

TEST_P(CopyRowsThroughServer, NumericsOfAllShapes) {
  std::vector<Case> cases;
  for (const char* literal : {"0",
                              "-0",
                              "0.00",
                              "-0.0",
                              "0e5",
                              "0e-5",
                              "0.00e1",
                              "1",
                              "-1",
                              "9999",
                              "10000",
                              "10001",
                              "99999999",
                              "100000000",
                              "1.50",
                              "100",
                              "1e-5",
                              "1E+3",
                              "1.5e1",
                              "1.50e1",
                              "1.234e1",
                              "12345.6789",
                              "0.1",
                              "0.01",
                              "0.001",
                              "0.0001",
                              "0.00001",
                              "0.000010000",
                              "-0.00012345",
                              "123456789012345678901234567890.123456789012345678901234567890",
                              "+7",
                              ".5",
                              "5.",
                              "-.5e-3",
                              "00012.5",
                              "9223372036854775807",
                              "18446744073709551615",
                              "1.7976931348623157e+308",
                              "5e-324",
                              "1e131071",
                              "9.99e131071",
                              "1e-16383",
                              "1.5e-16382",
                              "0e-16383",
                              "0e1073741822",
                              "12e131070",
                              "0.0012e131073",
                              "1000e-16383"})
    cases.push_back(number(literal));
  cases.push_back(number(std::string(131072, '9')));
  cases.push_back(number("0." + std::string(16382, '0') + "1"));
  cases.push_back(number(std::string(131072, '1') + "." + std::string(16383, '2')));
  expect_equal("numeric", cases);
}

TEST_P(CopyRowsThroughServer, RandomNumerics) {
  RandomJson random("RandomNumerics");
  SCOPED_TRACE(seed_note());
  std::vector<Case> cases;
  for (int i = 0; i < 2000; ++i) {
    std::string literal = random.number();
    if (random.below(4) == 0) literal += "00";  // trailing zeros, or a longer exponent
    const auto exponent = literal.find_first_of("eE");
    if (exponent != std::string::npos && literal.size() > exponent + 7) continue;
    TableRows rows;
    RowWriter probe(CopyFormat::text, 1);
    probe.attach(rows);
    probe.begin_row();
    if (probe.numeric(literal)) cases.push_back(number(literal));
  }
  expect_equal("numeric", cases);
}

TEST_P(CopyRowsThroughServer, RefusesExactlyTheNumericsThatTheServerRefuses) {
  for (const char* literal : {"1e131072", "10e131071", "1e-16384", "0.1e-16383", "0e-16384",
                              "0e1073741823", "1e99999999999", "0.01e131073", "0.01e131074", "1e",
                              "1e+", "", ".", "-", "1.2.3", "1 2", "0x1", "--1", "e5"}) {
    TableRows rows;
    RowWriter writer(GetParam(), 1);
    writer.attach(rows);
    writer.begin_row();
    const std::size_t before = rows.bytes.size();
    const bool ours = writer.numeric(literal);
    if (!ours) {
      EXPECT_EQ(rows.bytes.size(), before) << literal;
    }
    const auto theirs = server->ask("SELECT ($1::text)::numeric IS NULL", {literal});
    EXPECT_EQ(ours, theirs.sqlstate.empty()) << literal;
  }
}

std::string all_characters() {
  std::string out;
  for (char c = 1; c < 0x7f; ++c) out += c;
  return out + "\x7f\xC2\x80\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF";
}

Case words(std::string v) {
  return {v, [v](RowWriter& w) { w.text(v); }};
}

TEST_P(CopyRowsThroughServer, Texts) {
  std::vector<Case> cases;
  for (const char* v : {"",
                        " ",
                        "plain",
                        "\\N",
                        "\\.",
                        "\\",
                        "\\\\",
                        "NULL",
                        "\t",
                        "\n",
                        "\r",
                        "\r\n",
                        "\b\f\v",
                        "a\tb\\c\nd",
                        "\\n",
                        "\\t",
                        "\\x41",
                        "\\101",
                        "ends with \\",
                        "0123456789abcde\\",
                        "0123456789abcdef\\",
                        "0123456789abcdef0123456789abcde\t"})
    cases.push_back(words(v));
  cases.push_back(words(all_characters()));
  for (std::size_t n : {15U, 16U, 17U, 31U, 32U, 33U, 100U}) {
    cases.push_back(words(std::string(n, '\\')));
    cases.push_back(words(std::string(n, 'x') + "\n" + std::string(n, 'y')));
  }
  for (const char* type : {"text", "varchar(1000)"}) expect_equal(type, cases);
}

TEST_P(CopyRowsThroughServer, TextsBuiltInPlaceAndPartsAppended) {
  expect_equal("text", {{"one\ttwo\\three", [](RowWriter& w) {
                           std::string& out = w.begin_text();
                           out += "one\ttwo";
                           out += "\\three";
                           w.end_value();
                         }}});
  expect_equal("jsonb", {{R"({"a":"\\\n","b":[1]})", [](RowWriter& w) {
                            std::string& out = w.begin_jsonb();
                            out += R"({"a":)";
                            append_json_string(out, "\\\n");
                            out += R"(,"b":[1]})";
                            w.end_value();
                          }}});
}

Case json(std::string v) {
  return {v, [v](RowWriter& w) { w.jsonb(v); }};
}

TEST_P(CopyRowsThroughServer, JsonDocuments) {
  const std::vector<Case> cases = {
      json("{}"),
      json("null"),
      json("\n[1,\n\t2]\r\n"),
      json(R"({"a\\b":"\"\\\/\b\f\n\r\t\u00e9"})"),
      json(R"({"n":1.500,"m":1E5,"n":123456789012345678901234567890})"),
      json("{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\"}"),
      json(R"(["\\N","\\."])")};
  expect_equal("jsonb", cases);
  std::vector<Case> as_json;
  for (const Case& c : cases)
    as_json.push_back({c.literal, [v = c.literal](RowWriter& w) { w.json(v); }});
  expect_equal("json", as_json);
}

TEST_P(CopyRowsThroughServer, RandomJsonDocuments) {
  RandomJson random("RandomJsonDocuments");
  random.impossible = false;
  SCOPED_TRACE(seed_note());
  std::vector<Case> cases;
  for (int i = 0; i < 500; ++i) cases.push_back(json(random.value(4)));
  expect_equal("jsonb", cases);
}

TEST_P(CopyRowsThroughServer, UuidsBooleansBytes) {
  const auto uuid = [](const char* v) {
    return Case{v, [v](RowWriter& w) { w.uuid(*Uuid::parse(v)); }};
  };
  expect_equal("uuid", {uuid("00000000-0000-0000-0000-000000000000"),
                        uuid("ffffffff-ffff-ffff-ffff-ffffffffffff"),
                        uuid("0f8fad5b-d9cb-469f-a165-70867728950e")});
  expect_equal("boolean", {{"true", [](RowWriter& w) { w.boolean(true); }},
                           {"false", [](RowWriter& w) { w.boolean(false); }}});
  std::string all_bytes;
  std::string hex = "\\x";
  for (int i = 0; i < 256; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    all_bytes += static_cast<char>(i);
    hex += digits[static_cast<std::size_t>(i / 16)];
    hex += digits[static_cast<std::size_t>(i % 16)];
  }
  expect_equal("bytea", {{hex, [&](RowWriter& w) { w.bytea(all_bytes); }},
                         {"\\x", [](RowWriter& w) { w.bytea(""); }}});
}

TEST_P(CopyRowsThroughServer, TimesFromTheFirstToTheLast) {
  const auto time = [](const char* literal, std::int64_t micros) {
    return Case{literal, [micros](RowWriter& w) { w.timestamp(micros); }};
  };
  const std::vector<Case> times = {
      time("1970-01-01 00:00:00", 0),
      time("1969-12-31 23:59:59.999999", -1),
      time("2000-01-01 00:00:00", 946'684'800'000'000),
      time("2024-02-29 12:34:56.000001", 1'709'210'096'000'001),
      time("2038-01-19 03:14:08.5", 2'147'483'648'500'000),
      time("0001-01-01 00:00:00", -62'135'596'800'000'000),
      time("0001-12-31 23:59:59.999999 BC", -62'135'596'800'000'001),
      time("0044-03-15 12:00:00 BC", -63'517'780'800'000'000),
      time("10000-01-01 00:00:00", 253'402'300'800'000'000),
      time("4714-11-24 00:00:00 BC", -210'866'803'200'000'000),
      time("294247-01-10 04:00:54.775807", std::numeric_limits<std::int64_t>::max())};
  expect_equal("timestamp", times);
  expect_equal("timestamptz", times);
  const auto date = [](const char* literal, std::int32_t days) {
    return Case{literal, [days](RowWriter& w) { w.date(days); }};
  };
  expect_equal("date", {date("1970-01-01", 0), date("1969-12-31", -1), date("2000-02-29", 11016),
                        date("1900-02-28", -25509), date("1900-03-01", -25508),
                        date("0001-01-01", -719162), date("0001-12-31 BC", -719163),
                        date("4714-11-24 BC", -2440588), date("5874897-12-31", 2145042905)});
}

TEST_P(CopyRowsThroughServer, TimesOutOfRangeAreRefusedAndNeverInfinite) {
  server->run("CREATE TEMP TABLE times (t timestamptz, d date)");
  const auto refusal = [&](std::int64_t micros, std::int32_t days) {
    TableRows rows;
    RowWriter writer(GetParam(), 2);
    writer.attach(rows);
    writer.begin_row();
    writer.timestamp(micros);
    writer.date(days);
    writer.end_row(0);
    return copy("times", rows);
  };
  using Micros = std::numeric_limits<std::int64_t>;
  using Days = std::numeric_limits<std::int32_t>;
  EXPECT_EQ(refusal(0, 0), "");
  EXPECT_NE(refusal(Micros::min(), 0), "");
  EXPECT_NE(refusal(Micros::min() + 946'684'800'000'000, 0), "");
  EXPECT_EQ(refusal(Micros::max(), 0), "") << "ends before PostgreSQL's last year does";
  EXPECT_NE(refusal(-210'866'803'200'000'001, 0), "");
  EXPECT_NE(refusal(0, Days::min()), "");
  EXPECT_NE(refusal(0, Days::min() + 10'957), "");
  EXPECT_NE(refusal(0, Days::max()), "");
  EXPECT_NE(refusal(0, -2440589), "");
}

TEST_P(CopyRowsThroughServer, EnumerationsByTheirLabel) {
  server->run("CREATE TYPE pg_temp.mood AS ENUM ('so so', 'b\\ad', 'q\"uote')");
  expect_equal("pg_temp.mood", {words("so so"), words("b\\ad"), words("q\"uote")});
}

/// An array: writes `count` values between begin and end.
Case array_of(std::string literal, std::uint32_t oid, std::uint32_t count,
              std::function<void(RowWriter&)> values, bool has_null = false) {
  return {std::move(literal), [=](RowWriter& w) {
            w.begin_array(count, oid, has_null);
            if (values) values(w);
            w.end_array();
          }};
}

TEST_P(CopyRowsThroughServer, ArraysOfTexts) {
  const auto texts = [](std::string literal, std::vector<std::string> values) {
    const auto count = static_cast<std::uint32_t>(values.size());
    return array_of(std::move(literal), text_oid, count, [values](RowWriter& w) {
      for (const auto& v : values) w.text(v);
    });
  };
  expect_equal("text[]",
               {texts("{}", {}), texts(R"({""})", {""}), texts(R"({"",""})", {"", ""}),
                texts(R"({"NULL","null"})", {"NULL", "null"}),
                texts(R"({"a,b","{c}"," d "})", {"a,b", "{c}", " d "}),
                texts(R"({"q\"uote","back\\slash","\\N"})", {"q\"uote", "back\\slash", "\\N"}),
                texts("{\"tab\there\",\"line\nhere\"}", {"tab\there", "line\nhere"}),
                texts(R"({"\\\"\\","\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""})",
                      {"\\\"\\", std::string(18, '"')}),
                array_of(R"({"a",NULL,"b"})", text_oid, 3,
                         [](RowWriter& w) {
                           w.text("a");
                           w.null();
                           w.text("b");
                         },
                         true),
                array_of(R"({NULL})", text_oid, 1, [](RowWriter& w) { w.null(); }, true),
                array_of(R"({"built\\in","place"})", text_oid, 2, [](RowWriter& w) {
                  w.begin_text() += "built\\in";
                  w.end_value();
                  w.begin_text() += "place";
                  w.end_value();
                })});
}

TEST_P(CopyRowsThroughServer, ArraysOfOtherTypes) {
  expect_equal("int4[]", {array_of("{1,-2,3}", int4_oid, 3, [](RowWriter& w) {
                 w.int4(1);
                 w.int4(-2);
                 w.int4(3);
               })});
  expect_equal("numeric[]", {array_of("{1.50,1e-3}", numeric_oid, 2, [](RowWriter& w) {
                 EXPECT_TRUE(w.numeric("1.50"));
                 EXPECT_TRUE(w.numeric("1e-3"));
               })});
  expect_equal("float8[]", {array_of("{0.1,NaN,Infinity}", float8_oid, 3, [](RowWriter& w) {
                 w.float8(0.1);
                 w.float8(NAN);
                 w.float8(INFINITY);
               })});
  expect_equal("boolean[]", {array_of("{t,f}", bool_oid, 2, [](RowWriter& w) {
                 w.boolean(true);
                 w.boolean(false);
               })});
  expect_equal("jsonb[]",
               {array_of(R"({"{\"a\": \"\\\\n\\\"\"}","[1, 2]"})", jsonb_oid, 2, [](RowWriter& w) {
                 w.jsonb(R"({"a":"\\n\""})");
                 w.begin_jsonb() += "[1,\n2]";
                 w.end_value();
               })});
  expect_equal("timestamptz[]",
               {array_of(R"({"1970-01-01 00:00:00.5+00","0002-01-01 00:00:00+00 BC"})",
                         timestamptz_oid, 2, [](RowWriter& w) {
                           w.timestamp(500'000);
                           w.timestamp(-62'198'755'200'000'000);
                         })});
  expect_equal("date[]", {array_of("{1970-01-02}", date_oid, 1, [](RowWriter& w) { w.date(1); })});
  expect_equal("bytea[]", {array_of(R"({"\\x00ff5c","\\x"})", bytea_oid, 2, [](RowWriter& w) {
                 w.bytea(std::string_view("\x00\xff\\", 3));
                 w.bytea("");
               })});
  expect_equal("uuid[]",
               {array_of("{0f8fad5b-d9cb-469f-a165-70867728950e}", uuid_oid, 1, [](RowWriter& w) {
                 w.uuid(*Uuid::parse("0f8fad5b-d9cb-469f-a165-70867728950e"));
               })});
}

TEST_P(CopyRowsThroughServer, NullsAndRowsThatWereTakenBack) {
  server->run("CREATE TEMP TABLE mixed (id int, a text, b int[], c jsonb)");
  TableRows rows;
  RowWriter writer(GetParam(), 4);
  writer.attach(rows);
  const auto row = [&](std::int32_t id, bool keep) {
    writer.begin_row();
    writer.int4(id);
    writer.null();
    writer.begin_array(1, int4_oid, false);
    writer.int4(id);
    if (!keep) return writer.rollback_row();  // in the middle of an array
    writer.end_array();
    writer.null();
    writer.end_row(static_cast<std::uint32_t>(id));
  };
  row(1, true);
  row(2, false);
  row(3, true);
  ASSERT_EQ(copy("mixed", rows), "");
  const auto answer = server->ask("SELECT id, a, b, c FROM mixed ORDER BY id");
  using Cells = std::vector<std::optional<std::string>>;
  EXPECT_EQ(answer.cells, (Cells{"1", std::nullopt, "{1}", std::nullopt, "3", std::nullopt, "{3}",
                                 std::nullopt}));
}

TEST_P(CopyRowsThroughServer, ASingleEmptyText) {
  server->run("CREATE TEMP TABLE single (v text)");
  TableRows rows;
  RowWriter writer(GetParam(), 1);
  writer.attach(rows);
  for (const char* v : {"", "\\."}) {
    writer.begin_row();
    writer.text(v);
    writer.end_row(0);
  }
  ASSERT_EQ(copy("single", rows), "");
  EXPECT_EQ(server->ask("SELECT count(*), min(v), max(v) FROM single").cells,
            (std::vector<std::optional<std::string>>{"2", "", "\\."}));
}

}  // namespace
}  // namespace arango2pg::doc
