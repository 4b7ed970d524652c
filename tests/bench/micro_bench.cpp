/// \file
/// The encoder's stages one by one, in bytes of JSON a second. Documents are drawn from a fixed
/// seed; build with CMAKE_BUILD_TYPE=Release.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "doc/identity.h"
#include "doc/json.h"
#include "doc/jsonb_order.h"

namespace {

using namespace arango2pg;
using namespace arango2pg::doc;

/// A page as a server sends it: an array of documents of about `average` bytes, shaped like
/// résumés.
class Page {
 public:
  Page(std::size_t average, bool escaped, std::size_t bytes = 8U << 20) : escaped_(escaped) {
    text_.append("[");
    for (std::uint64_t key = 1; text_.size() < bytes; ++key) {
      if (key > 1) text_.append(",");
      text_.append(document(key, average));
    }
    text_.append("]");
    split_array(text_.view(), 0, docs_);
  }

  [[nodiscard]] std::string_view text() const { return text_.view(); }
  [[nodiscard]] const std::vector<DocRef>& docs() const { return docs_; }
  [[nodiscard]] std::string_view document(std::size_t i) const {
    return text().substr(docs_[i].begin, docs_[i].size);
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::string words(std::size_t n) {
    static constexpr const char* plain[] = {"team",     "designs",   "platform", "data",     "and",
                                            "delivers", "migration", "services", "customers"};
    static constexpr const char* accents[] = {"\\u00e9quipe", "caf\\u00e9", "\\\"quoted\\\"",
                                              "na\\u00efve", "line\\nbreak"};
    std::string out;
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) out += ' ';
      out += escaped_ && below(4) == 0 ? accents[below(std::size(accents))]
                                       : plain[below(std::size(plain))];
    }
    return out;
  }

  std::string document(std::uint64_t key, std::size_t average) {
    const std::string k = std::to_string(key);
    std::string out = R"({"_key":")" + k + R"(","_id":"resumes/)" + k +
                      R"(","_rev":"_jt3ZdQy--_","user_id":)" + std::to_string(below(100000)) +
                      R"(,"status":"active","score":)" + std::to_string(below(100)) + "." +
                      std::to_string(below(100)) + R"(,"summary":")" + words(12) +
                      R"(","experience":[)";
    for (bool first = true; out.size() + 60 < average || first; first = false) {
      if (!first) out += ',';
      out += R"({"company":")" + words(2) + R"(","title":")" + words(3) + R"(","from":)" +
             std::to_string(1990 + below(30)) + R"(,"current":false,"skills":[")" + words(1) +
             R"(",")" + words(1) + R"("],"text":")" + words(10) + R"("})";
    }
    return out + R"(],"created_at":"2024-03-01T12:00:00.000Z","tags":null})";
  }

  bool escaped_;
  std::mt19937_64 random_{20260101};
  PaddedBuffer text_;
  std::vector<DocRef> docs_;
};

const Page& page(const benchmark::State& state) {
  static const Page pages[] = {{300, false}, {2400, false}, {8000, false},
                               {300, true},  {2400, true},  {8000, true}};
  const std::size_t size = state.range(0) == 300 ? 0 : state.range(0) == 2400 ? 1 : 2;
  return pages[size + (state.range(1) != 0 ? 3 : 0)];
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(page(state).text().size()));
}

void parse(benchmark::State& state) {
  const Page& p = page(state);
  Document document;
  for (auto _ : state)
    for (std::size_t i = 0; i < p.docs().size(); ++i)
      if (document.parse(p.document(i))) state.SkipWithError("a document is broken");
  count_bytes(state);
}

void parse_and_append_json(benchmark::State& state) {
  const Page& p = page(state);
  Document document;
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (std::size_t i = 0; i < p.docs().size(); ++i) {
      if (document.parse(p.document(i))) state.SkipWithError("a document is broken");
      append_json(out, document.root(), {});
    }
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state);
}

