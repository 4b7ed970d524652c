// The comparing form of values against PostgreSQL's own idea of equality, and rows through a table
// and back.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "db/server_session.h"
#include "doc/canonical_json.h"
#include "doc/copy_rows.h"
#include "doc/row_digest.h"
#include "pg/read_rows.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

class CanonicalAgainstServer : public test::ServerSuite {
 protected:
  static std::string canonical(std::string_view json) {
    CanonicalJson form;
    PaddedBuffer out;
    EXPECT_TRUE(form.append(out, json)) << json;
    return std::string(out.view());
  }
};

TEST_F(CanonicalAgainstServer, EqualFormsAreEqualJsonbAndTheOtherWayRound) {
  RandomJson random("canonical");
  random.impossible = false;
  int equal = 0, different = 0;
  // Small values, so that equal ones come often.
  for (int i = 0; i < 6000; ++i) {
    const std::string a = random.value(static_cast<int>(random.below(3)));
    const std::string b =
        random.below(3) == 0 ? random.value(static_cast<int>(random.below(3))) : a;
    const auto answer = server->ask(
        "SELECT ($1::text)::jsonb = ($2::text)::jsonb, "
        "(($2::text)::jsonb)::text",
        {a, b});
    if (!answer.sqlstate.empty()) continue;  // a number beyond numeric
    const bool same = answer.cells[0] == "t";
    ASSERT_EQ(canonical(a) == canonical(b), same) << a << "\n" << b << "\n" << seed_note();
    // What PostgreSQL prints is the same value.
    ASSERT_EQ(canonical(*answer.cells[1]), canonical(b)) << b << "\n" << seed_note();
    ++(same ? equal : different);
  }
  EXPECT_GT(equal, 1000);
  EXPECT_GT(different, 300);
}

TEST_F(CanonicalAgainstServer, PrintsWhatTheServerPrints) {
  RandomJson random("printed");
  random.impossible = false;
  int compared = 0;
  CanonicalJson form;
  PaddedBuffer out;
  for (int i = 0; i < 4000; ++i) {
    const std::string json = i % 4 == 0 ? random.number() : random.value(i % 5);
    const auto answer = server->ask("SELECT (($1::text)::jsonb)::text", {json});
    out.clear();
    const bool printed = form.append(out, json, JsonNumbers::as_printed);
    // A number beyond numeric.
    ASSERT_EQ(printed, answer.sqlstate.empty()) << json << "\n" << seed_note();
    if (!printed) continue;
    ASSERT_EQ(out.view(), *answer.cells[0]) << json << "\n" << seed_note();
    ++compared;
  }
  EXPECT_GT(compared, 3000);
}

TEST_F(CanonicalAgainstServer, NumbersAreEqualWhereNumericSaysSo) {
  RandomJson random("canonical numbers");
  std::vector<std::string> numbers = {"0",
                                      "-0",
                                      "0.0",
                                      "1",
                                      "1.0",
                                      "10e-1",
                                      "1e1",
                                      "10",
                                      "100e-1",
                                      "-1",
                                      "-1.000",
                                      "0.1",
                                      "1e-1",
                                      "12345678901234567890",
                                      "1234567890123456789e1"};
  for (int i = 0; i < 60; ++i) numbers.push_back(random.number());
  for (const auto& a : numbers)
    for (const auto& b : numbers) {
      const auto answer = server->ask("SELECT ($1::text)::jsonb = ($2::text)::jsonb", {a, b});
      if (!answer.sqlstate.empty()) continue;
      ASSERT_EQ(canonical(a) == canonical(b), answer.cells[0] == "t") << a << " " << b;
    }
}

// -- rows that were written and are read back

ColumnType type(TypeKind kind, std::uint32_t oid, bool array = false) {
  ColumnType t;
  t.kind = kind;
  t.array = array;
  t.element_oid = oid;
  return t;
}

struct Value {
  std::string sql;  ///< type in SQL
  ColumnType type;
  std::function<void(RowWriter&)> write;
};