void parse_and_append_in_jsonb_order(benchmark::State& state) {
  const Page& p = page(state);
  Document document;
  JsonbOrder order;
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (std::size_t i = 0; i < p.docs().size(); ++i) {
      if (document.parse(p.document(i))) state.SkipWithError("a document is broken");
      order.append(out, document.root());
    }
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state);
}

void find_members(benchmark::State& state) {
  const Page& p = page(state);
  Document document;
  if (document.parse(p.document(0))) state.SkipWithError("a document is broken");
  for (auto _ : state)
    for (const char* name : {"_key", "_rev", "user_id", "status", "created_at"})
      benchmark::DoNotOptimize(document.root().find(name));
  state.SetItemsProcessed(state.iterations() * 5);
}

/// What a typical table costs: a UUID, a revision, a timestamp and the document.
void write_rows(benchmark::State& state, CopyFormat format) {
  const Page& p = page(state);
  RowWriter writer(format, 4);
  TableRows rows;
  const Uuid id = document_uuid("resumes", "1");
  for (auto _ : state) {
    rows.bytes.clear();
    rows.row_end.clear();
    rows.row_doc.clear();
    writer.attach(rows);
    for (std::size_t i = 0; i < p.docs().size(); ++i) {
      writer.begin_row();
      writer.uuid(id);
      writer.int8(static_cast<std::int64_t>(i));
      writer.timestamp(1'700'000'000'000'000 + static_cast<std::int64_t>(i));
      writer.jsonb(p.document(i));
      writer.end_row(static_cast<std::uint32_t>(i));
    }
    benchmark::DoNotOptimize(rows.bytes.data());
  }
  count_bytes(state);
}

void write_text_rows(benchmark::State& state) { write_rows(state, CopyFormat::text); }
void write_binary_rows(benchmark::State& state) { write_rows(state, CopyFormat::binary); }

void cut_array(benchmark::State& state) {
  const Page& p = page(state);
  std::vector<DocRef> docs;
  for (auto _ : state) {
    docs.clear();
    benchmark::DoNotOptimize(split_array(p.text(), 0, docs));
  }
  count_bytes(state);
}

void cut_lines(benchmark::State& state) {
  const Page& p = page(state);
  std::string lines;
  for (std::size_t i = 0; i < p.docs().size(); ++i) lines.append(p.document(i)).append("\n");
  std::vector<DocRef> docs;
  for (auto _ : state) {
    docs.clear();
    benchmark::DoNotOptimize(split_lines(lines, 0, docs));
  }
  count_bytes(state);
}

void write_numerics(benchmark::State& state) {
  RowWriter writer(CopyFormat::binary, 1);
  TableRows rows;
  for (auto _ : state) {
    rows.bytes.clear();
    rows.row_end.clear();
    rows.row_doc.clear();
    writer.attach(rows);
    for (const char* literal : {"0", "12.50", "1234567890.123456", "1e-5"}) {
      writer.begin_row();
      if (!writer.numeric(literal)) state.SkipWithError("a literal was refused");
      writer.end_row(0);
    }
  }
  state.SetItemsProcessed(state.iterations() * 4);
}

void derive_uuids(benchmark::State& state) {
  std::uint64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(document_uuid("resumes", std::to_string(++key)));
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"doc", "escaped"})->ArgsProduct({{300, 2400, 8000}, {0, 1}});
}

BENCHMARK(parse)->Apply(sizes);
BENCHMARK(parse_and_append_json)->Apply(sizes);
BENCHMARK(parse_and_append_in_jsonb_order)->Apply(sizes);
BENCHMARK(write_text_rows)->Apply(sizes);
BENCHMARK(write_binary_rows)->Apply(sizes);
BENCHMARK(cut_array)->Apply(sizes);
BENCHMARK(cut_lines)->Apply(sizes);
BENCHMARK(find_members)->Apply(sizes);
BENCHMARK(write_numerics);
BENCHMARK(derive_uuids);

}  // namespace

BENCHMARK_MAIN();