std::vector<Value> one_of_each() {
  std::vector<Value> out;
  const auto add = [&](const char* sql, const ColumnType& t, std::function<void(RowWriter&)> w) {
    out.push_back({sql, t, std::move(w)});
  };
  add("text", type(TypeKind::text, 25), [](RowWriter& w) { w.text("Łódź \t\\ \"x\""); });
  add("varchar(20)", type(TypeKind::varchar, 1043), [](RowWriter& w) { w.text("a b"); });
  add("char(6)", type(TypeKind::bpchar, 1042), [](RowWriter& w) { w.text("ab"); });
  add("jsonb", type(TypeKind::jsonb, 3802), [](RowWriter& w) {
    w.jsonb(R"({"z":1.50,"a":[1e2,{"b":"\u00e9","a":null}],"a":[true,"\/"]})");
  });
  add("json", type(TypeKind::json, 114), [](RowWriter& w) { w.json(R"({"b": 1, "a": 2})"); });
  add("uuid", type(TypeKind::uuid, 2950),
      [](RowWriter& w) { w.uuid(*Uuid::parse("7d444840-9dc0-11d1-b245-5ffdce74fad2")); });
  add("int2", type(TypeKind::int2, 21), [](RowWriter& w) { w.int2(-7); });
  add("int4", type(TypeKind::int4, 23), [](RowWriter& w) { w.int4(70000); });
  add("int8", type(TypeKind::int8, 20), [](RowWriter& w) { w.int8(1LL << 60); });
  add("float4", type(TypeKind::float4, 700), [](RowWriter& w) { w.float4(0.1F); });
  add("float8", type(TypeKind::float8, 701), [](RowWriter& w) { w.float8(-0.0); });
  add("numeric", type(TypeKind::numeric, 1700), [](RowWriter& w) { w.numeric("-120.0450"); });
  add("numeric(12,3)", type(TypeKind::numeric, 1700), [](RowWriter& w) { w.numeric("120.5"); });
  add("boolean", type(TypeKind::boolean, 16), [](RowWriter& w) { w.boolean(true); });
  add("timestamptz", type(TypeKind::timestamptz, 1184), [](RowWriter& w) { w.timestamp(-1); });
  add("timestamp", type(TypeKind::timestamp, 1114),
      [](RowWriter& w) { w.timestamp(86'400'000'001); });
  add("date", type(TypeKind::date, 1082), [](RowWriter& w) { w.date(-10); });
  add("bytea", type(TypeKind::bytea, 17),
      [](RowWriter& w) { w.bytea(std::string("\0\1\xff", 3)); });
  add("text[]", type(TypeKind::text, 25, true), [](RowWriter& w) {
    w.begin_array(3, 25, true);
    w.text("a,b");
    w.null();
    w.text("");
    w.end_array();
  });
  add("numeric[]", type(TypeKind::numeric, 1700, true), [](RowWriter& w) {
    w.begin_array(2, 1700, false);
    w.numeric("1.10");
    w.numeric("1e3");
    w.end_array();
  });
  add("int4[]", type(TypeKind::int4, 23, true), [](RowWriter& w) {
    w.begin_array(0, 23, false);
    w.end_array();
  });
  add("jsonb", type(TypeKind::jsonb, 3802), [](RowWriter& w) { w.null(); });
  return out;
}

class RowsReadBack : public test::ServerSuite {
 protected:
  void SetUp() override {
    ServerSuite::SetUp();
    if (IsSkipped()) return;
    conninfo_ = "dbname=" + *server->ask("SELECT current_database()").cells[0];
  }
  std::string conninfo_;
};

TEST_F(RowsReadBack, HaveTheFingerprintOfTheRowsThatWereWritten) {
  const auto values = one_of_each();
  std::string columns;
  pg::ReadTable table;
  table.name.name = "read_back";
  ComparedTable compared;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string name = "c" + std::to_string(i);
    columns += (i == 0 ? "" : ", ") + name + " " + values[i].sql;
    table.columns.push_back(name);
    table.types.push_back(values[i].type);
  }
  compared.types = table.types;
  compared.compared.assign(values.size(), true);
  compared.key = {7};
  server->run("DROP TABLE IF EXISTS read_back; CREATE TABLE read_back (" + columns + ")");
  TableRows rows;
  RowWriter writer(CopyFormat::binary, static_cast<std::uint16_t>(values.size()));
  writer.attach(rows);
  writer.begin_row();
  for (const Value& v : values) v.write(writer);
  writer.end_row(0);
  ASSERT_EQ(server->copy_in("COPY read_back FROM STDIN (FORMAT binary)",
                            std::string(RowWriter::header(CopyFormat::binary)) + rows.bytes +
                                std::string(RowWriter::trailer(CopyFormat::binary))),
            "");

  std::vector<Field> written;
  std::size_t size = 0;
  ASSERT_EQ(read_row(rows.bytes, values.size(), written, size), RowEnd::row);
  RowDigester digester(3), printed(3, JsonbForm::printed);
  const auto expected = digester.digest(compared, written);
  const auto expected_printed = RowDigester(3, JsonbForm::unprinted).digest(compared, written);
  const pg::RowSnapshot snapshot(conninfo_);
  pg::RowReader reader(conninfo_, "test reader");
  int read = 0;
  const auto check = [&](const std::vector<Field>& fields) {
    ++read;
    EXPECT_EQ(digester.digest(compared, fields).row, expected.row);
    EXPECT_EQ(printed.digest(compared, fields).row, expected_printed.row);
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(
          field_text(values[i].type, fields[i]),
          *server->ask("SELECT coalesce(c" + std::to_string(i) + "::text, 'NULL') FROM read_back")
               .cells[0])
          << values[i].sql;
  };
  {
    pg::Connection connection(conninfo_, "test");
    for (const auto& range : pg::row_ranges(connection, table.name, 0, 1))
      reader.read(table, range, snapshot.id(), check);
  }
  EXPECT_EQ(read, 1);
  // And by its key.
  reader.find(table, {"c7"}, {{written[7]}}, false, check);
  EXPECT_EQ(read, 2);
}

TEST_F(RowsReadBack, EachRowOnceHoweverTheTableIsCut) {
  server->run(
      "DROP TABLE IF EXISTS cut CASCADE; CREATE TABLE cut (id int, pad text) PARTITION BY LIST "
      "(id);"
      "CREATE TABLE cut_1 PARTITION OF cut FOR VALUES IN (1);"
      "CREATE TABLE cut_rest PARTITION OF cut DEFAULT;"
      "INSERT INTO cut SELECT i % 7, repeat('x', 900) FROM generate_series(1, 3000) i;"
      "DELETE FROM cut WHERE id = 3; INSERT INTO cut VALUES (9, NULL)");
  const std::string count = *server->ask("SELECT count(*) FROM cut").cells[0];
  pg::ReadTable table;
  table.name.name = "cut";
  table.columns = {"id", "pad"};
  table.types = {type(TypeKind::int4, 23), type(TypeKind::text, 25)};
  pg::Connection connection(conninfo_, "test");
  const pg::RowSnapshot snapshot(conninfo_);
  pg::RowReader reader(conninfo_, "test reader");
  for (const std::uint64_t piece : {1ULL << 13, 1ULL << 16, 1ULL << 40}) {
    const auto ranges = pg::row_ranges(connection, table.name, 0, piece);
    int rows = 0;
    for (const auto& range : ranges)
      reader.read(table, range, snapshot.id(), [&](const std::vector<Field>&) { ++rows; });
    EXPECT_EQ(std::to_string(rows), count) << ranges.size() << " pieces";
  }
}

TEST_F(RowsReadBack, LeavesOutRowsThatAreMarkedAsDeleted) {
  server->run(
      "DROP TABLE IF EXISTS marked; CREATE TABLE marked (id int, deleted_at timestamptz);"
      "INSERT INTO marked VALUES (1, NULL), (2, now())");
  pg::ReadTable table;
  table.name.name = "marked";
  table.columns = {"id"};
  table.types = {type(TypeKind::int4, 23)};
  table.deleted = "deleted_at";
  pg::Connection connection(conninfo_, "test");
  const pg::RowSnapshot snapshot(conninfo_);
  pg::RowReader reader(conninfo_, "test reader");
  std::string seen;
  for (const auto& range : pg::row_ranges(connection, table.name, 0, 1))
    reader.read(table, range, snapshot.id(),
                [&](const std::vector<Field>& f) { seen += field_text(table.types[0], f[0]); });
  EXPECT_EQ(seen, "1");
}

TEST_F(RowsReadBack, ASnapshotDoesNotSeeWhatComesLater) {
  server->run(
      "DROP TABLE IF EXISTS moment; CREATE TABLE moment (id int); INSERT INTO moment VALUES (1)");
  pg::ReadTable table;
  table.name.name = "moment";
  table.columns = {"id"};
  table.types = {type(TypeKind::int4, 23)};
  pg::Connection connection(conninfo_, "test");
  const pg::RowSnapshot snapshot(conninfo_);
  server->run("INSERT INTO moment SELECT 2 FROM generate_series(1, 2000)");
  pg::RowReader reader(conninfo_, "test reader");
  int rows = 0;
  for (const auto& range : pg::row_ranges(connection, table.name, 0, 1 << 13))
    reader.read(table, range, snapshot.id(), [&](const std::vector<Field>&) { ++rows; });
  EXPECT_EQ(rows, 1);
}

TEST_F(RowsReadBack, PrintsTextsAsACastOfTheTypeDoes) {
  pg::RowReader reader(conninfo_, "test reader");
  ColumnType inet;
  inet.kind = TypeKind::other;
  inet.name = "inet";
  EXPECT_EQ(reader.as_printed(inet, {"10.0.0.1/32", std::nullopt, "nonsense", "::0001"}),
            (std::vector<std::optional<std::string>>{"10.0.0.1/32", std::nullopt, std::nullopt,
                                                     "::1/128"}));
}

}  // namespace
}  // namespace arango2pg::doc
